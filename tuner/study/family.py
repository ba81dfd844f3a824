"""Family places of a study: an entry, or a list of entries, of one registry.

    activation: relu
    activation: [relu, {elu: {alpha: {float: [0.1, 2.0], log: true}}}]

An entry is a name, or a name with its own parameters. A parameter that is not named has its
registered default. ``tunable`` in place of the parameters searches each over its registered range.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from pydantic_core import PydanticCustomError

from tuner.errors import InputError, Problem, did_you_mean
from tuner.registry import FAMILIES, Entry, Registry, UnknownName
from tuner.spaces import Alternative, Alternatives, Space, fixed_default
from tuner.study.place import Place
from tuner.study.problems import note, problems_in, raise_problems
from tuner.study.tunable import parse_space, space_schema

__all__ = ["Family", "everything", "given_entries", "one_schema", "read_entry"]

_ALL = "tunable"


class Family(Place):
    """Annotates a field that takes entries of a registry.

    Args:
        family: The registry's family; looked up when a study is read.
    """

    def __init__(self, family: str) -> None:
        self.family = family

    def schema(self) -> dict[str, Any]:
        """The JSON schema for editors."""
        one = one_schema(FAMILIES[self.family])
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}

    def validate(self, raw: Any) -> Alternatives:
        """The checked value."""
        if isinstance(raw, Alternatives):
            return raw
        listed = isinstance(raw, list)
        items = raw if listed else [raw]
        problems: list[Problem] = []
        entries: dict[str, Alternative] = {}
        for index, item in enumerate(items):
            entry, found = read_entry(item, FAMILIES[self.family])
            problems += [p.under(index) if listed else p for p in found]
            if entry:
                entry = replace(entry, position=index if listed else None)
                problems += _repeated(entry, entries.get(entry.name), index)
                entries.setdefault(entry.name, entry)
        if not items:
            problems.append(Problem("expected at least one entry, got an empty list"))
        raise_problems(problems)
        return Alternatives(tuple(entries.values()))


def everything(registry: Registry[Any]) -> Alternatives:
    """All entries of a registry with their registered spaces, without those that need input."""
    entries = (registry[name] for name in registry)
    return Alternatives(
        tuple(Alternative(entry.name, entry.spaces) for entry in entries if entry.open is None)
    )


def given_entries(family: str, raw: Any, name: str) -> Alternatives:
    """Entries that a person's own code gives, spelled as in a study.

    Args:
        family: The registry's family.
        raw: An entry, a list or tuple of entries, or `Alternatives`.
        name: What messages call the place.

    Raises:
        InputError: With everything that is wrong.
    """
    try:
        return Family(family).validate(list(raw) if isinstance(raw, tuple) else raw)
    except PydanticCustomError as error:
        raise InputError([problem.under(name) for problem in problems_in(error)]) from None


def _repeated(entry: Alternative, before: Alternative | None, index: int) -> list[Problem]:
    if before is None:
        return []
    if before == entry:
        note(f"'{entry.name}' is listed more than once under its names and counted once")
        return []
    return [
        Problem(f"'{entry.name}' is listed twice; give its parameter a choice instead", (index,))
    ]


def read_entry(raw: Any, registry: Registry[Any]) -> tuple[Alternative | None, list[Problem]]:
    """Reads one entry, a name or ``{name: {parameters}}``.

    Returns:
        The entry, or None where it is none, and the problems, with paths from `raw`.
    """
    parameters: Any = {}
    if isinstance(raw, dict) and len(raw) == 1:
        [(raw, parameters)] = raw.items()
    if not isinstance(raw, str):
        return None, [
            Problem(f"expected a name of {registry.family} or {{name: {{…}}}}, got {raw!r}")
        ]
    try:
        entry = registry[raw]
    except UnknownName as error:
        return None, [Problem(str(error))]
    if parameters == _ALL and not entry.open:
        return Alternative(entry.name, entry.spaces), []
    if not isinstance(parameters, dict):
        return None, [Problem(f"expected {_expected(entry)}, got {parameters!r}", (raw,))]
    spaces, problems = _read_parameters(parameters, entry)
    return Alternative(entry.name, MappingProxyType(spaces)), [p.under(raw) for p in problems]


def _expected(entry: Entry[Any]) -> str:
    if entry.open:
        return "a number for each name, {name: number, …}"
    named = f"{{{', '.join(entry.spaces)}}}" if entry.spaces else "none"
    return f"parameters {named} or '{_ALL}'"


def _read_parameters(
    raw: dict[str, Any], entry: Entry[Any]
) -> tuple[dict[str, Space], list[Problem]]:
    spaces: dict[str, Space] = {key: fixed_default(d) for key, d in entry.spaces.items()}
    problems: list[Problem] = []
    for key, value in raw.items():
        key = str(key)  # a mapping made in Python may name a class by its code
        declared = entry.spaces.get(key, entry.open)
        if declared is None:
            hint = did_you_mean(key, entry.spaces) if entry.spaces else f"'{entry.name}' takes none"
            problems.append(Problem(f"unknown parameter; {hint}", (key,)))
            continue
        spaces[key], found = parse_space(value, declared)
        problems += [problem.under(key) for problem in found]
    if entry.open and not raw:
        problems.append(Problem(f"'{entry.name}' needs its numbers by name"))
    return spaces, problems


def one_schema(registry: Registry[Any]) -> dict[str, Any]:
    """The JSON schema of one entry of a registry.

    One branch for names and one for names with parameters, and not two for each entry, since an
    editor tells of a mistake what every branch says.
    """
    entries = [registry[name] for name in registry]
    alone = {name: one.summary for one in entries if not one.open for name in _names(one)}
    # The keyword is no part of JSON schema; the language server of editors shows it.
    plain = {"enum": [*alone], "enumDescriptions": [*alone.values()]}
    with_parameters = {
        "type": "object",
        "properties": {
            name: _parameters_schema(one)
            for one in entries
            if one.spaces or one.open
            for name in _names(one)
        },
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }
    return {"anyOf": [plain, with_parameters] if with_parameters["properties"] else [plain]}


def _names(entry: Entry[Any]) -> list[str]:
    return [entry.name, *entry.aliases]


def _parameters_schema(entry: Entry[Any]) -> dict[str, Any]:
    told = entry.arguments
    own: dict[str, Any] = {
        "type": "object",
        "properties": {
            key: space_schema(space, told.get(key, "")) for key, space in entry.spaces.items()
        },
        "additionalProperties": space_schema(entry.open) if entry.open else False,
    }
    if entry.open:
        return {**own, "description": entry.summary}
    every = {"const": _ALL, "description": "Each parameter is searched over its range."}
    return {"anyOf": [own, every], "description": entry.summary}
