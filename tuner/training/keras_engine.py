"""Trains one unit with ``model.fit``."""

from __future__ import annotations

import time
from functools import cache

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.model.configuration import Configuration
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.training.best_weights import BestWeights, FiniteLoss
from tuner.training.unit import LabelledRows, TrainingFailed, UnitResult

__all__ = ["deterministic", "train_unit"]


def train_unit(
    hypermodel: ImbalancedHyperModel,
    configuration: Configuration,
    train: LabelledRows,
    validation: LabelledRows,
    seed: int,
) -> tuple[UnitResult, keras.Model]:
    """Trains a new network, stopping early, and predicts the validation rows at its best epoch.

    Args:
        hypermodel: Builds the network; its training section sets epochs and patience. Its
            minority is the last class, as in every `Dataset`.
        configuration: The values to build and train with.
        train: Rows to learn from.
        validation: Rows to stop on and to predict.
        seed: Seed of weights, shuffling and dropout.

    Returns:
        The result, and the network with the weights of its best epoch.

    Raises:
        TrainingFailed: The loss or a prediction is not finite, or memory ran out.
    """
    started = time.perf_counter()
    actual = validation.y == hypermodel.minority
    best = BestWeights(validation.x, actual, hypermodel.training.patience)
    losses = FiniteLoss()
    model = _fit(hypermodel, configuration, train, seed, [losses, best])
    history = {"loss": losses.losses, "val_pr_auc": best.values}
    result = UnitResult(best.best, best.best_epoch, history, time.perf_counter() - started)
    return result, model


def _fit(
    hypermodel: ImbalancedHyperModel,
    configuration: Configuration,
    train: LabelledRows,
    seed: int,
    callbacks: list[keras.callbacks.Callback],
) -> keras.Model:
    import tensorflow as tf

    deterministic()
    keras.backend.clear_session()  # layers of earlier units would stay in memory
    keras.utils.set_random_seed(seed)
    try:
        model = hypermodel.build_configuration(configuration, train.x.shape[1:])
        model.fit(
            train.x,
            train.y,
            sample_weight=_loss_weights(hypermodel, configuration, train),
            batch_size=configuration.batch_size,
            epochs=hypermodel.training.epochs,
            callbacks=callbacks,
            verbose=0,
        )
    except (tf.errors.ResourceExhaustedError, MemoryError) as error:
        said = str(error).strip().splitlines()[:1]
        raise TrainingFailed(": ".join(["out of memory", *said])) from error
    return model


def _loss_weights(
    hypermodel: ImbalancedHyperModel, configuration: Configuration, train: LabelledRows
) -> NDArray[np.float32]:
    """Class weight times row weight, with a mean of 1.

    Row weights may be shares or people of a survey; their size would change the effective learning
    rate, and what l2 means beside the loss.
    """
    own = train.weights
    if own is None:
        return hypermodel.row_weights(configuration, train.y)
    # Divided once before, since float32 holds no weights of 1e-50.
    weights = hypermodel.row_weights(configuration, train.y, own / own.mean())
    scaled: NDArray[np.float32] = weights / weights.mean()
    return scaled


@cache
def deterministic() -> None:
    """Makes TensorFlow's operations repeatable; needed once in a process."""
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
