"""What a simple model reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tuner.evaluate.intervals import INTERVALS
from tuner.metrics import Scores

__all__ = ["BaselineResult"]


@dataclass(frozen=True)
class BaselineResult:
    """One simple model.

    Attributes:
        name: Its name in the registry.
        label: What people call it.
        state: ``left out`` where it does not suit the data.
        reason: Why it has no scores; empty where it has.
        notes: What scikit-learn warned of.
        threshold: Of the mean of the folds' models; test rows have no part in it.
        validation: From all validation rows of all folds, with cross-fitted thresholds.
        test: On the test rows, at the threshold.
        intervals: 95 % intervals of the test scores; see `score_intervals`.
        seconds: Time that all of it took.
    """

    name: str
    label: str
    state: Literal["finished", "failed", "left out"]
    reason: str = ""
    notes: tuple[str, ...] = ()
    threshold: float | None = None
    validation: Scores | None = None
    test: Scores | None = None
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    seconds: float = 0.0

    def after(self, seconds: float) -> BaselineResult:
        """The same, with the time that it took."""
        return replace(self, seconds=seconds)

    def to_json(self) -> dict[str, Any]:
        """Plain values; scores of decisions and of order alone.

        Probabilities of a model that was fitted on weighted or new rows belong to other class
        shares than the true ones, so that how far they are off would be no news.
        """
        intervals = {name: list(ends) for name, ends in self.intervals.items()}
        test = _decided(self.test)
        if test is not None:
            test |= {"ci95": intervals["minority_f1"], "intervals": intervals}
        return {
            "name": self.name,
            "label": self.label,
            "state": self.state,
            "reason": self.reason,
            "notes": list(self.notes),
            "threshold": self.threshold,
            "validation": _decided(self.validation),
            "test": test,
            "seconds": self.seconds,
        }


def _decided(scores: Scores | None) -> dict[str, Any] | None:
    if scores is None:
        return None
    kept = (*INTERVALS, "confusion")
    return {name: value for name, value in scores.to_json().items() if name in kept}
