"""One pattern for every family of things that a study chooses by name.

A family is a module with its `Registry` and its entries. The entry is a function that takes values;
the decorator declares the space of each value:

    @ACTIVATIONS.register("elu", alpha=Float(0.1, 2.0, sampling="log", default=1.0, gt=0))
    def elu(alpha: float) -> keras.layers.Layer: ...

The study reads names, aliases and spaces from here, so that an entry is written once.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, ParamSpec, TypeVar

from tuner.errors import did_you_mean
from tuner.spaces import ByName, Choice, File, Float, Int

__all__ = ["FAMILIES", "Declared", "Entry", "Registry", "UnknownName", "foreign_entries"]

Declared = Choice | Int | Float
P = ParamSpec("P")
R = TypeVar("R")

FAMILIES: dict[str, Registry[Any]] = {}
"""Every registry by the name of its family; the study room looks its places up here."""


_BESIDE = ("baseline",)
"""Families whose entries no network has, and no worker needs."""


class UnknownName(KeyError):
    """No entry has this name or alias; the message suggests one."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Entry(Generic[R]):
    """A registered function.

    Attributes:
        name: The name that studies and reports use.
        function: Takes the context that it asks for and one value for each space.
        spaces: What is allowed, worth searching, and the default, for each parameter.
        aliases: Other names that mean the same.
        open: The declared space of each parameter by name, where the function takes one mapping of
            names that the study gives (see `ByName`); else None.
        files: The parameters that are paths of files, by name.
    """

    name: str
    function: Callable[..., R]
    spaces: Mapping[str, Declared] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    open: Declared | None = None
    files: Mapping[str, File] = field(default_factory=dict)

    def __call__(self, values: Mapping[str, Any], **context: Any) -> R:
        """Calls the function with `values` and with what it asks for of `context`."""
        wanted = inspect.signature(self.function).parameters
        passed = {name: value for name, value in context.items() if name in wanted}
        if self.open is not None:
            return self.function(values, **passed)
        return self.function(**passed, **values)

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def arguments(self) -> Mapping[str, str]:
        """What the function's docstring says of each argument, on one line each.

        Example:
            >>> def doubled(x): '''Twice x.
            ...
            ... Args:
            ...     x: Any number,
            ...         also a negative one.
            ... '''
            >>> dict(Entry("doubled", doubled).arguments)
            {'x': 'Any number, also a negative one.'}
        """
        _, _, rest = (inspect.getdoc(self.function) or "").partition("\nArgs:\n")
        section = re.split(r"^\S", rest, maxsplit=1, flags=re.MULTILINE)[0]
        told = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", section, flags=re.MULTILINE)
        return MappingProxyType({name: " ".join(text.split()) for name, text in told})


class Registry(Generic[R]):
    """The entries of one family, by name.

    Positional parameters of an entry are its hyperparameters, each with a declared space;
    keyword-only ones are supplied by the calling code, and an entry names those it needs.

    Args:
        family: The singular name, as error messages spell it.
    """

    def __init__(self, family: str) -> None:
        if family in FAMILIES:
            raise ValueError(f"a registry for '{family}' exists already")
        self.family = family
        self._entries: dict[str, Entry[R]] = {}
        self._canonical: dict[str, str] = {}
        FAMILIES[family] = self

    def register(
        self, name: str, *, aliases: tuple[str, ...] = (), **spaces: Declared | ByName | File
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Registers the decorated function under `name`.

        Raises:
            ValueError: A name or alias is taken, or the spaces do not match the signature.
        """

        def decorate(function: Callable[P, R]) -> Callable[P, R]:
            for word in (name, *aliases):
                if word in self._canonical:
                    raise ValueError(f"{self.family} '{word}' is registered already")
            self._check_signature(name, function, spaces)
            fixed = {k: one for k, one in spaces.items() if not isinstance(one, ByName | File)}
            by_name = [space.space for space in spaces.values() if isinstance(space, ByName)]
            self._entries[name] = Entry(
                name,
                function,
                MappingProxyType(fixed),
                aliases,
                by_name[0] if by_name else None,
                MappingProxyType({k: one for k, one in spaces.items() if isinstance(one, File)}),
            )
            self._canonical.update(dict.fromkeys((name, *aliases), name))
            return function

        return decorate

    def _check_signature(
        self, name: str, function: Callable[..., R], spaces: Mapping[str, Declared | ByName | File]
    ) -> None:
        parameters = inspect.signature(function).parameters.values()
        own = {p.name for p in parameters if p.kind is not inspect.Parameter.KEYWORD_ONLY}
        if own != set(spaces):
            raise ValueError(
                f"{self.family} '{name}': its parameters {sorted(own)} and the declared spaces "
                f"{sorted(spaces)} differ"
            )
        if len(spaces) > 1 and any(isinstance(space, ByName) for space in spaces.values()):
            raise ValueError(f"{self.family} '{name}': parameters by name go with no others")

    def __getitem__(self, name: str) -> Entry[R]:
        if name not in self._canonical:
            hint = did_you_mean(name, self._canonical)
            raise UnknownName(f"unknown name '{name}'; {hint}")
        return self._entries[self._canonical[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._canonical


def foreign_entries() -> Iterator[tuple[str, str, str]]:
    """Family, name and module of every entry that networks may have and that is not our own."""
    for family, registry in FAMILIES.items():
        for name in registry if family not in _BESIDE else ():
            module = registry[name].function.__module__
            if module.partition(".")[0] != "tuner":
                yield family, name, module
