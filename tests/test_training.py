"""One unit: seeds, early stopping, best weights, failures."""

import json
from dataclasses import replace

import keras
import keras_tuner
import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tuner import ImbalancedHyperModel
from tuner.data.resamplers import Layout
from tuner.metrics.calibration import prior_corrected
from tuner.model.losses import make_loss
from tuner.spaces import Chosen
from tuner.training import best_weights
from tuner.training.best_weights import BestWeights, FiniteLoss, predict
from tuner.training.engine import train_unit
from tuner.training.unit import LabelledRows, TrainingFailed, UnitResult, unit_seed


def rows(count, seed):
    rng = np.random.default_rng(seed)
    y = (np.arange(count) % 5 == 0).astype(np.int64)
    x = rng.normal(size=(count, 4)).astype(np.float32) + 0.8 * y[:, None]
    return LabelledRows(x.astype(np.float32), y, layout=Layout.of_numbers(4))


TRAIN, VALIDATION = rows(160, 0), rows(80, 1)


def trained(seed=1, imbalance="none", dropout=0.2, section=None, stop=False, **training):
    settings = {"epochs": 6, "patience": 6, "batch_size": 32, "learning_rate": 0.02, **training}
    hypermodel = ImbalancedHyperModel(
        (4,),
        model={"layers": 1, "units": 8, "dropout": dropout},
        imbalance=section or {"class_weight": imbalance, "prior_correction": False},
        training=settings,
    )
    configuration = hypermodel.configure(keras_tuner.HyperParameters())
    return train_unit(hypermodel, configuration, TRAIN, VALIDATION, seed, stop_collapsed=stop)


@pytest.fixture(scope="module")
def unit():
    return trained()


@pytest.mark.parametrize(
    ("where", "seed"),
    # numpy.random.SeedSequence promises these numbers for all versions to come.
    [
        ((0, 0, 0, 0), 2968811710),
        ((0, 0, 0, 1), 3317235285),
        ((7, 12, 2, 0), 2985268165),
    ],
)
def test_seeds_of_units_are_pinned(where, seed):
    assert unit_seed(*where) == seed


def test_seeds_of_units_differ():
    where = [(s, t, f, r) for s in (0, 1) for t in range(60) for f in range(5) for r in range(4)]
    seeds = {unit_seed(*coordinates) for coordinates in where}
    assert len(seeds) == len(where)
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_a_seed_decides_the_result(unit):
    again, other = trained()[0], trained(seed=2)[0]
    assert np.array_equal(again.probabilities, unit[0].probabilities)
    assert again.history == unit[0].history
    assert not np.array_equal(other.probabilities, unit[0].probabilities)


def test_the_best_epoch_is_kept(unit):
    result, model = unit
    values = result.history["val_pr_auc"]
    assert len(values) == 6
    assert result.best_epoch == int(np.argmax(values)) + 1
    assert np.array_equal(predict(model, VALIDATION.x), result.probabilities)
    reached = average_precision_score(VALIDATION.y, result.probabilities[:, 1])
    assert reached == pytest.approx(max(values))


def test_probabilities_have_a_column_for_each_class(unit):
    probabilities = unit[0].probabilities
    assert probabilities.shape == (80, 2)
    assert 0 <= probabilities.min() < probabilities.max() <= 1
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_training_stops_after_epochs_without_a_better_value():
    result, _ = trained(epochs=60, patience=2, learning_rate=0.1)
    assert len(result.history["val_pr_auc"]) == len(result.history["loss"])
    assert len(result.history["loss"]) == result.best_epoch + 2 < 60


@pytest.mark.parametrize("imbalance", ["none", "balanced", {"minority": {"weight": 20.0}}])
def test_the_loss_is_weighted_by_class(imbalance):
    result, model = trained(
        imbalance=imbalance, dropout=0.0, epochs=1, batch_size=50, learning_rate=1e-12
    )
    p = np.asarray(model(TRAIN.x), dtype=np.float64)[:, 0]
    ratio = {"none": 1.0, "balanced": 4.0}.get(str(imbalance), 20.0)
    weights = np.where(TRAIN.y == 1, ratio, 1.0)
    losses = -np.where(TRAIN.y == 1, np.log(p), np.log(1 - p))
    expected = (weights / weights.mean() * losses).mean()
    assert result.history["loss"][0] == pytest.approx(expected, rel=1e-4)


def test_training_that_diverges_fails_with_its_epoch():
    with pytest.raises(TrainingFailed, match="non-finite loss in epoch 1"):
        trained(optimizer="sgd", learning_rate=1e30)


@pytest.mark.parametrize("text", ["cannot allocate 9 TiB\nat 0x0", ""])
def test_running_out_of_memory_is_a_failed_unit(monkeypatch, text):
    def explode(*args):
        raise MemoryError(text)

    monkeypatch.setattr(ImbalancedHyperModel, "build_configuration", explode)
    with pytest.raises(TrainingFailed) as caught:
        trained()
    reason = str(caught.value)
    assert reason.startswith("out of memory")
    assert text.partition("\n")[0] in reason
    assert "\n" not in reason


