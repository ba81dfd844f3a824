"""Compiled epochs, shared by all units of one architecture in this process."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any

import keras

from tuner.model.losses.base import RareClassLoss
from tuner.training.fused.epoch import CompiledEpoch
from tuner.training.fused.structure import CannotFuse, structure_of

__all__ = ["KEPT", "Plan", "worth_compiling"]

KEPT = 64
"""Compiled functions that are kept at most; the one that was not used for longest goes first."""

_BYTES = 2**30
"""What kept functions take together at most, unless one alone takes more."""

_ELEMENTWISE = (
    keras.optimizers.SGD,
    keras.optimizers.Adam,
    keras.optimizers.AdamW,
    keras.optimizers.Nadam,
    keras.optimizers.RMSprop,
    keras.optimizers.Adamax,
    keras.optimizers.Adagrad,
    keras.optimizers.Adadelta,
    keras.optimizers.Lion,
)
"""Optimizers whose update of a number depends on no other number."""

_kept: OrderedDict[str, CompiledEpoch] = OrderedDict()


class Plan:
    """How the fused engine trains one network.

    Args:
        model: Built and compiled.

    Attributes:
        key: Equal for networks that share a compiled function.
        numbers: What their layers look up.
        penalties: l1 and l2 of each trainable variable.

    Raises:
        CannotFuse: Something of the network, its loss or its optimizer is beyond the engine.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._structure = structure_of(model)
        self.numbers = self._structure.numbers
        self.penalties = [_penalty(variable) for variable in model.trainable_variables]
        self._penalised = [any(pair) for pair in self.penalties]
        parts = [_loss_key(model.loss), _optimizer_key(model.optimizer), self._penalised]
        self.key = json.dumps([self._structure.key, parts], sort_keys=True, default=str)

    def compiled(self) -> CompiledEpoch:
        """The function of this key, kept from an earlier unit or new."""
        if self.key not in _kept:
            _kept[self.key] = self._new()
        _kept.move_to_end(self.key)
        while len(_kept) > KEPT or (len(_kept) > 1 and _size_of_kept() > _BYTES):
            _kept.popitem(last=False)
        return _kept[self.key]

    def _new(self) -> CompiledEpoch:
        return CompiledEpoch(
            self._structure.build(),
            _copied(self._model.optimizer),
            _copied(self._model.loss),
            self._penalised,
            key=self.key,
            compiled=worth_compiling(self._model),
        )


def _size_of_kept() -> int:
    return sum(one.size for one in _kept.values())


def _copied(part: Any) -> Any:
    """One of its own, whose name does not tell how many there were before."""
    return type(part).from_config({**part.get_config(), "name": "fused"})


def worth_compiling(model: keras.Model) -> bool:
    """Whether XLA makes the network faster; convolutions on a CPU it makes slower."""
    import tensorflow as tf

    convolves = any("Conv" in type(layer).__name__ for layer in model.layers)
    return not convolves or bool(tf.config.list_logical_devices("GPU"))


def _loss_key(loss: Any) -> Any:
    if not isinstance(loss, RareClassLoss):
        raise CannotFuse(f"it does not know the loss {type(loss).__name__}")
    if not type(loss).__module__.startswith("tuner.model.losses."):
        raise CannotFuse(f"the loss {type(loss).__name__} is not one of minority-tuner's")
    shapes = [tuple(variable.shape) for variable in loss.state]
    config = {key: part for key, part in loss.get_config().items() if key not in loss.free}
    return [type(loss).__name__, config, shapes]


def _optimizer_key(optimizer: Any) -> Any:
    if type(optimizer) not in _ELEMENTWISE:
        raise CannotFuse(f"it does not know the optimizer {type(optimizer).__name__}")
    config = optimizer.get_config()
    for setting in ("clipnorm", "use_ema", "gradient_accumulation_steps", "loss_scale_factor"):
        if config.get(setting):
            raise CannotFuse(f"the optimizer sets {setting}")
    rate = config.pop("learning_rate")
    if not isinstance(rate, float):
        raise CannotFuse("the learning rate follows a schedule")
    return [type(optimizer).__name__, {**config, "name": ""}]


def _penalty(variable: Any) -> tuple[float, float]:
    regularizer = variable.regularizer
    if regularizer is None:
        return 0.0, 0.0
    if type(regularizer) not in (
        keras.regularizers.L1,
        keras.regularizers.L2,
        keras.regularizers.L1L2,
    ):
        raise CannotFuse(f"it does not know the penalty {type(regularizer).__name__}")
    return float(getattr(regularizer, "l1", 0.0)), float(getattr(regularizer, "l2", 0.0))
