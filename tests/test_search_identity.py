"""What must be equal for a run to go on."""

import json

import numpy as np
import pytest

from tuner.data import RawData, assemble, make_splits
from tuner.errors import InputError
from tuner.search.identity import check_identity, identity
from tuner.study import load_study

ROWS = np.random.default_rng(0).normal(size=(120, 3))
LABELS = np.where(np.arange(120) % 4 == 0, "rare", "common")
PARTS = np.repeat(["train", "validation", "test"], [60, 30, 30])


def identified(tmp_path, *overrides, **roles):
    path = tmp_path / "study.yaml"
    path.write_text("version: 1\nname: s\ndata: {csv: rows.csv, target: label}\n")
    study = load_study(path, overrides)
    dataset = assemble(RawData(ROWS, LABELS, **roles), "t", duplicates=study.data.duplicates)
    return identity(study, dataset), make_splits(dataset, study.data.split, study.seed)


@pytest.mark.parametrize(
    "change",
    [
        "seed=1",
        "objective.metric=mcc",
        "objective.threshold=0.5",
        "objective.against=parameters",
        "training.epochs=41",
        "training.patience=3",
        "training.precision=mixed_bfloat16",
        "imbalance.prior_correction=false",
        "imbalance.calibration=platt",
        "search.algorithm=random",
        "search.stop_collapsed=true",
        "data.preprocessing.scale=robust",
        "data.preprocessing.impute=median",
        "data.preprocessing.max_categories=5",
        "data.duplicates=drop",
        "data.split.folds=4",
        "data.split.repeats=2",
        "data.split.validation=0.3",
    ],
)
def test_what_changes_the_meaning_of_a_score_is_refused(tmp_path, change):
    before, now = identified(tmp_path)[0], identified(tmp_path, change)[0]
    with pytest.raises(InputError, match=change.partition("=")[0]):
        check_identity(before, now, "runs/s")


