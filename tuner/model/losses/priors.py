"""Which class prior a trained network's probabilities belong to, loss by loss.

Write ``p(c)`` for the shares of the classes among the training rows and ``p(c | x)`` for the true
posterior. A network that is free to say anything minimises the expected loss at each ``x`` alone.
For the losses here its probabilities ``q`` are then ``q(c | x) ∝ p(x | c) * prior(c)`` with another
prior, the *effective* one. The true posterior is ``q(c | x) * p(c) / prior(c)``, normalised. Losses
whose optimum has no such form have no effective prior.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tuner.model.losses.frequencies import checked_counts, effective_number_weights

__all__ = [
    "adjusted_prior",
    "class_balanced_prior",
    "focal_prior",
    "output_bias",
    "smoothed_prior",
]

Prior = NDArray[np.float64]


def smoothed_prior(label_smoothing: float, *, counts: Prior) -> Prior | None:
    """Crossentropy: the shares themselves.

    ``-Σ p(c | x) log q(c)`` is least at ``q = p(c | x)``. With smoothing it is least at
    ``q = (1 - s) p(c | x) + s / k``: a floor under every probability, which no prior makes.
    """
    return counts if label_smoothing == 0 else None


def class_balanced_prior(beta: float, *, counts: Prior) -> Prior:
    """Weighted crossentropy: weight times share.

    ``-Σ w(c) p(c | x) log q(c)`` is least at ``q(c) ∝ w(c) p(c | x) ∝ w(c) p(c) p(x | c)``.
    """
    prior: Prior = counts * effective_number_weights(counts, beta)
    return prior


def adjusted_prior(tau: float, *, counts: Prior) -> Prior:
    """Logit adjustment: the shares to the power of ``1 - tau``.

    The loss compares ``softmax(z + tau log p(c))`` with the labels, which therefore is
    ``p(c | x)`` at the optimum. The network's own output leaves the adjustment out:
    ``softmax(z) ∝ p(c | x) / p(c)^tau ∝ p(x | c) p(c)^(1 - tau)``. With `tau` 1 the classes count
    alike.
    """
    prior: Prior = np.power(counts / counts.sum(), 1.0 - tau)
    return prior


def focal_prior(gamma: float, alpha: float, *, counts: Prior, minority: int) -> Prior | None:
    """Focal loss: the shares, weighed by alpha, where gamma is 0.

    With gamma above 0 the optimum is a curved function of ``p(c | x)`` (Charoenphakdee et al.,
    2021), which no prior makes.
    """
    if gamma != 0:
        return None
    weights = np.full(len(counts), 1.0 - alpha)
    weights[minority] = alpha
    prior: Prior = counts * weights
    return prior


def output_bias(counts: ArrayLike) -> NDArray[np.float64]:
    """The bias of the output layer with which a network starts at the class prior.

    With an input of zeros to that layer, or weights of zero, the network then predicts the shares,
    so that training need not begin by learning how rare the class is.

    Args:
        counts: Rows of each class, or any numbers in their proportion, such as the effective prior
            of the loss. Shape ``(classes,)``.

    Returns:
        Two classes: the log odds of the second, whose probability the one sigmoid unit gives, shape
        ``(1,)``. More: the log of each share, shape ``(classes,)``.

    Raises:
        InputError: A class has no row.

    Example:
        >>> output_bias([900, 100]).round(4)
        array([-2.1972])
    """
    given = checked_counts(counts)
    log_prior = np.log(given / given.sum())
    if len(given) == 2:
        return np.asarray([log_prior[1] - log_prior[0]])
    result: NDArray[np.float64] = log_prior
    return result
