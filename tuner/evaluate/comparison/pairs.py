"""Every two values of a place against each other, with what may be said of them."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tuner.evaluate.comparison.difference import Difference, Spread

__all__ = ["SURE", "Pair", "Verdict", "all_pairs", "holm", "more_repeats"]

Verdict = Literal["better", "worse", "equal", "undecided"]

SURE = 0.95
"""Confidence of intervals, and that differences are there, or small, where this is said."""

_LOOKED_AHEAD = 100
"""Times the repeats so far up to which it is asked whether more would settle something."""


@dataclass(frozen=True)
class Pair:
    """One value against another.

    Attributes:
        first: Which value, by its place.
        second: The other one.
        difference: The first one's score minus the second one's.
        rope: Difference up to which it does not matter.
        adjusted: p-value of no difference, corrected for the number of pairs.
        among: What the correction multiplied the p-value by.
    """

    first: int
    second: int
    difference: Difference
    rope: float
    adjusted: float
    among: int = 1

    @property
    def better(self) -> float:
        """Probability that the first is better by more than `rope`."""
        return 1.0 - self.difference.below(self.rope)

    @property
    def worse(self) -> float:
        """Probability that it is worse by more than that."""
        return self.difference.below(-self.rope)

    @property
    def equal(self) -> float:
        """Probability that the difference does not matter."""
        return max(0.0, 1.0 - self.better - self.worse)

    @property
    def verdict(self) -> Verdict:
        """What can be said of the first.

        ``better`` or ``worse`` where there is a difference, however many pairs were looked at, and
        the best guess of its size matters; ``equal`` where it is small with a probability of
        `SURE` at least. Differences that never vary are no evidence: nothing was found, or nothing
        differs but in name.
        """
        if self.difference.standard_error == 0.0:
            return "undecided"
        if self.adjusted < 1 - SURE and abs(self.difference.mean) > self.rope:
            return "better" if self.difference.mean > 0 else "worse"
        return "equal" if self.equal >= SURE else "undecided"

    def reversed(self) -> Pair:
        """The same seen from the second one's side."""
        turned = replace(self.difference, mean=-self.difference.mean)
        return replace(self, first=self.second, second=self.first, difference=turned)


def all_pairs(
    scores: NDArray[Any], contributions: NDArray[Any], validation_to_train: float, rope: float
) -> tuple[Pair, ...]:
    """Every two values, the one that comes first in their order as the first.

    Args:
        scores: Shape ``(values, contexts, repeats)``.
        contributions: Shape ``(values, contexts, resamples)``; see `Compared`.
        validation_to_train: See `Spread`.
        rope: Difference up to which it does not matter.
    """
    means = scores.mean(axis=(1, 2))
    two = list(itertools.combinations(range(len(means)), 2))
    differences = [
        Difference(
            float(means[a] - means[b]),
            Spread.of(contributions[a] - contributions[b], validation_to_train),
        )
        for a, b in two
    ]
    corrected = holm([difference.p_value for difference in differences])
    return tuple(
        Pair(a, b, difference, rope, *one)
        for (a, b), difference, one in zip(two, differences, corrected, strict=True)
    )


def holm(p_values: Sequence[float]) -> list[tuple[float, int]]:
    """p-values corrected for how many there are (Holm, 1979), so that any false one is rare.

    Returns:
        For each the corrected value, and what it was multiplied by.

    Example:
        >>> holm([0.04, 0.01, 0.5])
        [(0.08, 2), (0.03, 3), (0.5, 1)]
    """
    order = np.argsort(p_values, kind="stable")
    found, highest = [(0.0, 1)] * len(p_values), 0.0
    for place, index in enumerate(order):
        left = len(order) - place
        highest = max(highest, left * p_values[index])
        found[index] = (float(min(1.0, highest)), left)
    return found


def more_repeats(pair: Pair, repeats: int) -> int | None:
    """How many more repeats would settle an undecided pair, if nothing else changed.

    Args:
        pair: As it is after so many repeats.
        repeats: How often the rows were divided.

    Returns:
        The number; None where no number that can be thought of would, because what varies between
        contexts, or between samples of rows, is too much.
    """
    each = pair.difference.spread.count / repeats
    most = _LOOKED_AHEAD * repeats

    def settled(more: int) -> bool:
        spread = pair.difference.spread.after(round(each * (repeats + more)))
        difference = replace(pair.difference, spread=spread)
        adjusted = min(1.0, pair.among * difference.p_value)
        return replace(pair, difference=difference, adjusted=adjusted).verdict != "undecided"

    if not settled(most):
        return None
    # More repeats only narrow what is known.
    return bisect.bisect_left(range(1, most + 1), True, key=settled) + 1
