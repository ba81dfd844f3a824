"""From the class shares that a network was trained on back to the true ones.

Resampling and class weights make a network estimate the posterior of a world in which the classes
are as frequent as it saw them. Where only the frequencies differ between that world and the real
one, each class's probability is too large by one factor, the ratio of its two priors (Saerens et
al., 2002; Elkan, 2001), and can be divided by it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["prior_corrected", "prior_shift"]

_SUM = 1e-6
"""How far from 1 the sum of a prior may lie."""


def prior_corrected(
    probabilities: NDArray[Any], trained_prior: ArrayLike, true_prior: ArrayLike
) -> NDArray[np.float64]:
    """Probabilities under the true class shares: p * true / trained, scaled to the sum 1.

    The order of rows by the probability of one class stays for two classes; for more it may change.

    Args:
        probabilities: Shape ``(rows, classes)``.
        trained_prior: Share of each class that the network was trained to expect, shape
            ``(classes,)``: after resampling, with class weights on top.
        true_prior: Share of each class where the network is used.

    Raises:
        ValueError: A prior is no share of each class: of another length, not above 0, or of a sum
            other than 1.

    Example:
        >>> prior_corrected(np.array([[0.5, 0.5]]), [0.5, 0.5], [0.98, 0.02]).round(4)
        array([[0.98, 0.02]])
    """
    scaled = np.asarray(probabilities, dtype=np.float64) * np.exp(
        _log_ratio(trained_prior, true_prior, probabilities.shape[1])
    )
    corrected: NDArray[np.float64] = scaled / scaled.sum(axis=1, keepdims=True)
    return corrected


def prior_shift(trained_prior: ArrayLike, true_prior: ArrayLike) -> NDArray[np.float64]:
    """What to add to the bias of an output layer so that it does what `prior_corrected` does.

    Args:
        trained_prior: Shape ``(classes,)``; see `prior_corrected`.
        true_prior: Shape ``(classes,)``.

    Returns:
        For two classes the shift of the minority's logit, shape ``(1,)``, for one sigmoid unit. For
        more, the shift of each class's logit, shape ``(classes,)``, with mean 0: softmax looks at
        differences only.

    Raises:
        ValueError: See `prior_corrected`.
    """
    ratio = _log_ratio(trained_prior, true_prior, np.size(trained_prior))
    shift: NDArray[np.float64] = ratio[1:] - ratio[0] if len(ratio) == 2 else ratio - ratio.mean()
    return shift


def _log_ratio(trained: ArrayLike, true: ArrayLike, classes: int) -> NDArray[np.float64]:
    priors = {"trained_prior": trained, "true_prior": true}
    logs = {name: _log_prior(name, prior, classes) for name, prior in priors.items()}
    ratio: NDArray[np.float64] = logs["true_prior"] - logs["trained_prior"]
    return ratio


def _log_prior(name: str, given: ArrayLike, classes: int) -> NDArray[np.float64]:
    prior = np.asarray(given, dtype=np.float64)
    if prior.shape != (classes,) or not (prior > 0).all() or abs(prior.sum() - 1) > _SUM:
        raise ValueError(
            f"{name} must hold a share above 0 for each of {classes} classes, of sum 1; "
            f"got {prior.tolist()}"
        )
    logs: NDArray[np.float64] = np.log(prior)
    return logs
