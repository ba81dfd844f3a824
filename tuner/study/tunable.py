"""Tunable places of a study: a fixed value or a space, checked against what is declared.

dropout: 0.2
dropout: {float: [0.0, 0.5]}
units: {choice: [32, 64, 128], default: 64}
learning_rate: {float: [3e-4, 1e-2], log: true}
"""

from __future__ import annotations

import json
from typing import Any

from tuner.errors import Problem, did_you_mean
from tuner.registry import Declared
from tuner.spaces import Choice, Fixed, Float, Int, Space, SpaceError, ends
from tuner.study.place import Place
from tuner.study.problems import note, raise_problems

__all__ = ["Tunable", "parse_space", "space_schema", "value_schema", "worth_searching"]

_KINDS = ("choice", "int", "float")


class Tunable(Place):
    """Annotates a field that takes a fixed value or a space: ``Annotated[Space, Tunable(spec)]``.

    Args:
        declared: What is allowed there.
    """

    def __init__(self, declared: Declared) -> None:
        self.declared = declared

    def schema(self) -> dict[str, Any]:
        """The JSON schema for editors."""
        return space_schema(self.declared)

    def validate(self, raw: Any) -> Space:
        """The checked value."""
        space, problems = parse_space(raw, self.declared)
        raise_problems(problems)
        return space


def parse_space(raw: Any, declared: Declared) -> tuple[Space, list[Problem]]:
    """Reads a fixed value or a space.

    Returns:
        The space (a stand-in where there are problems) and the problems, with paths from `raw`.
    """
    if isinstance(raw, Fixed | Choice | Int | Float):
        return raw, [Problem(reason) for value in ends(raw) if (reason := declared.refusal(value))]
    if not isinstance(raw, dict):
        reason = declared.refusal(raw)
        return Fixed(_as_declared(raw, declared)), [Problem(reason)] if reason else []
    problems = _unknown_keys(raw)
    kinds = [kind for kind in _KINDS if kind in raw]
    if len(kinds) != 1:
        problems.append(
            Problem("expected a value, {choice: […]}, {int: [low, high]} or {float: [low, high]}")
        )
        return Fixed(0), problems
    read = _read_choice if kinds == ["choice"] else _read_range
    space, found = read(raw, kinds[0], declared)
    return space, problems + found


def _unknown_keys(raw: dict[str, Any]) -> list[Problem]:
    allowed = {
        "choice": ("default",),
        "int": ("step", "log", "default"),
        "float": ("step", "log", "default"),
    }
    known = {*_KINDS, *(key for kind in _KINDS if kind in raw for key in allowed[kind])}
    return [
        Problem(f"unknown key; {did_you_mean(key, known)}", (key,))
        for key in raw
        if key not in known
    ]


def _read_choice(raw: dict[str, Any], kind: str, declared: Declared) -> tuple[Space, list[Problem]]:
    options = raw["choice"]
    if not isinstance(options, list) or not options:
        return Fixed(0), [
            Problem(f"expected a list with at least one option, got {options!r}", ("choice",))
        ]
    problems = [
        Problem(reason, ("choice", index))
        for index, option in enumerate(options)
        if (reason := declared.refusal(option))
    ]
    if problems:
        return Fixed(0), problems
    values = [_as_declared(option, declared) for option in options]
    distinct = tuple(dict.fromkeys(values))
    if len(distinct) < len(values):
        note(f"equal options are counted once: {len(distinct)} of {len(values)} differ")
    default = raw.get("default", declared.default)
    if "default" not in raw and default not in distinct:
        default = None
    try:
        return Choice(distinct, default), []
    except SpaceError as error:
        return Fixed(0), [Problem(str(error), ("default",))]


def _read_range(raw: dict[str, Any], kind: str, declared: Declared) -> tuple[Space, list[Problem]]:
    wanted = _range_kind(declared)
    if kind != wanted:
        expected = f"{{{wanted}: [low, high]}}" if wanted else "{choice: […]}"
        return Fixed(0), [Problem(f"expected {expected} or a fixed value here", (kind,))]
    ends = raw[kind]
    if not isinstance(ends, list) or len(ends) != 2:
        return Fixed(0), [Problem(f"expected [low, high], got {ends!r}", (kind,))]
    problems = [
        Problem(reason, (kind, index))
        for index, end in enumerate(ends)
        if (reason := declared.refusal(end))
    ]
    problems += _wrong_settings(raw, declared)
    if problems:
        return Fixed(0), problems
    low, high = ends
    default = raw.get("default", declared.default)
    if "default" not in raw and not low <= default <= high:
        default = None
    space_type: type[Int] | type[Float] = Int if kind == "int" else Float
    sampling = "log" if raw.get("log") else "linear"
    step = raw.get("step", 1 if kind == "int" else None)
    try:
        return space_type(low, high, step=step, sampling=sampling, default=default), []  # type: ignore[arg-type]
    except SpaceError as error:
        return Fixed(0), [Problem(str(error), ("default",) if "default" in str(error) else (kind,))]


