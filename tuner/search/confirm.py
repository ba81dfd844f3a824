"""The best trials are trained again, on folds and seeds that the search has not seen.

The best of many noisy scores is a lucky one: among 50 trials and 20 minority rows it promises about
.19 F1 that is not there. A score from new folds and seeds has less of that luck in it: that of the
development rows as a whole, and of being the best of a few. So the winner is chosen from these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from tuner.data.splits import further_folds
from tuner.search.extra import Configured, judged, train_extra, units_of
from tuner.search.pooling import Pooling
from tuner.search.records import TrialRecord
from tuner.search.tuner import Parts

__all__ = ["Confirmation", "confirm", "confirm_configured"]


@dataclass(frozen=True)
class Confirmation:
    """What a trial reached when it was trained again.

    Attributes:
        trial: Its number; below zero where it is no trial.
        score: The objective's value on the new folds; None where a network failed.
        scores: All of them by name, as in ``results.json``.
        collapsed: As of a trial.
        reason: Why it failed; empty otherwise.
    """

    trial: int
    score: float | None = None
    scores: dict[str, Any] = field(default_factory=dict)
    collapsed: bool = False
    reason: str = ""


def confirm(parts: Parts, records: Sequence[TrialRecord]) -> tuple[Confirmation, ...]:
    """Trains trials again; what is in the store already is not trained twice.

    Args:
        parts: Those of the search.
        records: The trials, the best first.

    Raises:
        KeyboardInterrupt: The person wants to stop.
        InputError: The rows cannot be divided again.
        StoreError: The database cannot be written.
    """
    configured = [Configured(one.number, one.values, seeds=one.number) for one in records]
    begins = partial(parts.telling.confirmation_begins, len(records))
    return confirm_configured(parts, configured, begins)


def confirm_configured(
    parts: Parts, configured: Sequence[Configured], begins: Callable[[int], None]
) -> tuple[Confirmation, ...]:
    """The same for configurations that need not be trials; none are trained for none.

    Args:
        parts: Those of the search.
        configured: The configurations.
        begins: As of `train_extra`.
    """
    if not configured:
        return ()
    study, dataset = parts.study, parts.dataset
    repeats = study.evaluation.repeats
    folds = further_folds(dataset, parts.splits, study.data.split, study.seed, repeats)
    again = replace(parts, splits=replace(parts.splits, folds=folds))
    failed = train_extra(again, configured, begins)
    pooling = Pooling(dataset, study)
    return tuple(_confirmation(again, pooling, one.number, failed) for one in configured)


def _confirmation(
    parts: Parts, pooling: Pooling, number: int, failed: dict[int, str]
) -> Confirmation:
    if reason := failed.get(number):
        return Confirmation(number, reason=reason)
    pooled, collapsed = judged(pooling, units_of(parts, number))
    scores = pooled.scores.to_json()
    score = float(scores[parts.study.objective.metric])
    return Confirmation(number, score, scores, collapsed)
