"""Intervals of scores against naive drawing, simulation and edge cases."""

import numpy as np
import pytest
from scipy import stats

from tuner.evaluate.intervals import INTERVALS, score_intervals
from tuner.metrics import decide, minority_f1, score


def f1_interval(actual, decided, groups=None, **settings):
    probabilities = np.eye(2)[decided.astype(int)]
    labels, decisions = actual.astype(int), decided.astype(int)
    return score_intervals(labels, probabilities, decisions, groups, **settings)["minority_f1"]


def simulated(rng, count=120, share=0.3):
    actual = rng.random(count) < share
    return actual, np.where(rng.random(count) < 0.8, actual, ~actual)


def width(interval):
    return interval[1] - interval[0]


@pytest.mark.parametrize("seed", range(5))
def test_it_holds_its_estimate_within_zero_and_one(seed):
    actual, decided = simulated(np.random.default_rng(seed))
    low, high = f1_interval(actual, decided)
    assert 0 < low < minority_f1(actual, decided) < high < 1


def test_a_seed_decides_the_draws():
    actual, decided = simulated(np.random.default_rng(0))
    assert f1_interval(actual, decided, seed=3) == f1_interval(actual, decided, seed=3)
    assert f1_interval(actual, decided, seed=3) != f1_interval(actual, decided, seed=4)


ONE = np.arange(50) < 10
NONE, ALL = np.zeros(50, bool), np.ones(50, bool)


@pytest.mark.parametrize(
    ("actual", "decided", "expected"),
    [(ONE, ONE, 1.0), (ONE, NONE, 0.0), (ONE, ~ONE, 0.0), (ALL, ALL, 1.0), (ALL, NONE, 0.0)],
)
@pytest.mark.parametrize("groups", [None, np.repeat(np.arange(25), 2).astype(str)])
def test_a_score_at_an_edge_could_have_been_another(actual, decided, expected, groups):
    low, high = f1_interval(actual, decided, groups)
    assert (high if expected else low) == pytest.approx(expected)
    assert 0.02 < high - low < 0.65


@pytest.mark.parametrize("decided", [NONE, ALL])
@pytest.mark.parametrize("groups", [None, np.repeat(np.arange(25), 2).astype(str)])
def test_without_minority_rows_nothing_is_found_in_any_draw(decided, groups):
    assert f1_interval(NONE, decided, groups) == (0.0, 0.0)


def test_calling_every_row_minority_scores_nearly_the_same_on_any_rows():
    low, high = f1_interval(ONE, ALL)
    assert 0.25 < low < 1 / 3 < high < 0.38


@pytest.mark.parametrize("found", [0, 1, 7, 10])
def test_recall_lies_between_half_a_miss_and_half_a_find_more(found):
    actual, decided = np.arange(200) < 10, np.arange(200) < found
    labels, decisions = actual.astype(int), decided.astype(int)
    told = score_intervals(labels, np.eye(2)[decisions], decisions, draws=20_000)["recall"]
    low = stats.beta.ppf(0.025, found, 10.5 - found) if found else 0.0
    high = stats.beta.ppf(0.975, found + 0.5, 10 - found) if found < 10 else 1.0
    assert told == pytest.approx((low, high), abs=0.01)
    # Clopper and Pearson's is wider by less than this.
    exact = stats.binomtest(found, 10).proportion_ci(method="exact")
    assert exact.low - 0.01 <= low <= exact.low + 0.09
    assert exact.high - 0.09 <= high <= exact.high + 0.01


@pytest.mark.parametrize("grouped", [False, True])
def test_perfect_decisions_on_groups_that_all_hold_the_minority_may_still_be_wrong(grouped):
    actual = np.tile([True, False, False], 12)
    low, high = f1_interval(actual, actual, np.repeat(np.arange(12), 3) if grouped else None)
    assert high == pytest.approx(1.0)
    assert 0.7 < low < 0.9


@pytest.mark.parametrize("decided", ["none", "all", "few", "wrong"])
def test_no_score_lies_outside_its_interval_where_all_groups_hold_the_minority(decided):
    rng = np.random.default_rng(3)
    actual = np.tile(np.arange(50) < 3, 12)
    called = {
        "none": np.zeros(600, bool),
        "all": np.ones(600, bool),
        "few": (rng.random(600) < 0.1) | (actual & (rng.random(600) < 0.3)),
        "wrong": ~actual & (rng.random(600) < 0.1),
    }[decided]
    labels, decisions = actual.astype(int), called.astype(int)
    probabilities = np.column_stack([1 - 0.5 * called, 0.5 * called])
    told = score_intervals(labels, probabilities, decisions, np.repeat(np.arange(12), 50))
    own = score(labels, probabilities, decisions)
    for name in ("minority_f1", "precision", "recall", "balanced_accuracy", "gmean"):
        low, high = told[name]
        assert low <= getattr(own, name) + 1e-9 <= high + 2e-9, name


