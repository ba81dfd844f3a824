"""What two places do together that they do not do apart."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from tuner.evaluate.comparison.difference import Difference, Spread
from tuner.evaluate.comparison.pairs import Pair, holm

__all__ = ["Together", "together", "together_verdict"]


@dataclass(frozen=True)
class Together:
    """How much better two values are together than each of them would have it.

    Attributes:
        first: Which value of the first place.
        second: Which value of the second.
        effect: The mean score of both together, minus what the mean scores of each alone add up to,
            set against that effect being none; see `Pair`. Of two places with two values each, all
            four effects are one number, a quarter of the difference of differences.
    """

    first: int
    second: int
    effect: Pair


def together(
    scores: NDArray[Any],
    contributions: NDArray[Any],
    shape: tuple[int, int],
    validation_to_train: float,
    rope: float,
) -> tuple[Together, ...]:
    """The effect of every two values, the second place's changing first.

    Args:
        scores: Shape ``(values of both, contexts, repeats)``.
        contributions: Shape ``(values of both, contexts, resamples)``; see `Compared`.
        shape: How many values each place has.
        validation_to_train: See `Spread`.
        rope: Effect up to which it does not matter.
    """
    means = _beyond_sum(scores.mean(axis=(1, 2)).reshape(shape))
    parts = _beyond_sum(contributions.reshape(*shape, *contributions.shape[1:]))
    places = list(itertools.product(range(shape[0]), range(shape[1])))
    differences = {
        place: Difference(float(means[place]), Spread.of(parts[place], validation_to_train))
        for place in places
    }
    # Where a place has two values, the effects of one are those of the other, turned round.
    own = [place for place in places if place == _own(place, shape)]
    corrected = dict(zip(own, holm([differences[one].p_value for one in own]), strict=True))
    return tuple(
        Together(a, b, Pair(a, b, differences[a, b], rope, *corrected[_own((a, b), shape)]))
        for a, b in places
    )


def _own(place: tuple[int, int], shape: tuple[int, int]) -> tuple[int, int]:
    """The place whose effect is the same but for its sign, and that stands for it."""
    first, second = (0 if size == 2 else at for at, size in zip(place, shape, strict=True))
    return first, second


def _beyond_sum(values: NDArray[Any]) -> NDArray[Any]:
    """What is left of values of two places, the first two axes, without what each alone does."""
    by_first, by_second = values.mean(axis=1, keepdims=True), values.mean(axis=0, keepdims=True)
    beyond: NDArray[Any] = values - by_first - by_second + values.mean(axis=(0, 1), keepdims=True)
    return beyond


def together_verdict(
    effects: Sequence[Together], first: Sequence[str], second: Sequence[str]
) -> str:
    """One sentence on whether the two places should be chosen together.

    Args:
        effects: Of every two values.
        first: What the values of the first place are called.
        second: Those of the second.
    """
    found = [one for one in effects if one.effect.verdict in ("better", "worse")]
    if found:
        most = max(found, key=lambda one: abs(one.effect.difference.mean))
        effect = most.effect.difference.mean
        return (
            f"they depend on each other: {first[most.first]} with {second[most.second]} is "
            f"{abs(effect):.3f} {'better' if effect > 0 else 'worse'} than each alone would have it"
        )
    if all(one.effect.verdict == "equal" for one in effects):
        return "they can be chosen one by one: together they do nothing that matters beyond that"
    return "undecided whether they depend on each other"
