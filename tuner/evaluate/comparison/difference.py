"""The mean of matched differences, and how far it can be trusted.

Resamples (folds of repeats) share most of their training rows, so that their differences vary less
than those of new data would. Nadeau & Bengio (2003, Machine Learning 52) add the rows that are
scored for each row that is trained on to ``1 / J``: with J resamples, the variance of the mean is
``(1 / J + n_test / n_train) s^2``. Contexts are a sample of the space, so that what a difference
varies from one to the next is part of the variance too. It counts the noise of resamples a second
time, which is little, and errs on the safe side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = ["Difference", "Spread"]

_FEW = 4
"""Contexts from which on their variance is known well enough to be weighed."""


@dataclass(frozen=True)
class Spread:
    """Where the variance of a mean difference comes from.

    Attributes:
        resamples: Variance between resamples, each a mean over contexts.
        contexts: Variance between contexts, each a mean over resamples; 0 where there is one.
        noise: What resamples add to that, which more of them would take away.
        count: Number of resamples.
        context_count: Number of contexts.
        validation_to_train: Rows that were scored for each that was trained on.
    """

    resamples: float
    contexts: float
    noise: float
    count: int
    context_count: int
    validation_to_train: float

    @classmethod
    def of(cls, differences: NDArray[Any], validation_to_train: float) -> Spread:
        """The components of the variance of differences, shape ``(contexts, resamples)``."""
        context_count, count = differences.shape
        by_resample, by_context = differences.mean(axis=0), differences.mean(axis=1)
        within, between, noise = float(by_resample.var(ddof=1)), 0.0, 0.0
        if context_count > 1:
            between = float(by_context.var(ddof=1))
            rest = differences - by_context[:, None] - by_resample + differences.mean()
            noise = float((rest**2).sum() / (context_count - 1) / (count - 1) / count)
        return cls(within, between, noise, count, context_count, validation_to_train)

    def after(self, count: int) -> Spread:
        """What it would be after so many resamples, if they varied as those so far."""
        steady, noise = max(0.0, self.contexts - self.noise), self.noise * self.count / count
        return replace(self, contexts=steady + noise, noise=noise, count=count)

    @property
    def variances(self) -> tuple[float, float]:
        """Of the mean, by resamples and by contexts."""
        corrected = (1 / self.count + self.validation_to_train) * self.resamples
        return corrected, self.contexts / self.context_count

    @property
    def degrees(self) -> float:
        """Degrees of freedom of the sum of both (Satterthwaite, 1946).

        Of two or three contexts those of contexts alone: where these happen to agree, the sum
        would be trusted far too much (false differences in up to 12 % instead of 5 %).
        """
        by_resamples, by_contexts = self.variances
        if by_contexts == 0.0:
            return self.count - 1.0
        if self.context_count < _FEW:
            return self.context_count - 1.0
        parts = by_resamples**2 / (self.count - 1) + by_contexts**2 / (self.context_count - 1)
        return (by_resamples + by_contexts) ** 2 / parts


@dataclass(frozen=True)
class Difference:
    """What is known of a difference, as a Student distribution.

    Attributes:
        mean: How much better the first is.
        spread: Where its variance comes from.
    """

    mean: float
    spread: Spread

    @cached_property
    def standard_error(self) -> float:
        """Standard error of the mean."""
        return float(np.sqrt(sum(self.spread.variances)))

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """The interval that holds the difference with this confidence."""
        reach = float(stats.t.ppf(0.5 + confidence / 2, self.spread.degrees)) * self.standard_error
        return self.mean - reach, self.mean + reach

    @property
    def p_value(self) -> float:
        """Two-sided, of no difference."""
        return 2 * min(self.below(0.0), 1.0 - self.below(0.0)) if self.mean else 1.0

    def below(self, value: float) -> float:
        """The probability that the difference is smaller than this.

        That of the posterior under a flat prior (Corani & Benavoli, 2015, Machine Learning 100).
        """
        if self.standard_error == 0.0:
            return float(self.mean < value)
        distance = (value - self.mean) / self.standard_error
        return float(stats.t.cdf(distance, self.spread.degrees))
