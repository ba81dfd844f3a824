"""Checks of class weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tuner.model.class_weights import class_weights
from tuner.spaces import Value
from tuner.testing.effects import bits, expect_effects
from tuner.testing.failing import checking, expect
from tuner.testing.items import EntryItem

__all__ = [
    "CLASS_WEIGHT_CHECKS",
    "check_class_weights_are_positive",
    "check_class_weights_have_a_mean_of_one",
    "check_class_weights_leave_the_counts",
    "check_class_weight_parameters_have_effects",
]

_COUNTS = ((90, 10), (3, 1), (1_000_000, 1), (5, 5), (80, 15, 5), (1, 40, 7, 2))


def _weights(
    item: EntryItem, parameters: Mapping[str, Value], counts: tuple[int, ...], minority: int
) -> Any:
    context = {"counts": np.array(counts), "classes": item.classes, "minority": minority}
    return item.entry(parameters, **context)


@checking
def check_class_weights_are_positive(item: EntryItem) -> None:
    """One finite weight above 0 for each class, however rare, at every end of every parameter."""
    for counts in _COUNTS:
        wider = replace(item, classes=tuple(map(str, range(len(counts)))))
        for parameters in wider.settings():
            for minority in range(len(counts)):
                got = np.asarray(_weights(wider, parameters, counts, minority))
                good = got.shape == (len(counts),) and np.isfinite(got).all() and (got > 0).all()
                told = f"{got.tolist()} for {list(counts)} rows with {dict(parameters)}"
                remedy = "return an array of shape (classes,), or narrow the space"
                expect(good, "a positive finite weight for each class", told, remedy)


@checking
def check_class_weights_have_a_mean_of_one(item: EntryItem) -> None:
    """Scaled as training uses them, weights have a mean of 1 over the rows, to float precision."""
    for counts in _COUNTS:
        wider = replace(item, classes=tuple(map(str, range(len(counts)))))
        chosen = wider.chosen(wider.defaults)
        got = class_weights(chosen, np.array(counts), wider.classes, len(counts) - 1)
        mean = float(np.average(got, weights=counts))
        remedy = "return numbers that float64 can add"
        expect(abs(mean - 1) < 1e-9, "weights with a mean of 1 over the rows", mean, remedy)


@checking
def check_class_weights_leave_the_counts(item: EntryItem) -> None:
    """The given counts stay as they are, and the same counts give the same weights."""
    counts = np.array((90, 10))
    context = {"classes": item.classes, "minority": 1}
    one, two = (item.entry(item.defaults, counts=counts, **context) for _ in range(2))
    remedy = "work on a copy of counts"
    expect(counts.tolist() == [90, 10], "counts to stay [90, 10]", counts.tolist(), remedy)
    expect(bits(one) == bits(two), "the same weights twice", f"{one} and {two}", "draw nothing")


@checking
def check_class_weight_parameters_have_effects(item: EntryItem) -> None:
    """Each parameter changes the weights in proportion to each other."""
    scaled = np.array((900, 100))

    def outcome(parameters: Mapping[str, Value]) -> str:
        got = class_weights(item.chosen(parameters), scaled, item.classes, 1)
        return bits(np.round(got, 9))

    expect_effects(item, outcome)


CLASS_WEIGHT_CHECKS = (
    check_class_weights_are_positive,
    check_class_weights_have_a_mean_of_one,
    check_class_weights_leave_the_counts,
    check_class_weight_parameters_have_effects,
)
