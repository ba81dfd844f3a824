"""Training rows of one fold are resampled."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tuner.data.preprocessing import NetworkRows
from tuner.data.resamplers.batches import class_shares
from tuner.data.resamplers.layout import Layout
from tuner.data.resamplers.resampler import RESAMPLERS, Facts, Resampled, Task
from tuner.errors import InputError, Problem
from tuner.spaces import Chosen

__all__ = ["prior_after", "resample"]

_REMARKS = (
    "After over-sampling",  # SvmSmote asks for more rows than it keeps
    "The number of the samples to be selected",  # the third near-miss may keep fewer, as it says
    "The number of unique classes",  # many classes with few rows are no regression
)
"""Warnings of imbalanced-learn and scikit-learn about what is meant to be so."""


def resample(
    chosen: Chosen,
    x: NetworkRows,
    y: NDArray[np.int64],
    weights: NDArray[np.float64] | None,
    layout: Layout | None,
    classes: Sequence[str],
    seed: int,
) -> Resampled:
    """The rows to train on; the given arrays are not changed, and may be part of the result.

    Args:
        chosen: The resampler and its parameters.
        x: Preprocessed training rows, float32 or `PixelRows`, shape ``(rows, …)``.
        y: Their codes, shape ``(rows,)``.
        weights: Their weights, or None.
        layout: The columns of `x`, from `layout_of`; None for images.
        classes: Label of each code.
        seed: Decides every draw; ``0 … 2**32 - 1``.

    Returns:
        The rows, and where each comes from. Rows that stay keep their order, others follow; they
        are not shuffled.

    Raises:
        InputError: The resampler does not suit such rows: images, categories, row weights, a class
            with too few rows. `check_resampling` says so before anything is trained.
        ResamplingFailed: What only the values of the rows show, as when no row is at a border.

    Example:
        >>> x, y = np.zeros((5, 2), np.float32), np.array([0, 0, 0, 0, 1])
        >>> done = resample(Chosen("random_over", {"ratio": 0.5}), x, y, None, None, "ab", 0)
        >>> done.y, done.origin
        (array([0, 0, 0, 0, 1, 1]), array([0, 1, 2, 3, 4, 4]))
    """
    if layout is not None and x.shape[1:] != (layout.width,):
        raise ValueError(f"rows have shape {x.shape[1:]}, the layout has {layout.width} columns")
    resampler = RESAMPLERS[chosen.name](chosen.parameters)
    task = Task(x, y, weights, layout, tuple(classes), seed)
    facts = Facts(task.counts, task.classes, layout, weights is not None)
    path = ("imbalance", "resampling", chosen.name)
    problems = [Problem(refusal.message, path) for refusal in resampler.refusals(facts)]
    if problems:
        raise InputError(problems)
    with warnings.catch_warnings():
        for remark in _REMARKS:
            warnings.filterwarnings("ignore", remark, UserWarning)
        return resampler(task)


def prior_after(
    labels: NDArray[np.int64], classes: int, batch_ratio: float | None = None
) -> NDArray[np.float64]:
    """The share of each class in what the network is trained on.

    Args:
        labels: Codes after resampling, shape ``(rows,)``.
        classes: Number of classes.
        batch_ratio: `Resampled.batch_ratio`.

    Returns:
        Shares that sum to 1, shape ``(classes,)``.

    Example:
        >>> prior_after(np.array([0, 0, 0, 1]), 2)
        array([0.75, 0.25])
    """
    counts = np.bincount(labels, minlength=classes)
    return counts / counts.sum() if batch_ratio is None else class_shares(counts, batch_ratio)
