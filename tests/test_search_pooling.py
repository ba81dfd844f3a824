"""Units become one score; what is told of probabilities beside it; collapsed trials rank last."""

import numpy as np
import pytest

from tuner import from_arrays
from tuner.data import Fold
from tuner.metrics.calibration import reliability
from tuner.search.pooling import pool
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


def study(**imbalance):
    text = f"name: s\ndata: {{csv: s.csv, target: y}}\nimbalance: {imbalance}\n"
    return Study.from_document(read_yaml_text(text))


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


def record(number, score, collapsed):
    return TrialRecord(number, "finished", {}, score, "", {"health": {"collapsed": collapsed}})


def test_collapsed_trials_rank_last_whatever_their_score():
    records = [record(0, 0.9, True), record(1, 0.2, False), record(2, 0.4, False)]
    outcome = {"health": {"collapsed": True}}
    records.append(TrialRecord(3, "stopped", {}, None, "collapsed", outcome))
    assert [one.number for one in ranked(records)] == [2, 1, 0]
    assert best_record([records[0], records[3]]).number == 0
    assert best_record([records[3]]) is None
