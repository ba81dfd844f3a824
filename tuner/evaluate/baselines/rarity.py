"""What is done about rarity before a simple model is fitted; only training rows ever come here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.resamplers import ResamplingFailed, resample
from tuner.errors import InputError
from tuner.evaluate.baselines.rows import FoldRows
from tuner.spaces import Chosen

__all__ = ["ANSWERS", "LeftOut", "Rows"]

_SMOTE = Chosen("smote", {"ratio": 1.0, "k_neighbors": 5})


class LeftOut(Exception):
    """A model does not suit such rows; the message says why."""


@dataclass(frozen=True)
class Rows:
    """What a model is fitted on.

    Attributes:
        x: Shape ``(rows, numbers)``.
        y: Codes, shape ``(rows,)``.
        weights: Weight of each row, with a mean of 1; None where all are 1.
    """

    x: NDArray[np.float32]
    y: NDArray[np.int64]
    weights: NDArray[np.float64] | None


def _none(rows: FoldRows, classes: tuple[str, ...], seed: int) -> Rows:
    """The rows as they are, with their own weights."""
    return Rows(np.asarray(rows.train.x), rows.train.y, _scaled(_own_weights(rows)))


def _balanced(rows: FoldRows, classes: tuple[str, ...], seed: int) -> Rows:
    """Class weights in inverse proportion to rows, on top of the rows' own weights."""
    y = rows.train.y
    counts = np.bincount(y, rows.stands_for, minlength=len(classes))
    balanced = counts.sum() / (len(classes) * np.maximum(counts, 1))
    return Rows(np.asarray(rows.train.x), y, _scaled(_own_weights(rows) * balanced[y]))


def _smote(rows: FoldRows, classes: tuple[str, ...], seed: int) -> Rows:
    """As many rows of each class, new ones made by the resampler of the networks."""
    train = rows.train
    try:
        done = resample(_SMOTE, train.x, train.y, train.weights, train.layout, classes, seed)
    except InputError as error:
        # What follows in the message is advice for the networks of a study.
        raise LeftOut("; ".join(_reason(one.message) for one in error.problems)) from error
    except ResamplingFailed as error:
        raise LeftOut(str(error)) from error
    return Rows(done.x, done.y, _scaled(done.weights))


def _reason(message: str) -> str:
    return message.partition("; use ")[0]


def _own_weights(rows: FoldRows) -> NDArray[np.float64]:
    weights = rows.train.weights
    return rows.stands_for if weights is None else rows.stands_for * weights


def _scaled(weights: NDArray[Any] | None) -> NDArray[np.float64] | None:
    """With a mean of 1, since their size would say how much a penalty counts."""
    if weights is None or (weights == weights[0]).all():
        return None
    # Divided twice, or the sum of very large ones would be infinite.
    weights = weights / weights.max()
    scaled: NDArray[np.float64] = weights / weights.mean()
    return scaled


ANSWERS: Mapping[str, Callable[[FoldRows, tuple[str, ...], int], Rows]] = MappingProxyType(
    {"none": _none, "balanced": _balanced, "smote": _smote}
)
"""By the name in `Baseline.rarity`; each takes a fold, the label of each code and a seed."""
