"""Networks of several folds as one model, in stock layers where Keras has one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.metrics import best_threshold
from tuner.model.stock_twins import with_stock_twins

__all__ = [
    "average",
    "joint_threshold",
    "logit_networks",
    "mean_probabilities",
    "mean_threshold",
    "own_thresholds",
    "single_networks",
]

Trained = tuple[dict[str, Any], list[NDArray[Any]]]

_NAME = "fold_"
"""Networks in an average have this name and a number."""

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
    members = [_logits(*one, f"{_NAME}{number}") for number, one in enumerate(trained)]
    inputs = keras.Input(members[0].input_shape[1:])
    outputs = [member(inputs) for member in members]
    mean = keras.layers.Average()(outputs) if len(outputs) > 1 else outputs[0]
    return keras.Model(inputs, _probability(mean))


def single_networks(model: keras.Model) -> list[keras.Model]:
    """The networks that `average` made a model of, each for itself, in the same order.

    Args:
        model: As `average` gives it, or as it is loaded again.

    Returns:
        Models that share their weights with it and give probabilities as it does.
    """
    [given] = model.inputs
    return [keras.Model(given, _probability(member(given))) for member in logit_networks(model)]


def logit_networks(model: keras.Model) -> list[keras.Model]:
    """The same networks up to their last sums, which they give as logits.

    Args:
        model: As `average` gives it, or as it is loaded again.
    """
    members = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    return sorted(members, key=lambda member: int(member.name.removeprefix(_NAME)))


def _probability(logits: Any) -> Any:
    last = "sigmoid" if logits.shape[-1] == 1 else "softmax"
    return keras.layers.Activation(last)(logits)


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


def mean_probabilities(told: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    """What `average` and `mean_threshold` make of models of any kind.

    The minority's logit is the mean of the models' logits; what is left goes to the other classes
    in the mean of their proportions.

    Args:
        told: Probabilities by each model, shape ``(rows, classes)``, the minority last.

    Example:
        >>> mean_probabilities([np.array([[0.8, 0.2]]), np.array([[0.2, 0.8]])])
        array([[0.5, 0.5]])
    """
    clipped = np.clip(np.asarray(told, dtype=np.float64), _EDGE, 1 - _EDGE)
    minority = clipped[:, :, -1]
    logit = np.log(minority / (1 - minority)).mean(axis=0)
    others = np.exp(np.log(clipped[:, :, :-1]).mean(axis=0))
    others /= others.sum(axis=1, keepdims=True)
    found = 1 / (1 + np.exp(-logit))
    return np.column_stack([others * (1 - found)[:, None], found])


def joint_threshold(
    told: Sequence[NDArray[Any]],
    labels: Sequence[NDArray[np.int64]],
    asked: Any,
    mean: Callable[[Sequence[float]], float] = mean_threshold,
) -> float:
    """The threshold of an average of models, each with a threshold of its own from its fold.

    Args:
        told: Probabilities of the validation rows of each fold by its model, the minority last.
        labels: Codes of these rows.
        asked: ``tuned``, or the threshold that the study fixes.
        mean: Makes one threshold of those of the folds.
    """
    return float(asked) if asked != "tuned" else mean(own_thresholds(told, labels, asked))


def own_thresholds(
    told: Sequence[NDArray[Any]], labels: Sequence[NDArray[np.int64]], asked: Any
) -> list[float]:
    """The threshold of each of several models, from its own fold's validation rows.

    Args:
        told: As for `joint_threshold`, as are the others.
        labels: Codes of these rows.
        asked: ``tuned``, or the threshold that the study fixes.
    """
    if asked != "tuned":
        return [float(asked)] * len(told)
    return [
        best_threshold(own == one.shape[1] - 1, one[:, -1])
        for one, own in zip(told, labels, strict=True)
    ]
