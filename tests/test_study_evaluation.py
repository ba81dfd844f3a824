"""The evaluation section: which simple models a study asks for."""

import jsonschema
import pytest

from tuner.errors import InputError
from tuner.evaluate.baselines import BASELINES
from tuner.study import load_study, study_schema


def study(folder, text):
    path = folder / "study.yaml"
    path.write_text(f"version: 1\nname: s\ndata: {{sklearn: breast_cancer}}\n{text}")
    return path


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", tuple(BASELINES)),
        ("evaluation: {}", tuple(BASELINES)),
        ("evaluation: {baselines: true}", tuple(BASELINES)),
        ("evaluation: {baselines: false}", ()),
        ("evaluation: {baselines: [random_forest, prior]}", ("prior", "random_forest")),
        ("evaluation: {baselines: [prior, prior]}", ("prior",)),
    ],
)
def test_names_come_in_the_order_of_the_registry(tmp_path, text, names):
    assert load_study(study(tmp_path, text)).evaluation.names == names


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("[prior, random_forrest]", "[1]: unknown name 'random_forrest'; did you mean 'random_for"),
        ("[[prior]]", "[0]: unknown name ['prior']; "),
        ("[]", ": expected true, false or a list of names, got []"),
        ("prior", ": expected true, false or a list of names, got 'prior'"),
        ("1", ": expected true, false or a list of names, got 1"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, asked, told):
    with pytest.raises(InputError) as caught:
        load_study(study(tmp_path, f"evaluation: {{baselines: {asked}}}"))
    assert "study.yaml:4:" in str(caught.value)
    assert f"evaluation.baselines{told}" in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "valid"),
    [(True, True), (False, True), (["prior"], True), (["x"], False), ([], False), (1, False)],
)
def test_editors_know_the_names(asked, valid):
    content = {"name": "s", "data": {"sklearn": "breast_cancer"}}
    content["evaluation"] = {"baselines": asked}
    assert jsonschema.Draft202012Validator(study_schema()).is_valid(content) == valid


@pytest.mark.parametrize(
    ("asked", "told"),
    [("-1", "greater than or equal to 0"), ("true", "integer"), ("1.5", "integer")],
)
def test_random_configurations_are_a_whole_multiple_of_the_trials(tmp_path, asked, told):
    with pytest.raises(InputError, match=r"evaluation\.random_search") as caught:
        load_study(study(tmp_path, f"evaluation: {{random_search: {asked}}}"))
    assert told in str(caught.value)
    text = "evaluation: {random_search: 2}"
    assert load_study(study(tmp_path, text)).evaluation.random_search == 2
    assert load_study(study(tmp_path, "")).evaluation.random_search == 0
