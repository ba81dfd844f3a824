"""Search-space values: what a tunable place of a study may hold.

A place holds a `Fixed` value, a `Choice`, an `Int` or a `Float` range; a family place (activation,
class weight, …) holds `Alternatives`, whose parameters are active only with their own entry.

`declare` puts a space on a Keras Tuner ``HyperParameters`` object and returns the current value. It
absorbs what Keras Tuner accepts silently or not at all: a default outside its range, booleans in a
``Choice`` (they come back as 1 and 0), numbers of mixed type, a range that its step does not reach.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from keras_tuner import HyperParameters

__all__ = [
    "Alternative",
    "Alternatives",
    "ByName",
    "Choice",
    "Chosen",
    "File",
    "Fixed",
    "Float",
    "Int",
    "NO_FILE",
    "Sampling",
    "Space",
    "SpaceError",
    "Value",
    "corners",
    "ends",
    "fixed_default",
]

Value: TypeAlias = bool | int | float | str
Sampling = Literal["linear", "log"]


class SpaceError(ValueError):
    """A search space that cannot be searched; the message says which rule it breaks."""


@dataclass(frozen=True)
class Fixed:
    """One value, not searched."""

    value: Value

    @property
    def default(self) -> Value:
        """The value."""
        return self.value

    def grid(self) -> tuple[Value, ...]:
        """All values."""
        return (self.value,)

    def declare(self, hp: HyperParameters, name: str) -> Value:
        """The value; there is nothing to declare."""
        return self.value

    def __str__(self) -> str:
        return _spell_value(self.value)


@dataclass(frozen=True)
class Choice:
    """One of several values of one type.

    Attributes:
        options: The values; numbers of mixed type become floats.
        default: The value of the first trial and of stock tuners; the first option unless given.
    """

    options: tuple[Value, ...]
    default: Value | None = None

    def __post_init__(self) -> None:
        options = self.options
        if not options:
            raise SpaceError("a choice needs at least one option")
        kinds = {type(option) for option in options}
        if kinds == {int, float}:
            options = tuple(float(option) for option in options)
        elif len(kinds) > 1:
            raise SpaceError(f"options must be of one type, got {_spell(options)}")
        if len(set(options)) < len(options):
            raise SpaceError(f"options must differ, got {_spell(options)}")
        object.__setattr__(self, "options", options)
        if self.default is None:
            object.__setattr__(self, "default", options[0])
        elif self.default not in options:
            raise SpaceError(f"default {self.default!r} is not one of {_spell(options)}")

    def grid(self) -> tuple[Value, ...]:
        """All values."""
        return self.options

    def declare(self, hp: HyperParameters, name: str) -> Value:
        """Declares the choice, unless there is only one, and returns the current value."""
        if len(self.options) == 1:
            return self.options[0]
        if isinstance(self.options[0], bool):
            return bool(hp.Boolean(name, default=self.default))
        value: Value = hp.Choice(name, list(self.options), default=self.default)
        return value

    def __str__(self) -> str:
        return f"{{choice: [{', '.join(map(_spell_value, self.options))}]}}"

    def refusal(self, value: object) -> str | None:
        """Why `value` is not allowed where this choice was declared, or None."""
        if any(type(value) is type(option) and value == option for option in self.options):
            return None
        return f"expected one of {_spell(self.options)}, got {value!r}"


@dataclass(frozen=True)
class _Range:
    """What `Int` and `Float` share.

    Attributes:
        low: The smallest value searched.
        high: The largest value searched.
        step: The distance between neighbouring values.
        sampling: ``log`` searches orders of magnitude evenly.
        default: The value of the first trial and of stock tuners; the low end unless given.
        ge, gt, le, lt: What is allowed at all where this space is declared, which is often more
            than it is worth searching.
    """

    low: float
    high: float
    step: float | None = None
    sampling: Sampling = "linear"
    default: float | None = None
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise SpaceError(
                f"the low end must be below the high end, got [{self.low}, {self.high}]"
            )
        if self.sampling == "log" and self.low <= 0:
            raise SpaceError(f"a log range must start above 0, got [{self.low}, {self.high}]")
        for value in (self.low, self.high):
            if reason := self.refusal(value):
                raise SpaceError(reason)
        if self.step is not None:
            self._check_step(self.step)
        if self.default is None:
            object.__setattr__(self, "default", self.low)
        elif not self.low <= self.default <= self.high:
            raise SpaceError(f"default {self.default} is outside [{self.low}, {self.high}]")

    def _check_step(self, step: float) -> None:
        if not 0 < step < math.inf:
            raise SpaceError(f"step must be above 0 and finite, got {step}")
        if self.sampling == "log" and not (isinstance(self, Int) and step == 1):
            raise SpaceError("a log range takes no step")
        ratio = (self.high - self.low) / step
        if round(ratio) < 1 or abs(ratio - round(ratio)) > 1e-9:
            raise SpaceError(f"step {step} does not lead from {self.low} to {self.high}")

    def refusal(self, value: object) -> str | None:
        """Why `value` is not allowed where this range was declared, or None."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"expected a number{self._limits()}, got {value!r}"
        outside = (
            (self.ge is not None and value < self.ge)
            or (self.gt is not None and value <= self.gt)
            or (self.le is not None and value > self.le)
            or (self.lt is not None and value >= self.lt)
        )
        if not math.isfinite(value) or outside:
            return f"expected a finite number{self._limits()}, got {value!r}"
        return None

    def __str__(self) -> str:
        usual = 1 if isinstance(self, Int) else None
        step = f", step: {self.step}" if self.step != usual else ""
        log = ", log: true" if self.sampling == "log" else ""
        return f"{{{type(self).__name__.lower()}: [{self.low}, {self.high}]{step}{log}}}"

    def _limits(self) -> str:
        limits = [
            f"{sign} {limit:g}"
            for sign, limit in ((">=", self.ge), (">", self.gt), ("<=", self.le), ("<", self.lt))
            if limit is not None
        ]
        return " " + " and ".join(limits) if limits else ""


