"""What becomes of a hypermodel's network: what it computes, is trained on and learns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np

from tuner.lazy import LazyModule
from tuner.testing.effects import bits

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = ["Rows", "Run", "fitted", "learned", "outcome", "run"]


@dataclass(frozen=True)
class Rows:
    """Features and labels to train on, and to validate on."""

    train: tuple[Any, Any]
    validation: tuple[Any, Any]

    def copied(self) -> Rows:
        """The same in arrays that nobody else holds."""
        (x, y), (own_x, own_y) = self.train, self.validation
        return Rows((x.copy(), y.copy()), (own_x.copy(), own_y.copy()))


@dataclass(frozen=True)
class Run:
    """One epoch.

    Attributes:
        model: After it.
        result: What `fit` returned.
        before: Names of the hyperparameters that `build` declared.
        after: Those that there are after `fit`.
        start: The network's weights before `fit`.
    """

    model: Any
    result: Any
    before: list[str]
    after: list[str]
    start: list[Any]

    @property
    def weights(self) -> list[Any]:
        """Of the trained network."""
        weights: list[Any] = self.model.get_weights()
        return weights


def run(item: Any, values: Mapping[str, Any], rows: Rows | None = None) -> Run:
    """Builds a network and trains it for one epoch, as a Keras Tuner tuner does.

    Args:
        item: The hypermodel.
        values: Of its hyperparameters.
        rows: What to train and validate on; the item's own unless given.
    """
    model, hp = item.build(values)
    before, start = [space.name for space in hp.space], model.get_weights()
    result = fitted(item, hp, model, rows or item.rows.copied())
    return Run(model, result, before, [space.name for space in hp.space], start)


def fitted(item: Any, hp: Any, model: Any, rows: Rows) -> Any:
    """What `fit` returns; for one epoch unless it decides on its epochs itself."""
    given = {"validation_data": rows.validation, "verbose": 0}
    try:
        return item.hypermodel.fit(hp, model, *rows.train, epochs=1, **given)
    except TypeError as error:
        if "multiple values" not in str(error):
            raise
    return item.hypermodel.fit(hp, model, *rows.train, **given)


def outcome(item: Any, values: Mapping[str, Any]) -> Any:
    """What a network computes with these values, and what its training is handed, as bits.

    No training is done where that is handed to the network's own `fit` in arrays. Where it is not,
    the weights after an epoch stand for it.
    """
    model, hp = item.build(values)
    found = [_computed(model, item.rows)]

    def fit(*args: Any, **kwargs: Any) -> Any:
        found.append(bits(*_flat([args, kwargs])) + _loss(model, item.rows))
        return keras.callbacks.History()

    try:
        with patch.object(model, "fit", fit):
            fitted(item, hp, model, item.rows.copied())
        if len(found) == 2:
            return tuple(found)
    except Exception:
        pass
    return found[0], learned(item, values)


def learned(item: Any, values: Mapping[str, Any]) -> str:
    """The weights after an epoch, as bits."""
    return bits(*run(item, values).weights)


def _computed(model: Any, rows: Rows) -> str:
    x, _ = rows.train
    shapes = [np.array(one.shape) for one in model.get_weights()]
    trained = [float(bool(one.trainable)) for one in model.variables]
    settings = model.optimizer.get_config() if getattr(model, "optimizer", None) else {}
    settings.pop("name", None)
    keras.utils.set_random_seed(1)
    computed = [model(x), model(x, training=True), sum(map(float, model.losses)), trained]
    return bits(*shapes, *computed) + json.dumps(settings, default=str, sort_keys=True)


def _loss(model: Any, rows: Rows) -> str:
    x, y = rows.train
    if not getattr(model, "compiled", False) or not callable(getattr(model.loss, "call", None)):
        return str(getattr(model, "loss", None))
    return bits(np.asarray(model.loss(y, model(x))))


def _flat(value: Any) -> Iterator[Any]:
    """Arrays and plain values in whatever holds them.

    Raises:
        TypeError: It holds something else.
    """
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield key
            yield from _flat(value[key])
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _flat(one)
    elif isinstance(value, keras.utils.PyDataset):
        yield from _flat([value[index] for index in range(len(value))])
    elif isinstance(value, keras.callbacks.Callback):
        plain = {k: v for k, v in vars(value).items() if isinstance(v, int | float | str)}
        yield from _flat([type(value).__name__, plain])
    elif value is None or isinstance(value, bool | int | float | str):
        yield str(value)
    elif hasattr(value, "__array__"):
        yield np.asarray(value)
    else:
        raise TypeError(f"no plain value: {type(value).__name__}")
