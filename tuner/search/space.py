"""The conditional search space that a hypermodel declared, as Optuna sees it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras_tuner
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from tuner.spaces import Value

__all__ = [
    "Dimension",
    "Values",
    "complete",
    "configurations",
    "dimensions",
    "draw",
    "signature",
    "space_of",
]

Values = dict[str, Value]


@dataclass(frozen=True)
class Dimension:
    """One hyperparameter.

    Attributes:
        name: Its name in Keras Tuner and Optuna alike.
        distribution: Where its values come from.
        default: Its value where nothing else is said.
        conditions: Parent values under which it is active; all must hold.
    """

    name: str
    distribution: BaseDistribution
    default: Value
    conditions: tuple[tuple[str, tuple[Value, ...]], ...] = ()

    def active(self, values: Mapping[str, Value]) -> bool:
        """Whether the values of the parents, declared earlier, make it active."""
        return all(values.get(parent) in allowed for parent, allowed in self.conditions)

    def grid(self) -> Sequence[Value] | None:
        """All values, or None where there are infinitely many."""
        distribution = self.distribution
        if isinstance(distribution, CategoricalDistribution):
            return distribution.choices  # type: ignore[return-value]
        if isinstance(distribution, IntDistribution):
            return range(distribution.low, distribution.high + 1, distribution.step)
        if isinstance(distribution, FloatDistribution) and distribution.step:
            count = round((distribution.high - distribution.low) / distribution.step)
            return [distribution.low + i * distribution.step for i in range(count + 1)]
        return None


def dimensions(space: keras_tuner.HyperParameters) -> tuple[Dimension, ...]:
    """The hyperparameters of a Keras Tuner space, in the order of their declaration."""
    return tuple(
        Dimension(
            hp.name,
            _distribution(type(hp).__name__, hp.get_config()),
            hp.default,
            tuple((condition.name, tuple(condition.values)) for condition in hp.conditions),
        )
        for hp in space.space
    )


def space_of(hypermodel: keras_tuner.HyperModel) -> tuple[Dimension, ...]:
    """What an `ImbalancedHyperModel` searches, told without building a network."""
    hyperparameters = keras_tuner.HyperParameters()
    hypermodel.configure(hyperparameters)
    return dimensions(hyperparameters)


def _distribution(kind: str, config: dict[str, Any]) -> BaseDistribution:
    if kind == "Choice":
        return CategoricalDistribution(config["values"])
    if kind == "Boolean":
        return CategoricalDistribution([False, True])
    if kind == "Fixed":
        return CategoricalDistribution([config["value"]])
    low, high, log = config["min_value"], config["max_value"], config["sampling"] == "log"
    if kind == "Int":
        return IntDistribution(low, high, log=log, step=1 if log else config["step"] or 1)
    return FloatDistribution(low, high, log=log, step=config["step"])


def complete(space: Sequence[Dimension], named: Mapping[str, Value]) -> Values:
    """The configuration with these values, and the default of everything else that is active."""
    values: Values = {}
    for dimension in space:
        if dimension.active(values):
            values[dimension.name] = named.get(dimension.name, dimension.default)
    return values


def signature(values: Mapping[str, Any]) -> str:
    """A text that is equal for equal configurations."""
    return repr(sorted(values.items()))


def configurations(space: Sequence[Dimension]) -> Iterator[Values] | None:
    """All configurations of a finite space, the last dimension changing first; else None."""
    if any(dimension.grid() is None for dimension in space):
        return None
    return _extend(space, {})


def draw(space: Sequence[Dimension], rng: random.Random) -> Values:
    """One configuration of a finite space; every value of a dimension is equally likely."""
    values: Values = {}
    for dimension in space:
        if dimension.active(values):
            values[dimension.name] = rng.choice(dimension.grid() or ())
    return values


def _extend(space: Sequence[Dimension], values: Values) -> Iterator[Values]:
    if not space:
        yield values
        return
    dimension, rest = space[0], space[1:]
    if not dimension.active(values):
        yield from _extend(rest, values)
        return
    for value in dimension.grid() or ():
        yield from _extend(rest, {**values, dimension.name: value})