@dataclass(frozen=True)
class Int(_Range):
    """Whole numbers from `low` to `high`, both included."""

    step: int | None = 1

    def refusal(self, value: object) -> str | None:
        """Why `value` is not allowed where this range was declared, or None."""
        if isinstance(value, float) and not value.is_integer():
            return f"expected a whole number{self._limits()}, got {value!r}"
        if isinstance(value, float) and math.isfinite(value):
            return f"expected a whole number{self._limits()}, got {value!r}; write {int(value)}"
        return super().refusal(value)

    def grid(self) -> tuple[Value, ...]:
        """All values."""
        return tuple(range(int(self.low), int(self.high) + 1, self.step or 1))

    def declare(self, hp: HyperParameters, name: str) -> Value:
        """Declares the range and returns the current value."""
        # Keras Tuner reads a step of a log range as a factor, so none is passed.
        step = None if self.sampling == "log" else self.step
        value = hp.Int(
            name, self.low, self.high, step=step, sampling=self.sampling, default=self.default
        )
        # Keras Tuner gives None for what is inactive; `Alternatives` never looks at it.
        return value  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Float(_Range):
    """Real numbers from `low` to `high`."""

    def grid(self) -> tuple[Value, ...] | None:
        """All values, or None where there are infinitely many."""
        if self.step is None:
            return None
        count = round((self.high - self.low) / self.step)
        # Rounding must not lead past the end: 3 * 0.1 is above 0.3.
        return (*(self.low + index * self.step for index in range(count)), self.high)

    def declare(self, hp: HyperParameters, name: str) -> Value:
        """Declares the range and returns the current value."""
        value: Value = hp.Float(
            name,
            self.low,
            self.high,
            step=self.step,
            sampling=self.sampling,
            default=self.default,
        )
        return value


@dataclass(frozen=True)
class ByName:
    """Where an entry declares it: a number for each name that a study gives, such as a class."""

    space: Float


NO_FILE = "none"
"""What stands where a study names no file."""


@dataclass(frozen=True)
class File:
    """Where an entry declares it: the path of a file that a study names, or `NO_FILE`.

    It is never searched: another file is another study.

    Attributes:
        description: What the file holds, in one sentence for editors.
    """

    description: str


Space: TypeAlias = Fixed | Choice | Int | Float


def ends(space: Space) -> tuple[Value, ...]:
    """Values that stand for a space where all of it must be judged.

    The ends of a range and all options of a choice.
    """
    if isinstance(space, Fixed):
        return (space.value,)
    return space.options if isinstance(space, Choice) else (space.low, space.high)


def corners(parameters: Mapping[str, Space]) -> Iterator[dict[str, Value]]:
    """Every combination of the `ends` of several spaces, by name."""
    for values in product(*(ends(space) for space in parameters.values())):
        yield dict(zip(parameters, values, strict=True))


def fixed_default(declared: Choice | Int | Float) -> Fixed:
    """What a parameter is where a study does not mention it."""
    assert declared.default is not None  # set by every space when it is made
    return Fixed(declared.default)


@dataclass(frozen=True)
class Chosen:
    """One entry of a family with the values of its parameters."""

    name: str
    parameters: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Alternative:
    """One entry of a family place, with a space for each of its parameters.

    Attributes:
        name: Name of the entry.
        parameters: A space for each parameter.
        position: Where the entry stands in a study's list; None where it stands alone.
    """

    name: str
    parameters: Mapping[str, Space] = field(default_factory=lambda: MappingProxyType({}))
    position: int | None = field(default=None, compare=False, repr=False)

    @property
    def place(self) -> tuple[str | int, ...]:
        """The path from the family place to the entry."""
        return (self.name,) if self.position is None else (self.position, self.name)

    def __str__(self) -> str:
        if not self.parameters:
            return self.name
        inner = ", ".join(f"{key}: {space}" for key, space in self.parameters.items())
        return f"{{{self.name}: {{{inner}}}}}"


@dataclass(frozen=True)
class Alternatives:
    """A family place: one of several entries, each with parameters of its own."""

    entries: tuple[Alternative, ...]

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.entries))}]"

    def declare(self, hp: HyperParameters, name: str) -> Chosen:
        """Declares the choice and, below it, the parameters of every entry.

        All entries are declared whatever the current choice is, so that a tuner knows the whole
        conditional space from one call.
        """
        names = [entry.name for entry in self.entries]
        chosen = hp.Choice(name, names) if len(names) > 1 else names[0]
        values: dict[str, Value] = {}
        for entry in self.entries:
            with self._scope(hp, name, entry.name):
                for key, space in entry.parameters.items():
                    value = space.declare(hp, f"{name}.{entry.name}.{key}")
                    if entry.name == chosen:
                        values[key] = value
        return Chosen(chosen, MappingProxyType(values))

    def _scope(self, hp: HyperParameters, name: str, entry: str) -> AbstractContextManager[None]:
        if len(self.entries) == 1:
            return nullcontext()
        scope: AbstractContextManager[None] = hp.conditional_scope(name, [entry])
        return scope


def _spell_value(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _spell(options: tuple[object, ...]) -> str:
    return ", ".join(
        _spell_value(option) if isinstance(option, bool) else repr(option) for option in options
    )
