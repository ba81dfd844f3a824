"""The Keras metric counts over the whole epoch."""

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from tuner import MinorityF1

CASES = Path(__file__).parent / "cases"


def value(metric, y, p, batch):
    metric.reset_state()
    for at in range(0, len(y), batch):
        metric.update_state(y[at : at + batch], p[at : at + batch])
    return float(metric.result())


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    y = (rng.random(97) < 0.2).astype(int)
    return y, np.clip(0.4 * y + 0.6 * rng.random(97), 0, 1).astype("float32")[:, None]


@pytest.mark.parametrize("batch", [1, 4, 64, 97])
@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7])
def test_it_is_scikit_learns_f1_for_every_batch_size(rows, batch, threshold):
    y, p = rows
    got = value(MinorityF1(threshold=threshold), y, p, batch)
    assert got == pytest.approx(f1_score(y, p[:, 0] >= threshold), abs=1e-6)


def test_it_is_not_the_mean_of_batches():
    rows = pd.read_csv(CASES / "11_f1_batch_average" / "preds.csv")
    y, p = rows.y_true.to_numpy(), rows[["y_pred"]].to_numpy("float32")
    assert value(MinorityF1(), y, p, 4) == pytest.approx(0.666667, abs=1e-6)


@pytest.mark.parametrize(("threshold", "expected"), [(0.5, 0.0), (0.35, 0.666667)])
def test_one_sigmoid_unit_is_not_a_constant(threshold, expected):
    rows = pd.read_csv(CASES / "13_f1score_sigmoid_no_threshold" / "preds.csv")
    y, p = rows.iloc[:, -2].to_numpy(), rows.iloc[:, -1].to_numpy("float32")[:, None]
    assert value(MinorityF1(threshold=threshold), y, p, 10) == pytest.approx(expected, abs=1e-6)


def test_the_minority_may_be_class_zero(rows):
    y, p = rows
    got = value(MinorityF1(minority=0), y, p, 10)
    assert got == pytest.approx(f1_score(y, p[:, 0] >= 0.5, pos_label=0), abs=1e-6)


def test_with_several_classes_the_largest_probability_decides():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 60)
    p = rng.dirichlet([1, 1, 1], 60).astype("float32")
    expected = f1_score(y, p.argmax(axis=1), labels=[2], average="macro")
    assert value(MinorityF1(minority=2), y, p, 7) == pytest.approx(expected, abs=1e-6)


def test_nothing_there_and_nothing_called_is_zero():
    assert value(MinorityF1(), np.zeros(4), np.zeros((4, 1), "float32"), 4) == 0.0


def test_it_can_be_made_again_from_its_configuration():
    metric = MinorityF1(minority=2, threshold=0.3, name="f")
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert again.get_config() == metric.get_config()
