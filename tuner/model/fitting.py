"""A built network is trained on prepared rows with ``keras.Model.fit``."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tuner.model.epoch_batches import EpochBatches
from tuner.model.losses import output_bias
from tuner.model.losses.base import RareClassLoss
from tuner.model.losses.schedule import LossSchedule
from tuner.model.training_rows import TrainingRows

__all__ = ["fit_rows", "shift_output", "start_at_prior"]


def start_at_prior(model: keras.Model, rows: TrainingRows) -> None:
    """Sets the output bias so that training need not begin by learning how rare the class is.

    Args:
        model: Before any training; its last layer gives the probabilities.
        rows: What it will be trained on.
    """
    prior = rows.seen_prior if rows.trained_prior is None else rows.trained_prior
    model.layers[-1].bias.assign(output_bias(prior))


def shift_output(model: keras.Model, shift: Any) -> None:
    """Adds to the output bias, as `tuner.metrics.calibration.prior_shift` says."""
    model.layers[-1].bias.assign_add(shift)


def fit_rows(
    model: keras.Model,
    rows: TrainingRows,
    *,
    batch_size: int,
    epochs: int,
    seed: int,
    callbacks: Any = None,
    **kwargs: Any,
) -> Any:
    """Trains `model` and returns what ``keras.Model.fit`` does.

    Args:
        model: Compiled; a `RareClassLoss` knows the counts of `rows`.
        rows: What to learn from.
        batch_size: Rows in a gradient step.
        epochs: Passes over the rows at most.
        seed: Decides the order of rows where they are drawn for each epoch or augmented, and how
            pictures are changed.
        callbacks: Callbacks beside that of the loss, as ``fit`` takes them: one, a list, or None.
        kwargs: Passed on.
    """
    given = keras.tree.flatten(callbacks) if callbacks else []
    ours = [LossSchedule(model.loss, epochs)] if isinstance(model.loss, RareClassLoss) else []
    kwargs |= {"epochs": epochs, "callbacks": [*ours, *given]}
    if rows.batch_ratio is not None or rows.augmentation is not None:
        batches = EpochBatches(rows, batch_size, seed, kwargs.get("initial_epoch", 0))
        return model.fit(batches, **{**kwargs, "shuffle": False})
    # A train_step of a person's own may take features and labels alone.
    own_class = not type(model).__module__.startswith("keras.")
    weights = None if own_class and (rows.weights == 1.0).all() else rows.weights
    x = np.asarray(rows.x)
    return model.fit(x, rows.y, sample_weight=weights, batch_size=batch_size, **kwargs)
