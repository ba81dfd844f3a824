"""Strategies against imbalance: one choice between class weights, losses and resampling.

    strategies:
      - none
      - class_weight: balanced
      - loss: {focal: {gamma: {float: [0.5, 5.0]}}}
      - {resampling: {random_over: {ratio: 0.3}}, class_weight: balanced}

A strategy names at most one entry of each family; of a family that it leaves out it takes the entry
that does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from tuner.errors import Path, Problem, did_you_mean
from tuner.registry import FAMILIES
from tuner.spaces import Alternative, Alternatives, Chosen, Fixed, Space, Value, fixed_default
from tuner.study.family import everything, one_schema, read_entry
from tuner.study.place import Place
from tuner.study.problems import note, raise_problems

__all__ = ["NEUTRAL", "Strategies", "StrategiesPlace", "Strategy", "each_alone"]

NEUTRAL: Mapping[str, str] = MappingProxyType(
    {"class_weight": "none", "loss": "crossentropy", "resampling": "none"}
)
"""The parts of a strategy, and the entry of each that does nothing about rarity."""

_NONE = "none"


def _neutral(part: str) -> Chosen:
    """The entry of a part's family that does nothing about rarity, with its registered defaults."""
    entry = _family(part)[NEUTRAL[part]]
    values = {key: fixed_default(space).value for key, space in entry.spaces.items()}
    return Chosen(entry.name, MappingProxyType(values))


def _fixed(chosen: Chosen) -> Alternative:
    return Alternative(chosen.name, {key: Fixed(own) for key, own in chosen.parameters.items()})


@dataclass(frozen=True)
class Strategy:
    """One answer to rarity.

    Attributes:
        parts: The entries that it names, by part.
        position: Where it stands in a study's list.
    """

    parts: Mapping[str, Alternative]
    position: int = field(default=0, compare=False, repr=False)

    @property
    def name(self) -> str:
        """As studies and reports spell it, such as ``loss=focal`` or ``none``."""
        named = (f"{part}={entry.name}" for part, entry in self.parts.items())
        return " + ".join(named) or _NONE

    def path(self, part: str) -> Path:
        """Where a study names the entry of a part."""
        return ("imbalance", "strategies", self.position, part, self.parts[part].name)

    @property
    def whole(self) -> dict[str, Alternative]:
        """The entry of every part; equal where two strategies do the same under two names."""
        return {part: self.parts.get(part) or _fixed(_neutral(part)) for part in NEUTRAL}

    @property
    def spaces(self) -> dict[str, Space]:
        """The spaces of all parameters, by part and key, such as ``loss.gamma``."""
        return {
            f"{part}.{key}": space
            for part, entry in self.parts.items()
            for key, space in entry.parameters.items()
        }

    def chosen(self, values: Mapping[str, Value]) -> dict[str, Chosen]:
        """What `values`, named as in `spaces`, make of every part."""
        return {part: self._chosen(part, values) for part in NEUTRAL}

    def _chosen(self, part: str, values: Mapping[str, Value]) -> Chosen:
        if part not in self.parts:
            return _neutral(part)
        entry = self.parts[part]
        own = {key: values[f"{part}.{key}"] for key in entry.parameters}
        return Chosen(entry.name, MappingProxyType(own))

    def __str__(self) -> str:
        inner = ", ".join(f"{part}: {entry}" for part, entry in self.parts.items())
        return f"{{{inner}}}" if inner else _NONE


@dataclass(frozen=True)
class Strategies:
    """The strategies of a study; a search chooses one of them for each trial.

    Attributes:
        entries: Strategies of different names, in the order of the file.
    """

    entries: tuple[Strategy, ...]

    @property
    def alternatives(self) -> Alternatives:
        """The same as a family place, to be declared."""
        return Alternatives(tuple(Alternative(one.name, one.spaces) for one in self.entries))

    def parts_of(self, chosen: Chosen) -> dict[str, Chosen]:
        """The entry of every part with its values, for what `alternatives` declared."""
        [strategy] = (one for one in self.entries if one.name == chosen.name)
        return strategy.chosen(chosen.parameters)

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.entries))}]"


def each_alone(*parts: str) -> Strategies:
    """Nothing, and every entry of the given parts alone over its registered ranges."""
    alone = (
        Strategy({part: entry})
        for part in parts
        for entry in everything(_family(part)).entries
        if entry.name != NEUTRAL[part]
    )
    return Strategies((Strategy({}), *alone))


class StrategiesPlace(Place):
    """Annotates a field that takes a list of strategies, or nothing."""

    def schema(self) -> dict[str, Any]:
        """The JSON schema for editors."""
        one = {
            "type": "object",
            "properties": {part: one_schema(_family(part)) for part in NEUTRAL},
            "minProperties": 1,
            "additionalProperties": False,
        }
        listed = {"type": "array", "items": {"anyOf": [{"const": _NONE}, one]}, "minItems": 1}
        return {"anyOf": [listed, {"type": "null"}], "default": None}

    def validate(self, raw: Any) -> Strategies | None:
        """The checked value."""
        if raw is None or isinstance(raw, Strategies):
            return raw
        if not isinstance(raw, list) or not raw:
            raise_problems([Problem(f"expected a list of strategies, got {raw!r}")])
        problems: list[Problem] = []
        entries: list[Strategy] = []
        for index, item in enumerate(raw):
            strategy, found = _read(item, index)
            problems += [problem.under(index) for problem in found]
            if strategy:
                before = _listed_before(strategy, entries)
                problems += _repeated(strategy, before, index)
                entries += [] if before else [strategy]
        raise_problems(problems)
        return Strategies(tuple(entries))


def _listed_before(strategy: Strategy, entries: Iterable[Strategy]) -> Strategy | None:
    """An entry of the same name, or one that does the same."""
    for entry in entries:
        if entry.name == strategy.name or entry.whole == strategy.whole:
            return entry
    return None


def _repeated(strategy: Strategy, before: Strategy | None, index: int) -> list[Problem]:
    if before is None:
        return []
    if before.whole == strategy.whole:
        same = before.name == strategy.name
        what = "listed more than once" if same else f"the same as '{before.name}'"
        note(f"'{strategy.name}' is {what} and counted once")
        return []
    message = f"'{strategy.name}' is listed twice; give its parameter a choice instead"
    return [Problem(message, (index,))]


def _read(raw: Any, index: int) -> tuple[Strategy | None, list[Problem]]:
    if raw == _NONE:
        return Strategy({}, index), []
    if not isinstance(raw, dict) or not raw:
        expected = f"'{_NONE}' or keys of {', '.join(NEUTRAL)}"
        return None, [Problem(f"expected {expected}, got {raw!r}")]
    problems: list[Problem] = []
    parts: dict[str, Alternative] = {}
    for part, value in raw.items():
        if part not in NEUTRAL:
            problems.append(Problem(f"unknown key; {did_you_mean(str(part), NEUTRAL)}", (part,)))
            continue
        entry, found = _read_part(value, part)
        problems += [problem.under(part) for problem in found]
        if entry:
            parts[part] = entry
    ordered = {part: parts[part] for part in NEUTRAL if part in parts}
    return (None if problems else Strategy(MappingProxyType(ordered), index)), problems


def _read_part(raw: Any, part: str) -> tuple[Alternative | None, list[Problem]]:
    if isinstance(raw, list):
        return None, [Problem("a strategy takes one entry here; list a strategy for each", ())]
    return read_entry(raw, _family(part))


def _family(part: str) -> Any:
    return FAMILIES[part.replace("_", " ")]
