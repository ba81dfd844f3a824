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
        state: ``finished``, ``failed`` or ``running``.
        values: The searched values; inactive ones are absent.
        score: The objective's value; None unless finished.
        reason: Why it failed; empty otherwise.
        outcome: What the tuner kept with it: scores, threshold, best epochs, seconds.
    """

    number: int
    state: str
    values: Mapping[str, Value]
    score: float | None = None
    reason: str = ""
    outcome: Mapping[str, Any] = field(default_factory=dict)
