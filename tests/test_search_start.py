"""Configurations that a study starts with."""

import keras_tuner
import pytest

from tuner.errors import InputError
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.search.claims import HeldHere
from tuner.search.database import Database
from tuner.search.oracle import StudyOracle
from tuner.search.run_folder import RunFolder
from tuner.search.samplers import make_sampler
from tuner.search.space import dimensions
from tuner.search.start import _places, first_configurations, start_problems
from tuner.search.store import Store
from tuner.study import load_study

HEAD = """version: 1
name: own
data: {source: rare_table}
model:
  layers: {int: [2, 6], step: 2}
  units: {choice: [32, 64]}
  dropout: {float: [0.0, 0.5]}
  l2: 0.001
  batch_normalization: {choice: [false, true]}
  activation: [relu, {elu: {alpha: {float: [0.1, 2.0], log: true}}}, swish]
training: {learning_rate: {float: [0.1, 0.3], step: 0.1}}
"""
STRATEGIES = "imbalance: {strategies: [none, {loss: {focal: {gamma: {float: [0.5, 5.0]}}}}]}\n"


def study_of(folder, start_with, text=HEAD + STRATEGIES):
    path = folder / "study.yaml"
    path.write_text(f"{text}search:\n  start_with: {start_with}\n", encoding="utf-8")
    return load_study(path)


def space_of(study):
    parts = {key: getattr(study, key) for key in ("model", "imbalance", "training")}
    hp = keras_tuner.HyperParameters()
    ImbalancedHyperModel((4,), **parts).configure(hp)
    return hp


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("{model.activation: swish}", {"model.activation": "swish"}),
        ("{model.activation: silu}", None),
        (
            "{model.activation: elu, model.activation.elu.alpha: 1}",
            {"model.activation": "elu", "model.activation.elu.alpha": 1.0},
        ),
        ("{imbalance.strategy: loss=focal}", {"imbalance.strategy": "loss=focal"}),
        (
            "{imbalance.strategy: loss=focal, imbalance.strategy.loss=focal.loss.gamma: 2}",
            {"imbalance.strategy": "loss=focal", "imbalance.strategy.loss=focal.loss.gamma": 2.0},
        ),
        ("{model.batch_normalization: true}", {"model.batch_normalization": True}),
        ("{training.learning_rate: 0.2}", {"training.learning_rate": 0.2}),
        ("{model.l2: 0.001, model.layers: 4}", {"model.layers": 4}),
        ("{}", {}),
    ],
)
def test_a_configuration_names_values_of_the_space(tmp_path, written, read):
    study = study_of(tmp_path, f"[{written}]")
    if read is None:
        assert start_problems(study)
    else:
        assert first_configurations(study) == (read,)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{model.layer: 2}", "model.layer: unknown key; did you mean 'model.layers'?"),
        ("{model.layers: 8}", "model.layers: expected a value of {int: [2, 6], step: 2}, got 8"),
        (
            "{model.layers: 3}",
            "model.layers: expected a value of {int: [2, 6], step: 2}, got 3; its steps do not"
            " meet it",
        ),
        ("{model.layers: 2.5}", "model.layers: expected a whole number, got 2.5"),
        ("{model.units: 48}", "model.units: expected one of 32, 64, got 48"),
        ("{model.dropout: 0.7}", "model.dropout: expected a value of {float: [0.0, 0.5]}, got 0.7"),
        ("{model.l2: 0.1}", "model.l2: is not searched and always 0.001, got 0.1"),
        (
            "{model.activation: swich}",
            "model.activation: expected one of 'relu', 'elu', 'swish', got 'swich'; did you mean"
            " 'swish'?",
        ),
        (
            "{model.activation.elu.alpha: 0.5}",
            "model.activation.elu.alpha: belongs to 'elu', but model.activation is 'relu' unless it"
            " is named; give model.activation: elu",
        ),
        (
            "{model.activation: swish, model.activation.elu.alpha: 0.5}",
            "model.activation.elu.alpha: belongs to 'elu', but model.activation is 'swish'; give"
            " model.activation: elu",
        ),
        ("{model.dropout: [0.1]}", "model.dropout: expected a number, got [0.1]"),
        ("{model.units: [32]}", "model.units: expected one of 32, 64, got [32]"),
    ],
)
def test_what_is_not_of_the_space_is_told_with_its_path(tmp_path, written, told):
    study = study_of(tmp_path, f"[{{}}, {written}]")
    with pytest.raises(InputError) as caught:
        first_configurations(study)
    [problem] = caught.value.problems
    assert str(problem).endswith(f": search.start_with[1].{told}")
    assert problem.line == 14


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("elu", "search.start_with: expected a list of mappings of keys to values, got 'elu'"),
        ("[elu]", "search.start_with[0]: expected keys with values, got 'elu'"),
    ],
)
def test_a_list_of_mappings_is_wanted(tmp_path, written, told):
    with pytest.raises(InputError) as caught:
        study_of(tmp_path, written)
    assert str(caught.value).endswith(told)


