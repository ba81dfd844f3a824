"""What is asserted of a page when its code has run: what it made does what the page says."""

import keras_tuner
import numpy as np
import pytest

from tuner import ImbalancedHyperModel
from tuner.data.resamplers import Layout
from tuner.model.class_weights import class_weights
from tuner.model.losses import make_loss
from tuner.spaces import Chosen

__all__ = ["AFTERWARDS"]


def readme(space):
    assert space["hypermodel"].input_shape == (30,)


def imbalance(space):
    strategies = space["hypermodel"].imbalance.strategies
    assert len(strategies.entries) == 3
    check_own_class_weight()
    check_own_loss()
    check_own_resampler()


def check_own_class_weight():
    chosen = Chosen("log_smoothed", {"mu": 0.5})
    weights = class_weights(chosen, np.array([90, 10]), ("a", "b"), 1)
    assert weights[1] / weights[0] == pytest.approx(np.log(5.0))


def check_own_loss():
    loss = make_loss(Chosen("poly_one", {"epsilon": 2.0}), classes=2, minority=1)
    assert float(loss([1], [[0.5]])) == pytest.approx(np.log(2.0) + 2.0 * 0.5)


def check_own_resampler():
    hypermodel = ImbalancedHyperModel((2,), imbalance={"resampling": "smoothed_bootstrap"})
    configuration = hypermodel.configure(keras_tuner.HyperParameters())
    x, y = np.zeros((10, 2), np.float32), np.array([0] * 8 + [1] * 2)
    rows = hypermodel.training_rows(configuration, x, y, layout=Layout.of_numbers(2), seed=0)
    assert rows.counts.tolist() == [8, 8]
    assert 0 < np.abs(rows.x[10:]).max() < 2


AFTERWARDS = {"README.md": readme, "docs/imbalance.md": imbalance}
"""By page; each is given what the page's code has defined."""
