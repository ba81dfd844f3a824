"""The winner's scores on the test rows, which are scored once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Splits
from tuner.evaluate.intervals import score_intervals
from tuner.evaluate.winner import OtherLevel, Winner
from tuner.metrics import Scores, decide, score
from tuner.metrics.calibration import Reliability, reliability
from tuner.search.levels import Level, Scored

__all__ = ["OtherTest", "TestResult", "score_test", "test_scores"]


@dataclass(frozen=True)
class OtherTest:
    """Scores of the test rows at the level that the study does not score.

    Attributes:
        scores: At the threshold of that level.
        intervals: As of `TestResult`.
        count: How many were scored.
        minority: How many of these are of the minority class.
    """

    scores: Scores
    intervals: Mapping[str, tuple[float, float]]
    count: int
    minority: int


@dataclass(frozen=True)
class TestResult:
    """Scores on the test rows.

    Attributes:
        tuned: At the winner's threshold, of rows or groups as the study scores.
        intervals: 95 % intervals of scores at that threshold; see `score_intervals`.
        at_half: At a threshold of 0.5.
        probabilities: Of the test rows, shape ``(rows, classes)``.
        reliability: See `Pooled`.
        networks: Scores of each of the winner's networks alone, at its own threshold.
        scored: Labels and probabilities that the scores are of.
        other: Scores and intervals at the winner's other level.
    """

    __test__ = False  # not a test class, whatever pytest thinks of the name

    tuned: Scores
    intervals: Mapping[str, tuple[float, float]]
    at_half: Scores
    probabilities: NDArray[np.float32]
    reliability: Mapping[str, Reliability]
    networks: tuple[Scores, ...] = ()
    scored: Scored | None = None
    other: OtherTest | None = None


def score_test(
    probabilities: NDArray[np.float32],
    winner: Winner,
    dataset: Dataset,
    splits: Splits,
    seed: int,
    alone: Sequence[NDArray[np.float32]] = (),
) -> TestResult:
    """Scores predictions of the test rows.

    The networks alone differ in their seed and in which development rows they learned from, so that
    their scores say how far one training differs from another. Nothing is chosen by them.

    Args:
        probabilities: Shape ``(test rows, classes)``.
        winner: Its threshold and maps are from validation rows; test labels have no part in them.
        dataset: Holds labels and what belongs together.
        splits: Says which rows are the test rows.
        seed: Seed of the interval's draws.
        alone: The same of each of the winner's networks, in the order of its thresholds.
    """
    labels, scored = dataset.labels[splits.test], _scored(winner.level, dataset, splits)
    own, stages = scored(probabilities), winner.stages(probabilities)
    tuned, intervals = test_scores(own, winner.threshold, dataset, splits, seed)
    return TestResult(
        tuned=tuned,
        intervals=intervals,
        at_half=score(own.labels, own.probabilities, decide(own.probabilities, 0.5)),
        probabilities=probabilities,
        reliability={stage: reliability(labels, told) for stage, told in stages.items()},
        networks=tuple(
            score(own.labels, told, decide(told, threshold))
            for told, threshold in zip(
                [scored(one).probabilities for one in alone],
                winner.thresholds,
                strict=bool(alone),
            )
        ),
        scored=own,
        other=_other_test(winner.other, probabilities, dataset, splits, seed),
    )


def _scored(level: Level, dataset: Dataset, splits: Splits) -> Callable[[NDArray[Any]], Scored]:
    return partial(level.scored, dataset, splits.test)


def test_scores(
    own: Scored, threshold: float, dataset: Dataset, splits: Splits, seed: int
) -> tuple[Scores, Mapping[str, tuple[float, float]]]:
    """Scores of test rows, or of their groups, at a threshold, and their intervals.

    Args:
        own: Predictions of the test rows as a level scores them.
        threshold: From validation rows.
        dataset: Knows what belongs together.
        splits: Says which rows are the test rows.
        seed: Seed of the interval's draws.
    """
    decisions = decide(own.probabilities, threshold)
    units: Any = None if dataset.units is None else dataset.units[splits.test[own.first]]
    told = (own.labels, own.probabilities, decisions)
    return score(*told), score_intervals(*told, units, seed=seed)


def _other_test(
    other: OtherLevel | None,
    probabilities: NDArray[np.float32],
    dataset: Dataset,
    splits: Splits,
    seed: int,
) -> OtherTest | None:
    if other is None:
        return None
    own = _scored(other.level, dataset, splits)(probabilities)
    scores, intervals = test_scores(own, other.threshold, dataset, splits, seed)
    minority = int((own.labels == len(dataset.classes) - 1).sum())
    return OtherTest(scores, intervals, len(own.labels), minority)
