"""Rows that are written at once are those that Optuna writes one by one."""

from itertools import count

import keras_tuner
import numpy as np
import optuna
import pytest
import sqlalchemy as sa
from optuna.trial import TrialState

from tuner.search.claims import HeldHere
from tuner.search.database import Database
from tuner.search.oracle import StudyOracle
from tuner.search.run_folder import RunFolder
from tuner.search.samplers import make_sampler
from tuner.search.space import dimensions
from tuner.search.store import Store
from tuner.search.suggest import suggest
from tuner.search.trial_rows import Ending, end_trial
from tuner.spaces import Alternative, Alternatives, Choice, Float, Int
from tuner.training.unit import UnitResult

ONE, TWO = ("maximize",), ("maximize", "minimize")
UNIT = UnitResult(np.full((4, 2), 0.5, np.float32), 2, {"val_pr_auc": [0.5, 0.6]}, seconds=0.01)


def space():
    hp = keras_tuner.HyperParameters()
    alpha = Float(0.1, 2.0, sampling="log", default=1.0)
    entries = (Alternative("relu"), Alternative("elu", {"alpha": alpha, "flip": Choice((0, 1))}))
    Alternatives(entries).declare(hp, "act")
    Int(1, 4).declare(hp, "layers")
    Float(0.0, 1.0).declare(hp, "rate")
    return hp


@pytest.fixture
def opened(tmp_path):
    """Opens a new store at each call."""
    stores, numbers = [], count()

    def open_one(algorithm="random", directions=ONE):
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        database = Database.in_folder(RunFolder(folder))
        stores.append(Store(database, make_sampler(algorithm, 0), directions))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


def table(store):
    """All that Optuna knows of the trials, without ids and times."""
    known = []
    for trial in store.study.get_trials():
        assert trial.datetime_start is not None
        finished = trial.state.is_finished()
        assert (trial.duration is not None) == finished
        assert not finished or trial.duration.total_seconds() >= 0
        told = (trial.params, trial.distributions, trial.user_attrs, trial.system_attrs)
        known.append((trial.number, trial.state, trial.values, trial.intermediate_values, *told))
    return known


def begun(store):
    """A trial with values."""
    trials = store.trials()
    own = store.next_trial(trials)
    store.study.sampler.space = dimensions(space())
    return store.begin(suggest(store.study, trials, own, store.study.sampler.space))


def begun_by_optuna(store):
    """The same trial, made and given its values by Optuna."""
    trial = store.study.ask()
    values = {}
    for dimension in dimensions(space()):
        if dimension.active(values):
            trial._suggest(dimension.name, dimension.distribution)
            values = trial.params
    return trial.number


