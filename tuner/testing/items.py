"""What is checked: an entry of a registry with values to try, or a hypermodel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tuner.errors import InputError
from tuner.registry import FAMILIES, Entry
from tuner.spaces import NO_FILE, Choice, Chosen, Float, Int, Value, ends, fixed_default

__all__ = ["EntryItem", "Spaces", "entry_item"]

Spaces = Mapping[str, Choice | Int | Float]


@dataclass(frozen=True)
class EntryItem:
    """An entry and the values that checks try.

    Attributes:
        family: Of its registry, such as ``activation``.
        entry: As registered.
        classes: Labels, for entries that take a number for each class.
    """

    family: str
    entry: Entry[Any]
    classes: tuple[str, ...] = ("0", "1")

    def __str__(self) -> str:
        return f"{self.family} '{self.entry.name}'"

    @property
    def spaces(self) -> Spaces:
        """The declared space of each parameter."""
        if self.entry.open is not None:
            return dict.fromkeys(self.classes, self.entry.open)
        return self.entry.spaces

    @property
    def files(self) -> dict[str, str]:
        """Its files, none of which is given."""
        return dict.fromkeys(self.entry.files, NO_FILE)

    @cached_property
    def defaults(self) -> dict[str, Value]:
        """The default of each parameter."""
        return {key: fixed_default(space).value for key, space in self.spaces.items()}

    def settings(self) -> Iterator[dict[str, Value]]:
        """The defaults, then each end of each parameter with the others at their defaults."""
        yield self.defaults
        for key, space in self.spaces.items():
            for value in ends(space):
                yield {**self.defaults, key: value}

    def elsewhere(self) -> dict[str, Value]:
        """Every parameter at an end that is not its default."""
        found = {}
        for key, space in self.spaces.items():
            found[key] = [end for end in ends(space) if end != space.default][-1]
        return found

    def chosen(self, parameters: Mapping[str, Value]) -> Chosen:
        """The entry with these values."""
        return Chosen(self.entry.name, parameters)


def entry_item(given: Entry[Any] | Callable[..., Any]) -> EntryItem:
    """An entry as it is checked.

    Args:
        given: From a registry, ``ACTIVATIONS["mine"]``, or the function that was registered.

    Raises:
        InputError: No registry holds it.
    """
    for family, registry in FAMILIES.items():
        for name in registry:
            entry = registry[name]
            if given is entry or given is entry.function:
                return EntryItem(family, entry)
    raise InputError(
        f"expected an entry of a registry, such as ACTIVATIONS['mine'], the function that was"
        f" registered, or a keras_tuner.HyperModel, got {given!r}"
    )
