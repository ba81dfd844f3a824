"""One unit: seeds, early stopping, best weights, failures."""

import keras
import keras_tuner
import numpy as np
import pytest

from tuner import ImbalancedHyperModel
from tuner.training import best_weights
from tuner.training.best_weights import BestWeights, FiniteLoss, predict
from tuner.training.keras_engine import train_unit
from tuner.training.unit import LabelledRows, TrainingFailed, unit_seed


def rows(count, seed):
    rng = np.random.default_rng(seed)
    y = (np.arange(count) % 5 == 0).astype(np.int64)
    return LabelledRows(rng.normal(size=(count, 4)).astype(np.float32) + 0.8 * y[:, None], y)


def trained(seed=1, imbalance="none", **training):
    settings = {"epochs": 6, "patience": 6, "batch_size": 32, "learning_rate": 0.02, **training}
    hypermodel = ImbalancedHyperModel(
        (4,),
        model={"layers": 1, "units": 8, "dropout": 0.2},
        imbalance={"class_weight": imbalance},
        training=settings,
    )
    configuration = hypermodel.configure(keras_tuner.HyperParameters())
    return train_unit(hypermodel, configuration, rows(160, 0), rows(80, 1), seed)


@pytest.fixture(scope="module")
def unit():
    return trained()


def test_seeds_of_units_are_pinned():
    # numpy.random.SeedSequence promises these numbers for all versions to come.
    assert unit_seed(0, 0, 0, 0) == 2968811710
    coordinates = [(s, t, f, r) for s in (0, 1) for t in range(9) for f in range(3) for r in (0, 1)]
    assert len({unit_seed(*where) for where in coordinates}) == len(coordinates)


def test_a_seed_decides_the_result(unit):
    assert np.array_equal(trained()[0].probabilities, unit[0].probabilities)
    assert not np.array_equal(trained(seed=2)[0].probabilities, unit[0].probabilities)


def test_the_best_epoch_is_kept(unit):
    result, model = unit
    values = result.history["val_pr_auc"]
    assert result.best_epoch == int(np.argmax(values)) + 1
    assert np.array_equal(predict(model, rows(80, 1).x), result.probabilities)


def test_probabilities_have_a_column_for_each_class(unit):
    probabilities = unit[0].probabilities
    assert probabilities.shape == (80, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_class_weights_enter_the_loss():
    slow = {"learning_rate": 1e-12, "epochs": 1, "batch_size": 160}
    plain = trained(**slow)[0].history["loss"][0]
    weighted = trained(imbalance={"minority": {"weight": 20.0}}, **slow)[0].history["loss"][0]
    assert abs(plain - weighted) > 0.01


def test_training_that_diverges_fails_with_its_epoch():
    with pytest.raises(TrainingFailed, match="non-finite loss in epoch 1"):
        trained(optimizer="sgd", learning_rate=1e30)


class FakeModel:
    """Stands for a network: weights are the epoch, predictions a given series."""

    def __init__(self):
        self.weights, self.stop_training = [0], False

    def get_weights(self):
        return list(self.weights)

    def set_weights(self, weights):
        self.weights = list(weights)


def run_callback(monkeypatch, series, patience):
    model = FakeModel()
    callback = BestWeights(np.zeros((2, 1)), np.array([True, False]), patience)
    callback.set_model(model)
    monkeypatch.setattr(best_weights, "predict", lambda m, x: np.full((2, 2), series[m.weights[0]]))
    monkeypatch.setattr(best_weights, "average_precision", lambda actual, p: float(p[0]))
    for epoch in range(len(series)):
        model.weights = [epoch]
        callback.on_epoch_end(epoch)
        if model.stop_training:
            break
    callback.on_train_end()
    return callback, model, epoch + 1


def test_of_equal_epochs_the_earliest_counts(monkeypatch):
    callback, model, _ = run_callback(monkeypatch, [0.0, 0.2, 0.5, 0.4, 0.5], patience=9)
    assert callback.best_epoch == 3
    assert model.weights == [2]
    assert callback.best[0, 0] == 0.5


def test_patience_counts_epochs_without_a_better_value(monkeypatch):
    _, model, epochs = run_callback(monkeypatch, [0.1, 0.5, 0.4, 0.5, 0.3, 0.9], patience=3)
    assert (epochs, model.weights) == (5, [1])


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_ends_the_unit(loss):
    with pytest.raises(TrainingFailed, match="epoch 4"):
        FiniteLoss().on_epoch_end(3, {"loss": loss})


def test_predictions_that_are_not_finite_fail():
    inputs = keras.Input((1,))
    model = keras.Model(inputs, keras.layers.Rescaling(float("nan"))(inputs))
    with pytest.raises(TrainingFailed, match="non-finite predictions"):
        predict(model, np.ones((3, 1), np.float32))
