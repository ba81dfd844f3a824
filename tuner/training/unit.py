"""What goes into the training of one unit, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Preprocessor
from tuner.data.preprocessing import NetworkRows, network_rows
from tuner.data.resamplers import Layout, layout_of
from tuner.metrics.collapse import is_collapsed
from tuner.training.priors import Priors

__all__ = ["EngineChoice", "LabelledRows", "TrainingFailed", "UnitResult", "unit_seed"]


class TrainingFailed(Exception):
    """One unit cannot be trained; the message is the reason that its trial is marked with."""


@dataclass(frozen=True)
class LabelledRows:
    """Preprocessed rows with their classes.

    Attributes:
        x: float32, or `PixelRows`; shape ``(rows, …)``.
        y: Codes, shape ``(rows,)``.
        weights: Weight of each row in the loss, or None; class weights come on top of it.
        layout: Which columns hold categories; None for images.
    """

    x: NetworkRows
    y: NDArray[np.int64]
    weights: NDArray[np.float64] | None = None
    layout: Layout | None = None

    @classmethod
    def of(
        cls, dataset: Dataset, rows: NDArray[np.int64], preprocessor: Preprocessor
    ) -> LabelledRows:
        """The given rows of a data set, preprocessed."""
        return cls(
            network_rows(dataset, rows, preprocessor),
            dataset.labels[rows],
            None if dataset.weights is None else dataset.weights[rows],
            layout_of(preprocessor),
        )


@dataclass(frozen=True)
class EngineChoice:
    """The engine that trained a unit.

    Attributes:
        name: ``fused`` or ``keras``.
        reason: Why it is not the fused one; empty where it is.
    """

    name: str
    reason: str = ""


@dataclass(frozen=True)
class UnitResult:
    """A trained unit, without its weights.

    Attributes:
        probabilities: Of the validation rows at the best epoch, shape ``(rows, classes)``.
        best_epoch: Number of epochs after which the weights were kept, from 1.
        history: Values by epoch: ``loss`` (class-weighted), ``val_pr_auc``.
        seconds: Time that the training took.
        priors: Class shares that the probabilities belong to.
        health: A `HealthLedger` as plain values.
        parameters: Number of trainable parameters of the network.
        engine: What trained it, and why not the fused engine.
    """

    probabilities: NDArray[np.float32]
    best_epoch: int
    history: Mapping[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    priors: Priors | None = None
    health: Mapping[str, Any] = field(default_factory=dict)
    parameters: int = 0
    engine: EngineChoice = EngineChoice("keras")

    @property
    def corrected(self) -> bool:
        """Whether the probabilities were mapped back to the true class shares."""
        return self.priors is not None and self.priors.shifted

    @property
    def as_trained(self) -> NDArray[Any]:
        """The probabilities before that, shape ``(rows, classes)``."""
        probabilities = self.probabilities
        return probabilities if self.priors is None else self.priors.as_trained(probabilities)

    @property
    def collapsed(self) -> bool:
        """Whether the network says the same of all validation rows."""
        return is_collapsed(self.probabilities)

    def facts(self) -> dict[str, Any]:
        """Everything but the probabilities, as plain values."""
        return {
            "best_epoch": self.best_epoch,
            "history": dict(self.history),
            "seconds": self.seconds,
            "priors": None if self.priors is None else asdict(self.priors),
            "health": dict(self.health),
            "parameters": self.parameters,
            "engine": asdict(self.engine),
        }

    @classmethod
    def from_facts(cls, probabilities: NDArray[np.float32], facts: Mapping[str, Any]) -> UnitResult:
        """What `facts` and the probabilities were taken from."""
        priors = facts["priors"] and Priors.from_json(facts["priors"])
        engine = EngineChoice(**facts["engine"])
        return cls(probabilities, **{**facts, "priors": priors, "engine": engine})


def unit_seed(study_seed: int, trial: int, fold: int, repeat: int) -> int:
    """The seed of one unit, the same on every machine and in every order of training."""
    sequence = np.random.SeedSequence([study_seed, trial, fold, repeat])
    return int(sequence.generate_state(1)[0])
