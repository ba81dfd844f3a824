"""Which class shares a network's probabilities belong to, and the way from one to the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.metrics.calibration import prior_corrected

__all__ = ["Priors", "mean_priors"]


@dataclass(frozen=True)
class Priors:
    """Which class shares probabilities belong to.

    Attributes:
        true: Share of each class among the training rows as they are.
        trained: Share of each class as training saw them, through resampling, weights and loss;
            None where the loss has no such prior.
        shifted: Whether the network's probabilities were mapped from `trained` to `true`.
    """

    true: tuple[float, ...]
    trained: tuple[float, ...] | None
    shifted: bool

    def correct(self, probabilities: NDArray[Any]) -> NDArray[Any]:
        """Probabilities as trained, shape ``(rows, classes)``, under the true shares."""
        if not self.shifted or self.trained is None:
            return probabilities
        return prior_corrected(probabilities, self.trained, self.true)

    def as_trained(self, probabilities: NDArray[Any]) -> NDArray[Any]:
        """What `correct` was given, from what it returned."""
        if not self.shifted or self.trained is None:
            return probabilities
        return prior_corrected(probabilities, self.true, self.trained)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Priors:
        """Reads what `dataclasses.asdict` gave."""
        trained = content["trained"]
        return cls(tuple(content["true"]), trained and tuple(trained), content["shifted"])


def mean_priors(priors: Sequence[Priors]) -> Priors:
    """What holds for the mean of the logits of networks with these priors.

    A prior adds its logarithm to the logits, so the mean is that of logarithms.
    """
    true = _geometric_mean([one.true for one in priors])
    known = [one.trained for one in priors if one.trained is not None]
    trained = _geometric_mean(known) if len(known) == len(priors) else None
    # A network that saw the true shares is not shifted, which is to be shifted by nothing.
    return Priors(true, trained, trained is not None and any(one.shifted for one in priors))


def _geometric_mean(shares: Sequence[Sequence[float]]) -> tuple[float, ...]:
    mean = np.exp(np.log(np.asarray(shares, dtype=np.float64)).mean(axis=0))
    return tuple((mean / mean.sum()).tolist())