class FakeModel:
    """Stands for a network: weights are the epoch, predictions a given series."""

    def __init__(self, loss=None):
        self.weights, self.stop_training, self.loss = [0], False, loss

    def get_weights(self):
        return list(self.weights)

    def set_weights(self, weights):
        self.weights = list(weights)


def run_callback(monkeypatch, series, patience, loss=None):
    model = FakeModel(loss)
    callback = BestWeights(np.zeros((2, 1)), np.array([True, False]), patience)
    callback.set_model(model)
    callback.set_params({"epochs": len(series)})
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


@pytest.mark.parametrize(
    ("patience", "epochs", "kept"), [(1, 3, 1), (2, 4, 1), (3, 5, 1), (4, 6, 5)]
)
def test_patience_counts_epochs_without_a_better_value(monkeypatch, patience, epochs, kept):
    series = [0.1, 0.5, 0.4, 0.5, 0.3, 0.9]
    _, model, seen = run_callback(monkeypatch, series, patience)
    assert (seen, model.weights) == (epochs, [kept])


def test_patience_does_not_end_training_before_the_loss_has_its_last_form(monkeypatch):
    ldam = {"max_margin": 0.5, "scale": 1.0, "reweight_after": 0.5}
    loss = make_loss(Chosen("ldam", ldam), 2, 1)
    series = [0.5, 0.4, 0.3, 0.2, 0.1, 0.6, 0.2, 0.1]
    _, model, seen = run_callback(monkeypatch, series, 2, loss)
    assert (seen, model.weights) == (8, [5])
    _, model, seen = run_callback(monkeypatch, [*series[:5], 0.4, 0.2, 0.1], 2, loss)
    assert (seen, model.weights) == (6, [0])


def test_a_score_of_zero_is_still_the_best_of_one_epoch(monkeypatch):
    callback, model, _ = run_callback(monkeypatch, [0.0, 0.0], patience=9)
    assert (callback.best_epoch, model.weights) == (1, [0])
    assert callback.best.shape == (2, 2)


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_ends_the_unit(loss):
    callback = FiniteLoss()
    callback.on_epoch_end(2, {"loss": 0.25})
    with pytest.raises(TrainingFailed, match="non-finite loss in epoch 4"):
        callback.on_epoch_end(3, {"loss": loss})
    assert callback.losses == [0.25]


def test_predictions_that_are_not_finite_fail():
    inputs = keras.Input((1,))
    model = keras.Model(inputs, keras.layers.Rescaling(float("nan"))(inputs))
    with pytest.raises(TrainingFailed, match="non-finite predictions"):
        predict(model, np.ones((3, 1), np.float32))


def test_many_rows_are_predicted_in_order(monkeypatch):
    monkeypatch.setattr(best_weights, "rows_predicted", lambda model: 3)
    inputs = keras.Input((1,))
    model = keras.Model(inputs, keras.layers.Rescaling(1.0)(inputs))
    x = np.linspace(0, 1, 8, dtype=np.float32)[:, None]
    np.testing.assert_array_equal(predict(model, x), np.hstack([1 - x, x]))


@pytest.mark.parametrize("factor", [1e-50, 1e6])
def test_the_size_of_row_weights_does_not_matter_but_their_proportions_do(monkeypatch, factor):
    weights = np.where(TRAIN.x[:, 0] > 0, 3.0, 1.0)
    losses = []
    for own in (weights, factor * weights, np.ones(len(weights))):
        monkeypatch.setattr(f"{__name__}.TRAIN", replace(TRAIN, weights=own))
        losses.append(trained(imbalance="balanced", dropout=0.0, epochs=3)[0].history["loss"])
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    assert losses[2] != pytest.approx(losses[0], rel=1e-2)


CORRECTED = [
    {"class_weight": "balanced"},
    {"loss": "logit_adjusted"},
    {"loss": {"class_balanced": {"beta": 0.9999}}},
    {"resampling": "random_over"},
    {"resampling": "smote"},
    {"resampling": {"balanced_batches": {"ratio": 0.7}}},
    {"resampling": {"random_under": {"ratio": 0.5}}, "class_weight": {"power": {"exponent": 0.5}}},
]


@pytest.mark.parametrize("section", CORRECTED, ids=str)
def test_probabilities_are_those_of_the_true_class_shares(section):
    corrected, model = trained(section=section, dropout=0.0)
    plain, _ = trained(section={**section, "prior_correction": False}, dropout=0.0)
    assert corrected.priors.true == (0.8, 0.2)
    assert corrected.corrected
    assert not plain.corrected
    priors = (corrected.priors.trained, corrected.priors.true)
    expected = prior_corrected(plain.probabilities, *priors)
    np.testing.assert_allclose(corrected.probabilities, expected, atol=2e-6)
    np.testing.assert_allclose(corrected.as_trained, plain.probabilities, atol=2e-6)
    assert np.array_equal(predict(model, VALIDATION.x), corrected.probabilities)
    # Two classes keep their order, and training is the same to the bit.
    assert corrected.history == plain.history


