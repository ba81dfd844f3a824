"""Units become one score; what is told of probabilities beside it; collapsed trials rank last."""

from itertools import pairwise

import numpy as np
import pytest

from tuner import from_arrays
from tuner.data import Fold, Splits
from tuner.metrics.calibration import reliability
from tuner.search import pooling
from tuner.search.pooling import Pooling, check_calibration
from tuner.search.records import TrialRecord
from tuner.search.run import best_record, ranked
from tuner.study import Study
from tuner.study.document import read_yaml_text
from tuner.training.priors import Priors
from tuner.training.unit import UnitResult

RNG = np.random.default_rng(0)
Y = np.where(np.arange(120) % 6 == 0, "rare", "common")
DATASET = from_arrays(RNG.normal(size=(120, 2)), Y, minority="rare")
PRIORS = Priors((5 / 6, 1 / 6), (0.5, 0.5), True)


def study(objective="{}", **imbalance):
    text = (
        f"name: s\ndata: {{csv: s.csv, target: y}}\nobjective: {objective}\nimbalance: {imbalance}"
    )
    return Study.from_document(read_yaml_text(text))


def pool(given, dataset, study):
    return Pooling(dataset, study).pool(given)


def fold_scores(given, dataset, study):
    return Pooling(dataset, study).fold_scores(given)


def units(priors=PRIORS, minority=None):
    part = np.arange(120) // 6 % 2
    told = np.clip(0.2 + 0.5 * DATASET.is_minority() + RNG.normal(0, 0.1, 120), 0.01, 0.99)
    told = told if minority is None else np.full(120, minority)
    p = np.column_stack([1 - told, told]).astype(np.float32)
    return [
        (
            Fold(fold, 0, np.flatnonzero(part != fold), np.flatnonzero(part == fold)),
            UnitResult(p[part == fold], 1, {}, 0.0, priors),
        )
        for fold in (0, 1)
    ]


def test_reliability_is_told_before_and_after_correction():
    given = units()
    pooled = pool(given, DATASET, study())
    labels = DATASET.labels[np.concatenate([fold.validation for fold, _ in given])]
    told = np.concatenate([result.probabilities for _, result in given])
    before = np.concatenate([PRIORS.as_trained(result.probabilities) for _, result in given])
    assert list(pooled.reliability) == ["as_trained", "corrected"]
    assert pooled.reliability["corrected"] == reliability(labels, told)
    assert pooled.reliability["as_trained"] == reliability(labels, before)
    assert pooled.reliability["corrected"].brier == pytest.approx(pooled.scores.brier)
    assert pooled.reliability["corrected"].ece == pooled.scores.ece


@pytest.mark.parametrize("kind", ["platt", "isotonic"])
def test_calibrated_rows_are_told_by_maps_from_other_rows(kind):
    pooled = pool(units(None), DATASET, study(calibration=kind))
    assert list(pooled.reliability) == ["as_trained", "calibrated"]
    assert pooled.reliability["calibrated"].brier < pooled.reliability["as_trained"].brier


def test_one_division_is_calibrated_on_its_inner_parts():
    pooled = pool(units(None)[:1], DATASET, study(calibration="platt"))
    assert pooled.reliability["calibrated"].brier < pooled.reliability["as_trained"].brier


def test_decisions_of_one_class_are_told():
    assert pool(units(minority=0.3), DATASET, study()).one_class
    assert not pool(units(), DATASET, study()).one_class


def test_decisions_have_no_say_in_a_search_for_the_best_order():
    # A network may rank every row rightly with no probability above the fixed threshold.
    fixed = "{metric: METRIC, threshold: 0.999}"
    assert not pool(units(), DATASET, study(fixed.replace("METRIC", "pr_auc"))).one_class
    assert pool(units(), DATASET, study(fixed.replace("METRIC", "minority_f1"))).one_class


ONE_GROUP = np.where((np.arange(120) >= 60) & (Y == "rare"), "one", np.arange(120).astype(str))


def divided(*starts, groups=None):
    """The data set, with validation parts that begin at these rows."""
    data = from_arrays(DATASET.features, Y, minority="rare", groups=groups)
    bounds = pairwise((*starts, len(Y)))
    folds = tuple(
        Fold(number, 0, np.arange(60), np.arange(*bound)) for number, bound in enumerate(bounds)
    )
    return data, Splits(np.arange(0), np.arange(len(Y)), folds)


