"""One sentence on the values of a place."""

from __future__ import annotations

from collections.abc import Sequence

from tuner.evaluate.comparison.pairs import SURE, Pair, more_repeats

__all__ = ["verdict"]


_NAMED = 5
"""Values that a sentence names at most."""


def verdict(
    names: Sequence[str], means: Sequence[float], pairs: Sequence[Pair], repeats: int | None
) -> str:
    """What a person may conclude.

    Args:
        names: What the values are called.
        means: Their mean scores.
        pairs: Every two of them.
        repeats: How often the rows were divided; None where they can be divided in no other way.

    Example:
        >>> from tuner.evaluate.comparison.difference import Difference, Spread
        >>> spread = Spread(0.0004, 0.0, 0.0, 15, 4, validation_to_train=0.5)
        >>> pair = Pair(0, 1, Difference(0.09, spread), rope=0.01, adjusted=0.001)
        >>> verdict(["elu", "relu"], [0.81, 0.72], [pair], 5)
        'elu is better than relu'
    """
    order = sorted(range(len(names)), key=lambda value: -means[value])
    best, others = order[0], order[1:]
    against = {other: _from_side_of(best, other, pairs) for other in others}
    by = {
        kind: [other for other in others if against[other].verdict == kind]
        for kind in ("better", "equal", "undecided")
    }
    rope = f"{pairs[0].rope:g}"
    if all(pair.verdict == "equal" for pair in pairs):
        return (
            f"no difference that matters: every two are within {rope} of each other, each with a "
            f"probability of {100 * SURE:.0f} % at least"
        )
    if len(by["better"]) == len(others):
        return f"{names[best]} is better than {_listed(names, by['better'])}"
    told = []
    if by["better"]:
        told.append(f"{names[best]} is better than {_listed(names, by['better'])}")
    if by["equal"]:
        told.append(f"{names[best]} is within {rope} of {_listed(names, by['equal'])}")
    if by["undecided"]:
        told.append(
            f"{'the rest is ' if told else ''}undecided between {names[best]} and "
            f"{_listed(names, by['undecided'], 'or')}: "
            f"{_way_out(names, against[by['undecided'][0]], repeats)}"
        )
    return "; ".join(told)


def _from_side_of(first: int, second: int, pairs: Sequence[Pair]) -> Pair:
    for pair in pairs:
        if (pair.first, pair.second) == (first, second):
            return pair
        if (pair.second, pair.first) == (first, second):
            return pair.reversed()
    raise KeyError((first, second))


def _way_out(names: Sequence[str], pair: Pair, repeats: int | None) -> str:
    """What would settle an undecided pair."""
    two = f"{names[pair.first]} and {names[pair.second]}"
    more = more_repeats(pair, repeats) if repeats else None
    if more is None:
        return f"no number of repeats would settle {two}, but more rows or contexts may"
    return f"about {more} more repeat{'s' * (more != 1)} would settle {two}"


def _listed(names: Sequence[str], chosen: Sequence[int], word: str = "and") -> str:
    named = [names[value] for value in chosen]
    if len(named) > _NAMED + 1:
        named = [*named[:_NAMED], f"{len(named) - _NAMED} others"]
    *first, last = named
    return f"{', '.join(first)} {word} {last}" if first else last
