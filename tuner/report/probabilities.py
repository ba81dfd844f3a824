"""What the model's probabilities are worth: what was done to them, and how far they are off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tuner.metrics.reliability_bins import bin_count

__all__ = [
    "calibration_told",
    "chance_error",
    "shares_told",
]

_SAME = 1e-6


def chance_error(rows: int, positives: int, bins: int = 15) -> float:
    """About the calibration error of probabilities that are right, from chance alone.

    Each bin's count of minority rows strays by its root, of which the mean distance is 0.8.

    Args:
        rows: How many there are.
        positives: How many of them are of the minority class.
        bins: How many bins at most.

    Example:
        >>> round(chance_error(2750, 63), 3)
        0.008
    """
    return 0.8 * float(np.sqrt(bin_count(positives, bins) * positives)) / rows


def shares_told(best: Mapping[str, Any], minority: str) -> str:
    """Which class shares the model's probabilities go by, in a sentence.

    Args:
        best: The part of ``results.json``; it has class shares.
        minority: Label of the minority class.
    """
    priors = best["priors"]
    if priors["trained"] is None:
        loss = best["hyperparameters"].get("imbalance.loss")
        named = f"the loss '{loss}' as set here" if loss else "a loss of your own"
        return (
            f"Probabilities may lie far from frequencies: a network trained with {named} has no"
            " known class shares to correct to the true ones."
        )
    true, trained = priors["true"][minority], priors["trained"][minority]
    seen = f"Training saw {_percent(trained)} of class '{minority}', and {_percent(true)} are true"
    if priors["corrected"]:
        return f"{seen}: the model's probabilities are corrected to the true shares."
    if all(abs(priors["trained"][name] / share - 1) < _SAME for name, share in _true(priors)):
        return "Training saw the true class shares, so probabilities need no correction to them."
    return (
        f"{seen}: probabilities belong to the shares of training, since the study turned the"
        " correction off (imbalance.prior_correction)."
    )


def _true(priors: Mapping[str, Any]) -> Any:
    return priors["true"].items()


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def calibration_told(best: Mapping[str, Any]) -> str:
    """Whether there is a map to calibrated probabilities, in a sentence."""
    if best["calibration"] is None:
        return "They are not calibrated."
    return (
        f"A map of kind '{best['calibration']}', learned from validation rows, makes calibrated"
        " probabilities of them; decisions are made without it."
    )
