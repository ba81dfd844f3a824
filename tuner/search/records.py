"""What is known of one trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tuner.spaces import Value

__all__ = ["TrialRecord"]


@dataclass(frozen=True)
class TrialRecord:
    """One configuration that was tried.

    Attributes:
        number: Its number, from 0; the same in every view of the database.
        state: ``finished``, ``failed``, ``stopped`` or ``running``.
        values: The searched values; inactive ones are absent.
        score: The objective's value; None unless finished.
        reason: Why it failed or was stopped; empty otherwise.
        outcome: What the tuner kept with it: scores, threshold, best epochs, health, seconds.
        against: What the score is traded against; None unless finished in a search for both.
    """

    number: int
    state: str
    values: Mapping[str, Value]
    score: float | None = None
    reason: str = ""
    outcome: Mapping[str, Any] = field(default_factory=dict)
    against: float | None = None

    @property
    def collapsed(self) -> bool:
        """Whether its networks say the same of all rows, or call all rows one class.

        Of a trial that was stopped for it one network is known to.
        """
        found = self.outcome.get("health", {}).get("collapsed", False)
        return bool(found) or self.reason == "collapsed"