@pytest.mark.parametrize("kind", ["platt", "isotonic"])
@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (divided(114), "for which the 1 validation row of class 'rare' cannot be divided"),
        (divided(60, groups=ONE_GROUP), "the 10 validation rows of class 'rare' cannot be"),
        (divided(108), None),
        (divided(108, 114), None),
    ],
    ids=["one row", "one group", "two rows", "a row in each fold"],
)
def test_rows_that_cannot_be_divided_are_told_before_a_map_is_to_be_learned(kind, rows, told):
    data, splits = rows
    problems = check_calibration(study(calibration=kind), data, splits)
    assert [told in str(problem) for problem in problems] == [True] * (told is not None)
    assert [problem.path for problem in problems] == [("imbalance", "calibration")] * len(problems)
    assert check_calibration(study(), data, splits) == []
    # What is told is what would fail every trial.
    given = [(one, UnitResult(np.full((len(one.validation), 2), 0.5), 1)) for one in splits.folds]
    if told is None:
        assert "calibrated" in pool(given, data, study(calibration=kind)).reliability
    else:
        with pytest.raises(ValueError, match="calibration needs minority and other rows"):
            pool(given, data, study(calibration=kind))


def test_each_fold_has_a_score_of_its_own():
    given = units()
    alone = [pool([unit], DATASET, study()).scores.minority_f1 for unit in given]
    assert fold_scores(given, DATASET, study()) == alone
    ranked = fold_scores(given, DATASET, study("{metric: pr_auc}"))
    assert ranked == [pool([unit], DATASET, study()).scores.pr_auc for unit in given]


def test_the_rows_of_a_fold_are_divided_once_for_all_trials(monkeypatch):
    divided, real = [], pooling.inner_parts

    def counting(dataset, rows, seed):
        divided.append(rows.tolist())
        return real(dataset, rows, seed)

    monkeypatch.setattr(pooling, "inner_parts", counting)
    trials = [units() for _ in range(3)]
    together = Pooling(DATASET, study())
    values = [together.fold_scores(given) for given in trials]
    assert divided == [fold.validation.tolist() for fold, _ in trials[0]]
    assert values == [fold_scores(given, DATASET, study()) for given in trials]


def test_a_fold_that_no_map_could_be_learned_within_has_a_score():
    data, splits = divided(108, 114)
    given = [(one, UnitResult(np.full((len(one.validation), 2), 0.5), 1)) for one in splits.folds]
    assert len(fold_scores(given, data, study(calibration="platt"))) == 2


def record(number, score, collapsed):
    return TrialRecord(number, "finished", {}, score, "", {"health": {"collapsed": collapsed}})


def test_collapsed_trials_rank_last_whatever_their_score():
    records = [record(0, 0.9, True), record(1, 0.2, False), record(2, 0.4, False)]
    outcome = {"health": {"collapsed": True}}
    records.append(TrialRecord(3, "stopped", {}, None, "collapsed", outcome))
    assert [one.number for one in ranked(records)] == [2, 1, 0]
    assert best_record([records[0], records[3]]).number == 0
    assert best_record([records[3]]) is None


def test_repeats_count_every_prediction_and_no_row_decides_over_itself():
    rng, half = np.random.default_rng(1), np.arange(120) // 6 % 2
    other = np.roll(half, 6 * 5)
    told = np.clip(0.2 + 0.5 * DATASET.is_minority() + rng.normal(0, 0.2, 120), 0.01, 0.99)
    p = np.column_stack([1 - told, told]).astype(np.float32)
    given = [
        (
            Fold(fold, repeat, np.flatnonzero(part != fold), np.flatnonzero(part == fold)),
            UnitResult(p[part == fold], 1, {}, 0.0, PRIORS),
        )
        for repeat, part in enumerate((half, other))
        for fold in (0, 1)
    ]
    pooled = pool(given, DATASET, study("{threshold: 0.5}"))
    once = pool(given[:2], DATASET, study("{threshold: 0.5}"))
    assert np.sum(pooled.scores.confusion) == 240
    assert pooled.scores.minority_f1 == once.scores.minority_f1  # the same predictions twice
    # With equal predictions a tuned threshold of rows that are not among the own is that of half
    # of the rows, as without repeats.
    assert pool(given, DATASET, study(calibration="platt")).reliability["calibrated"].brier > 0


def test_repeated_validation_parts_that_hold_all_of_a_class_cannot_calibrate():
    positive = np.flatnonzero(DATASET.is_minority())
    others = np.flatnonzero(~DATASET.is_minority())
    folds = []
    for repeat, some in enumerate((others[:20], others[20:40])):
        rows = np.append(positive, some)
        folds.append(Fold(0, repeat, np.setdiff1d(np.arange(120), rows), rows))
    splits = Splits(others[50:60], np.arange(120), tuple(folds))
    [problem] = check_calibration(study(calibration="platt"), DATASET, splits)[:1]
    assert "class 'rare' cannot be divided" in problem.message
