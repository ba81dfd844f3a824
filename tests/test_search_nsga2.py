"""NSGA-II: generations from finished trials, selection, children in a conditional space."""

import keras_tuner
import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import FloatDistribution
from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial

from tuner.search.generations import next_parents, parents_of, tournament
from tuner.search.nsga2 import Nsga2Sampler
from tuner.search.space import dimensions, signature
from tuner.spaces import Alternative, Alternatives, Choice, Float, Int

BOTH_UP = (StudyDirection.MAXIMIZE, StudyDirection.MAXIMIZE)
UP_DOWN = (StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE)


def finished(number, score, against, collapsed=False):
    trial = create_trial(
        values=[score, against], system_attrs={"constraints:collapsed": float(collapsed)}
    )
    trial.number = number
    return trial


def numbers(parents):
    return [one.trial.number for one in parents]


# Maximising both: front 0 is trials 1, 2, 3, 5; front 1 is 0, 4; front 2 is 6.
HAND = {0: (1, 5), 1: (1, 9), 2: (5, 7), 3: (6, 6), 4: (2, 3), 5: (9, 1), 6: (1, 2)}


def by_hand(order=HAND):
    return [finished(number, *map(float, HAND[number])) for number in order]


def test_fronts_and_room_are_those_of_the_paper():
    parents = next_parents(by_hand(), BOTH_UP, 7)
    assert {one.trial.number: one.front for one in parents} == {
        **dict.fromkeys((1, 2, 3, 5), 0),
        **dict.fromkeys((0, 4), 1),
        6: 2,
    }
    rooms = {one.trial.number: one.room for one in parents}
    assert rooms[1] == rooms[5] == float("inf")
    assert rooms[2] == pytest.approx((6 - 1) / 8 + (9 - 6) / 8)
    assert rooms[3] == pytest.approx((9 - 5) / 8 + (7 - 1) / 8)


@pytest.mark.parametrize(
    ("size", "kept"), [(1, [1]), (2, [1, 5]), (3, [1, 5, 3]), (5, [1, 5, 3, 2, 0])]
)
def test_the_last_front_is_thinned_out_where_it_is_crowded(size, kept):
    assert numbers(next_parents(by_hand(), BOTH_UP, size)) == kept


def dominates(one, other):
    return all(a >= b for a, b in zip(one, other, strict=True)) and one != other


PAIRS = st.tuples(st.integers(0, 5), st.integers(0, 5))


@given(st.lists(PAIRS, min_size=1, max_size=15))
def test_a_front_is_what_nothing_in_the_fronts_behind_it_dominates(values):
    trials = [finished(number, *map(float, pair)) for number, pair in enumerate(values)]
    left, fronts = dict(enumerate(values)), {}
    for front in range(len(values)):
        best = [n for n, own in left.items() if not any(dominates(o, own) for o in left.values())]
        fronts |= dict.fromkeys(best, front)
        left = {number: own for number, own in left.items() if number not in best}
    parents = next_parents(trials, BOTH_UP, len(values))
    assert {one.trial.number: one.front for one in parents} == fronts


def test_generations_are_made_of_sound_trials_in_the_order_of_their_numbers():
    # Of two trials each: (0, 2), then (5, 6), then 8, which is alone.
    trials = [
        finished(6, 0.3, 10.0),
        finished(0, 0.5, 100.0),
        finished(1, 0.9, 1.0, collapsed=True),
        finished(2, 0.6, 200.0),
        create_trial(state=TrialState.FAIL),
        create_trial(state=TrialState.PRUNED),
        create_trial(state=TrialState.RUNNING),
        finished(5, 0.55, 300.0),
        finished(8, 0.99, 1.0),
    ]
    assert numbers(parents_of(trials[:2], UP_DOWN, 2)) == [0, 6]
    assert parents_of(trials[:1], UP_DOWN, 2) == []
    assert sorted(numbers(parents_of(trials[1:4], UP_DOWN, 2))) == [0, 2]
    # Trial 5 is beaten by 2; of the others, 2 and 6 are the ends.
    assert sorted(numbers(parents_of(trials, UP_DOWN, 2))) == [2, 6]
    assert parents_of(trials[::-1], UP_DOWN, 2) == parents_of(trials, UP_DOWN, 2)


