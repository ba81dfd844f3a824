"""Maps that mend probabilities, fitted on predictions of rows that the network did not learn from.

The minority is the last class. Of several classes, its probability against the rest is mended and
the others keep their proportions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Isotonic", "Platt"]

_EDGE = 1e-7
"""Probabilities nearer to 0 or 1 than float32 can tell are taken for this far away."""

_SAME = 1e-5
"""Logits that differ by less do so by rounding; a slope fitted on them would be rounding too."""


@dataclass(frozen=True)
class Platt:
    """Logistic regression on the logit of the minority probability (Platt, 1999).

    Two numbers, which few minority rows can tell; with a positive slope the order of rows stays.
    Targets are Platt's, (n + 1) / (n + 2) and 1 / (m + 2) for n minority and m other rows, so that
    classes divided without error do not ask for an endless slope.

    Attributes:
        slope: Factor of the logit.
        intercept: Added to it.
    """

    kind: ClassVar[str] = "platt"
    slope: float
    intercept: float

    @classmethod
    def fit(
        cls,
        labels: NDArray[np.int64],
        probabilities: NDArray[Any],
        weights: NDArray[Any] | None = None,
    ) -> Platt:
        """Learns from rows that the network did not.

        Args:
            labels: Codes, shape ``(rows,)``.
            probabilities: Shape ``(rows, classes)``, the minority last.
            weights: Weight of each row; all alike unless given.

        Raises:
            ValueError: The minority, or everything but the minority, has no row.
        """
        actual, mass = _sides(labels, probabilities, weights)
        logits = _logit(probabilities[:, -1])
        rare, rest = mass[actual].sum(), mass[~actual].sum()
        targets = np.where(actual, (rare + 1) / (rare + 2), 1 / (rest + 2))
        if np.ptp(logits) < _SAME:  # they cannot say how steep; their level can be set
            return cls(1.0, float(_logit(np.average(targets, weights=mass)) - logits[0]))
        return cls(*_logistic(logits, targets, mass))

    def apply(self, probabilities: NDArray[Any]) -> NDArray[np.float64]:
        """Mended probabilities, shape ``(rows, classes)``."""
        logits = self.slope * _logit(probabilities[:, -1]) + self.intercept
        return _with_minority(probabilities, _sigmoid(logits))

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` reads back exactly."""
        return {"kind": self.kind, "slope": self.slope, "intercept": self.intercept}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Platt:
        """Reads what `to_json` wrote."""
        return cls(float(content["slope"]), float(content["intercept"]))


@dataclass(frozen=True)
class Isotonic:
    """The best rising steps, with straight lines between (Zadrozny & Elkan, 2002).

    It takes any rising shape and needs many minority rows for it. It makes ties, and probabilities
    of exactly 0 and 1 where the ends of the data are of one class.

    Attributes:
        at: Minority probabilities, rising.
        becomes: What each becomes; between them the line counts, beyond them the end.
    """

    kind: ClassVar[str] = "isotonic"
    at: tuple[float, ...]
    becomes: tuple[float, ...]

    @classmethod
    def fit(
        cls,
        labels: NDArray[np.int64],
        probabilities: NDArray[Any],
        weights: NDArray[Any] | None = None,
    ) -> Isotonic:
        """Learns from rows that the network did not; see `Platt.fit`."""
        from sklearn.isotonic import IsotonicRegression

        actual, mass = _sides(labels, probabilities, weights)
        # In float64, for scikit-learn would keep the steps in float32.
        told = np.asarray(probabilities[:, -1], dtype=np.float64)
        steps = IsotonicRegression(y_min=0.0, y_max=1.0).fit(told, actual.astype(np.float64), mass)
        return cls(tuple(steps.X_thresholds_.tolist()), tuple(steps.y_thresholds_.tolist()))

    def apply(self, probabilities: NDArray[Any]) -> NDArray[np.float64]:
        """Mended probabilities, shape ``(rows, classes)``."""
        return _with_minority(probabilities, np.interp(probabilities[:, -1], self.at, self.becomes))

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` reads back exactly."""
        return {"kind": self.kind, "at": list(self.at), "becomes": list(self.becomes)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Isotonic:
        """Reads what `to_json` wrote."""
        return cls(tuple(map(float, content["at"])), tuple(map(float, content["becomes"])))


def _sides(
    labels: NDArray[np.int64], probabilities: NDArray[Any], weights: NDArray[Any] | None
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which rows are of the minority, and the weight of each row."""
    actual = np.asarray(labels) == probabilities.shape[1] - 1
    mass = np.ones(len(actual)) if weights is None else np.asarray(weights, dtype=np.float64)
    for side, rows in (("minority", actual), ("other", ~actual)):
        if not mass[rows].sum() > 0:
            raise ValueError(
                f"calibration needs minority and other rows, and no {side} row has weight"
            )
    return actual, mass


def _logistic(
    logits: NDArray[np.float64], targets: NDArray[np.float64], mass: NDArray[np.float64]
) -> tuple[float, float]:
    """Slope and intercept with the least weighted cross-entropy."""
    from scipy.optimize import minimize

    design = np.column_stack([logits, np.ones(len(logits))])

    def loss(beta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        sums = design @ beta
        value = mass @ (np.logaddexp(0, sums) - targets * sums) / mass.sum()
        gradient: NDArray[np.float64] = design.T @ (mass * (_sigmoid(sums) - targets)) / mass.sum()
        return float(value), gradient

    def curvature(beta: NDArray[np.float64]) -> NDArray[np.float64]:
        p = _sigmoid(design @ beta)
        bent: NDArray[np.float64] = design.T @ ((mass * p * (1 - p))[:, None] * design) / mass.sum()
        return bent

    # The probabilities as they are, a slope of 1, are never far from the answer.
    found = minimize(
        loss, [1.0, 0.0], jac=True, hess=curvature, method="trust-exact", options={"gtol": 1e-10}
    )
    return float(found.x[0]), float(found.x[1])


def _with_minority(
    probabilities: NDArray[Any], minority: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The minority's probability replaced; the other classes share what is left as they did."""
    others = np.asarray(probabilities[:, :-1], dtype=np.float64)
    total = others.sum(axis=1, keepdims=True)
    even = np.full_like(others, 1 / others.shape[1])
    shares = np.divide(others, total, out=even, where=total > 0)
    return np.column_stack([shares * (1 - minority)[:, None], minority])


def _logit(probability: ArrayLike) -> NDArray[np.float64]:
    clipped = np.clip(np.asarray(probability, dtype=np.float64), _EDGE, 1 - _EDGE)
    logits: NDArray[np.float64] = np.log(clipped) - np.log1p(-clipped)
    return logits


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    probability: NDArray[np.float64] = np.exp(-np.logaddexp(0, -logits))
    return probability