@pytest.mark.parametrize(
    "role", [{"weights": np.ones(120)}, {"parts": PARTS}, {"groups": np.arange(120) // 2}]
)
def test_a_role_of_rows_is_content(tmp_path, role):
    before, now = identified(tmp_path)[0], identified(tmp_path, **role)[0]
    with pytest.raises(InputError, match="the data's content changed"):
        check_identity(before, now, "runs/s")


def test_folds_in_place_of_an_official_validation_part_are_another_division(tmp_path):
    given, one = identified(tmp_path, parts=PARTS)
    drawn, three = identified(tmp_path, "data.split.folds=3", parts=PARTS)
    assert (len(one.folds), len(three.folds)) == (1, 3)
    with pytest.raises(InputError, match=r"data\.split\.folds: None → 3"):
        check_identity(given, drawn, "runs/s")


def test_the_default_number_of_folds_may_be_spelled_out(tmp_path):
    check_identity(identified(tmp_path)[0], identified(tmp_path, "data.split.folds=3")[0], "runs/s")


def test_a_run_of_an_earlier_version_is_told_as_such(tmp_path):
    now = identified(tmp_path)[0]
    before = {key: value for key, value in now.items() if key != "format"} | {"data content": "x"}
    with pytest.raises(InputError) as caught:
        check_identity(before, now, "runs/s")
    message = str(caught.value)
    assert message.startswith("runs/s holds a run of another version of minority-tuner")
    assert "--fresh" in message
    assert "content" not in message


@pytest.mark.parametrize("change", ["search.trials=99", "search.time_limit=5m"])
def test_a_budget_may_change(tmp_path, change):
    check_identity(identified(tmp_path)[0], identified(tmp_path, change)[0], "runs/s")


def test_an_identity_survives_json(tmp_path):
    now = identified(tmp_path, "model.dropout={float: [0.0, 0.5]}", "model.layers={int: [1, 3]}")[0]
    assert json.loads(json.dumps(now)) == now


ALPHA = "model.activation=[relu, {elu: {alpha: {float: [0.1, 2.0]}}}]"
ELU = {"model.activation": "elu", "model.activation.elu.alpha": 1.5}
FOCAL = "imbalance={strategies: [none, {loss: {focal: {gamma: {float: [0.5, 3.0]}}}}]}"
FOCUSED = {"imbalance.strategy": "loss=focal", "imbalance.strategy.loss=focal.loss.gamma": 2.0}
DROPOUT = "model.dropout={float: [0.0, 0.5]}"

GOES_ON = [
    # what is searched, a trial of it, what is searched then, and the trial as it is named then
    ("model.activation=[relu, elu]", {"model.activation": "elu"}, ALPHA, "elu"),
    (ALPHA, ELU, "model.activation=[swish, relu, {elu: {alpha: {float: [0.1, 3.0]}}}]", ELU),
    (ALPHA, ELU, "model.activation=[{elu: {alpha: {float: [0.1, 2.0]}}}, relu]", ELU),
    (ALPHA, {"model.activation": "relu"}, "model.activation=[relu, swish]", "same"),
    ("model.activation=relu", {}, ALPHA, {"model.activation": "relu"}),
    ("model.dropout=0.2", {}, DROPOUT, {"model.dropout": 0.2}),
    (DROPOUT, {"model.dropout": 0.2}, "model.dropout={float: [0.1, 0.3]}", "same"),
    (DROPOUT, {"model.dropout": 0.2}, "model.dropout=0.2", {}),
    (
        "model.units={choice: [8, 16]}",
        {"model.units": 16},
        "model.units={choice: [16, 32]}",
        "same",
    ),
    ("model.units={choice: [8, 16]}", {"model.units": 16}, "model.units={int: [8, 64]}", "same"),
    (
        "model.units={int: [8, 64]}",
        {"model.units": 16},
        "model.units={int: [4, 64], log: true}",
        "same",
    ),
    (
        FOCAL,
        FOCUSED,
        FOCAL.replace("3.0", "5.0").replace("none,", "none, {resampling: smote},"),
        "same",
    ),
    (
        FOCAL,
        {"imbalance.strategy": "none"},
        "imbalance={strategies: [{class_weight: balanced}, none]}",
        "same",
    ),
]


@pytest.mark.parametrize(("old", "trial", "new", "then"), GOES_ON)
def test_trials_that_lie_in_the_new_space_count(tmp_path, old, trial, new, then):
    before, now = identified(tmp_path, old)[0], identified(tmp_path, new)[0]
    expected = {"same": trial, "elu": {"model.activation": "elu", ALPHA_NAME: 1.0}}.get(
        str(then), then
    )
    resumed = check_identity(before, now, "runs/s", {0: trial})
    assert resumed.trials == {0: expected}


ALPHA_NAME = "model.activation.elu.alpha"

REFUSED = [
    (ALPHA, ELU, "model.activation=[relu, swish]", "model.activation: .* → .*trial 4 has .*= elu"),
    (
        ALPHA,
        ELU,
        ALPHA.replace("2.0", "1.0"),
        r"alpha: {float: \[0.1, 2.0\]} → {float: \[0.1, 1.0\]}, and trial 4",
    ),
    (ALPHA, ELU, "model.activation=[relu, elu]", "alpha: .* → 1.0, and trial 4 has .* = 1.5"),
    ("model.dropout=0.2", {}, "model.dropout={float: [0.3, 0.5]}", "model.dropout: 0.2 → "),
    ("model.dropout=0.2", {}, "model.dropout=0.3", "model.dropout: 0.2 → 0.3, and trial 4"),
    (FOCAL, FOCUSED, "imbalance={strategies: [none]}", "imbalance.strategy: .*loss=focal"),
    ("imbalance.loss=focal", {}, "imbalance={strategies: [none]}", "no imbalance.strategy"),
]


@pytest.mark.parametrize(("old", "trial", "new", "told"), REFUSED)
def test_a_trial_outside_of_the_new_space_is_refused(tmp_path, old, trial, new, told):
    before, now = identified(tmp_path, old)[0], identified(tmp_path, new)[0]
    with pytest.raises(InputError, match=told) as caught:
        check_identity(before, now, "runs/s", {4: trial})
    assert "another name" in str(caught.value)
    assert "--fresh" in str(caught.value)
    check_identity(before, now, "runs/s")  # without trials nothing lies outside


def test_what_changed_is_told(tmp_path):
    before = identified(tmp_path, "model.units={choice: [8, 16]}")[0]
    now = identified(tmp_path, "model.units={choice: [8, 16, 32]}", DROPOUT)[0]
    assert check_identity(before, now, "runs/s").changes == (
        "model.units: {choice: [8, 16]} → {choice: [8, 16, 32]}",
        "model.dropout: 0.0 → {float: [0.0, 0.5]}",
    )


def test_an_unfinished_trial_keeps_what_it_has(tmp_path):
    before = identified(tmp_path, "model.units={choice: [8, 16]}", DROPOUT)[0]
    now = identified(
        tmp_path, "model.units={choice: [8, 16, 32]}", DROPOUT, "model.layers={int: [1, 9]}"
    )[0]
    resumed = check_identity(before, now, "runs/s", {0: {"model.units": 8}})
    assert set(resumed.trials[0]) == {"model.units", "model.layers"}