def test_what_is_minimised_is_measured_in_orders_of_magnitude():
    sizes = [1e1, 1e4, 1e5, 1e6, 1.1e6]
    trials = [finished(n, 0.5 + 0.1 * n, size) for n, size in enumerate(sizes)]
    # The steps in score are equal; in plain numbers trial 1 would be the crowded one.
    assert numbers(parents_of(trials, UP_DOWN, 5)) == [0, 4, 1, 2, 3]


def test_parents_are_the_better_ones_of_those_that_meet():
    parents = next_parents(by_hand(), BOTH_UP, 7)
    rng = np.random.RandomState(0)
    drawn = [[trial.number for trial in tournament(parents, rng)] for _ in range(400)]
    assert all(first != second for first, second in drawn)
    counts = np.bincount(np.ravel(drawn), minlength=7)
    assert counts[6] == 0  # nothing is worse
    assert counts[1] == counts.max()


def space():
    hp = keras_tuner.HyperParameters()
    Float(0.0, 1.0, default=0.5).declare(hp, "rate")
    elu = Alternative("elu", {"alpha": Float(0.1, 2.0), "flip": Choice((0, 1))})
    Alternatives((Alternative("relu"), elu)).declare(hp, "act")
    Int(1, 4).declare(hp, "layers")
    return dimensions(hp)


RELU = [{"rate": 0.125, "act": "relu", "layers": 4}, {"rate": 0.25, "act": "relu", "layers": 3}]
ELU = [
    {"rate": 0.5, "act": "elu", "act.elu.alpha": 1.5, "act.elu.flip": 1, "layers": 1},
    {"rate": 0.75, "act": "elu", "act.elu.alpha": 0.5, "act.elu.flip": 0, "layers": 2},
]


def children(configurations, count=200, own=None):
    """What is suggested after a generation of these configurations, all on one front."""
    own = own or space()
    study = optuna.create_study(directions=["maximize", "minimize"])
    known = {dimension.name: dimension.distribution for dimension in own}
    for number, values in enumerate(configurations):
        distributions = {name: known[name] for name in values}
        trial = create_trial(
            values=[float(number), 10.0**number], params=values, distributions=distributions
        )
        study.add_trial(trial)
    sampler = Nsga2Sampler(0, population=len(configurations))
    sampler.space = own
    left = [create_trial(state=TrialState.RUNNING) for _ in range(count)]
    for number, trial in enumerate(left, start=len(configurations)):
        trial.number = number
    return [sampler.sample_relative(study, trial, {}) for trial in left]


def test_a_child_has_what_its_own_choices_make_active():
    seen = set()
    for child in children([*RELU, *ELU]):
        assert list(child) == [one.name for one in space() if one.active(child)]
        for one in space():
            if one.name in child:
                assert one.distribution._contains(
                    one.distribution.to_internal_repr(child[one.name])
                )
        seen.add(child["act"])
    assert seen == {"relu", "elu"}


def test_values_come_from_the_parents_but_for_a_few():
    parents = [*RELU, *ELU]
    made = children(parents)
    for name in ("rate", "act.elu.alpha"):
        theirs = {values[name] for values in parents if name in values}
        own = [child[name] in theirs for child in made if name in child]
        assert 0.5 < np.mean(own) < 0.95


def test_what_no_parent_has_is_drawn():
    # Only a changed choice leads to it, and no parent has a value for it.
    alphas = [child["act.elu.alpha"] for child in children(RELU * 2) if child["act"] == "elu"]
    assert len(set(alphas)) == len(alphas) > 3
    assert min(alphas) < 0.6 < 1.4 < max(alphas)


def test_no_child_repeats_a_trial_as_long_as_there_is_something_new():
    hp = keras_tuner.HyperParameters()
    for name in ("a", "b", "c"):
        Int(1, 3).declare(hp, name)
    own = dimensions(hp)
    parents = [{"a": 1, "b": 1, "c": c} for c in (1, 2, 3)] + [{"a": 1, "b": 2, "c": 1}]
    known = {signature(values) for values in parents}
    assert not any(signature(child) in known for child in children(parents, own=own))


def test_before_the_first_generation_nothing_is_suggested_together():
    sampler = Nsga2Sampler(0)
    sampler.space = space()
    study = optuna.create_study(sampler=sampler, directions=["maximize", "minimize"])
    for number in range(9):
        trial = create_trial(
            values=[float(number), 1.0],
            params={"rate": number / 10},
            distributions={"rate": FloatDistribution(0.0, 1.0)},
        )
        study.add_trial(trial)
    left = create_trial(state=TrialState.RUNNING)
    left.number = 9
    assert sampler.sample_relative(study, left, {}) == {}
