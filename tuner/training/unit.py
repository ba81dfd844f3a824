"""What goes into the training of one unit, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Preprocessor

__all__ = ["LabelledRows", "TrainingFailed", "UnitResult", "unit_seed"]


class TrainingFailed(Exception):
    """One unit cannot be trained; the message is the reason that its trial is marked with."""


@dataclass(frozen=True)
class LabelledRows:
    """Preprocessed rows with their classes.

    Attributes:
        x: float32, shape ``(rows, …)``.
        y: Codes, shape ``(rows,)``.
        weights: Weight of each row in the loss, or None; class weights come on top of it.
    """

    x: NDArray[np.float32]
    y: NDArray[np.int64]
    weights: NDArray[np.float64] | None = None

    @classmethod
    def of(
        cls, dataset: Dataset, rows: NDArray[np.int64], preprocessor: Preprocessor
    ) -> LabelledRows:
        """The given rows of a data set, preprocessed."""
        return cls(
            preprocessor.transform(dataset.features[rows], dataset.columns),
            dataset.labels[rows],
            None if dataset.weights is None else dataset.weights[rows],
        )


@dataclass(frozen=True)
class UnitResult:
    """A trained unit, without its weights.

    Attributes:
        probabilities: Of the validation rows at the best epoch, shape ``(rows, classes)``.
        best_epoch: Number of epochs after which the weights were kept, from 1.
        history: Values by epoch: ``loss`` (class-weighted), ``val_pr_auc``.
        seconds: Time that the training took.
    """

    probabilities: NDArray[np.float32]
    best_epoch: int
    history: Mapping[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0

    def facts(self) -> dict[str, Any]:
        """Everything but the probabilities, as plain values."""
        return {
            "best_epoch": self.best_epoch,
            "history": dict(self.history),
            "seconds": self.seconds,
        }


def unit_seed(study_seed: int, trial: int, fold: int, repeat: int) -> int:
    """The seed of one unit, the same on every machine and in every order of training."""
    sequence = np.random.SeedSequence([study_seed, trial, fold, repeat])
    return int(sequence.generate_state(1)[0])
