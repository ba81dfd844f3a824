"""A built network is trained on prepared rows, one compiled epoch after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.data.mixing import Mixing
from tuner.data.preprocessing import NetworkRows
from tuner.model.epoch_rows import EpochRows, epoch_rows
from tuner.model.training_rows import TrainingRows
from tuner.training.fused.compilations import Plan
from tuner.training.fused.inputs import EpochInputs
from tuner.training.fused.padding import batches_of, filled
from tuner.training.fused.placing import in_parts, placed, placed_length
from tuner.training.row_memory import rows_predicted

__all__ = ["FusedRun", "fit_fused"]


class FusedRun:
    """Stands for the network while it is trained; callbacks ask it what they ask a network.

    Attributes:
        loss: As the network's.
        predicted_outputs: Of the validation rows after the last epoch.
        stop_training: Set by callbacks.
    """

    def __init__(
        self,
        model: keras.Model,
        plan: Plan,
        rows: TrainingRows | EpochRows,
        validation: NetworkRows,
    ) -> None:
        import tensorflow as tf

        self.loss = model.loss
        self.stop_training = False
        self.predicted_outputs: NDArray[np.float32] = np.empty((0, 0), np.float32)
        self._model, self._compiled = model, plan.compiled()
        self._count = len(validation)
        self._still = {
            **_placed(rows),
            "numbers": tf.constant(plan.numbers, tf.float32, (len(plan.numbers),)),
            "penalties": tf.constant(plan.penalties, tf.float32),
            "validation": in_parts(validation, rows_predicted(model)),
        }
        self._compiled.begin(
            [np.asarray(variable) for variable in model.trainable_variables],
            [np.asarray(variable) for variable in model.non_trainable_weights],
            float(model.optimizer.learning_rate),
        )

    def take(self, rows: EpochRows) -> None:
        """Trains the next epochs on these rows, as many as before."""
        del self._still["x"]  # both would not find room where rows take half of the memory
        self._still |= _placed(rows)

    def epoch(
        self,
        order: NDArray[np.int64],
        batch_size: int,
        seed: NDArray[np.int32],
        mixing: Mixing | None = None,
    ) -> float:
        """Trains one epoch and returns its mean loss."""
        import tensorflow as tf

        table, batches = batches_of(order, batch_size)
        if mixing is not None:
            places = np.maximum(batches_of(np.arange(len(order)), batch_size)[0], 0)
            mixing = mixing._replace(partners=order[mixing.partners].astype(np.int32)).at(places)
        loss, outputs = self._compiled.run(
            EpochInputs(
                order=tf.constant(table),
                batches=tf.constant(batches),
                seed=tf.constant(seed),
                mixing=() if mixing is None else Mixing(*map(tf.constant, mixing)),
                loss=tuple(tf.convert_to_tensor(variable.value) for variable in self.loss.state),
                **self._still,
            )
        )
        self.predicted_outputs = outputs[: self._count]
        return loss

    def get_weights(self) -> Any:
        """The weights as they are now, for `set_weights`."""
        return self._compiled.state()

    def set_weights(self, state: Any) -> None:
        """Gives the network the weights that `get_weights` returned."""
        flat, still = state
        for variable, value in zip(
            self._model.trainable_variables, self._compiled.trained(flat), strict=True
        ):
            variable.assign(value)
        for variable, value in zip(self._model.non_trainable_weights, still, strict=True):
            variable.assign(value)


def fit_fused(
    model: keras.Model,
    plan: Plan,
    rows: TrainingRows,
    validation: NetworkRows,
    *,
    batch_size: int,
    epochs: int,
    seed: int,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    """Trains `model` as ``fit`` would, apart from the order of rows and what dropout drops.

    Args:
        model: Compiled with a loss that knows the counts of `rows`.
        plan: Of this network.
        rows: What to learn from.
        validation: Rows that callbacks find the outputs of; see `PredictsItself`.
        batch_size: Rows in a gradient step.
        epochs: Passes over the rows at most.
        seed: Decides the order of rows, what dropout drops, and how pictures are changed.
        callbacks: Those of an epoch's end and the training's end are called.
    """
    room = _room(rows)
    of_epoch = epoch_rows(rows, seed, 0, room)
    run = FusedRun(model, plan, of_epoch, validation)
    for callback in callbacks:
        callback.set_model(run)
        callback.set_params({"epochs": epochs})
    for epoch in range(epochs):
        if epoch:
            of_epoch = epoch_rows(rows, seed, epoch, room)
        if epoch and room is not None:
            run.take(of_epoch)
        model.loss.begin_epoch(epoch, epochs)
        drawn = np.random.SeedSequence([seed, epoch]).generate_state(2)
        own = (drawn >> 2).astype(np.int32)
        logs = {"loss": run.epoch(of_epoch.order, batch_size, own, of_epoch.mixing)}
        for callback in callbacks:
            callback.on_epoch_end(epoch, logs)
        if run.stop_training:
            break
    for callback in callbacks:
        callback.on_train_end()


def _room(rows: TrainingRows) -> NDArray[np.float32] | None:
    """Where the pictures of each epoch are made; None where all epochs have the same."""
    if rows.augmentation is None or not rows.augmentation.remakes:
        return None
    return np.zeros((placed_length(len(rows.y)), *rows.x.shape[1:]), np.float32)


def _placed(rows: TrainingRows | EpochRows) -> dict[str, Any]:
    import tensorflow as tf

    length = placed_length(len(rows.y))
    return {
        "x": placed(rows.x, length),
        "y": tf.constant(filled(rows.y.astype(np.int32), length)),
        "weights": tf.constant(filled(rows.weights, length)),
    }