def _range_kind(declared: Declared) -> str | None:
    if isinstance(declared, Choice):
        return None
    return "int" if isinstance(declared, Int) else "float"


def _wrong_settings(raw: dict[str, Any], declared: Declared) -> list[Problem]:
    problems = []
    if not isinstance(raw.get("log", False), bool):
        problems.append(Problem(f"expected true or false, got {raw['log']!r}", ("log",)))
    if "default" in raw and (reason := declared.refusal(raw["default"])):
        problems.append(Problem(reason, ("default",)))
    number = int if isinstance(declared, Int) else (int, float)
    step = raw.get("step", 1)
    if isinstance(step, bool) or not isinstance(step, number):
        problems.append(Problem(f"expected a number above 0, got {step!r}", ("step",)))
    return problems


def _as_declared(value: Any, declared: Declared) -> Any:
    """A float where floats are declared, so that ``1`` and ``1.0`` are one value."""
    if isinstance(declared, Float) and type(value) is int:
        return float(value)
    return value


def space_schema(declared: Declared, description: str = "") -> dict[str, Any]:
    """The JSON schema of a tunable place.

    Args:
        declared: What is allowed there.
        description: What it does; a range that is worth searching and the default are added.
    """
    told = {"description": f"{description} {worth_searching(declared)}"} if description else {}
    one = value_schema(declared)
    space = _space_schema(declared, one)
    # An editor tells of a mistake what the branch says that it is in; it offers no values of a
    # branch that it does not see yet, and values of choices are worth more than messages.
    either: dict[str, Any] = {"if": {"type": "object"}, "then": space, "else": one}
    if isinstance(declared, Choice):
        either = {"anyOf": [one, space]}
    return {**either, "default": declared.default, **told}


def value_schema(declared: Declared) -> dict[str, Any]:
    """The JSON schema of one value of a tunable place."""
    if isinstance(declared, Choice):
        return {"enum": list(declared.options)}
    limits = {
        "minimum": declared.ge,
        "exclusiveMinimum": declared.gt,
        "maximum": declared.le,
        "exclusiveMaximum": declared.lt,
    }
    kind = {"type": "integer" if isinstance(declared, Int) else "number"}
    return kind | {word: limit for word, limit in limits.items() if limit is not None}


def _space_schema(declared: Declared, one: dict[str, Any]) -> dict[str, Any]:
    """One branch for choices and ranges, since editors tell what every branch says."""
    several = {"type": "array", "items": one, "minItems": 1}
    keys: dict[str, Any] = {"choice": {**several, "description": "One of these values."}}
    keys["default"] = {**one, "description": "The value of the first trial."}
    if kind := _range_kind(declared):
        ends = {"minItems": 2, "maxItems": 2, "description": "From the first value to the second."}
        log = "Whether orders of magnitude are searched evenly."
        keys[kind] = {**several, **ends}
        keys["step"] = {**one, "description": "Distance between neighbouring values."}
        keys["log"] = {"type": "boolean", "description": log}
    return {
        "type": "object",
        "properties": keys,
        "minProperties": 1,
        "additionalProperties": False,
    }


def worth_searching(declared: Declared) -> str:
    """The default, and of numbers the range that is searched where a study says ``tunable``.

    Example:
        >>> worth_searching(Float(0.1, 2.0, sampling="log", default=1.0))
        'Default 1; searched from 0.1 to 2 in orders of magnitude.'
    """
    if isinstance(declared, Choice):
        return f"Default {json.dumps(declared.default)}."
    evenly = " in orders of magnitude" if declared.sampling == "log" else ""
    default, low, high = (f"{end:g}" for end in (declared.default, declared.low, declared.high))
    return f"Default {default}; searched from {low} to {high}{evenly}."
