"""Trains one unit with ``model.fit``."""

from __future__ import annotations

import time
from functools import cache

import keras

from tuner.model.configuration import Configuration
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.training.best_weights import BestWeights, FiniteLoss
from tuner.training.unit import TrainingFailed, UnitData, UnitResult

__all__ = ["deterministic", "train_fixed_epochs", "train_unit"]


def train_unit(
    hypermodel: ImbalancedHyperModel, configuration: Configuration, data: UnitData, seed: int
) -> UnitResult:
    """Trains a new network, stopping early, and predicts the validation rows at its best epoch.

    Args:
        hypermodel: Builds the network; its training section sets epochs and patience.
        configuration: The values to build and train with.
        data: Rows with a validation part.
        seed: Seed of weights, shuffling and dropout.

    Raises:
        TrainingFailed: The loss or a prediction is not finite, or memory ran out.
    """
    assert data.validation_x is not None and data.validation_y is not None
    started = time.perf_counter()
    best = BestWeights(
        data.validation_x,
        data.validation_y == hypermodel.minority,
        hypermodel.training.patience,
    )
    losses = FiniteLoss()
    _fit(hypermodel, configuration, data, seed, hypermodel.training.epochs, [losses, best])
    history = {"loss": losses.losses, "val_pr_auc": best.values}
    return UnitResult(best.best, best.best_epoch, history, time.perf_counter() - started)


def train_fixed_epochs(
    hypermodel: ImbalancedHyperModel,
    configuration: Configuration,
    data: UnitData,
    seed: int,
    epochs: int,
) -> keras.Model:
    """Trains a new network for a number of epochs and returns it.

    Raises:
        TrainingFailed: The loss is not finite, or memory ran out.
    """
    return _fit(hypermodel, configuration, data, seed, epochs, [FiniteLoss()])


def _fit(
    hypermodel: ImbalancedHyperModel,
    configuration: Configuration,
    data: UnitData,
    seed: int,
    epochs: int,
    callbacks: list[keras.callbacks.Callback],
) -> keras.Model:
    import tensorflow as tf

    deterministic()
    keras.backend.clear_session()  # layers of earlier units would stay in memory
    keras.utils.set_random_seed(seed)
    try:
        model = hypermodel.build_configuration(configuration)
        model.fit(
            data.x,
            data.y,
            sample_weight=hypermodel.row_weights(configuration, data.y),
            batch_size=configuration.batch_size,
            epochs=epochs,
            callbacks=callbacks,
            verbose=0,
        )
    except (tf.errors.ResourceExhaustedError, MemoryError) as error:
        raise TrainingFailed(f"out of memory: {str(error).splitlines()[0]}") from error
    return model


@cache
def deterministic() -> None:
    """Makes TensorFlow's operations repeatable; needed once in a process."""
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
