"""Learning curves come out of the table of units, and of the trials that were asked for only."""

import numpy as np
import pytest
import sqlalchemy as sa

from tuner.search.learning import LearningCurve
from tuner.search.tables import create_tables
from tuner.search.units import UnitKey, learning_curves, write_unit
from tuner.training.unit import UnitResult


@pytest.fixture
def engine():
    made = sa.create_engine("sqlite://")
    create_tables(made)
    yield made
    made.dispose()


def add(engine, study, trial, fold, history, best_epoch=2):
    result = UnitResult(np.full((2, 2), 0.5, np.float32), best_epoch, history)
    write_unit(engine, UnitKey(study, trial, fold, 0), result)


def test_the_curves_of_some_trials_by_trial_and_fold(engine):
    history = {"loss": [0.5, 0.25, 0.125], "val_pr_auc": [0.25, 0.75, 0.5]}
    for trial, fold in ((3, 1), (1, 0), (3, 0), (2, 0)):
        add(engine, 7, trial, fold, history)
    add(engine, 8, 3, 0, history)
    found = learning_curves(engine, 7, [3, 1, 9])
    assert [(one.trial, one.fold) for one in found] == [(1, 0), (3, 0), (3, 1)]
    assert found[0] == LearningCurve(1, 0, 0, 2, history["loss"], history["val_pr_auc"])
    assert learning_curves(engine, 7, []) == []


def test_an_engine_of_ones_own_may_keep_no_history(engine):
    add(engine, 7, 0, 0, {})
    [one] = learning_curves(engine, 7, [0])
    assert (one.loss, one.val_pr_auc) == ([], [])
