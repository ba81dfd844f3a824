"""The Keras metric counts over the whole epoch."""

from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from tuner import ImbalancedHyperModel, MinorityF1

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


def test_it_changes_with_the_threshold(rows):
    values = [value(MinorityF1(threshold=t), *rows, 10) for t in (0.1, 0.3, 0.5, 0.7, 0.9)]
    assert len(set(values)) == 5


@pytest.mark.parametrize("batch", [1, 4, 5, 12])
def test_it_is_not_the_mean_of_batches(batch):
    rows = pd.read_csv(CASES / "11_f1_batch_average" / "preds.csv")
    y, p = rows.y_true.to_numpy(), rows[["y_pred"]].to_numpy("float32")
    assert value(MinorityF1(), y, p, batch) == pytest.approx(0.666667, abs=1e-6)


@pytest.mark.parametrize(("threshold", "expected"), [(0.5, 0.0), (0.35, 0.666667)])
def test_one_sigmoid_unit_is_not_a_constant(threshold, expected):
    rows = pd.read_csv(CASES / "13_f1score_sigmoid_no_threshold" / "preds.csv")
    y, p = rows.y_true.to_numpy(), rows[["p"]].to_numpy("float32")
    assert value(MinorityF1(threshold=threshold), y, p, 10) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8])
def test_the_minority_may_be_class_zero(rows, threshold):
    y, p = rows
    called = np.where(1 - p[:, 0] >= threshold, 0, 1)
    got = value(MinorityF1(minority=0, threshold=threshold), y, p, 10)
    assert got == pytest.approx(f1_score(y, called, pos_label=0), abs=1e-6)


@pytest.mark.parametrize("minority", [0, 1, 2])
@pytest.mark.parametrize("column", [False, True])
def test_with_several_classes_the_largest_probability_decides(minority, column):
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 60)
    p = rng.dirichlet([1, 1, 1], 60).astype("float32")
    expected = f1_score(y, p.argmax(axis=1), labels=[minority], average="macro")
    got = value(MinorityF1(minority=minority), y[:, None] if column else y, p, 7)
    assert got == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("truth", "p"), [(0, 0.0), (0, 1.0), (1, 0.0)])
def test_without_a_hit_it_is_zero(truth, p):
    assert value(MinorityF1(), np.full(4, truth), np.full((4, 1), p, "float32"), 4) == 0.0


def test_nothing_seen_is_zero():
    assert float(MinorityF1().result()) == 0.0


def test_a_reset_forgets(rows):
    metric = MinorityF1()
    value(metric, *rows, 97)
    metric.reset_state()
    assert float(metric.result()) == 0.0
    metric.update_state([1, 0], [[0.9], [0.1]])
    assert float(metric.result()) == 1.0


def test_it_can_be_made_again_from_its_configuration(rows):
    metric = MinorityF1(minority=0, threshold=0.3, name="f")
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert again.name == "f"
    assert value(again, *rows, 10) == value(metric, *rows, 10) != value(MinorityF1(), *rows, 10)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_fit_reports_it_for_validation_rows(classes):
    hypermodel = ImbalancedHyperModel(
        (4,), classes, model={"layers": 1}, training={"learning_rate": 0.05}
    )
    rng = np.random.default_rng(0)
    y = rng.choice(classes, 90, p=[0.6, 0.4] if classes == 2 else [0.5, 0.3, 0.2])
    x = rng.normal(size=(90, 4)).astype("float32") + y[:, None]
    hp = keras_tuner.HyperParameters()
    keras.utils.set_random_seed(0)
    model = hypermodel.build(hp)
    history = hypermodel.fit(
        hp, model, x, y, validation_data=(x, y), epochs=4, batch_size=16, verbose=0
    ).history
    p = np.asarray(model(x))
    called = p[:, 0] >= 0.5 if classes == 2 else p.argmax(axis=1)
    expected = f1_score(y, called, labels=[classes - 1], average="macro")
    assert expected > 0
    assert history["val_minority_f1"][-1] == pytest.approx(expected, abs=1e-6)
