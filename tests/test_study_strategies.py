"""Strategies: one choice between class weights, losses and resampling, with their parameters."""

import json

import keras_tuner
import pytest
from pydantic import TypeAdapter

from tuner import CLASS_WEIGHTS, LOSSES, RESAMPLERS, ImbalancedHyperModel, InputError
from tuner.spaces import Chosen, Float
from tuner.study import ImbalanceSection, load_study
from tuner.study.strategies import NEUTRAL, each_alone

FAMILIES = {"class_weight": CLASS_WEIGHTS, "loss": LOSSES, "resampling": RESAMPLERS}
LISTED = [
    "none",
    {"class_weight": "balanced"},
    {"loss": {"focal": {"gamma": {"float": [0.5, 3.0]}}}},
    {"class_weight": "balanced", "resampling": {"random_over": {"ratio": 0.3}}},
]
NAMES = [
    "none",
    "class_weight=balanced",
    "loss=focal",
    "class_weight=balanced + resampling=random_over",
]
STUDY = """\
name: s
data: {csv: rows.csv, target: y}
imbalance:
"""


def section(*strategies):
    return ImbalanceSection(strategies=list(strategies or LISTED))


def hypermodel(*strategies):
    return ImbalancedHyperModel((3,), imbalance={"strategies": list(strategies or LISTED)})


def told(tmp_path, text):
    """What is said of a study with this ``imbalance`` section, without the file's name."""
    (tmp_path / "s.yaml").write_text(STUDY + text)
    with pytest.raises(InputError) as caught:
        load_study(tmp_path / "s.yaml")
    return [str(p).partition("s.yaml:")[2] for p in caught.value.problems]


def test_the_entry_that_does_nothing_is_in_every_family():
    assert {part: name in FAMILIES[part] for part, name in NEUTRAL.items()} == dict.fromkeys(
        FAMILIES, True
    )


def test_a_strategy_is_named_after_its_parts():
    assert [one.name for one in section().strategies.entries] == NAMES


def test_one_hyperparameter_chooses_and_the_others_hang_on_it():
    hp = keras_tuner.HyperParameters()
    hypermodel().configure(hp)
    spaces = {space.name: space for space in hp.space if space.name.startswith("imbalance")}
    gamma = "imbalance.strategy.loss=focal.loss.gamma"
    assert list(spaces) == ["imbalance.strategy", gamma]
    assert spaces["imbalance.strategy"].values == NAMES
    [condition] = spaces[gamma].conditions
    assert (condition.name, list(condition.values)) == ("imbalance.strategy", ["loss=focal"])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ("none", "crossentropy", "none")),
        ({"imbalance.strategy": NAMES[1]}, ("balanced", "crossentropy", "none")),
        ({"imbalance.strategy": NAMES[3]}, ("balanced", "crossentropy", "random_over")),
        ({"imbalance.strategy": NAMES[2]}, ("none", "focal", "none")),
    ],
)
def test_what_a_strategy_leaves_out_does_nothing(values, expected):
    found = hypermodel().configuration(values)
    assert (found.class_weight.name, found.loss.name, found.resampling.name) == expected
    assert found.strategy == values.get("imbalance.strategy", "none")


def test_values_of_a_strategy_reach_its_parts():
    values = {"imbalance.strategy": NAMES[2], "imbalance.strategy.loss=focal.loss.gamma": 1.25}
    found = hypermodel().configuration(values)
    assert found.loss == Chosen("focal", {"gamma": 1.25, "alpha": 0.5})
    flat = found.flat()
    assert flat["imbalance.strategy"] == "loss=focal"
    assert flat["imbalance.loss.focal.gamma"] == 1.25
    assert flat["imbalance.class_weight"] == "none"


def test_a_part_with_its_default_entry_has_its_registered_defaults():
    found = hypermodel("none").configuration({})
    defaults = {key: space.default for key, space in LOSSES["crossentropy"].spaces.items()}
    assert found.loss == Chosen("crossentropy", defaults)


