"""A configuration that some folds show to be clearly behind is not trained on the rest.

Scores of folds are taken to be the sum of what the configuration is worth, what the fold is worth,
and noise. The noise is measured on many finished trials together, so that even one fold can say
something; on the better half of them, since bad configurations are noisier than good ones and it
is among the good ones that nothing must be lost. A test of the folds alone cannot: of `k` folds,
Wilcoxon's signed-rank test has a `p` of ``2**-k`` at least, which is 0.25 after two folds of three.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tuner.lazy import LazyModule
from tuner.search.records import TrialRecord

if TYPE_CHECKING:
    from scipy import stats
else:
    stats = LazyModule("scipy.stats")

__all__ = ["behind", "leader_ahead", "stopped_by"]

_ERROR = 0.005
"""Chance of stopping a trial that is as good as the best one, over all folds together."""

_FINISHED = 5
"""Finished trials from which the noise is measured; fewer say too little of it."""


def behind(
    own: Sequence[float], best: Sequence[float], finished: Sequence[Sequence[float]]
) -> bool:
    """Whether the first folds of a trial say that it is clearly worse than the best one.

    With `F` folds and the better half of the finished trials, `n` of them and at least five, the
    noise ``s`` is the root mean square of what remains of their scores without the means of trials
    and folds, on ``df = (n - 1)(F - 1)`` degrees of freedom. A trial with `k` folds is behind where

        mean(best - own) > t(1 - 0.005 / (F - 1); df) * s * sqrt(2 / k),

    the error being shared among the ``F - 1`` times that a trial is looked at (Bonferroni).

    Args:
        own: Scores of its first folds, in their order; higher is better.
        best: Scores of the best finished trial on all folds.
        finished: Scores of all finished trials, shape ``(trials, folds)``, that one included.

    Returns:
        False where no fold is left or fewer than five trials have finished.

    Example:
        >>> finished = [[0.60, 0.62], [0.61, 0.62], [0.58, 0.60], [0.55, 0.58], [0.62, 0.64]]
        >>> behind([0.40], finished[-1], finished)
        True
    """
    folds, known = len(best), len(own)
    if len(finished) < _FINISHED or not 0 < known < folds:
        return False
    scores = _better_half(np.asarray(finished, dtype=np.float64))
    freedom = (len(scores) - 1) * (folds - 1)
    noise = np.sqrt((_noise(scores) ** 2).sum() / freedom)
    lead = float(np.mean(np.asarray(best[:known]) - np.asarray(own)))
    return bool(lead > _quantile(folds, freedom) * noise * np.sqrt(2 / known))


def leader_ahead(own: Sequence[float], records: Sequence[TrialRecord]) -> TrialRecord | None:
    """The best finished trial where it is clearly ahead of a trial with these scores; else None.

    Args:
        own: Scores of the trial's first folds.
        records: All trials. Those that finished have ``fold_scores`` in their outcome; collapsed
            ones, whose score is that of calling everything one class, are not looked at.
    """
    finished = [r for r in records if "fold_scores" in r.outcome and not r.collapsed]
    if not finished:
        return None
    leader = max(finished, key=_score)
    scores = [list(record.outcome["fold_scores"]) for record in finished]
    return leader if behind(own, leader.outcome["fold_scores"], scores) else None


def stopped_by(leader: TrialRecord, known: int, folds: int) -> str:
    """Why a trial that is behind has no score.

    Example:
        >>> stopped_by(TrialRecord(12, "finished", {}, 0.8), 2, 5)
        'behind trial 12 after 2 of 5 folds'
    """
    return f"behind trial {leader.number} after {known} of {folds} folds"


def _score(record: TrialRecord) -> tuple[float, int]:
    return (record.score or 0.0, -record.number)


@cache
def _quantile(folds: int, freedom: int) -> float:
    return float(stats.t.ppf(1 - _ERROR / (folds - 1), freedom))


def _better_half(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    count = max(_FINISHED, math.ceil(len(scores) / 2))
    return scores[np.argsort(-scores.mean(axis=1), kind="stable")[:count]]


def _noise(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """What remains without the means of trials and folds."""
    by_trial, by_fold = scores.mean(axis=1, keepdims=True), scores.mean(axis=0)
    remains: NDArray[np.float64] = scores - by_trial - by_fold + scores.mean()
    return remains
