"""What one network is trained on: resampled rows, their weights, and how often each class comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.data.augmentation import Augmentation
from tuner.data.preprocessing import NetworkRows
from tuner.data.resamplers import Layout, Resampled, ResamplingFailed, prior_after, resample
from tuner.errors import InputError
from tuner.model.class_weights import class_weights
from tuner.model.configuration import Configuration
from tuner.model.losses import effective_prior

__all__ = ["TrainingRows", "training_rows"]

Shares = NDArray[np.float64]


@dataclass(frozen=True)
class TrainingRows:
    """Rows as one network is trained on them.

    Attributes:
        x: Numbers or `PixelRows`, shape ``(rows, …)``.
        y: Codes, shape ``(rows,)``.
        weights: Weight of each row in the loss, float32; class weight times row weight, with a mean
            of 1 over the rows that training draws.
        batch_ratio: Where batches are drawn anew in each epoch, the ratio of their classes; see
            `tuner.data.resamplers.draw_epoch`. Else None, and every row comes once in an epoch.
        counts: Rows of each class in an epoch, shape ``(classes,)``.
        seen_prior: Share of each class in the weights of an epoch.
        trained_prior: Share of each class to which the trained network's probabilities belong; None
            where its loss has no such prior.
        true_prior: Share of each class before resampling, with row weights and no class weights.
        minority: Code of the minority class.
        augmentation: How pictures are changed anew in each epoch, or None; `x` holds them as they
            are.
    """

    x: NetworkRows
    y: NDArray[np.int64]
    weights: NDArray[np.float32]
    batch_ratio: float | None
    counts: Shares
    seen_prior: Shares
    trained_prior: Shares | None
    true_prior: Shares
    minority: int
    augmentation: Augmentation | None = None

    @property
    def mean_weights(self) -> NDArray[np.float64]:
        """What each row counts for in an epoch, times as often as it is drawn."""
        per_row = self.counts / np.bincount(self.y, minlength=len(self.counts))
        mean: NDArray[np.float64] = self.weights * per_row[self.y]
        return mean


def training_rows(
    configuration: Configuration,
    x: NetworkRows,
    y: NDArray[np.int64],
    weights: NDArray[np.float64] | None,
    *,
    layout: Layout | None,
    classes: Sequence[str],
    minority: int,
    seed: int,
) -> TrainingRows:
    """Resamples rows and weighs what is left.

    Class weights, and losses that go by the number of rows, reckon with the rows after resampling.

    Args:
        configuration: Holds resampling, class weights, loss and augmentation.
        x: Preprocessed rows, shape ``(rows, …)``.
        y: Their codes, shape ``(rows,)``.
        weights: A weight of each row, or None; only its proportions matter.
        layout: The columns of `x`; None for images.
        classes: Label of each code.
        minority: Code of the minority class.
        seed: Decides what is drawn.

    Raises:
        InputError: A class has no row or no weight, or the resampler does not suit such rows.
        ResamplingFailed: The resampler cannot do its work with these values.
    """
    if weights is not None and weights.any():
        # Divided once before, since float32 holds no weights of 1e-50.
        weights = weights / weights.mean()
    true_prior = _shares(y, weights, classes)
    done = resample(configuration.resampling, x, y, weights, layout, classes, seed)
    _check_left(done, configuration.resampling.name, classes)
    drawn = prior_after(done.y, len(classes), done.batch_ratio)
    counts = drawn * len(done.y)
    by_class = class_weights(configuration.class_weight, counts, classes, minority)
    loss_weights, mean = _weighed(done, by_class, drawn)
    trained = effective_prior(configuration.loss, counts, minority)
    seen = drawn * mean
    return TrainingRows(
        x=done.x,
        y=done.y,
        weights=loss_weights,
        batch_ratio=done.batch_ratio,
        counts=counts,
        seen_prior=seen / seen.sum(),
        trained_prior=None if trained is None else trained * mean / (trained * mean).sum(),
        true_prior=true_prior,
        minority=minority,
        augmentation=Augmentation.of(configuration.augmentation),
    )


def _check_left(done: Resampled, name: str, classes: Sequence[str]) -> None:
    """A class that is gone, or that only rows with a weight of 0 are left of, cannot be learned."""
    mass = np.bincount(done.y, done.weights, len(classes))
    if (gone := np.flatnonzero(mass == 0)).size:
        what = "no row" if done.weights is None else "no row with a weight above 0"
        raise ResamplingFailed(f"{name} left {what} of class '{classes[gone[0]]}'")


def _weighed(
    done: Resampled, by_class: NDArray[np.float64], drawn: Shares
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """The weight of each row, and the mean weight of the rows of each class.

    The mean over what is drawn is 1. Row weights may be shares or people of a survey; their size
    would change the effective learning rate, and what l2 means beside the loss.
    """
    weights = by_class[done.y]
    if done.weights is not None:
        weights = weights * done.weights
    rows = np.bincount(done.y, minlength=len(drawn))
    mean = np.bincount(done.y, weights, len(drawn)) / rows
    scale = float(drawn @ mean)
    return (weights / scale).astype(np.float32), mean / scale


def _shares(
    y: NDArray[np.int64], weights: NDArray[np.float64] | None, classes: Sequence[str]
) -> Shares:
    mass: Shares = np.bincount(y, weights, len(classes)).astype(np.float64)
    if (empty := np.flatnonzero(mass == 0)).size:
        what = "0 training rows" if weights is None else "no training row with a weight above 0"
        raise InputError(f"class '{classes[empty[0]]}' has {what}", ("data",))
    shares: Shares = mass / mass.sum()
    return shares
