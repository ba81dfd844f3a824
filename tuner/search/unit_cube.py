"""The values of a hyperparameter as shares of [0, 1), for algorithms that know nothing else.

Equal shares belong to the options of a choice and to the numbers of a range that can be counted; a
log range shares out orders of magnitude. Whole numbers of a log range get what lies half a number
around them, as in Optuna.
"""

from __future__ import annotations

import math

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from tuner.spaces import Value

__all__ = ["from_unit", "to_unit"]

_BELOW_ONE = math.nextafter(1.0, 0.0)


def from_unit(distribution: BaseDistribution, share: float) -> Value:
    """The value that this share stands for.

    Args:
        distribution: Where the value comes from.
        share: A number of [0, 1); one beyond counts as the nearest inside.

    Example:
        >>> from_unit(CategoricalDistribution(["relu", "elu"]), 0.7)
        'elu'
    """
    share = min(max(share, 0.0), _BELOW_ONE)
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[int(share * len(distribution.choices))]  # type: ignore
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    low, high = distribution.low, distribution.high
    if distribution.log:
        start, end = _logarithms(distribution)
        value = math.exp(start + share * (end - start))
        whole = isinstance(distribution, IntDistribution)
        return min(max(round(value) if whole else value, low), high)
    if distribution.step is None:
        return min(max(low + share * (high - low), low), high)
    return min(low + int(share * _count(distribution)) * distribution.step, high)


def to_unit(distribution: BaseDistribution, value: Value) -> float:
    """A share, the middle one where there are many, that stands for `value`.

    Example:
        >>> to_unit(IntDistribution(1, 4), 2)
        0.375
    """
    if isinstance(distribution, CategoricalDistribution):
        return (distribution.choices.index(value) + 0.5) / len(distribution.choices)
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    low, high = distribution.low, distribution.high
    if distribution.log:
        start, end = _logarithms(distribution)
        return (math.log(value) - start) / (end - start)  # type: ignore[arg-type]
    offset = float(value) - low
    if distribution.step is None:
        return offset / (high - low)
    return (round(offset / distribution.step) + 0.5) / _count(distribution)


def _logarithms(distribution: IntDistribution | FloatDistribution) -> tuple[float, float]:
    margin = 0.5 if isinstance(distribution, IntDistribution) else 0.0
    return math.log(distribution.low - margin), math.log(distribution.high + margin)


def _count(distribution: IntDistribution | FloatDistribution) -> int:
    assert distribution.step is not None
    return round((distribution.high - distribution.low) / distribution.step) + 1
