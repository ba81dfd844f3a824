"""A search whose space grew goes on in the same database, with all of its trials."""

import sqlite3
from contextlib import closing

import optuna
import pytest

from faults.studies import Runs, quick_training
from tuner.errors import InputError
from tuner.search.database import Database
from tuner.search.store import Store

ALPHA = "{elu: {alpha: {float: [0.1, 2.0]}}}"


def trials(folder):
    """States, values, scores and attributes of all trials, by number."""
    store = Store(Database.in_folder(folder))
    found = [
        (t.number, t.state, t.params, t.value, t.user_attrs, t.datetime_complete)
        for t in store.study.get_trials()
    ]
    store.close()
    return found


def units(folder):
    with closing(sqlite3.connect(folder.database)) as connection:
        return set(connection.execute("select * from minority_tuner_units"))


def test_optuna_refuses_a_choice_that_grew():
    # The reason for `tuner.search.adaptation`; where this changes, it may go.
    study = optuna.create_study()
    study.ask().suggest_categorical("a", ["x", "y"])
    with pytest.raises(ValueError, match="does not support dynamic value space"):
        study.ask().suggest_categorical("a", ["x", "y", "z"])


@pytest.mark.parametrize("algorithm", ["random", "tpe"])
def test_a_grown_space_is_searched_and_nothing_is_lost(runs, algorithm):
    settings = (f"search.algorithm={algorithm}",)
    first, _ = runs("search.trials=12", *settings)
    kept, trained, networks = trials(runs.folder), runs.trained, units(runs.folder)
    grown = (
        f"model.activation=[swish, {ALPHA}, relu, gelu]",  # more entries, another order
        "model.layers={int: [1, 8]}",  # a wider range
        "model.units={choice: [4, 6]}",  # searched where it was fixed
        "training.batch_size={choice: [128, 64]}",
        "search.trials=24",
    )
    content, told = runs(*settings, *grown)
    assert [line.partition(": {")[0] for line in told] == [
        "the search space changed (model.layers",
        "the search space changed (model.units: 4 → {choice",
        "the search space changed (model.activation",
        "the search space changed (training.batch_size: 128 → {choice",
    ] or len(told) == 4
    after = trials(runs.folder)
    for old, new in zip(kept, after, strict=False):
        added = {"model.units": 4, "training.batch_size": 128}
        assert new == (*old[:2], {**old[2], **added}, *old[3:])
    assert networks <= units(runs.folder)
    assert runs.trained[: len(trained)] == trained
    assert len(runs.trained) == len(set(runs.trained)) == 2 * 24
    tried = [values for number, _, values, *_ in after if number >= len(kept)]
    assert {one["model.activation"] for one in tried} & {"swish", "gelu"}
    assert {one["model.units"] for one in tried} == {4, 6}
    assert max(one["model.layers"] for one in tried) > 4
    assert content["trials"]["finished"] == first["trials"]["finished"] + 12
    assert runs(*settings, *grown) == (content, [])


def test_an_exhausted_grid_goes_on_when_it_grows(runs):
    grid = ("search.algorithm=grid", "search.trials=50", "training.learning_rate=0.001")
    small = ("model.layers={int: [1, 2]}", "model.activation=[relu, elu]")
    content, _ = runs(*grid, *small)
    assert (content["trials"]["finished"], content["trials"]["ended"]) == (4, "exhausted")
    content, _ = runs(*grid, "model.layers={int: [1, 3]}", "model.activation=[relu, elu, swish]")
    assert content["trials"]["finished"] == 9
    assert len(runs.trained) == len(set(runs.trained)) == 18


def test_a_duplicate_of_a_trial_from_before_is_known(runs):
    # With units searched, the configurations of before are those with units 4.
    grid = ("search.algorithm=grid", "search.trials=50", "training.learning_rate=0.001")
    rest = ("model.layers={int: [1, 2]}", "model.activation=relu")
    runs(*grid, *rest)
    content, _ = runs(*grid, *rest, "model.units={choice: [4, 8]}")
    assert content["trials"]["finished"] == 4
    back, _ = runs(*grid, *rest, "model.units={choice: [4, 8]}")
    assert back == content
    with pytest.raises(InputError, match=r"model.units: .* → 4, and trial \d has .* = 8"):
        runs(*grid, *rest)


def test_a_refused_space_changes_no_file(runs):
    runs(f"model.activation=[relu, {ALPHA}]", "search.trials=6")
    before = {p: p.read_bytes() for p in runs.folder.path.rglob("*") if p.is_file()}
    with pytest.raises(InputError, match=r"model.activation: .*elu.* and trial"):
        runs("model.activation=[relu, swish]", "search.trials=6")
    assert {p: p.read_bytes() for p in runs.folder.path.rglob("*") if p.is_file()} == before


def test_a_crash_while_the_space_is_adapted_leaves_the_old_run(runs, monkeypatch):
    import sqlalchemy as sa

    runs()
    before = trials(runs.folder)

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sa, "update", crash)  # the parameters are written, the identity not yet
        with pytest.raises(KeyboardInterrupt):
            runs("model.layers={int: [1, 9]}", "search.trials=6")
    assert trials(runs.folder) == before
    content, _ = runs("model.layers={int: [1, 9]}", "search.trials=6")
    assert content["trials"]["finished"] == 6


def test_a_damaged_database_of_a_grown_space_comes_back(runs):
    runs()
    grown = ("model.layers={int: [1, 9]}", "search.trials=6")
    content, _ = runs(*grown)
    runs.folder.database.write_bytes(b"")
    again, [told] = runs(*grown)
    assert "6 ended trials and 12 trained networks are back" in told
    assert again["trials"] == content["trials"]
    assert again["best"] == content["best"]


def test_a_larger_budget_ends_as_one_run_with_it(runs, tmp_path):
    runs("search.trials=3")
    runs("search.trials=5")
    (tmp_path / "other").mkdir()
    other = Runs(tmp_path / "other")
    with quick_training(other.log):
        other("search.trials=5")
    assert runs.folder.trials.read_text() == other.folder.trials.read_text()
