"""The engine of a unit: which one, what it keeps of Keras's ways, and that it repeats itself."""

from dataclasses import replace

import keras
import keras_tuner
import numpy as np
import pytest
from scipy import stats

from tuner import ImbalancedHyperModel
from tuner.data.resamplers import Layout
from tuner.errors import InputError
from tuner.model.activations import ACTIVATIONS
from tuner.model.losses import LOSSES
from tuner.model.losses.base import RareClassLoss, negative_log_likelihood
from tuner.report.engines import engine_line, engine_section
from tuner.search.records import TrialRecord
from tuner.training.best_weights import predict
from tuner.training.engine import train_unit
from tuner.training.fused import compilations
from tuner.training.reporting import Pruned
from tuner.training.unit import EngineChoice, LabelledRows, TrainingFailed, UnitResult


def some_rows(count, seed):
    rng = np.random.default_rng(seed)
    y = (np.arange(count) % 5 == 0).astype(np.int64)
    x = rng.normal(size=(count, 4)).astype(np.float32) + 0.8 * y[:, None]
    return LabelledRows(x.astype(np.float32), y, layout=Layout.of_numbers(4))


TRAIN, VALIDATION = some_rows(160, 0), some_rows(80, 1)


def hypermodel_of(model=None, imbalance=None, **training):
    settings = {"epochs": 4, "batch_size": 32, "learning_rate": 0.02, **training}
    return ImbalancedHyperModel(
        (4,),
        model={"layers": 1, "units": 8, **(model or {})},
        imbalance=imbalance or {"class_weight": "balanced"},
        training=settings,
    )


def trained(hypermodel, seed=1, **kwargs):
    configuration = hypermodel.configure(keras_tuner.HyperParameters())
    return train_unit(hypermodel, configuration, TRAIN, VALIDATION, seed, **kwargs)


@pytest.fixture(autouse=True)
def graph(monkeypatch):
    """Not compiled by XLA, which takes seconds each time; the operations are the same."""
    monkeypatch.setattr(compilations, "worth_compiling", lambda model: False)


def test_a_network_is_trained_by_the_fused_engine_unless_keras_is_asked_for():
    assert trained(hypermodel_of())[0].engine == EngineChoice("fused")
    asked = trained(hypermodel_of(engine="keras"))[0].engine
    assert asked == EngineChoice("keras", "the study asks for it")


def test_engines_agree_on_what_they_learn():
    one, other = (
        trained(hypermodel_of(engine=engine, epochs=30, patience=30))[0]
        for engine in ("fused", "keras")
    )
    assert len(one.history["loss"]) == len(other.history["loss"]) == 30
    assert one.history["loss"][0] == pytest.approx(other.history["loss"][0], abs=0.1)
    assert max(one.history["val_pr_auc"]) == pytest.approx(
        max(other.history["val_pr_auc"]), abs=0.05
    )
    assert one.priors == other.priors
    assert one.health["start"] == other.health["start"]


def test_the_network_that_is_kept_is_keras_own_and_says_what_is_told():
    result, model = trained(hypermodel_of({"activation": "elu", "dropout": 0.2}))
    assert [type(layer) for layer in model.layers] == [
        keras.layers.InputLayer,
        keras.layers.Dense,
        keras.layers.ELU,
        keras.layers.Dropout,
        keras.layers.Dense,
    ]
    np.testing.assert_array_equal(predict(model, VALIDATION.x), result.probabilities)


def test_weights_are_those_of_the_best_epoch():
    long, model = trained(hypermodel_of({"dropout": 0.2}, epochs=12, patience=12))
    best = 1 + int(np.argmax(long.history["val_pr_auc"]))
    assert long.best_epoch == best
    short, other = trained(hypermodel_of({"dropout": 0.2}, epochs=best, patience=12))
    assert short.history["loss"] == long.history["loss"][:best]
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_training_stops_when_patience_is_over():
    result, _ = trained(hypermodel_of(epochs=60, patience=2, learning_rate=1e-6))
    assert len(result.history["loss"]) == result.best_epoch + 2 < 60


@pytest.mark.parametrize("model", [{}, {"dropout": 0.3, "batch_normalization": True}])
def test_a_unit_repeats_itself_whatever_ran_before(model):
    first = trained(hypermodel_of(model))[0]
    trained(hypermodel_of(model, learning_rate=0.3), seed=9)
    again = trained(hypermodel_of(model))[0]
    np.testing.assert_array_equal(first.probabilities, again.probabilities)
    assert first.history == again.history
    assert trained(hypermodel_of(model), seed=2)[0].history != first.history


@pytest.mark.parametrize("name", ["balanced_batches", "random_over", "smote"])
def test_rows_are_resampled(name):
    result = trained(hypermodel_of(imbalance={"resampling": name}))[0]
    assert result.engine.name == "fused"
    assert result.corrected