def brier(minority, y):
    return ((minority - y) ** 2).mean()


@pytest.mark.parametrize("section", CORRECTED, ids=str)
def test_corrected_probabilities_are_nearer_to_the_truth(monkeypatch, section):
    monkeypatch.setattr(f"{__name__}.TRAIN", rows(1600, 0))
    monkeypatch.setattr(f"{__name__}.VALIDATION", rows(1600, 1))
    result, _ = trained(section=section, dropout=0.0, epochs=4)
    as_trained, corrected = result.as_trained[:, 1], result.probabilities[:, 1]
    assert as_trained.mean() > corrected.mean() + 0.05
    assert abs(corrected.mean() - 0.2) < 0.05
    assert brier(corrected, VALIDATION.y) < brier(as_trained, VALIDATION.y)


def test_logits_adjusted_and_corrected_are_those_of_crossentropy():
    # One adds log shares in the loss and takes them off again; the other never has them.
    adjusted, _ = trained(section={"loss": "logit_adjusted"}, dropout=0.0)
    plain, _ = trained(section={"loss": "crossentropy"}, dropout=0.0)
    np.testing.assert_allclose(adjusted.probabilities, plain.probabilities, atol=1e-5)
    assert adjusted.history["loss"] == pytest.approx(plain.history["loss"], rel=1e-5)


@pytest.mark.parametrize("section", [{}, {"loss": {"focal": {"gamma": 2.0}}}, {"loss": "soft_f1"}])
def test_nothing_is_corrected_where_nothing_moved_or_no_prior_is_known(section):
    result, _ = trained(section={"output_bias": "prior", **section}, epochs=1)
    assert not result.corrected
    assert result.as_trained is result.probabilities
    assert (result.priors.trained is None) == bool(section)


@pytest.mark.parametrize(
    ("section", "mean"),
    [({}, 0.2), ({"class_weight": "balanced"}, 0.5), ({"output_bias": "zero"}, 0.5)],
)
def test_a_network_starts_at_the_prior_that_its_loss_sees(section, mean):
    # A learning rate this small is none.
    _, model = trained(
        section={"prior_correction": False, **section}, epochs=1, learning_rate=1e-12
    )
    last = model.layers[-1]
    start = 1 / (1 + np.exp(-float(last.bias[0])))
    assert start == pytest.approx(mean, abs=1e-5)


def test_health_is_told_of_start_and_end(unit):
    health = unit[0].health
    assert health["start"] != health["end"]
    assert [len(health[when]["layers"]) for when in ("start", "end")] == [1, 1]
    assert not unit[0].collapsed


def test_facts_come_back_from_plain_values(unit):
    result = unit[0]
    again = UnitResult.from_facts(result.probabilities, json.loads(json.dumps(result.facts())))
    assert again.facts() == result.facts()
    assert again.priors == result.priors


@pytest.fixture
def dead(monkeypatch):
    """Every new network is one constant: a bias drowns what its hidden units say."""
    build = ImbalancedHyperModel.build_configuration

    def built(self, *args):
        model = build(self, *args)
        model.layers[1].set_weights([-np.ones((4, 8)), np.full(8, -100.0)])
        return model

    monkeypatch.setattr(ImbalancedHyperModel, "build_configuration", built)


def test_a_collapsed_network_is_told(dead):
    result, _ = trained(epochs=5)
    assert result.collapsed
    assert result.health["end"]["dead_layer"]
    assert len(result.history["loss"]) == 5


def test_a_collapsed_network_is_not_trained_any_longer_where_asked(dead):
    result, _ = trained(epochs=5, stop=True)
    assert result.collapsed
    assert len(result.history["loss"]) == 3


def test_a_network_in_health_is_trained_to_its_end():
    assert len(trained(epochs=5, stop=True)[0].history["loss"]) == 5


def test_rows_that_cannot_be_resampled_are_a_failed_unit(monkeypatch):
    monkeypatch.setattr(f"{__name__}.TRAIN", replace(TRAIN, x=TRAIN.x + 90 * TRAIN.y[:, None]))
    with pytest.raises(TrainingFailed, match="resampling: "):
        trained(section={"resampling": "borderline_smote"})


def test_validation_rows_are_as_before_whatever_is_resampled():
    before = VALIDATION.x.copy(), VALIDATION.y.copy()
    for section in CORRECTED:
        result, _ = trained(section=section, epochs=1)
        assert len(result.probabilities) == len(VALIDATION.y)
    assert np.array_equal(VALIDATION.x, before[0])
    assert np.array_equal(VALIDATION.y, before[1])
