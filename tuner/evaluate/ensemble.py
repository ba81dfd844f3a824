"""Networks of several folds as one model, in stock layers where Keras has one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.model.stock_twins import with_stock_twins

__all__ = ["average", "mean_threshold"]

Trained = tuple[dict[str, Any], list[NDArray[Any]]]

_EDGE = 1e-7
"""Probabilities nearer to 0 or 1 than float32 can tell are taken for this far away."""


def average(trained: Sequence[Trained]) -> keras.Model:
    """One model whose logit is the mean of the networks' logits; a probability comes out.

    Args:
        trained: Configuration and weights of each network, all of one architecture that ends in a
            sigmoid or softmax layer.

    Returns:
        A model without optimizer and metrics, of stock layers except where Keras has none for
        what it predicts. Each network in it is named ``fold_0``, ``fold_1``, ….
    """
    members = [_logits(config, weights, f"fold_{i}") for i, (config, weights) in enumerate(trained)]
    inputs = keras.Input(members[0].input_shape[1:])
    outputs = [member(inputs) for member in members]
    mean = keras.layers.Average()(outputs) if len(outputs) > 1 else outputs[0]
    last = "sigmoid" if mean.shape[-1] == 1 else "softmax"
    return keras.Model(inputs, keras.layers.Activation(last)(mean))


def _logits(config: dict[str, Any], weights: list[NDArray[Any]], name: str) -> keras.Model:
    """The network up to its last sums."""
    model = keras.Model.from_config(with_stock_twins(config))
    model.set_weights(weights)
    model.layers[-1].activation = keras.activations.linear
    copy = keras.Model.from_config({**model.get_config(), "name": name})
    copy.set_weights(weights)
    return copy


def mean_threshold(thresholds: Sequence[float]) -> float:
    """The probability whose logit is the mean of the thresholds' logits.

    Example:
        >>> round(mean_threshold([0.2, 0.8]), 6)
        0.5
    """
    clipped = np.clip(np.asarray(thresholds, dtype=np.float64), _EDGE, 1 - _EDGE)
    logit = np.log(clipped / (1 - clipped)).mean()
    return float(1 / (1 + np.exp(-logit)))