def test_each_alone_has_every_entry_over_its_registered_range_once():
    strategies = each_alone(*FAMILIES)
    wanted = {
        f"{part}={name}"
        for part, family in FAMILIES.items()
        for name in family
        if name != NEUTRAL[part] and family[name].open is None
    }
    names = [one.name for one in strategies.entries]
    assert names[0] == "none"
    assert set(names[1:]) == wanted
    assert len(names) == len(wanted) + 1
    [focal] = (one for one in strategies.entries if one.name == "loss=focal")
    assert focal.spaces["loss.gamma"] == LOSSES["focal"].spaces["gamma"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "  strategies: none\n",
            ["4:3: imbalance.strategies: expected a list of strategies, got 'none'"],
        ),
        (
            "  strategies: []\n",
            ["4:3: imbalance.strategies: expected a list of strategies, got []"],
        ),
        (
            "  strategies: [nothing]\n",
            [
                "4:16: imbalance.strategies[0]: expected 'none' or keys of class_weight, loss,"
                " resampling, got 'nothing'"
            ],
        ),
        (
            "  strategies:\n    - los: focal\n    - loss: focl\n",
            [
                "5:7: imbalance.strategies[0].los: unknown key; did you mean 'loss'?",
                "6:7: imbalance.strategies[1].loss: unknown name 'focl'; did you mean 'focal'?",
            ],
        ),
        (
            "  strategies:\n    - loss: [focal, ldam]\n",
            [
                "5:7: imbalance.strategies[0].loss: a strategy takes one entry here; list a"
                " strategy for each"
            ],
        ),
        (
            "  strategies:\n    - loss: {focal: {gamma: 1.0}}\n    - loss: {focal: {gamma: 2.0}}\n",
            [
                "6:7: imbalance.strategies[1]: 'loss=focal' is listed twice; give its parameter a"
                " choice instead"
            ],
        ),
        (
            "  strategies:\n    - loss: {focal: {gamma: -1.0}}\n",
            [
                "5:22: imbalance.strategies[0].loss.focal.gamma: expected a finite number >= 0,"
                " got -1.0"
            ],
        ),
        (
            "  class_weight: balanced\n  strategies: [none]\n",
            [
                "4:3: imbalance.class_weight: give 'strategies' or 'class_weight', not both; a"
                " strategy may hold several parts"
            ],
        ),
        (
            "  loss: {class_balanced: {beta: 1}}\n",
            [
                "4:27: imbalance.loss.class_balanced.beta: expected a finite number >= 0 and < 1,"
                " got 1"
            ],
        ),
        (
            "  resampling: {smote: {ratio: {float: [0.5, 1.5]}}}\n",
            [
                "4:45: imbalance.resampling.smote.ratio.float[1]: expected a finite number > 0 and"
                " <= 1, got 1.5"
            ],
        ),
        (
            "  output_bias: pior\n  calibration: plat\n  prior_correction: 1\n",
            [
                "4:3: imbalance.output_bias: input should be 'prior' or 'zero', got 'pior'",
                "5:3: imbalance.calibration: input should be 'none', 'platt' or 'isotonic', got"
                " 'plat'",
                "6:3: imbalance.prior_correction: input should be a valid boolean, got 1",
            ],
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, text, expected):
    assert told(tmp_path, text) == expected


def test_an_equal_strategy_is_counted_once_and_told(tmp_path):
    text = "  strategies: [none, {loss: ldam}, {loss: ldam}, none]\n"
    (tmp_path / "s.yaml").write_text(STUDY + text)
    study = load_study(tmp_path / "s.yaml")
    assert [one.name for one in study.imbalance.strategies.entries] == ["none", "loss=ldam"]
    assert study.notes == (
        "strategies: 'loss=ldam' is listed more than once and counted once",
        "strategies: 'none' is listed more than once and counted once",
    )


def test_two_names_of_one_strategy_are_counted_once_and_told(tmp_path):
    smoothed = "{class_weight: none, loss: {crossentropy: {label_smoothing: 0.1}}}"
    listed = f"none, {{loss: crossentropy}}, {smoothed}, {{loss: ldam, resampling: none}}"
    (tmp_path / "s.yaml").write_text(STUDY + f"  strategies: [{listed}, {{loss: ldam}}]\n")
    study = load_study(tmp_path / "s.yaml")
    assert [one.name for one in study.imbalance.strategies.entries] == [
        "none",
        "class_weight=none + loss=crossentropy",
        "loss=ldam + resampling=none",
    ]
    assert study.notes == (
        "strategies: 'loss=crossentropy' is the same as 'none' and counted once",
        "strategies: 'loss=ldam' is the same as 'loss=ldam + resampling=none' and counted once",
    )


def test_a_grid_needs_values_in_strategies_too(tmp_path):
    text = "  strategies: [none, {loss: {focal: {gamma: {float: [0.5, 3.0]}}}}]\n"
    [problem] = told(tmp_path, text + "search: {algorithm: grid}\n")
    assert "imbalance.strategies[1].loss.focal.gamma: a grid search needs a choice" in problem


def test_spaces_of_a_study_hold_those_of_strategies(tmp_path):
    (tmp_path / "s.yaml").write_text(STUDY + f"  strategies: {json.dumps(LISTED)}\n")
    path = ("imbalance", "strategies", 2, "loss", "focal", "gamma")
    assert isinstance(load_study(tmp_path / "s.yaml").spaces[path], Float)


def test_strategies_read_as_they_were_written():
    assert str(section().strategies) == (
        "[none, {class_weight: balanced},"
        " {loss: {focal: {gamma: {float: [0.5, 3.0]}, alpha: 0.5}}},"
        " {class_weight: balanced, resampling: {random_over: {ratio: 0.3}}}]"
    )


def test_a_section_may_be_used_again():
    first = section()
    again = TypeAdapter(ImbalanceSection).validate_python({"strategies": first.strategies})
    assert again.strategies == first.strategies
