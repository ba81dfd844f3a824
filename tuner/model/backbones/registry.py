"""The registry of backbones, and which rows each of them takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from tuner.errors import Problem
from tuner.lazy import LazyModule
from tuner.registry import Registry
from tuner.spaces import Space

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = ["BACKBONES", "check_backbone", "takes"]

F = TypeVar("F", bound=Callable[..., Any])

BACKBONES: Registry[keras.KerasTensor] = Registry("backbone")


def takes(
    refusal: Callable[[Sequence[int | None]], str | None],
    pointless: Callable[[Mapping[str, Space]], str | None] = lambda spaces: None,
) -> Callable[[F], F]:
    """Marks a backbone that does not take every kind of rows.

    Args:
        refusal: Says why rows of a shape are none for this backbone, or None.
        pointless: Says why parameters with these spaces do nothing together, or None.
    """

    def mark(function: F) -> F:
        marked: Any = function
        marked.refusal, marked.pointless = refusal, pointless
        return function

    return mark


def check_backbone(
    family: str, shape: Sequence[int | None], spaces: Mapping[str, Space]
) -> list[Problem]:
    """What keeps a backbone from taking rows of this shape, and settings that would do nothing.

    Args:
        family: Its name.
        shape: Shape of one row, such as ``(30,)`` or ``(32, 32)``.
        spaces: Of its parameters.
    """
    function: Any = BACKBONES[family].function
    if not hasattr(function, "refusal"):
        return []
    told = {("model", "family"): function.refusal(shape), ("model",): function.pointless(spaces)}
    return [Problem(reason, path) for path, reason in told.items() if reason]