@pytest.mark.parametrize("name", ["mri_like", "imbalance_strategies", "breast_cancer"])
def test_the_names_known_are_those_that_the_hypermodel_declares(name):
    study = load_study(name)
    places, declared = _places(study), dimensions(space_of(study))
    searched = {name for name, place in places.items() if len(place.space.grid() or ()) != 1}
    assert searched == {dimension.name for dimension in declared}
    for dimension in declared:
        place = places[dimension.name]
        assert place.space.default == dimension.default
        family = [(place.parent, (place.entry,))] if dimension.conditions else []
        assert list(dimension.conditions) == family


def tried(folder, study, trials, grid=False):
    store = Store(Database.in_folder(RunFolder(folder)), make_sampler("random", 0))
    oracle = StudyOracle(
        store, HeldHere(), "f1", trials, grid=grid, seed=0, start_with=first_configurations(study)
    )
    oracle.update_space(space_of(study))
    found = []
    while (trial := oracle.create_trial("t")).status == "RUNNING":
        found.append((int(trial.trial_id), dict(trial.hyperparameters.values)))
        store.finish(int(trial.trial_id), 0.5, {"seconds": 1.0})
        trial.status = "FAILED"  # the store has the score; this object has no metrics
        oracle.end_trial(trial)
    store.close()
    return found


START = """
    - {model.activation: elu, model.activation.elu.alpha: 0.5}
    - {}
    - {imbalance.strategy: loss=focal, model.units: 64}
    - {model.activation: elu, model.activation.elu.alpha: 0.5}
"""


def test_they_come_after_the_default_configuration_once_each(tmp_path):
    found = tried(tmp_path, study_of(tmp_path, START), 4)
    [default, elu, focal, drawn] = [values for _, values in found]
    assert [number for number, _ in found] == [0, 1, 2, 3]
    assert default["model.activation"] == "relu"
    assert elu == {**default, "model.activation": "elu", "model.activation.elu.alpha": 0.5}
    named = {"imbalance.strategy": "loss=focal", "model.units": 64}
    assert focal.items() >= {**default, **named}.items()
    assert focal["imbalance.strategy.loss=focal.loss.gamma"] == 2.0  # registered
    assert drawn not in (default, elu, focal)


def test_a_resumed_run_does_not_try_them_again(tmp_path):
    study = study_of(tmp_path, START)
    (tmp_path / "other").mkdir()
    unbroken = tried(tmp_path / "other", study, 6)
    assert tried(tmp_path, study, 2) + tried(tmp_path, study, 6) == unbroken


def test_one_that_is_added_later_is_tried_next(tmp_path):
    tried(tmp_path, study_of(tmp_path, "[]"), 2)
    [(number, values)] = tried(tmp_path, study_of(tmp_path, "[{model.dropout: 0.25}]"), 3)
    assert (number, values["model.dropout"]) == (2, 0.25)
