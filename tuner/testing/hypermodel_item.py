"""A hypermodel under its checks: rows to train on, networks of given values, runs that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tuner.errors import InputError
from tuner.lazy import LazyModule
from tuner.testing.outcomes import Rows, Run, outcome, run

if TYPE_CHECKING:
    import keras
    import keras_tuner
else:
    keras = LazyModule("keras")
    keras_tuner = LazyModule("keras_tuner")

__all__ = ["HyperModelItem", "hypermodel_item"]

_ROWS, _RARE = 48, 4
"""Rows that are made where none are given; every fourth is of the rare class."""


class HyperModelItem:
    """A hypermodel, and what checks share of it.

    Args:
        hypermodel: Any `keras_tuner.HyperModel`.
        data: Rows and labels as its `fit` takes them; random ones in the shape of the network's
            input unless given. A quarter is for validation.
    """

    def __init__(self, hypermodel: Any, data: tuple[Any, Any] | None = None) -> None:
        self.hypermodel = hypermodel
        self._data = data
        self._outcomes: dict[Any, Any] = {}

    def __str__(self) -> str:
        return f"hypermodel {type(self.hypermodel).__name__}"

    def space(self, values: Mapping[str, Any]) -> Any:
        """Hyperparameters with these values; what is not among them has its default."""
        hp = keras_tuner.HyperParameters()
        hp.values = dict(values)
        return hp

    def build(self, values: Mapping[str, Any]) -> tuple[Any, Any]:
        """The network of these values, from one seed, and the hyperparameters after it."""
        keras.utils.set_random_seed(0)
        hp = self.space(values)
        return self.hypermodel.build(hp), hp

    @cached_property
    def declared(self) -> list[Any]:
        """Every hyperparameter that any network declares, conditional ones included."""
        found: dict[str, Any] = {}
        waiting: list[dict[str, Any]] = [{}]
        while waiting:
            _, hp = self.build(waiting.pop())
            for space in hp.space:
                if space.name not in found:
                    found[space.name] = space
                    if not hp.is_active(space):
                        waiting.append(self.active(space))
        return list(found.values())

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The values of a first trial."""
        return dict(self.build({})[1].values)

    def active(self, space: Any) -> dict[str, Any]:
        """Values with which a conditional hyperparameter is active."""
        return {parent.name: parent.values[0] for parent in space.conditions}

    @cached_property
    def rows(self) -> Rows:
        """What networks are trained on, and what they are validated on."""
        model, _ = self.build({})
        if len(model.inputs) != 1 or len(model.outputs) != 1:
            ends = f"{len(model.inputs)} and {len(model.outputs)}"
            raise InputError(f"{self}: expected one input and one output, got {ends}")
        x, y = map(np.asarray, self._data or _made(model))
        quarter = len(y) // 4
        return Rows((x[quarter:], y[quarter:]), (x[:quarter], y[:quarter]))

    def outcome(self, values: Mapping[str, Any]) -> Any:
        """What a network of these values computes and is trained on; equal where all is."""
        key = tuple(sorted(values.items()))
        if key not in self._outcomes:
            self._outcomes[key] = outcome(self, values)
        return self._outcomes[key]

    @cached_property
    def first_run(self) -> Run:
        """One epoch of the defaults."""
        return run(self, {})


def _made(model: Any) -> tuple[Any, Any]:
    [entering] = model.inputs
    shape = [side or 8 for side in entering.shape[1:]]
    codes = (np.arange(_ROWS) % _RARE == 0).astype(np.int64)
    rng = np.random.default_rng(0)
    if "int" in entering.dtype:
        return rng.integers(0, 2, (_ROWS, *shape)), _labels(model, codes)
    x = rng.normal(size=(_ROWS, *shape)) + codes.reshape(-1, *[1] * len(shape))
    return x.astype(np.float32), _labels(model, codes)


def _labels(model: Any, codes: Any) -> Any:
    units = model.outputs[0].shape[-1]
    loss = getattr(model, "loss", None)
    name = loss if isinstance(loss, str) else getattr(loss, "name", type(loss).__name__)
    if units == 1:
        return codes
    codes = np.where(codes == 1, units - 1, np.arange(len(codes)) % (units - 1))
    one_hot = "categorical" in name and "sparse" not in name
    return np.eye(units, dtype=np.float32)[codes] if one_hot else codes


def hypermodel_item(given: Any, data: tuple[Any, Any] | None) -> HyperModelItem:
    """A hypermodel as it is checked.

    Args:
        given: A `keras_tuner.HyperModel`.
        data: Rows and labels, or None.

    Raises:
        InputError: It is a class, or no hypermodel.
    """
    if isinstance(given, type):
        raise InputError(f"expected a hypermodel, got the class {given.__name__}; make one of it")
    if not isinstance(given, keras_tuner.HyperModel):
        raise InputError(f"expected a keras_tuner.HyperModel, got {given!r}")
    return HyperModelItem(given, data)
