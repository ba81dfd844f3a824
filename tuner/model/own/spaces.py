"""Keras Tuner's hyperparameters as places of a study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tuner.model.own.errors import OwnModelError
from tuner.spaces import Choice, Fixed, Float, Int, Space, SpaceError, Value
from tuner.study.python_section import OwnPlace

__all__ = ["own_places", "place_name", "space_of"]

_MODEL = "model."
_TAKEN = ("model.family", "model.python", "model.arguments")


def place_name(own: str) -> str:
    """The name in a study of a hyperparameter of the code; those of our hypermodel have it."""
    return own if own.startswith(_MODEL) else f"{_MODEL}{own}"


def own_places(declared: Sequence[Any]) -> tuple[OwnPlace, ...]:
    """The places of a study that hyperparameters of Keras Tuner are.

    Args:
        declared: In the order of their declaration, so that parents come first.

    Raises:
        OwnModelError: One of them is no space that can be searched, or two have one name.
    """
    found: dict[str, OwnPlace] = {}
    never: set[str] = set()
    for hp in declared:
        name = place_name(hp.name)
        if name in found or name in never:
            raise OwnModelError(
                f"'{hp.name}' is declared twice, under other conditions; give each its own name"
            )
        if name in _TAKEN:
            raise OwnModelError(f"'{hp.name}' is a key of the model section; give it another name")
        parent, values, exists = _condition(hp.conditions, found, never)
        if exists:
            found[name] = OwnPlace(name, hp.name, space_of(hp), parent, values)
        else:
            never.add(name)
    return tuple(found.values())


def _condition(
    conditions: Sequence[Any], found: Mapping[str, OwnPlace], never: Iterable[str]
) -> tuple[str, tuple[Value, ...], bool]:
    """The innermost condition that may or may not hold, and whether all of them ever do.

    A scope stands inside that of its parent, so that the innermost one implies the others.
    """
    for condition in reversed(conditions):
        parent = place_name(condition.name)
        if parent in never or parent not in found:
            return "", (), False
        space = found[parent].space
        values = tuple(value for value in condition.values if _may_be(space, value))
        if not values:
            return "", (), False
        if not isinstance(space, Fixed):
            return parent, values, True
    return "", (), True


def _may_be(space: Space, value: Value) -> bool:
    grid = space.grid()
    return grid is None or value in grid


def space_of(hp: Any) -> Space:
    """The space of one hyperparameter, with its default.

    Steps that do not lead to the upper end lead as far as they do in Keras Tuner; steps of a
    logarithmic range, which are factors there, become a choice of their values.

    Args:
        hp: Of Keras Tuner: `Choice`, `Int`, `Float`, `Boolean` or `Fixed`.

    Raises:
        OwnModelError: It cannot be searched.

    Example:
        >>> space_of(keras_tuner.engine.hyperparameters.Int("units", 32, 100, step=32)).high
        96
    """
    kind, config = type(hp).__name__, hp.get_config()
    try:
        if kind == "Fixed":
            return Fixed(config["value"])
        if kind == "Boolean":
            return Choice((False, True), default=bool(hp.default))
        if kind == "Choice":
            options = tuple(dict.fromkeys(config["values"]))
            return Choice(options, default=hp.default) if len(options) > 1 else Fixed(options[0])
        return _range(kind, hp, config)
    except SpaceError as error:
        raise OwnModelError(f"'{hp.name}' cannot be searched: {error}") from None


def _range(kind: str, hp: Any, config: Mapping[str, Any]) -> Space:
    low, high, step = config["min_value"], config["max_value"], config["step"]
    sampling = config["sampling"]
    if sampling == "reverse_log":
        raise SpaceError("sampling='reverse_log' is not known here; give 'log' or 'linear'")
    if low == high:
        return Fixed(low)
    if sampling == "log" and step is not None:
        options = tuple(dict.fromkeys(_typed(kind, value) for value in hp.values))
        return _choice(options, hp.default)
    made = Int if kind == "Int" else Float
    if sampling == "log":
        return made(low, high, sampling="log", default=hp.default)
    if step is None:
        return made(low, high, default=hp.default)
    if not low <= hp.default <= high:
        raise SpaceError(f"default {hp.default} is outside [{low}, {high}]")
    count = int((high - low) / step + 1e-8)
    if count == 0:
        return Fixed(low)
    default = low + min(round((hp.default - low) / step), count) * step
    return made(low, low + count * step, step=step, default=default)


def _choice(options: tuple[Value, ...], default: Value) -> Space:
    if len(options) == 1:
        return Fixed(options[0])
    near = min(options, key=lambda option: abs(float(option) - float(default)))
    return Choice(options, default=near)


def _typed(kind: str, value: float) -> Value:
    return int(value) if kind == "Int" else float(value)
