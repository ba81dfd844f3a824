"""Every algorithm: determinism, resuming, and values that lie in the exact conditional space."""

from importlib.util import find_spec
from typing import get_args

import keras_tuner
import optuna
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

import tuner.search.oracle
import tuner.search.packages
import tuner.search.trial_rows
from tuner.errors import InputError
from tuner.search.claims import HeldHere
from tuner.search.database import Database
from tuner.search.oracle import StudyOracle
from tuner.search.packages import missing_package
from tuner.search.records import TrialRecord
from tuner.search.run_folder import RunFolder
from tuner.search.samplers import SAMPLERS, make_sampler
from tuner.search.space import dimensions, signature
from tuner.search.store import Store
from tuner.search.unit_cube import from_unit, to_unit
from tuner.spaces import Alternative, Alternatives, Choice, Float, Int
from tuner.study import load_study
from tuner.study.sections import ALGORITHMS, AlgorithmName, SearchSection

needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
LEARNING = ["tpe", "cmaes", pytest.param("gp", marks=needs_torch)]
CONTINUOUS = ["random", "qmc", *LEARNING]
ALL = [*CONTINUOUS, "grid", "nsga2 for two"]
TWO = [f"{name} for two" for name in ("tpe", "random", "qmc", "grid")]
TWO.append(pytest.param("gp for two", marks=needs_torch))
"""The other algorithms that follow a score and a size."""
TRIALS = 16
"""More than the trials after which the learning algorithms begin to learn."""


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk():
    """Nothing here is about power cuts, and a disk may take 20 ms to be sure of a transaction."""

    def hurry(connection, record):
        connection.execute("PRAGMA synchronous = OFF")

    sa.event.listen(sa.Engine, "connect", hurry)
    yield
    sa.event.remove(sa.Engine, "connect", hurry)


def space(finite=False):
    hp = keras_tuner.HyperParameters()
    step = 0.25 if finite else None
    Float(0.0, 1.0, step=step, default=0.5).declare(hp, "rate")
    alpha = Float(0.5, 2.0, step=0.5) if finite else Float(0.1, 2.0, sampling="log", default=1.0)
    entries = (Alternative("relu"), Alternative("elu", {"alpha": alpha, "flip": Choice((0, 1))}))
    Alternatives(entries).declare(hp, "act")
    Int(1, 4).declare(hp, "layers")
    Int(8, 64, sampling="log", default=16).declare(hp, "units")
    return hp


def score(values):
    return -((values["rate"] - 0.3) ** 2) + 0.1 * (values["act"] == "elu") - 0.01 * values["layers"]


def size(values):
    return values["units"] * values["layers"]


def run(folder, algorithm, trials, seed=0):
    """The values of the trials that this run of the search tries."""
    folder.mkdir(exist_ok=True)
    algorithm, _, two = algorithm.partition(" for ")
    directions = ("maximize", "minimize") if two else ("maximize",)
    database = Database.in_folder(RunFolder(folder))
    store = Store(database, make_sampler(algorithm, seed), directions)
    try:
        grid = algorithm == "grid"
        oracle = StudyOracle(store, HeldHere(), "f1", trials, grid=grid, seed=seed)
        oracle.update_space(space(finite=grid))
        tried = []
        while (trial := oracle.create_trial("t")).status == "RUNNING":
            values = dict(trial.hyperparameters.values)
            tried.append((int(trial.trial_id), values))
            outcome = {"seconds": 1.0, "health": {"collapsed": values["layers"] == 4}}
            told = (score(values), outcome, *[size(values)] * bool(two))
            store.finish(int(trial.trial_id), *told)
            trial.status = "FAILED"  # the store has the score; this object has no metrics
            oracle.end_trial(trial)
    finally:
        store.close()
    return tried


