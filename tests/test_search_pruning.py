"""Trials that their first fold shows to be behind are stopped, in a resumed run as in any other."""

import keras_tuner
import numpy as np
import optuna
import pytest
import sqlalchemy as sa

from tuner.search.claims import HeldHere
from tuner.search.database import Database
from tuner.search.oracle import StudyOracle
from tuner.search.pruning import (
    PRUNERS,
    Curve,
    Hyperband,
    Median,
    SuccessiveHalving,
    make_pruner,
)
from tuner.search.run_folder import RunFolder
from tuner.search.samplers import make_sampler
from tuner.search.store import Store
from tuner.spaces import Float
from tuner.training.unit import UnitResult

EPOCHS, FOLDS, TRIALS = 9, 2, 14
RULES = [name for name in PRUNERS if name != "none"]


@pytest.fixture(scope="module", autouse=True)
def no_waiting_for_the_disk():
    """No process is really killed here, so the database need not reach the disk."""

    def unsynchronised(connection, _):
        connection.execute("pragma synchronous = off")

    sa.event.listen(sa.Engine, "connect", unsynchronised)
    yield
    sa.event.remove(sa.Engine, "connect", unsynchronised)


class Killed(BaseException):
    """The process ends here."""


class StandIn:
    """A search whose trainings are drawn curves.

    It calls the pruner where a tuner does: after every epoch of the first fold, and at its end.

    Args:
        lives: Steps (epochs and units) after which the process is killed.
    """

    def __init__(self, folder, name, lives=10**9):
        self.store = Store(Database.in_folder(RunFolder(folder)), make_sampler("random", 0))
        self.pruner = make_pruner(name, self.store, EPOCHS)
        self.lives = lives

    def step(self):
        self.lives -= 1
        if self.lives < 0:
            raise Killed

    def search(self):
        hp = keras_tuner.HyperParameters()
        Float(0.1, 1.0).declare(hp, "quality")
        oracle = StudyOracle(self.store, HeldHere(), "f1", TRIALS)
        oracle.update_space(hp)
        try:
            while (trial := oracle.create_trial("t")).status == "RUNNING":
                quality = trial.hyperparameters.values["quality"]
                self.trial(int(trial.trial_id), quality)
                trial.status = "FAILED"  # its end was told to the store
                oracle.end_trial(trial)
        except Killed:
            pass
        finally:
            self.store.close()
        return self.store.records()

    def trial(self, number, quality):
        for fold in range(FOLDS):
            unit = self.store.unit(number, fold, 0)
            if unit is None:
                unit = self.train(number, fold, quality)
                if unit is None:
                    return
                self.store.add_unit(number, fold, 0, unit)
                self.step()
            history = unit.history["val_pr_auc"]
            if fold == 0 and not self.pruner.goes_on_after_fold(number, history):
                return self.stop(number, len(history))
        self.store.finish(number, quality, {"seconds": 1.0})

    def train(self, number, fold, quality):
        drawn = np.random.default_rng([number, fold])
        length = int(drawn.integers(3, EPOCHS + 1))
        rising = quality * (1 - 0.6 ** np.arange(1, length + 1))
        history = [float(v) for v in rising + drawn.normal(0, 0.1, length)]
        for epoch in range(1, length + 1):
            if fold == 0:
                goes_on = self.pruner.goes_on(number, epoch, max(history[:epoch]))
                self.step()
                if not goes_on and epoch < length:
                    return self.stop(number, epoch)
        told = np.full((1, 2), 0.5, dtype=np.float32)
        return UnitResult(told, 1, {"val_pr_auc": history}, 0.1)

    def stop(self, number, epoch):
        self.store.stop(number, self.pruner.reason(epoch, 0), {"seconds": 0.5})


def ends(records):
    return [(r.number, r.state, r.reason, r.score, dict(r.values)) for r in records]


@pytest.fixture(scope="module", params=RULES)
def unbroken(request, tmp_path_factory):
    run = StandIn(tmp_path_factory.mktemp("unbroken"), request.param)
    return request.param, ends(run.search())


def test_some_trials_are_stopped_and_say_why(unbroken):
    name, trials = unbroken
    stopped = [trial for trial in trials if trial[1] == "stopped"]
    assert 2 <= len(stopped) < TRIALS - 2
    for _, _, reason, score, _ in stopped:
        assert score is None
        assert reason.startswith("pruned in epoch ")
        assert reason.endswith(f" of fold 0 by {name}")


@pytest.mark.parametrize("lives", [10, 13, 31])
def test_a_search_killed_again_and_again_stops_the_trials_of_an_unbroken_one(
    unbroken, lives, tmp_path
):
    name, trials = unbroken
    runs = [StandIn(tmp_path, name, lives)]
    records = runs[0].search()
    while runs[-1].lives < 0:
        runs.append(StandIn(tmp_path, name, lives))
        records = runs[-1].search()
    assert len(runs) > 2
    assert ends(records) == trials


def test_finished_units_of_a_stopped_trial_are_kept(tmp_path):
    run = StandIn(tmp_path, "median")
    records = run.search()
    for record in records:
        trained = run.store.unit(record.number, 0, 0)
        other = run.store.unit(record.number, 1, 0)
        assert (other is not None) == (record.state == "finished")
        if record.state == "stopped" and trained is not None:
            assert f"epoch {len(trained.history['val_pr_auc'])} " in record.reason


