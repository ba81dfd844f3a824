"""From a network's output to logits and log-probabilities, without loss of digits or gradient."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

__all__ = ["class_logits", "log_complement", "log_probabilities"]

_FAR = 1e9


def class_logits(y_pred: Any, classes: int) -> Any:
    """One logit for each class, shape ``(rows, classes)``.

    Keras keeps the logits that a sigmoid or softmax was made of as ``_keras_logits``, and its own
    losses use them; so does this. Elsewhere they are recovered from probabilities, cut off where
    Keras cuts them off.

    Args:
        y_pred: Probabilities, shape ``(rows, classes)``, or of the second of two classes, shape
            ``(rows, 1)``.
        classes: How many there are.

    Raises:
        ValueError: The last axis fits neither.
    """
    width = y_pred.shape[-1] if len(y_pred.shape) == 2 else None
    if width != classes and not (width == 1 and classes == 2):
        expected = f"(rows, {classes})" + (" or (rows, 1)" if classes == 2 else "")
        raise ValueError(f"expected probabilities of shape {expected}, got {tuple(y_pred.shape)}")
    logits = getattr(y_pred, "_keras_logits", None)
    if width == 1:
        one = _log_odds(y_pred) if logits is None else logits
        return ops.concatenate([ops.zeros_like(one), one], axis=-1)
    return ops.log(_inside(y_pred)) if logits is None else logits


def log_probabilities(logits: Any) -> Any:
    """Log-softmax of logits, shape ``(rows, classes)``.

    Two classes go by softplus, which keeps the digits of a log-probability near 0. Its two sides
    share their one logarithm, and halves of sums have the right slope at 0, as a maximum has not.
    """
    if logits.shape[-1] != 2:
        return ops.log_softmax(logits, axis=-1)
    lead = logits[:, 1:] - logits[:, :1]
    size = ops.abs(lead)
    both = ops.log1p(ops.exp(-size))
    return ops.concatenate([-0.5 * (size + lead) - both, -0.5 * (size - lead) - both], axis=-1)


def log_complement(log_p: Any, actual: Any) -> Any:
    """log(1 - p) of the true class, exact where p is near 1, shape ``(rows,)``.

    Args:
        log_p: Log-probabilities, shape ``(rows, classes)``.
        actual: 1 for the true class and 0 elsewhere, shaped like `log_p`.
    """
    return ops.logsumexp(log_p - _FAR * actual, axis=-1)


def _log_odds(p: Any) -> Any:
    inside = _inside(p)
    return ops.log(inside) - ops.log1p(-inside)


def _inside(p: Any) -> Any:
    """Probabilities off 0 and 1, with the gradient of `p`.

    A plain clip has no gradient outside, so that the worst rows would teach nothing.
    """
    epsilon = keras.config.epsilon()
    return p + ops.stop_gradient(ops.clip(p, epsilon, 1.0 - epsilon) - p)