@pytest.mark.parametrize("algorithm", ALL)
def test_trials_are_distinct_lie_in_the_space_and_have_no_inactive_parameter(tmp_path, algorithm):
    tried = [values for _, values in run(tmp_path, algorithm, TRIALS)]
    assert len({signature(values) for values in tried}) == TRIALS
    for values in tried:
        assert_inside(values, space(finite=algorithm.startswith("grid")))
    assert {values["act"] for values in tried} == {"relu", "elu"}


def assert_inside(values, hp):
    active = [d for d in dimensions(hp) if d.active(values)]
    assert [d.name for d in active] == list(values)
    for d in active:
        assert d.distribution._contains(d.distribution.to_internal_repr(values[d.name]))
        assert type(values[d.name]) is type(d.default)


@pytest.mark.parametrize("algorithm", ALL)
def test_the_default_configuration_is_trial_0(tmp_path, algorithm):
    [(number, values)] = run(tmp_path, algorithm, 1)
    assert number == 0
    assert values["act"] == "relu"
    assert values["layers"] == 1


@pytest.mark.parametrize("algorithm", [*ALL, *TWO])
def test_a_resumed_run_suggests_what_an_unbroken_one_does(tmp_path, algorithm):
    unbroken = run(tmp_path / "unbroken", algorithm, TRIALS)
    resumed = [
        *run(tmp_path / "resumed", algorithm, 4),
        *run(tmp_path / "resumed", algorithm, TRIALS - 2),
        *run(tmp_path / "resumed", algorithm, TRIALS),
    ]
    assert resumed == unbroken


@pytest.mark.parametrize("algorithm", [*CONTINUOUS, "nsga2 for two"])
def test_the_seed_decides(tmp_path, algorithm):
    first, second = (run(tmp_path / str(seed), algorithm, 3, seed) for seed in (0, 1))
    assert first[0] == second[0]
    assert first[1:] != second[1:]


class Killed(BaseException):
    """Stands for SIGKILL."""


def kill(*arguments, **keywords):
    raise Killed


@pytest.mark.parametrize("algorithm", ALL)
@pytest.mark.parametrize("instant", ["before its values are written", "after"])
def test_a_kill_while_a_trial_is_created_changes_nothing(tmp_path, monkeypatch, algorithm, instant):
    unbroken = run(tmp_path / "unbroken", algorithm, TRIALS)
    done = 0 if instant == "after" else TRIALS - 2  # the default configuration, and one suggested
    broken = run(tmp_path / "broken", algorithm, done) if done else []
    with monkeypatch.context() as patch:
        if instant == "after":
            patch.setattr(tuner.search.oracle, "Trial", kill)
        else:
            patch.setattr(tuner.search.trial_rows, "parameter_rows", kill)
        with pytest.raises(Killed):
            run(tmp_path / "broken", algorithm, TRIALS)
    assert broken + run(tmp_path / "broken", algorithm, TRIALS) == unbroken


@pytest.mark.parametrize("algorithm", [*CONTINUOUS, "nsga2 for two"])
def test_a_trial_that_was_left_without_values_gets_those_of_an_unbroken_run(tmp_path, algorithm):
    # Older versions made a trial first, and wrote its values in a transaction of their own.
    unbroken = run(tmp_path / "unbroken", algorithm, TRIALS)
    broken = run(tmp_path / "broken", algorithm, TRIALS - 2)
    store = Store(Database.in_folder(RunFolder(tmp_path / "broken")), make_sampler("random", 0))
    store.study.ask()
    store.close()
    assert broken + run(tmp_path / "broken", algorithm, TRIALS) == unbroken


@pytest.mark.parametrize("algorithm", LEARNING)
def test_what_learns_ends_up_nearer_to_the_best_than_chance(tmp_path, algorithm):
    def late(name):
        return [abs(values["rate"] - 0.3) for _, values in run(tmp_path / name, name, 50)[30:]]

    assert sum(late(algorithm)) < 0.6 * sum(late("random"))


