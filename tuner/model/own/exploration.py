"""Values with which a network may show hyperparameters that it has not shown before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any

from tuner.spaces import Value

__all__ = ["Shown", "pairs", "variants"]

Values = dict[str, Value]
Pair = tuple[tuple[str, Value], tuple[str, Value]]


@dataclass
class Shown:
    """What the networks that were built so far have shown.

    Attributes:
        declared: Hyperparameters of Keras Tuner, in the order of their declaration.
        under: By name the values that were given where each appeared first.
        built: What each network was made of: values that were given, and defaults.
    """

    declared: list[Any] = field(default_factory=list)
    under: dict[str, Values] = field(default_factory=dict)
    built: list[Values] = field(default_factory=list)

    def start(self, hp: Any) -> Values:
        """Values with which a hyperparameter exists."""
        return {**self.under[hp.name], **{one.name: one.values[0] for one in hp.conditions}}


def variants(shown: Shown) -> Iterator[Values]:
    """One value aside from what is likely to show most, the likeliest first.

    Integers are as high as they may be. Beside these each choice takes each of its options, and
    each integer its ends, from the values under which the hyperparameter appeared first.
    """
    highest = _highest(shown.declared)
    if highest:
        yield highest
    for one in shown.declared:
        for option in _options(one):
            yield {**highest, **shown.start(one), one.name: option}
    integers = [one for one in shown.declared if type(one).__name__ == "Int"]
    for one in integers:
        if start := shown.start(one):
            yield {**highest, **start, one.name: one.max_value}
    for one in integers:
        yield {**shown.start(one), one.name: one.min_value}


def pairs(shown: Shown, failed: Sequence[Values]) -> Iterator[Values]:
    """Two options of two choices that no network had at once, with the highest integers.

    All other choices take options that go with these into as many such pairs as possible, so that
    20 Booleans take 18 networks.

    Args:
        shown: So far.
        failed: Single options that could not be built; no pair is made of them.
    """
    choices = [one for one in shown.declared if len(_options(one)) > 1]
    left = _unseen(choices, shown, failed)
    free = [one for one in choices if not shown.start(one)]
    while left:
        values = _filled(dict(next(iter(left))), free, left)
        start: Values = {}
        for one in choices:
            start |= shown.start(one) if one.name in values else {}
        yield {**_highest(shown.declared), **start, **values}
        covered = set(_pairs_of(values))
        left = {pair: None for pair in left if pair not in covered}


def _unseen(choices: Sequence[Any], shown: Shown, failed: Sequence[Values]) -> dict[Pair, None]:
    seen = {pair for values in shown.built for pair in _pairs_of(values)}
    bad = {item for values in failed for item in values.items()}
    left: dict[Pair, None] = {}
    for one, other in combinations(choices, 2):
        needed = {**shown.start(one), **shown.start(other)}
        for x, y in product(_options(one), _options(other)):
            values = {one.name: x, other.name: y}
            fits = all(needed.get(name, value) == value for name, value in values.items())
            [pair] = _pairs_of(values)
            if fits and pair not in seen and not bad & set(pair):
                left[pair] = None
    return left


def _filled(values: Values, free: Sequence[Any], left: Mapping[Pair, None]) -> Values:
    """With an option of each further choice, which makes most pairs with those before."""
    for one in free:
        if one.name not in values:
            made = [{**values, one.name: option} for option in _options(one)]
            values = max(made, key=lambda new: sum(pair in left for pair in _pairs_of(new)))
    return values


def _pairs_of(values: Values) -> Iterator[Pair]:
    return combinations(sorted(values.items(), key=lambda item: item[0]), 2)


def _highest(declared: Sequence[Any]) -> Values:
    return {one.name: one.max_value for one in declared if type(one).__name__ == "Int"}


def _options(hp: Any) -> Sequence[Value]:
    kind = type(hp).__name__
    if kind == "Boolean":
        return (False, True)
    return tuple(hp.values) if kind == "Choice" else ()
