"""One compiled function trains a whole epoch and predicts the validation rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.model.losses.base import RareClassLoss
from tuner.training.fused.disk_cache import clear, seal_new
from tuner.training.fused.drawing import uniform
from tuner.training.fused.inputs import EpochInputs
from tuner.training.fused.names import named_by
from tuner.training.fused.settings import set_compiler
from tuner.training.fused.step import Step, tracing
from tuner.training.fused.twins import draws_of

__all__ = ["CompiledEpoch"]


class CompiledEpoch:
    """A network of twins, its optimizer, and the function that trains them for an epoch.

    All trainable weights lie in one flat variable, so that one update serves them all: fewer
    operations to compile, and to run. The state of an earlier unit is overwritten by `begin`.

    Args:
        network: Of twins; see `Structure`.
        optimizer: Not built; its update of a number depends on no other number.
        loss: Any of its kind; its variables are handed in.
        penalised: Whether each trainable variable has a penalty.
        key: Of the architecture; see `Plan`.
        compiled: Whether XLA compiles the function; else it is an ordinary TensorFlow graph.
    """

    def __init__(
        self,
        network: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        loss: RareClassLoss,
        penalised: Sequence[bool],
        *,
        key: str,
        compiled: bool,
    ) -> None:
        set_compiler()
        self._network, self._optimizer, self._loss = network, optimizer, loss
        self._penalised = tuple(penalised)
        self._weights = network.trainable_variables
        self._shapes = [tuple(variable.shape) for variable in self._weights]
        self._sizes = [int(np.prod(shape)) for shape in self._shapes]
        self._still = network.non_trainable_weights
        self._draws = draws_of(network)
        self._flat = keras.Variable(np.zeros(sum(self._sizes), np.float32), name="weights")
        optimizer.build([self._flat])
        self._fresh = [np.asarray(variable) for variable in optimizer.variables]
        self._compiled = compiled
        self._traced: dict[Any, Any] = {}
        self._key = key

    @property
    def size(self) -> int:
        """Bytes that its variables take, and the values that they begin with."""
        flat, optimizer = sum(self._sizes), sum(one.size for one in self._fresh)
        return 4 * (int(self._network.count_params()) + flat + 2 * optimizer)

    def begin(
        self, weights: Sequence[NDArray[Any]], still: Sequence[NDArray[Any]], learning_rate: float
    ) -> None:
        """Sets weights and statistics to those of a new unit, and the optimizer to its start."""
        self._flat.assign(np.concatenate([np.ravel(one) for one in weights]))
        for variable, value in zip(self._still, still, strict=True):
            variable.assign(value)
        for variable, value in zip(self._optimizer.variables, self._fresh, strict=True):
            variable.assign(value)
        self._optimizer.learning_rate = learning_rate

    def run(self, inputs: EpochInputs) -> tuple[float, NDArray[np.float32]]:
        """Trains one epoch.

        Returns:
            The mean loss, not finite where a weight is not, and the network's output for the
            validation rows, shape ``(rows, outputs)``.
        """
        known = self._traced.get(inputs.shapes)
        loss, outputs = self._first(inputs) if known is None else known(**vars(inputs))
        return float(loss), np.asarray(outputs)

    def _first(self, inputs: EpochInputs) -> tuple[Any, Any]:
        import tensorflow as tf

        traced = self._trace(inputs)
        try:
            result = traced(**vars(inputs))
        except (tf.errors.OpError, OSError) as error:
            # A file of the disk cache that was damaged since the process began; nothing has run.
            if isinstance(error, tf.errors.ResourceExhaustedError) or not clear():
                raise
            traced = self._trace(inputs)
            result = traced(**vars(inputs))
        self._traced[inputs.shapes] = traced
        seal_new()
        loss, outputs = result
        return loss, outputs

    def _trace(self, inputs: EpochInputs) -> Any:
        import tensorflow as tf

        # A function of its own each time: of one that failed, XLA remembers that it did.
        function = tf.function(self._epoch, jit_compile=self._compiled, autograph=False)
        with named_by(f"{self._key} {inputs.shapes}"):
            return function.get_concrete_function(**vars(inputs))

    def state(self) -> tuple[NDArray[np.float32], list[NDArray[Any]]]:
        """Weights in one row, and statistics, as they are now."""
        return np.array(self._flat), [np.array(variable) for variable in self._still]

    def trained(self, weights: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """The trainable variables, from weights in one row."""
        parts = np.split(weights, np.cumsum(self._sizes)[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, self._shapes, strict=True)]

    def _epoch(self, **given: Any) -> tuple[Any, Any]:
        import tensorflow as tf

        inputs = EpochInputs(**given)

        here = tf.cast(inputs.order >= 0, tf.float32)
        taken = tf.maximum(inputs.order, 0)
        rows = tf.reduce_sum(here, axis=1)
        # Losses divide by the length of a batch, which what fills it up must not count in.
        scale = (here.shape[1] / tf.maximum(rows, 1.0))[:, None]
        y, weights = inputs.labels(taken, here * scale)

        def batch(at: Any, total: Any) -> tuple[Any, Any]:
            draws = uniform(here.shape[1] * self._draws, (inputs.seed[0], inputs.seed[1], at))
            step = Step(inputs.numbers, here[at], draws)
            x = inputs.pictures(taken[at], at)
            loss = self._batch(inputs, step, x, y[at], weights[at])
            return at + 1, total + loss * rows[at]

        _, total = tf.while_loop(lambda at, _: at < inputs.batches, batch, (0, 0.0))
        # A rectifier may swallow a weight that is not finite, so that no output tells of it.
        finite = 0.0 * tf.reduce_sum(self._flat.value)
        return total / tf.reduce_sum(rows) + finite, self._predicted(inputs)

    def _batch(self, inputs: EpochInputs, step: Step, x: Any, y: Any, weights: Any) -> Any:
        """One gradient step; returns the loss."""
        import tensorflow as tf

        flat = tf.convert_to_tensor(self._flat.value)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(flat)
            parts = self._parts(flat)
            out, still = self._called(parts, x, step)
            mapped = zip(self._loss.state, inputs.loss, strict=True)
            with keras.StatelessScope(state_mapping=list(mapped)):
                loss = self._loss(y, out, sample_weight=weights)
            loss += self._penalty(parts, inputs.penalties)
        self._optimizer.apply([tape.gradient(loss, flat)], [self._flat])
        for variable, value in zip(self._still, still, strict=True):
            if value is not None:  # of a frozen network, nearly all stay as they are
                variable.assign(value)
        return loss

    def _called(self, parts: list[Any], x: Any, step: Step) -> tuple[Any, list[Any]]:
        mapped = list(zip(self._weights, parts, strict=True))
        with tracing(step), keras.StatelessScope(state_mapping=mapped) as scope:
            out = self._network(x, training=step.training)
        return out, [scope.get_current_value(variable) for variable in self._still]

    def _penalty(self, parts: list[Any], penalties: Any) -> Any:
        import tensorflow as tf

        total: Any = 0.0
        for at, part in enumerate(parts):
            if self._penalised[at]:
                total += penalties[at, 0] * tf.reduce_sum(tf.abs(part))
                total += penalties[at, 1] * tf.reduce_sum(tf.square(part))
        return total

    def _predicted(self, inputs: EpochInputs) -> Any:
        import tensorflow as tf

        parts, step = self._parts(self._flat.value), Step(inputs.numbers)
        rows, numbers = inputs.validation.values, inputs.validation.numbers

        def predicted(part: Any) -> Any:
            return self._called(parts, numbers(part), step)[0]

        if rows.shape[0] == 1:
            return predicted(rows[0])
        # One after the other: what the layers make of several parts would lie in memory at once.
        outputs = tf.map_fn(predicted, rows, parallel_iterations=1, fn_output_signature=tf.float32)
        return tf.reshape(outputs, (-1, outputs.shape[-1]))

    def _parts(self, flat: Any) -> list[Any]:
        import tensorflow as tf

        parts = tf.split(flat, self._sizes)
        return [tf.reshape(part, shape) for part, shape in zip(parts, self._shapes, strict=True)]