def best_sizes(tried):
    """The smallest size at which each score is reached, summed over scores."""
    wanted = [-0.3, -0.1, 0.0, 0.05]
    return sum(
        min((size(values) for values in tried if score(values) >= least), default=500)
        for least in wanted
    )


def test_generations_find_smaller_ones_than_chance(tmp_path):
    def found(name):
        return best_sizes([values for _, values in run(tmp_path / name, name, 50)])

    assert found("nsga2 for two") < found("random for two")


def test_generations_of_a_resumed_run_are_those_of_an_unbroken_one(tmp_path):
    unbroken = run(tmp_path / "unbroken", "nsga2 for two", 34)
    resumed = [
        pair
        for trials in (7, 21, 34)
        for pair in run(tmp_path / "resumed", "nsga2 for two", trials)
    ]
    assert resumed == unbroken


def test_a_collapsed_trial_breaks_a_constraint_of_optunas(tmp_path):
    run(tmp_path, "nsga2 for two", 30)
    store = Store(Database.in_folder(RunFolder(tmp_path)))
    trials = store.study.get_trials(deepcopy=False)
    assert {trial.values is not None for trial in trials} == {True}
    broken = {trial.number for trial in trials if any(trial.constraints.values())}
    assert broken == {trial.number for trial in trials if trial.params["layers"] == 4} != set()
    assert not broken & {trial.number for trial in store.study.best_trials}
    assert {record.against for record in store.records()} == {
        float(size(trial.params)) for trial in trials
    }
    store.close()


def test_of_two_objectives_a_trial_may_fail_or_be_stopped(tmp_path):
    store = Store(
        Database.in_folder(RunFolder(tmp_path)), make_sampler("nsga2", 0), ("maximize", "minimize")
    )
    oracle = StudyOracle(store, HeldHere(), "f1", 3)
    oracle.update_space(space())
    for end in (store.fail, store.stop):
        trial = oracle.create_trial("t")
        end(int(trial.trial_id), "collapsed", 1.0 if end == store.fail else {"seconds": 1.0})
        trial.status = "FAILED"
        oracle.end_trial(trial)
    ended = [(record.state, record.score, record.against) for record in store.records()]
    assert ended == [("failed", None, None), ("stopped", None, None)]
    store.close()


def test_a_sobol_point_belongs_to_its_trial_whatever_came_before(tmp_path):
    points = dict(run(tmp_path / "all", "qmc", TRIALS))
    store = Store(Database.in_folder(RunFolder(tmp_path)), make_sampler("qmc", 0))
    oracle = StudyOracle(store, HeldHere(), "f1", 20)
    oracle.update_space(space())
    for _ in range(5):
        store.study.tell(store.study.ask(), state=optuna.trial.TrialState.FAIL)
        store.study.set_user_attr("suggestions that were discarded", True)
    first = TrialRecord(0, "finished", points[0], 0.5)
    number, values = oracle._next(store.trials(), [first])
    assert (number, values) == (5, points[5])
    assert not any("qmc" in key for key in store.study._storage.get_study_system_attrs(1))
    store.close()


def test_sobol_points_fill_every_quarter(tmp_path):
    rates = [values["rate"] for number, values in run(tmp_path, "qmc", 17) if number]
    assert {int(4 * rate) for rate in rates} == {0, 1, 2, 3}
    counts = [sum(int(4 * rate) == quarter for rate in rates) for quarter in range(4)]
    assert max(counts) - min(counts) <= 1


def test_nothing_pickled_is_kept(tmp_path):
    run(tmp_path, "cmaes", TRIALS)
    store = Store(Database.in_folder(RunFolder(tmp_path)))
    kept = [trial.system_attrs for trial in store.study.get_trials(deepcopy=False)]
    assert {key for one in kept for key in one} == {"fixed_params", "minority_tuner:generation"}
    generations = [one["minority_tuner:generation"] for one in kept[1:]]
    assert generations == sorted(generations)
    assert generations[-1] >= 1
    store.close()


