"""A search for two objectives goes on as one, and is one in Optuna's tables too."""

import csv

import optuna
import pytest

from faults.studies import Runs, quick_training
from tuner.errors import InputError
from tuner.search.database import Database
from tuner.search.store import Store

TWO = "objective=[minority_f1, parameters]"


def test_a_resumed_search_ends_as_an_unbroken_one(runs, tmp_path):
    settings = (TWO, "search.algorithm=nsga2")
    for trials in (4, 24):
        content, _ = runs(f"search.trials={trials}", *settings)
    (tmp_path / "other").mkdir()
    other = Runs(tmp_path / "other")
    with quick_training(other.log):
        unbroken, _ = other("search.trials=24", *settings)
    assert runs.folder.trials.read_text() == other.folder.trials.read_text()
    assert content["pareto"] == unbroken["pareto"]
    assert len(runs.trained) == len(set(runs.trained)) == 2 * 24


def test_optunas_tables_hold_both_values_and_its_front(runs):
    content, _ = runs("search.trials=12", TWO, "search.algorithm=nsga2")
    store = Store(Database.in_folder(runs.folder))
    study = store.study
    assert [direction.name for direction in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    front = {trial.number: trial.values for trial in study.best_trials}
    store.close()
    assert {row["trial"]: [row["score"], row["against"]] for row in content["pareto"]} == front
    table = list(csv.DictReader(runs.folder.trials.read_text().splitlines()))
    for row in table:
        assert int(row["parameters"]) == 10 * int(row["model.layers"])
    best = max(content["pareto"], key=lambda row: row["score"])
    assert content["best"]["trial"] == best["trial"]
    assert content["best"]["trainable_parameters"] == best["against"]


def test_two_scores_are_both_maximised(runs):
    content, _ = runs("search.trials=6", "objective=[minority_f1, gmean]")
    store = Store(Database.in_folder(runs.folder))
    assert store.study.directions == [optuna.study.StudyDirection.MAXIMIZE] * 2
    store.close()
    table = {
        row["trial"]: row for row in csv.DictReader(runs.folder.trials.read_text().split("\n"))
    }
    for row in content["pareto"]:
        assert row["against"] == pytest.approx(float(table[str(row["trial"])]["gmean"]))


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ("objective.metric=minority_f1", TWO, "objective.against: None → parameters"),
        (TWO, "objective.metric=minority_f1", "objective.against: parameters → None"),
        (TWO, "objective=[minority_f1, mcc]", "objective.against: parameters → mcc"),
    ],
)
def test_an_objective_that_came_or_went_is_refused(runs, before, now, told):
    runs("search.trials=2", before)
    kept = runs.folder.trials.read_bytes()
    with pytest.raises(InputError, match=told):
        runs("search.trials=3", now)
    assert runs.folder.trials.read_bytes() == kept


def test_a_space_that_grew_is_searched_for_both(runs):
    runs("search.trials=11", TWO, "search.algorithm=nsga2")
    grown = ("model.layers={int: [1, 8]}", "model.units={choice: [4, 6]}")
    content, told = runs("search.trials=22", TWO, "search.algorithm=nsga2", *grown)
    assert len(told) == 2
    assert content["trials"]["finished"] == 22
    assert len(runs.trained) == len(set(runs.trained)) == 2 * 22


def test_a_kill_while_a_trial_ends_changes_nothing(runs, monkeypatch):
    def kill(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(optuna.Study, "tell", kill)  # the constraint is written, the values not
        runs("search.trials=2", TWO)
    content, _ = runs("search.trials=2", TWO)
    assert content["trials"]["finished"] == 2
    assert len(runs.trained) == 4