def test_more_confidence_is_wider():
    rows = simulated(np.random.default_rng(0))
    widths = [width(f1_interval(*rows, confidence=c)) for c in (0.5, 0.8, 0.95, 0.99)]
    assert widths == sorted(widths)
    assert len(set(widths)) == 4


def test_four_times_the_rows_halve_the_width():
    actual, decided = simulated(np.random.default_rng(1), 200)
    large = f1_interval(np.tile(actual, 4), np.tile(decided, 4))
    assert width(f1_interval(actual, decided)) / width(large) == pytest.approx(2, rel=0.12)


def test_copies_of_a_row_in_one_group_tell_nothing_new():
    actual, decided = simulated(np.random.default_rng(1), 40)
    copies = np.repeat(actual, 6), np.repeat(decided, 6)
    groups = np.repeat(np.arange(40), 6).astype(str)
    grouped = f1_interval(*copies, groups)
    assert grouped == pytest.approx(f1_interval(actual, decided), abs=0.02)
    assert width(grouped) / width(f1_interval(*copies)) == pytest.approx(np.sqrt(6), rel=0.15)


def test_the_order_of_rows_of_a_group_does_not_matter():
    rng = np.random.default_rng(5)
    actual, decided = simulated(rng)
    groups, order = rng.integers(0, 30, 120).astype(str), rng.permutation(120)
    shuffled = f1_interval(actual[order], decided[order], groups[order])
    assert f1_interval(actual, decided, groups) == shuffled


def test_it_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    # Of 30 % positives, 80 % right either way: TP .24, FP .14, FN .06.
    truth = 2 * 0.24 / (2 * 0.24 + 0.14 + 0.06)
    intervals = np.array([f1_interval(*simulated(rng, 200), draws=500) for _ in range(300)])
    covered = ((intervals[:, 0] <= truth) & (truth <= intervals[:, 1])).mean()
    assert 0.88 <= covered <= 0.99


@pytest.mark.parametrize("positives", [5, 20])
def test_it_covers_a_truth_near_the_edge(positives):
    rng = np.random.default_rng(4)
    # Of 7 % positives, 95 % found, and .4 % of the others called so.
    recall, alarms, count = 0.95, 0.004, round(positives / 0.07)
    truth = 2 * recall * 0.07 / (recall * 0.07 + alarms * 0.93 + 0.07)
    covered = 0
    for _ in range(200):
        actual = np.arange(count) < positives
        decided = rng.random(count) < np.where(actual, recall, alarms)
        low, high = f1_interval(actual, decided, draws=400)
        covered += low <= truth <= high
    assert covered >= 0.93 * 200


def test_a_million_rows_fit_into_memory():
    actual, decided = simulated(np.random.default_rng(0), 1_000_000, 0.02)
    low, high = f1_interval(actual, decided)
    assert low < minority_f1(actual, decided) < high
    assert high - low < 0.01


