"""Checks of what entries of every family declare."""

from __future__ import annotations

import inspect

from tuner.testing.failing import checking, expect
from tuner.testing.items import EntryItem

__all__ = [
    "ENTRY_CHECKS",
    "SUPPLIED",
    "check_asks_only_for_what_is_supplied",
    "check_parameters_are_declared_in_order",
    "check_says_what_it_does",
]

SUPPLIED = {
    "activation": ("shared_axes", "depth"),
    "class weight": ("counts", "classes", "minority"),
    "loss": ("classes", "minority"),
    "resampling": (),
    "backbone": ("inputs", "activation", "initializer"),
}
"""What the calling code has for keyword-only parameters, by family."""


@checking
def check_says_what_it_does(item: EntryItem) -> None:
    """The function has a docstring, whose first line stands in lists and in editors."""
    remedy = "write a docstring whose first line says what the entry computes"
    expect(item.entry.summary, "a docstring", "none", remedy)


@checking
def check_parameters_are_declared_in_order(item: EntryItem) -> None:
    """The spaces stand in the order of the function's parameters, as tables and reports show it."""
    if item.entry.open is not None:
        return
    parameters = inspect.signature(item.entry.function).parameters.values()
    own = [one.name for one in parameters if one.kind is not inspect.Parameter.KEYWORD_ONLY]
    files = set(item.entry.files)
    expected = [name for name in own if name not in files]
    remedy = "declare them in that order"
    expect(expected == list(item.spaces), f"spaces for {expected}", list(item.spaces), remedy)


@checking
def check_asks_only_for_what_is_supplied(item: EntryItem) -> None:
    """Keyword-only parameters are among what the calling code supplies to this family."""
    parameters = inspect.signature(item.entry.function).parameters.values()
    asked = [one.name for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY]
    strange = [name for name in asked if name not in SUPPLIED[item.family]]
    known = ", ".join(SUPPLIED[item.family]) or "nothing"
    remedy = f"{item.family} entries are given {known}; make it a parameter with a space"
    expect(not strange, "no other keyword-only parameter", ", ".join(strange), remedy)


ENTRY_CHECKS = (
    check_says_what_it_does,
    check_parameters_are_declared_in_order,
    check_asks_only_for_what_is_supplied,
)
