"""Study files: what is accepted, and how what is wrong is told."""

import pytest

from tuner.errors import InputError
from tuner.study import known, load_study

GOOD = """\
version: 1
name: example
data: {sklearn: breast_cancer}
"""


def problems_of(tmp_path, text):
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_study(path)
    return caught.value.problems


@pytest.mark.parametrize("name", ["mri_like", "breast_cancer", "digits_eight"])
def test_shipped_studies_load(name):
    assert load_study(name).name == name


def test_shipped_studies_are_known():
    assert {"mri_like", "breast_cancer", "digits_eight"} <= set(known("search_spaces"))


@pytest.mark.parametrize(
    ("line", "path", "fragment"),
    [
        ("sed: 1", ("sed",), "did you mean 'seed'?"),
        ("training: {epochs: many}", ("training", "epochs"), "valid integer"),
        (
            "model: {activation: leaky_rleu}",
            ("model", "activation"),
            "did you mean 'leaky_relu'?",
        ),
        (
            "model: {activation: [elu: {alpha: -1}]}",
            ("model", "activation", 0, "elu", "alpha"),
            "> 0",
        ),
        (
            "model: {activation: [leaky_relu: {negative_slope: .nan}]}",
            ("model", "activation", 0, "leaky_relu", "negative_slope"),
            ">= 0",
        ),
        ("model: {units: {choice: []}}", ("model", "units", "choice"), "at least one"),
        (
            "model: {dropout: {float: [0.0, 0.5], default: 0.7}}",
            ("model", "dropout", "default"),
            "outside",
        ),
        ("model: {layers: {int: [5, 2]}}", ("model", "layers", "int"), "below the high end"),
        (
            "training: {learning_rate: {float: [1e-9, 1], lgo: true}}",
            ("training", "learning_rate", "lgo"),
            "did you mean 'log'?",
        ),
        (
            "imbalance: {class_weight: [effective_number: {beta: 1}]}",
            ("imbalance", "class_weight", 0, "effective_number", "beta"),
            "< 1",
        ),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path, line, path, fragment):
    [problem] = problems_of(tmp_path, GOOD + line + "\n")
    assert problem.path == path
    assert problem.line == 4
    assert fragment in problem.message


def test_all_faults_are_told_in_the_order_of_the_file(tmp_path):
    text = GOOD + "seed: -1\nmodel: {activation: rlu, layers: 0}\nsearch: {trials: 0}\n"
    assert [problem.line for problem in problems_of(tmp_path, text)] == [4, 5, 5, 6]


def test_a_grid_needs_finite_places(tmp_path):
    text = GOOD + "model: {dropout: {float: [0.0, 0.5]}}\nsearch: {algorithm: grid}\n"
    [problem] = problems_of(tmp_path, text)
    assert problem.path == ("model", "dropout")


def test_a_key_given_twice_is_refused(tmp_path):
    [problem] = problems_of(tmp_path, GOOD + "seed: 1\nseed: 2\n")
    assert problem.line == 5
    assert "first in line 4" in problem.message


def test_swish_and_silu_count_once(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(GOOD + "model: {activation: [swish, silu, relu]}\n")
    study = load_study(path)
    assert [entry.name for entry in study.model.activation.entries] == ["swish", "relu"]
    assert "swish" in study.notes[0]


def test_numbers_are_read_as_people_write_them(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(GOOD + "training: {learning_rate: {choice: [1e-3, 1.0e-3, 1E-2]}}\n")
    assert load_study(path).training.learning_rate.options == (0.001, 0.01)