def scored_rows(seed, count=240, classes=2, steps=None):
    """Labels, probabilities and decisions, the minority last and rare."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(classes, count, p=[*[0.8 / (classes - 1)] * (classes - 1), 0.2])
    probabilities = rng.dirichlet(np.ones(classes), count)
    probabilities[np.arange(count), labels] += rng.random(count)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    if steps:  # many rows have equal probabilities
        probabilities = np.round(probabilities * steps) / steps
    return labels, probabilities, decide(probabilities, 0.4)


CASES = [(2, None, False), (2, 10, False), (3, None, False), (2, None, True), (3, 5, True)]


class Supposed:
    """Rows that are put beside the data, one by one, with what each counts in its cluster."""

    def __init__(self, labels, probabilities, decisions):
        self.minority = probabilities.shape[1] - 1
        hit = (labels == self.minority) & (decisions == self.minority)
        self.finds, self.rows = probabilities[hit, -1], []

    def add(self, label, decided, count):
        """Minority rows and false alarms rank as finds do, others last, and misses below these."""
        called = decided == self.minority
        ranks = self.finds if called else [-1.0 if label == self.minority else 0.0]
        self.rows += [(label, rank, decided, count / len(ranks)) for rank in ranks]
        return self


def supposed_clusters(labels, probabilities, decisions, clusters, positive, end):
    """Rows of each cluster that stands beside the data, and whether it has a minority row."""
    minority = probabilities.shape[1] - 1
    mean = {
        side: [
            np.isin(clusters, np.flatnonzero(positive == side))[labels == code].sum()
            / max(1, (positive == side).sum())
            for code in range(minority + 1)
        ]
        for side in (True, False)
    }
    made = []
    for side in (True, False):
        rows = Supposed(labels, probabilities, decisions)
        alarms = mean[True][-1] / sum(mean[False]) if end == "low" and not side else 0.0
        for code, count in enumerate(mean[side][:-1]):
            rows.add(code, code, count * (1 - alarms)).add(code, minority, count * alarms)
        if side:
            wrong = range(minority) if end == "low" else [minority]
            for code in wrong:
                rows.add(minority, code, mean[True][-1] / len(wrong))
        made.append((side, rows.rows))
    return made


def weighed(labels, minority, decisions, weights, classes, end):
    """The scores of rows with weights, each by its definition; a find counts half for a low end."""
    table = np.zeros((classes, classes))
    np.add.at(table, (labels.astype(int), decisions.astype(int)), weights)
    actual, called, hits = table[-1].sum(), table[:, -1].sum(), table[-1, -1]
    right = np.diag(table) / table.sum(axis=1)
    truth, told, total = table.sum(axis=1), table.sum(axis=0), table.sum()
    steps = np.unique(minority)[::-1, None]
    above = (minority >= steps) @ weights
    of_them = (minority >= steps) @ (weights * (labels == classes - 1))
    others = above - of_them
    pairs = actual * (total - actual)
    own, half = np.diff(of_them, prepend=0.0), 0.5 if end == "low" else 0.0
    return {
        "minority_f1": 2 * hits / (actual + called),
        "precision": hits / called,
        "recall": hits / actual,
        "pr_auc": own @ ((of_them - half * own) / (above - half * own)) / actual,
        "roc_auc": own @ (others[-1] - others + 0.5 * np.diff(others, prepend=0.0)) / pairs,
        "mcc": (np.trace(table) * total - truth @ told)
        / np.sqrt((total**2 - truth @ truth) * (total**2 - told @ told)),
        "balanced_accuracy": right.mean(),
        "gmean": np.sqrt(right[-1] * table[:-1, :-1].sum() / truth[:-1].sum()),
    }


@pytest.mark.parametrize(("classes", "steps", "grouped"), CASES)
def test_all_ends_are_those_of_a_naive_drawing_of_weights(classes, steps, grouped):
    labels, probabilities, decisions = scored_rows(7, classes=classes, steps=steps)
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 80, len(labels)) if grouped else np.arange(len(labels))
    clusters = np.unique(groups, return_inverse=True)[1]
    positive = np.bincount(clusters, labels == classes - 1) > 0
    found = score_intervals(labels, probabilities, decisions, groups if grouped else None)
    for place, end, share in ((0, "low", 0.025), (1, "high", 0.975)):
        beside = supposed_clusters(labels, probabilities, decisions, clusters, positive, end)
        more = [row for _, rows in beside for row in rows]
        own = np.append(clusters, np.repeat([-2, -1], [len(rows) for _, rows in beside]))
        counts = np.append(np.ones(len(labels)), [row[3] for row in more])
        columns = [
            np.append(data, [row[at] for row in more])
            for at, data in enumerate((labels, probabilities[:, -1], decisions))
        ]
        sides = np.append(positive, [side for side, _ in beside])
        drawn = []
        for _ in range(500):
            weights = rng.gamma(np.append(np.ones(len(positive)), [0.5, 0.5]))
            for side in (True, False):
                weights[sides == side] *= (positive == side).sum() / weights[sides == side].sum()
            drawn.append(weighed(*columns, weights[own] * counts, classes, end))
        for name in INTERVALS:
            expected = np.quantile([one[name] for one in drawn], share)
            assert found[name][place] == pytest.approx(expected, abs=0.03), (name, end)


@pytest.mark.parametrize(("classes", "steps", "grouped"), CASES)
def test_a_draw_that_is_the_data_has_the_scores_of_the_data(classes, steps, grouped, monkeypatch):
    labels, probabilities, decisions = scored_rows(3, classes=classes, steps=steps)
    groups = np.arange(len(labels)) // 3 if grouped else None

    class Same:
        def standard_gamma(self, shape, size):
            return np.tile(np.where(shape < 1, 0.0, shape), (size[0], 1))

    monkeypatch.setattr(np.random, "default_rng", lambda seed: Same())
    found = score_intervals(labels, probabilities, decisions, groups, draws=3)
    expected = score(labels, probabilities, decisions)
    for name, ends in found.items():
        low, high = ends
        assert high == pytest.approx(getattr(expected, name), abs=1e-12), name
        assert low < high if name == "pr_auc" else low == pytest.approx(high, abs=1e-12), name


def test_the_average_precision_of_random_order_is_not_above_its_truth():
    rng, below = np.random.default_rng(6), 0
    for _ in range(200):
        labels, told = (np.arange(250) < 20).astype(int), rng.random(250)
        both = np.column_stack([1 - told, told])
        low, high = score_intervals(labels, both, decide(both, 0.5), draws=400)["pr_auc"]
        below += low > 20 / 250
        assert high > 20 / 250
    assert below <= 0.05 * 200


def test_every_score_but_those_of_calibration_has_an_interval():
    from tuner.report.scores import SCORES

    assert [*INTERVALS, "brier", "ece"] == list(SCORES)


def test_large_data_takes_fewer_draws_and_no_more_memory(monkeypatch):
    from tuner.evaluate import clusters

    rows = scored_rows(0, 3000)
    usual = score_intervals(*rows)
    monkeypatch.setattr(clusters, "_CELLS", 3000)
    for name, ends in score_intervals(*rows).items():
        assert ends == pytest.approx(usual[name], abs=0.02)