# The rules, held to Optuna's pruners


def optunas(name):
    if name == "median":
        return Median(3), optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=3)
    if name == "successive_halving":
        halving = optuna.pruners.SuccessiveHalvingPruner(min_resource=2, reduction_factor=2)
        return SuccessiveHalving(2, 30, factor=2), halving
    band = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=30, reduction_factor=3)
    return Hyperband(1, 30, factor=3), band


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("seed", range(3))
def test_a_rule_decides_as_the_pruner_of_optuna(name, seed):
    rule, pruner = optunas(name)
    study = optuna.create_study(study_name="search", direction="maximize", pruner=pruner)
    drawn = np.random.default_rng(seed)
    curves, stopped = [], 0
    for number in range(60):
        trial = study.ask()
        values, pruned = {}, False
        steps = np.sort(drawn.normal(drawn.normal(0, 0.5), 1, 30))
        for epoch, value in enumerate(steps.tolist(), start=1):
            trial.report(value, epoch)
            values[epoch] = value
            pruned = rule.stops(number, epoch, value, curves)
            assert pruned == trial.should_prune()
            if pruned:
                break
        stopped += pruned
        curves.append(Curve(number, not pruned, values))
        state = optuna.trial.TrialState.PRUNED if pruned else None
        study.tell(trial, None if pruned else value, state=state)
    assert 10 < stopped < 60


def test_brackets_get_the_shares_of_optuna():
    band = Hyperband(1, 27, factor=3)
    counts = np.bincount([band.bracket(number) for number in range(4900)])
    assert counts / 100 == pytest.approx([27, 12, 6, 4], abs=3)


def test_no_rung_is_the_last_epoch():
    assert SuccessiveHalving(1, 27, factor=3).rungs() == [1, 3, 9]
    assert SuccessiveHalving(1, 1, factor=3).rungs() == []
    assert Hyperband(1, 1, factor=3).bracket(5) == 0


def test_equals_of_the_best_go_on():
    others = [Curve(number, True, {9: 0.5}) for number in range(8)]
    for rule in (Median(1), SuccessiveHalving(3, 9, factor=3), Hyperband(1, 9, factor=3)):
        assert not any(rule.stops(8, epoch, 0.5, others) for epoch in range(1, 10))


# Curves


def test_a_fold_that_ended_early_keeps_what_it_reached():
    curve = Curve(0, True, {1: 0.2, 2: 0.4, 9: 0.4})
    assert [curve.at(epoch) for epoch in (1, 2, 5, 9)] == [0.2, 0.4, 0.4, 0.4]
    assert curve.at(10) is None


def test_epochs_that_a_killed_process_reached_are_no_better_now():
    # It was killed in epoch 3 and is trained again from the first epoch on.
    assert Curve(0, False, {1: 0.2, 2: 0.3, 3: 0.9}).at(2) == 0.3


@pytest.fixture
def store(tmp_path):
    store = Store(Database.in_folder(RunFolder(tmp_path)))
    yield store
    store.close()


def curve_of(store, number):
    return store.study.get_trials(deepcopy=False)[number].intermediate_values


def test_the_curve_lies_in_optunas_tables_where_another_process_sees_it(store, tmp_path):
    number = store.study.ask().number
    pruner = make_pruner("median", store, 5)
    pruner.goes_on(number, 1, 0.25)
    pruner.goes_on(number, 2, 0.25)
    other = Store(Database.in_folder(RunFolder(tmp_path)))
    assert curve_of(other, number) == {1: 0.25, 2: 0.25}
    other.close()


def test_a_fold_that_was_stored_and_not_judged_is_completed(store):
    number = store.study.ask().number
    pruner = make_pruner("median", store, 5)
    pruner.goes_on(number, 1, 0.25)
    for _ in range(2):
        assert pruner.goes_on_after_fold(number, [0.25, 0.5, 0.125])
        assert curve_of(store, number) == {1: 0.25, 2: 0.5, 3: 0.5, 5: 0.5}


def test_a_fold_that_ended_early_is_judged_by_what_it_reached(store):
    pruner = make_pruner("successive_halving", store, 40)  # rungs at 10 and 20
    first = store.study.ask().number
    assert pruner.goes_on_after_fold(first, [0.5] * 40)
    second = store.study.ask().number
    for epoch in range(1, 9):
        assert pruner.goes_on(second, epoch, 0.25)
    assert not pruner.goes_on_after_fold(second, [0.25] * 8)


def test_suggestions_that_were_discarded_have_no_say(store):
    pruner = make_pruner("successive_halving", store, 4)
    discarded = store.study.ask().number
    store.discard(discarded, duplicate_of=0)
    assert pruner.goes_on(store.study.ask().number, 1, 0.0)


def test_what_a_failed_trial_had_reached_is_no_bar(store):
    pruner = make_pruner("successive_halving", store, 4)
    failed, next_one, last = (store.study.ask().number for _ in range(3))
    assert pruner.goes_on(failed, 1, 0.9)
    assert not pruner.goes_on(next_one, 1, 0.1)
    store.fail(failed, "non-finite loss in epoch 2", 1.0)
    assert pruner.goes_on(last, 1, 0.1)


def test_without_a_pruner_nothing_is_kept(store):
    assert make_pruner("none", store, 40) is None
