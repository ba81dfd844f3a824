"""Activations in a study: how entries are read, and what is wrong with one as a whole."""

import keras
import pytest

from tuner.errors import InputError, Problem
from tuner.model.activations import ACTIVATIONS, check_activations, checked
from tuner.spaces import Alternative, Alternatives, Fixed
from tuner.study import load_study


def rrelu_entry(lower, upper, position=None):
    return Alternative("rrelu", {"lower": lower, "upper": upper}, position)


def test_parameters_are_checked_together():
    swapped, good = (Fixed(0.3), Fixed(0.2)), (Fixed(0.1), Fixed(0.2))
    entries = (Alternative("relu", position=0), rrelu_entry(*swapped, position=1))
    [problem] = check_activations(Alternatives(entries))
    assert problem.path == ("model", "activation", 1, "rrelu", "lower")
    assert "got lower up to 0.3 and upper from 0.2" in problem.message
    [problem] = check_activations(Alternatives((rrelu_entry(*swapped),)))
    assert problem.path == ("model", "activation", "rrelu", "lower")
    assert check_activations(Alternatives((rrelu_entry(*good),))) == []


def test_registered_spaces_need_no_check():
    entries = tuple(Alternative(name, ACTIVATIONS[name].spaces) for name in ACTIVATIONS)
    assert check_activations(Alternatives(entries)) == []


def test_an_entry_of_ones_own_may_be_checked(registries):
    ACTIVATIONS.register("own")(checked(never)(own))
    place = Alternatives((Alternative("own", position=2),))
    assert [problem.path for problem in check_activations(place)] == [
        ("model", "activation", 2, "own", "anything")
    ]


def own():
    return keras.layers.ReLU()


def never(entry):
    return [Problem(f"{entry.name} never fits", ("anything",))]


def study_with(tmp_path, activation):
    path = tmp_path / "study.yaml"
    path.write_text(
        "version: 1\nname: example\ndata: {sklearn: breast_cancer}\n"
        f"model: {{activation: {activation}}}\n",
        encoding="utf-8",
    )
    return load_study(path).model.activation


@pytest.mark.parametrize(
    ("activation", "read"),
    [
        (
            "prelu: {shared: {choice: [false, true]}}",
            "[{prelu: {alpha_initializer: 0.25, shared: {choice: [false, true]}}}]",
        ),
        ("rrelu: {upper: 0.4}", "[{rrelu: {lower: 0.125, upper: 0.4}}]"),
        (
            "rrelu: tunable",
            "[{rrelu: {lower: {float: [0.0, 0.2]}, upper: {float: [0.2, 0.5]}}}]",
        ),
        (
            "swish_beta: {beta_initializer: 2, shared: true}",
            "[{swish_beta: {beta_initializer: 2.0, shared: true}}]",
        ),
    ],
)
def test_studies_are_read(tmp_path, activation, read):
    assert str(study_with(tmp_path, f"{{{activation}}}")) == read


@pytest.mark.parametrize(
    ("activation", "path", "fragment"),
    [
        ("prelu: {shared: 1}", ("prelu", "shared"), "expected one of false, true, got 1"),
        ("rrelu: {lower: -0.1}", ("rrelu", "lower"), "expected a finite number >= 0, got -0.1"),
        ("rrelu: {uper: 0.4}", ("rrelu", "uper"), "did you mean 'upper'?"),
        ("swish_beta: {shared: both}", ("swish_beta", "shared"), "expected one of false, true"),
    ],
)
def test_faults_of_a_study_are_told(tmp_path, activation, path, fragment):
    with pytest.raises(InputError, match=fragment) as caught:
        study_with(tmp_path, f"{{{activation}}}")
    assert [problem.path for problem in caught.value.problems] == [("model", "activation", *path)]


def test_slopes_in_the_wrong_order_are_read_and_then_told(tmp_path):
    place = study_with(tmp_path, "[relu, rrelu: {lower: 0.4}]")
    [problem] = check_activations(place)
    assert problem.path == ("model", "activation", 1, "rrelu", "lower")