def test_a_loss_that_is_not_finite_fails_the_unit_in_its_epoch():
    with pytest.raises(TrainingFailed, match="non-finite loss in epoch 1"):
        trained(hypermodel_of({"layers": 3}, optimizer="sgd", learning_rate=1e30))


def test_a_pruner_is_asked_after_each_epoch_and_obeyed():
    told = []

    def goes_on(epoch, value):
        told.append((epoch, value))
        return epoch < 3

    with pytest.raises(Pruned) as pruned:
        trained(hypermodel_of(), goes_on=goes_on)
    assert pruned.value.epoch == 3
    history = trained(hypermodel_of())[0].history["val_pr_auc"]
    assert told == [(epoch + 1, max(history[: epoch + 1])) for epoch in range(3)]


def test_a_collapsed_network_is_stopped():
    # Rows that are all alike are all given the same probability.
    still = replace(VALIDATION, x=np.zeros_like(VALIDATION.x))
    section = hypermodel_of(epochs=20, patience=20)
    configuration = section.configure(keras_tuner.HyperParameters())
    result, _ = train_unit(section, configuration, TRAIN, still, 1, stop_collapsed=True)
    assert result.engine.name == "fused"
    assert len(result.history["loss"]) == 3


class Wave(keras.layers.Layer):
    def call(self, inputs):
        return keras.ops.sin(inputs)


class Own(RareClassLoss):
    def row_losses(self, actual, logits):
        return negative_log_likelihood(actual, logits)


@pytest.fixture
def own(registries):
    @ACTIVATIONS.register("wave")
    def wave():
        return Wave()

    @LOSSES.register("own")
    def own(*, classes, minority):
        return Own(classes, minority)


def test_what_the_fused_engine_does_not_know_is_trained_by_keras_with_the_reason_told(own):
    layer = trained(hypermodel_of({"activation": "wave"}))[0].engine
    assert layer == EngineChoice("keras", "it does not know the layer Wave")
    loss = trained(hypermodel_of(imbalance={"loss": "own"}))[0].engine
    assert loss == EngineChoice("keras", "the loss Own is not one of minority-tuner's")


def test_the_fused_engine_asked_for_in_vain_is_an_error_that_names_the_reason(own):
    with pytest.raises(InputError, match=r"training\.engine: .* layer Wave; set engine: auto"):
        trained(hypermodel_of({"activation": "wave"}, engine="fused"))


class OtherOptimizer(ImbalancedHyperModel):
    def build_configuration(self, configuration, input_shape=None):
        model = super().build_configuration(configuration, input_shape)
        model.compile(keras.optimizers.Adam(0.02, clipnorm=1.0), model.loss)
        return model


def test_an_optimizer_that_looks_at_several_weights_is_left_to_keras():
    own = OtherOptimizer(
        (4,), model={"layers": 1, "units": 8}, imbalance={}, training={"epochs": 2}
    )
    assert trained(own)[0].engine == EngineChoice("keras", "the optimizer sets clipnorm")


def test_the_engine_is_kept_with_the_unit():
    result = replace(trained(hypermodel_of())[0], engine=EngineChoice("keras", "why"))
    again = UnitResult.from_facts(result.probabilities, result.facts())
    assert again.engine == EngineChoice("keras", "why")


def test_the_console_says_which_engine_trained_and_why():
    def record(number, name, reason=""):
        return TrialRecord(
            number, "finished", {}, outcome={"engine": {"name": name, "reason": reason}}
        )

    fused, wave = record(0, "fused"), record(1, "keras", "it does not know the layer Wave")
    failed = TrialRecord(2, "failed", {})
    assert engine_line(engine_section([fused, failed])) == "trained by the fused engine"
    assert (
        engine_line(engine_section([wave])) == "trained by Keras: it does not know the layer Wave"
    )
    assert engine_line(engine_section([fused, fused, wave])) == (
        "trained by the fused engine (2 trials) and by Keras (1: it does not know the layer Wave)"
    )
    assert engine_line(engine_section([failed])) == ""


@pytest.mark.exhaustive
def test_with_dropout_both_engines_give_the_same_distribution_of_scores():
    scores = {"fused": [], "keras": []}
    for engine, reached in scores.items():
        section = hypermodel_of(
            {"dropout": 0.4, "units": 16}, epochs=8, patience=8, learning_rate=0.01, engine=engine
        )
        for seed in range(30):
            reached.append(max(trained(section, seed)[0].history["val_pr_auc"]))
    one, other = (np.array(reached) for reached in scores.values())
    spread = np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / 2)
    # A seed gives both engines the same initial weights, so that pairs tell more than the groups.
    assert abs(one.mean() - other.mean()) < 0.5 * spread
    assert stats.ttest_rel(one, other).pvalue > 0.01
    assert stats.ks_2samp(one, other).pvalue > 0.05
    # The test would see half a standard deviation.
    assert stats.ttest_rel(one + 0.5 * spread, other).pvalue < 0.01
