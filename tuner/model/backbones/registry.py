"""The registry of backbones, and which rows each of them takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from tuner.errors import Problem
from tuner.lazy import LazyModule
from tuner.registry import Registry
from tuner.spaces import Space

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = ["BACKBONES", "Further", "check_backbone", "takes"]

F = TypeVar("F", bound=Callable[..., Any])

Further = Callable[
    [Sequence[int | None], Mapping[str, Space], Mapping[str, str]], Iterable[Problem]
]
"""Takes the shape of a row, the spaces of all parameters, and the paths of files."""

BACKBONES: Registry[keras.KerasTensor] = Registry("backbone")


def takes(
    refusal: Callable[[Sequence[int | None]], str | None],
    pointless: Callable[[Mapping[str, Space]], str | None] = lambda spaces: None,
    further: Further = lambda shape, spaces, files: (),
) -> Callable[[F], F]:
    """Marks a backbone that does not take every kind of rows.

    Args:
        refusal: Says why rows of a shape are none for this backbone, or None.
        pointless: Says why parameters with these spaces do nothing together, or None.
        further: Finds what is wrong with the files that it begins from, for rows that it takes;
            paths start below the section.
    """

    def mark(function: F) -> F:
        marked: Any = function
        marked.refusal, marked.pointless, marked.further = refusal, pointless, further
        return function

    return mark


def check_backbone(
    family: str,
    shape: Sequence[int | None],
    spaces: Mapping[str, Space],
    files: Mapping[str, str] = MappingProxyType({}),
) -> list[Problem]:
    """What keeps a backbone from taking rows of this shape, and settings that would do nothing.

    Args:
        family: Its name.
        shape: Shape of one row, such as ``(30,)`` or ``(32, 32)``.
        spaces: Of its parameters.
        files: Paths of the files that it begins from, by key.
    """
    function: Any = BACKBONES[family].function
    if not hasattr(function, "refusal"):
        return []
    told = {("model", "family"): function.refusal(shape), ("model",): function.pointless(spaces)}
    problems = [Problem(reason, path) for path, reason in told.items() if reason]
    if told["model", "family"]:
        return problems
    return problems + [one.under("model") for one in function.further(shape, spaces, files)]
