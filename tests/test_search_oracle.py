"""The conditional space and the order in which configurations are tried."""

import keras_tuner
import pytest

from tuner.search.claims import HeldHere
from tuner.search.database import Database
from tuner.search.oracle import StudyOracle
from tuner.search.run_folder import RunFolder
from tuner.search.samplers import make_sampler
from tuner.search.space import configurations, dimensions, signature
from tuner.search.store import Store
from tuner.spaces import Alternative, Alternatives, Choice, Float, Int


def space(alpha):
    hp = keras_tuner.HyperParameters()
    Alternatives((Alternative("relu"), Alternative("elu", {"alpha": alpha}))).declare(hp, "act")
    return hp


def run(store, hp, trials, algorithm="random", seed=0, **settings):
    oracle = StudyOracle(
        store, HeldHere(), "f1", trials, grid=algorithm == "grid", seed=seed, **settings
    )
    oracle.update_space(hp)
    tried = []
    while (trial := oracle.create_trial("t")).status == "RUNNING":
        tried.append(dict(trial.hyperparameters.values))
        store.finish(int(trial.trial_id), 0.5, {"seconds": 1.0})
        trial.status = "FAILED"  # the score was told to the store; this trial has no metrics
        oracle.end_trial(trial)
    return tried, oracle.stopped


@pytest.fixture
def store(tmp_path):
    store = Store(Database.in_folder(RunFolder(tmp_path)), make_sampler("random", 0))
    yield store
    store.close()


def test_a_finite_space_is_listed_without_inactive_parameters():
    listed = list(configurations(dimensions(space(Choice((0.5, 1.0))))))
    assert listed == [
        {"act": "relu"},
        {"act": "elu", "act.elu.alpha": 0.5},
        {"act": "elu", "act.elu.alpha": 1.0},
    ]


def test_a_continuous_space_cannot_be_listed():
    assert configurations(dimensions(space(Float(0.1, 1.0)))) is None


def test_the_default_configuration_is_tried_first(store):
    tried, _ = run(store, space(Float(0.1, 1.0, default=0.7)), 2)
    assert tried[0] == {"act": "relu"}
    assert tried[1] != tried[0]


def test_a_grid_too_large_to_list_is_sampled_everywhere(store):
    hp = keras_tuner.HyperParameters()
    for name in ("a", "b", "c"):
        Int(1, 100).declare(hp, name)
    tried, stopped = run(store, hp, 12, "grid")
    assert stopped == "trials"
    assert len({values["a"] for values in tried}) > 6


@pytest.mark.parametrize("algorithm", ["random", "grid"])
def test_an_exhausted_space_ends_the_search(store, algorithm):
    tried, stopped = run(store, space(Choice((0.5, 1.0))), 10, algorithm)
    assert len(tried) == len({signature(values) for values in tried}) == 3
    assert stopped == "exhausted"


def test_the_budget_counts_earlier_runs(store):
    hp = space(Float(0.1, 1.0))
    first, _ = run(store, hp, 3)
    more, stopped = run(store, hp, 5)
    assert (len(first), len(more), stopped) == (3, 2, "trials")


def test_a_resumed_search_goes_on_as_an_unbroken_one(store, tmp_path):
    hp = space(Float(0.1, 1.0))
    broken = run(store, hp, 3)[0] + run(store, hp, 6)[0]
    (tmp_path / "other").mkdir()
    other = Store(Database.in_folder(RunFolder(tmp_path / "other")), make_sampler("random", 0))
    assert run(other, hp, 6)[0] == broken
    other.close()


def test_a_trial_left_running_comes_first(store):
    hp = space(Float(0.1, 1.0))
    oracle = StudyOracle(store, HeldHere(), "f1", 3)
    oracle.update_space(hp)
    left = oracle.create_trial("killed")
    again = StudyOracle(store, HeldHere(), "f1", 3)
    again.update_space(hp)
    taken = again.create_trial("t")
    assert taken.trial_id == left.trial_id
    assert taken.hyperparameters.values == left.hyperparameters.values


def test_no_trial_starts_after_the_time_limit(store):
    now = iter([0.0, 1.0, 5.0, 11.0, 12.0])
    tried, stopped = run(store, space(Float(0.1, 1.0)), 9, time_limit=10, clock=lambda: next(now))
    assert (len(tried), stopped) == (2, "time_limit")