DISTRIBUTIONS = st.one_of(
    st.lists(st.integers(), min_size=1, unique=True).map(CategoricalDistribution),
    st.tuples(st.integers(1, 50), st.integers(0, 90), st.booleans()).map(
        lambda t: IntDistribution(t[0], t[0] + t[1], log=t[2])
    ),
    st.tuples(st.integers(-9, 9), st.integers(1, 9), st.integers(1, 9)).map(
        lambda t: IntDistribution(t[0], t[0] + t[1] * t[2], step=t[2])
    ),
    st.tuples(st.floats(1e-6, 1e3), st.floats(1.001, 1e6), st.booleans()).map(
        lambda t: FloatDistribution(t[0], t[0] * t[1], log=t[2])
    ),
    st.tuples(st.integers(-9, 9), st.integers(1, 20), st.sampled_from([0.1, 0.25, 3.0])).map(
        lambda t: FloatDistribution(t[0], round(t[0] + t[1] * t[2], 2), step=t[2])
    ),
)


@given(DISTRIBUTIONS, st.floats(0.0, 1.0))
def test_every_share_is_a_value_inside_and_every_value_a_share(distribution, share):
    value = from_unit(distribution, share)
    assert distribution._contains(distribution.to_internal_repr(value))
    again = to_unit(distribution, value)
    assert 0.0 <= again <= 1.0 + 1e-9
    assert from_unit(distribution, again) == pytest.approx(value, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("distribution", "share", "value"),
    [
        (CategoricalDistribution(["a", "b"]), 0.5, "b"),
        (CategoricalDistribution([False, True]), 0.49, False),
        (IntDistribution(2, 4), 0.34, 3),
        (FloatDistribution(0.0, 0.5), 0.5, 0.25),
        (FloatDistribution(0.01, 1.0, log=True), 0.5, 0.1),
        (IntDistribution(1, 100, log=True), 1.0, 100),
        (FloatDistribution(0.0, 0.3, step=0.1), 1.0, 0.3),
    ],
)
def test_shares_stand_for(distribution, share, value):
    assert from_unit(distribution, share) == pytest.approx(value)


class TestNames:
    def test_every_name_has_an_algorithm(self):
        assert set(get_args(AlgorithmName)) == set(ALGORITHMS)
        assert {one.sampler for one in ALGORITHMS.values()} == set(SAMPLERS)

    def test_keras_tuners_names_are_understood(self):
        assert SearchSection(algorithm="bayesian").sampler == "tpe"
        assert ALGORITHMS["hyperband"].pruner == "hyperband"
        assert SearchSection(algorithm="hyperband").sampler == "tpe"

    def test_a_study_names_them(self, tmp_path):
        text = "version: 1\nname: own\ndata: {source: rare_table}\nsearch: {algorithm: qmc}\n"
        (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
        assert load_study(tmp_path / "study.yaml").search.sampler == "qmc"

    @pytest.mark.parametrize(("algorithm", "package"), [("gp", "torch"), ("cmaes", "cmaes")])
    def test_a_missing_package_is_told_with_the_install_line(self, monkeypatch, algorithm, package):
        monkeypatch.setattr(tuner.search.packages, "find_spec", none_found)
        with pytest.raises(InputError) as caught:
            make_sampler(algorithm, 0)
        assert str(caught.value) == (
            f"search.algorithm: '{algorithm}' needs the package {package}; install it with: "
            f"pip install 'minority-tuner[{algorithm}]'"
        )

    @pytest.mark.parametrize("algorithm", ["tpe", "random", "grid", "qmc", "nsga2", "hyperband"])
    def test_the_others_need_none(self, monkeypatch, algorithm):
        monkeypatch.setattr(tuner.search.packages, "find_spec", none_found)
        assert missing_package(algorithm) == ""


def none_found(name):
    return None
