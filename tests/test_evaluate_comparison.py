"""Differences between values, how sure they are, and what is said of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tuner.evaluate.comparison.difference import Difference, Spread
from tuner.evaluate.comparison.pairs import Pair, all_pairs, holm, more_repeats
from tuner.evaluate.comparison.ranks import cliques, mean_ranks
from tuner.evaluate.comparison.together import together, together_verdict
from tuner.evaluate.comparison.verdict import verdict


def test_with_one_context_it_is_the_corrected_resampled_t_test():
    # Nadeau & Bengio (2003), section 5: t = mean / sqrt((1 / J + n2 / n1) s^2), J - 1 degrees.
    values = np.array([0.04, 0.01, 0.05, -0.01, 0.03, 0.06, 0.02, 0.00, 0.03, 0.04])
    one = Difference(values.mean(), Spread.of(values[None], 1 / 9))
    error = np.sqrt((1 / 10 + 1 / 9) * values.var(ddof=1))
    assert one.standard_error == pytest.approx(error)
    t = values.mean() / error
    assert one.p_value == pytest.approx(2 * stats.t.sf(t, 9))
    assert one.interval() == pytest.approx(stats.t.interval(0.95, 9, values.mean(), error))
    assert one.below(0.01) == pytest.approx(stats.t.cdf((0.01 - values.mean()) / error, 9))


def test_the_variance_is_that_of_resamples_and_of_contexts():
    # D = a + context + resample + noise, each normal: the components are found back.
    rng = np.random.default_rng(0)
    found = []
    for _ in range(400):
        context, resample = rng.normal(0, 2, (6, 1)), rng.normal(0, 1, (1, 10))
        spread = Spread.of(context + resample + rng.normal(0, 1, (6, 10)), 0.5)
        found.append((spread.contexts, spread.resamples))
    contexts, resamples = np.mean(found, axis=0)
    assert contexts == pytest.approx(4.0 + 1 / 10, rel=0.1)
    assert resamples == pytest.approx(1 + 1 / 6, rel=0.1)
    assert spread.variances == pytest.approx((0.6 * spread.resamples, spread.contexts / 6))
    assert 5 <= spread.degrees <= 14


def test_more_resamples_take_away_their_noise_and_nothing_else():
    rng = np.random.default_rng(0)
    steady = rng.normal(0, 1, (4, 1))
    few, many = (steady + rng.normal(0, 3, (4, count)) for count in (20, 2000))
    now, then = Spread.of(few, 0.5), Spread.of(many, 0.5)
    assert now.noise == pytest.approx(9 / 20, rel=0.25)
    assert then.noise == pytest.approx(now.after(2000).noise, rel=0.25)
    assert now.after(2000).contexts == pytest.approx(now.contexts - 0.99 * now.noise)
    assert now.after(20) == now


def test_contexts_that_agree_add_nothing():
    rng = np.random.default_rng(1)
    one = rng.normal(0, 1, (1, 8))
    spread = Spread.of(np.repeat(one, 4, axis=0), 0.25)
    assert (spread.contexts, spread.degrees) == (0.0, 7.0)
    assert spread.resamples == pytest.approx(one.var(ddof=1))


def test_what_never_varies_is_no_evidence():
    same = Difference(0.0, Spread.of(np.zeros((2, 4)), 0.5))
    assert (same.p_value, same.interval()) == (1.0, (0.0, 0.0))
    more = Difference(0.25, Spread.of(np.full((2, 4), 0.25), 0.5))
    assert (more.p_value, more.below(0.2), more.below(0.3)) == (0.0, 0.0, 1.0)
    for one in (same, more):
        pair = Pair(0, 1, one, 0.01, one.p_value)
        assert pair.verdict == "undecided"
        assert more_repeats(pair, 2) is None


@pytest.mark.parametrize("contexts", [2, 3])
def test_few_contexts_that_happen_to_agree_are_not_trusted(contexts):
    rng = np.random.default_rng(0)
    false = 0
    for _ in range(600):
        differences = rng.normal(0, 0.05, (contexts, 1)) + rng.normal(0, 0.02, (contexts, 50))
        false += Difference(differences.mean(), Spread.of(differences, 1 / 9)).p_value < 0.05
    assert false / 600 < 0.075


def test_holm_is_that_of_statsmodels():
    # statsmodels 0.14.4, multipletests([...], method="holm")
    p = [0.01, 0.04, 0.03, 0.005, 0.6]
    assert [one for one, _ in holm(p)] == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.6])
    assert [times for _, times in holm(p)] == [4, 2, 3, 5, 1]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_corrected_p_values_keep_their_order_and_only_grow(p):
    found = np.array([one for one, _ in holm(p)])
    assert (found >= p).all()
    assert (found <= 1).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(found[order]) >= 0).all()


def scores(means, contexts=4, repeats=5, folds=3, noise=0.005, seed=0):
    """Scores and contributions of values with these means."""
    rng = np.random.default_rng(seed)
    own = rng.normal(0, noise, (len(means), contexts, repeats * folds))
    contributions = np.array(means)[:, None, None] + own
    return contributions.reshape(len(means), contexts, repeats, folds).mean(axis=3), contributions


def pairs_of(means, rope=0.01, **design):
    return all_pairs(*scores(means, **design), 0.5, rope)


def test_every_two_values_are_set_against_each_other():
    pairs = pairs_of([0.7, 0.8, 0.7])
    assert [(pair.first, pair.second) for pair in pairs] == [(0, 1), (0, 2), (1, 2)]
    assert [pair.verdict for pair in pairs] == ["worse", "equal", "better"]
    for pair in pairs:
        assert pair.better + pair.equal + pair.worse == pytest.approx(1.0)
        assert pair.adjusted >= pair.difference.p_value
        turned = pair.reversed()
        assert (turned.first, turned.second) == (pair.second, pair.first)
        assert turned.better == pytest.approx(pair.worse)
        assert turned.reversed() == pair


def test_a_real_difference_that_does_not_matter_is_not_called():
    [pair] = pairs_of([0.7, 0.706], noise=0.001)
    assert pair.adjusted < 1e-3
    assert pair.verdict == "equal"


def test_a_difference_must_stand_out_of_all_pairs():
    two, many = pairs_of([0.7, 0.72], noise=0.03), pairs_of([0.7, 0.72, *[0.7] * 8], noise=0.03)
    assert many[0].adjusted > many[0].difference.p_value
    assert two[0].adjusted == two[0].difference.p_value


def said(means, names="abcdef", repeats=5, **design):
    values, contributions = scores(means, repeats=repeats, **design)
    found = all_pairs(values, contributions, 0.5, 0.01)
    return verdict(names[: len(means)], list(values.mean(axis=(1, 2))), found, repeats)


def test_what_a_person_may_conclude():
    assert said([0.7, 0.8, 0.6]) == "b is better than a and c"
    assert said([0.7, 0.7001, 0.7], noise=0.001) == (
        "no difference that matters: every two are within 0.01 of each other, each with a "
        "probability of 95 % at least"
    )
    assert said([0.7, 0.8, 0.8], noise=0.001) == "b is better than a; b is within 0.01 of c"
    undecided = said([0.7, 0.72, 0.5], noise=0.06)
    assert undecided.startswith("b is better than c; the rest is undecided between b and a: ")


def test_how_many_repeats_would_settle_it():
    told = said([0.7, 0.78], repeats=1, noise=0.05, seed=2)
    assert told.startswith("undecided between b and a: about ")
    assert told.endswith(" more repeats would settle b and a")
    more = int(told.split("about ")[1].split()[0])
    [pair] = pairs_of([0.7, 0.78], repeats=1, noise=0.05, seed=2)
    assert more_repeats(pair, 1) == more
    # With as many repeats whose differences vary as those did, it is settled, and not before.
    for repeats, settled in ((more, False), (1 + more, True)):
        spread = pair.difference.spread
        then = spread.after(3 * repeats)
        assert (then.count, then.resamples) == (3 * repeats, spread.resamples)
        again = Difference(pair.difference.mean, then)
        known = Pair(0, 1, again, 0.01, again.p_value).verdict != "undecided"
        assert known == settled


def test_repeats_cannot_settle_what_varies_between_contexts():
    rng = np.random.default_rng(0)
    differences = rng.normal(0.01, 0.1, (4, 1)) + rng.normal(0, 0.001, (4, 15))
    [pair] = all_pairs(
        np.array([differences.mean(axis=1, keepdims=True), np.zeros((4, 1))]),
        np.array([differences, np.zeros((4, 15))]),
        0.5,
        0.01,
    )
    assert pair.verdict == "undecided"
    assert more_repeats(pair, 5) is None


def test_ranks_are_means_over_contexts_and_repeats_and_equal_ones_share():
    values = np.array([[[0.9, 0.8]], [[0.7, 0.8]], [[0.1, 0.2]]])
    assert mean_ranks(values).tolist() == [1.25, 1.75, 3.0]


def test_repeats_to_come_are_reckoned_with_all_pairs():
    # Corrected p-values end at 1, which says nothing of what they were multiplied by.
    spread = Spread(0.04**2 * 3, 0.0, 0.0, 3, 1, 0.05)
    one = Difference(0.05, spread)
    few, many = (Pair(0, 1, one, 0.01, min(1.0, among * one.p_value), among) for among in (1, 60))
    assert many.adjusted == 1.0
    assert more_repeats(few, 1) < (more_repeats(many, 1) or 1000)


def test_a_sentence_names_a_few_values_only():
    names = [f"value{number}" for number in range(12)]
    values, contributions = scores([0.9, *[0.5] * 11])
    told = verdict(names, values.mean(axis=(1, 2)), all_pairs(values, contributions, 0.5, 0.01), 5)
    assert told.startswith("value0 is better than value")
    assert told.count("value") == 6
    assert told.endswith(" and 6 others")


def test_bars_stand_over_what_was_not_told_apart():
    pairs = pairs_of([0.80, 0.70, 0.803, 0.795], noise=0.03)
    assert cliques([2, 0, 3, 1], pairs) == [(2, 0, 3)]
    assert cliques([0, 1], pairs_of([0.8, 0.6])) == []


def effects(added):
    """Two places of 2 and 3 values whose scores add up, and what is added to some cells."""
    means = (np.array([0.5, 0.6])[:, None] + np.array([0.0, 0.1, 0.2]) + np.array(added)).ravel()
    values, contributions = scores(means, noise=0.001)
    return together(values, contributions, (2, 3), 0.5, 0.01)


def test_two_places_that_add_up_can_be_chosen_one_by_one():
    found = effects(np.zeros((2, 3)))
    assert [(one.first, one.second) for one in found] == [
        (a, b) for a in range(2) for b in range(3)
    ]
    assert {one.effect.verdict for one in found} == {"equal"}
    told = together_verdict(found, "ab", "xyz")
    assert (
        told == "they can be chosen one by one: together they do nothing that matters beyond that"
    )


def test_effects_that_are_one_number_are_one_test():
    means = np.array([0.5, 0.6, 0.6, 0.75])
    values, contributions = scores(means, noise=0.02)
    found = together(values, contributions, (2, 2), 0.5, 0.01)
    assert len({round(abs(one.effect.difference.mean), 12) for one in found}) == 1
    for one in found:
        assert one.effect.adjusted == pytest.approx(one.effect.difference.p_value)
    assert all(one.effect.among == 1 for one in found)
    wide = together(*scores(np.repeat(0.5, 6), noise=0.02), (2, 3), 0.5, 0.01)
    assert sorted(one.effect.among for one in wide) == [1, 1, 2, 2, 3, 3]


def test_two_values_that_do_more_together_are_named():
    added = np.zeros((2, 3))
    added[1, 2] = 0.12
    found = effects(added)
    # Of 2 x 3 cells with one that is higher, that one's effect is a third of it.
    assert found[5].effect.difference.mean == pytest.approx(0.12 / 3, abs=1e-3)
    assert sum(one.effect.difference.mean for one in found) == pytest.approx(0, abs=1e-12)
    told = together_verdict(found, "ab", "xyz")
    assert told.startswith("they depend on each other: ")
    assert told.endswith("than each alone would have it")