ENDINGS = {
    "complete": (ONE, {}, [0.25], TrialState.COMPLETE),
    "infinite": (ONE, {}, [float("-inf")], TrialState.COMPLETE),
    "complete for two": (TWO, {}, [0.25, 1000.0], TrialState.COMPLETE),
    "failed": (ONE, {1: 0.5}, None, TrialState.FAIL),
    "pruned": (ONE, {2: 0.5, 1: 0.75}, None, TrialState.PRUNED),
    "pruned without a curve": (ONE, {}, None, TrialState.PRUNED),
    "pruned where a curve is no number": (ONE, {1: 0.5, 2: float("nan")}, None, TrialState.PRUNED),
    "pruned of two": (TWO, {}, None, TrialState.PRUNED),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_trial_begins_and_ends_as_one_of_optunas(opened, ending):
    directions, curve, values, state = ENDINGS[ending]
    ours, theirs = opened(directions=directions), opened(directions=directions)
    for _ in range(2):
        own, other = begun(ours), begun_by_optuna(theirs)
        assert own == other
        for store in (ours, theirs):
            store.keep_curve(store.trials()[own], curve)
        kept = {"outcome": {"seconds": 1.5}, "reason": "so"}
        last_of_curve = state is TrialState.PRUNED and directions == ONE
        given = None if last_of_curve else values or ()
        end_trial(ours.engine, ours.study_id, own, Ending(state, kept, given))
        trial = optuna.Trial(theirs.study, theirs.trials()[other]._trial_id)
        for key, value in kept.items():
            trial.set_user_attr(key, value)
        theirs.study.tell(trial, values, state)
    assert repr(table(ours)) == repr(table(theirs))


def test_the_first_end_counts(opened):
    store = opened()
    number = begun(store)
    store.finish(number, 0.5, {"seconds": 1.0})
    before = table(store)
    store.fail(number, "late", 2.0)
    store.finish(number, 0.75, {"seconds": 3.0})
    assert table(store) == before
    assert store.record(number).score == 0.5


def test_a_score_that_is_no_number_is_refused_and_nothing_is_kept(opened):
    store = opened()
    number = begun(store)
    before = table(store)
    with pytest.raises(ValueError, match=r"the values of trial 0 must be numbers, got \[nan\]"):
        store.finish(number, float("nan"), {"seconds": 1.0})
    assert table(store) == before


def test_what_an_older_version_left_of_an_end_is_replaced(opened):
    # It wrote the attributes of an ending trial one by one, and may have been killed between.
    store = opened(directions=TWO)
    number = begun(store)
    trial = optuna.Trial(store.study, store.trials()[number]._trial_id)
    trial.set_user_attr("outcome", {"seconds": 1.0})
    trial.set_constraint("collapsed", 0.0)
    outcome = {"seconds": 2.0, "health": {"collapsed": True}}
    store.finish(number, 0.5, outcome, 10.0)
    assert store.record(number).outcome["seconds"] == 2.0
    assert store.trials()[number].constraints == {"collapsed": 1.0}


def test_an_end_that_fails_leaves_the_trial_running(opened):
    store = opened()
    number = begun(store)
    before = table(store)
    with pytest.raises(TypeError, match="not JSON serializable"):
        store.finish(number, 0.5, {"seconds": object()})
    assert table(store) == before
    assert store.record(number).state == "running"


def test_a_trial_that_somebody_enqueued_comes_next(opened):
    store = opened()
    begun(store)
    store.study.enqueue_trial({"act": "relu", "layers": 3, "rate": 0.125})
    assert [record.number for record in store.records()] == [0]
    assert (begun(store), begun(store)) == (1, 2)
    assert store.record(1).values == {"act": "relu", "layers": 3, "rate": 0.125}
    assert [record.state for record in store.records()] == ["running"] * 3


def test_a_number_that_somebody_took_meanwhile_is_not_given_twice(opened):
    store = opened()
    trials = store.trials()
    own = store.next_trial(trials)
    found = suggest(store.study, trials, own, dimensions(space()))
    store.study.add_trial(optuna.create_trial(value=0.5))
    assert store.begin(found) == 1
    assert store.record(1).values == found.values


def test_the_record_of_an_ended_trial_is_made_once_and_that_of_another_follows_it(opened):
    store = opened()
    first, second = begun(store), begun(store)
    store.finish(first, 0.5, {"seconds": 1.0})
    before = store.records()
    assert [record.state for record in before] == ["finished", "running"]
    store.finish(second, 0.75, {"seconds": 1.0})
    after = store.records()
    assert after[0] is before[0]
    assert (after[1].state, after[1].score) == ("finished", 0.75)


class Statements:
    """Counts what a database is asked for, and the transactions that write."""

    def __init__(self, engine):
        self.asked, self.written, self._writes = 0, 0, False
        sa.event.listen(engine, "before_cursor_execute", self._statement)
        sa.event.listen(engine, "commit", self._commit)

    def _statement(self, connection, cursor, statement, *_):
        self.asked += 1
        self._writes = self._writes or not statement.startswith("SELECT")

    def _commit(self, connection):
        self.written += self._writes
        self._writes = False


@pytest.mark.parametrize("algorithm", ["random", "tpe"])
def test_a_trial_asks_the_database_for_the_same_however_many_came_before(opened, algorithm):
    store = opened(algorithm)
    oracle = StudyOracle(store, HeldHere(), "f1", 60)
    oracle.update_space(space())
    statements, told = Statements(store.engine), []
    for _ in range(60):
        before = statements.asked, statements.written
        trial = oracle.create_trial("t")
        number = int(trial.trial_id)
        assert store.unit(number, 0, 0) is None
        store.add_unit(number, 0, 0, UNIT)
        store.finish(number, trial.hyperparameters.values["rate"], {"seconds": 1.0})
        assert store.record(number).state == "finished"
        trial.status = "FAILED"  # the score was told to the store; this trial has no metrics
        oracle.end_trial(trial)
        told.append((statements.asked - before[0], statements.written - before[1]))
    assert told[10] == told[59]
    # Its beginning, its unit and its end.
    assert {written for _, written in told} == {3}
    assert max(asked for asked, _ in told[2:]) <= 25
