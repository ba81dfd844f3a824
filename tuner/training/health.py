"""Training health: why a configuration failed, measured on one fixed batch.

Units that have died, saturated layers, gradients that vanish on their way back, a minority that the
gradient does not hear, and networks that say the same of every row.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.metrics.collapse import is_collapsed
from tuner.training.health_passes import Passes, run_passes
from tuner.training.health_units import constant_units, flat_units
from tuner.training.unit import LabelledRows

__all__ = ["Health", "HealthLedger", "LayerHealth", "probe"]


@dataclass(frozen=True)
class LayerHealth:
    """One hidden activation layer; a unit of a convolution is a channel.

    Attributes:
        dead: Share of units that give the same output to every row; see `constant_units`.
        saturated: Share of units whose slope is about zero on every row; see `flat_units`.
        mean: Of all outputs.
        spread: Standard deviation of all outputs.
    """

    dead: float
    saturated: float
    mean: float
    spread: float


@dataclass(frozen=True)
class Health:
    """The state of a network on one batch.

    Attributes:
        layers: The hidden activation layers, from input to output.
        gradient_norms: Norm of the loss's gradient for each kernel, from input to output.
        minority_gradient: Share of the gradient that comes from the minority rows,
            |g_min| / (|g_min| + |g_rest|), where g_min and g_rest are what the rows of the minority
            and all others add to the gradient of all trainable weights. They sum to the gradient,
            so that 0.5 is a draw. 0.0 where there is no gradient.
        one_class: All rows are called one class, at 0.5 or by the likeliest class. Alone it is no
            fault: where the minority is rare, a network can rank well with no row above 0.5.
        collapsed: All rows get the same probabilities; see `is_collapsed`.
    """

    layers: tuple[LayerHealth, ...]
    gradient_norms: tuple[float, ...]
    minority_gradient: float
    one_class: bool
    collapsed: bool

    @property
    def dead_layer(self) -> bool:
        """Whether a hidden layer has no unit alive.

        Of ReLU it is for good, since no gradient passes, and without shortcuts it makes the network
        dead in the sense of Lu et al. (2019, "Dying ReLU and initialization"): one constant.
        """
        return any(layer.dead == 1.0 for layer in self.layers)

    @property
    def first_to_last(self) -> float:
        """Gradient norm of the first kernel over that of the last; 0.0 where the first is 0."""
        if not self.gradient_norms or self.gradient_norms[0] == 0:
            return 0.0
        # A last kernel without gradient must not make a ratio that JSON cannot hold.
        return self.gradient_norms[0] / max(self.gradient_norms[-1], float(np.finfo("f4").tiny))

    def to_json(self) -> dict[str, Any]:
        """Plain values by name; None stands for a number that is not finite."""
        return {
            "layers": [
                {name: _plain(value) for name, value in asdict(layer).items()}
                for layer in self.layers
            ],
            "gradient_norms": [_plain(norm) for norm in self.gradient_norms],
            "first_to_last": _plain(self.first_to_last),
            "minority_gradient": _plain(self.minority_gradient),
            "dead_layer": self.dead_layer,
            "one_class": self.one_class,
            "collapsed": self.collapsed,
        }


@dataclass(frozen=True)
class HealthLedger:
    """The health of one trained unit.

    Attributes:
        start: With the initial weights.
        end: With the weights that were kept.
    """

    start: Health
    end: Health

    def to_json(self) -> dict[str, Any]:
        """Plain values by name."""
        return {"start": self.start.to_json(), "end": self.end.to_json()}


def probe(
    model: keras.Model,
    batch: LabelledRows,
    loss: keras.losses.Loss,
    weights: NDArray[Any] | None = None,
) -> Health:
    """Measures a network, and leaves every bit of it as it was.

    The network runs as it predicts: no dropout, and batch normalisation with its moving statistics,
    which before training are mean 0 and variance 1. Penalties on weights are not part of the
    gradient. It runs eagerly, since a network is measured twice and tracing costs more than that.

    Args:
        model: A functional model with activations in layers of their own, whose output is the
            probability of the minority, or of each class with the minority last.
        batch: The rows to measure on; see `fixed_batch`.
        loss: Takes codes, probabilities and ``sample_weight``. It need not be a sum over rows.
        weights: Weight of each row in the loss, shape ``(rows,)``; the batch's own unless given.

    Example:
        >>> rows = np.eye(3, dtype=np.float32)
        >>> batch = LabelledRows(rows, np.array([0, 0, 1]))
        >>> inputs = keras.Input((3,))
        >>> hidden = keras.layers.ELU()(keras.layers.Dense(4)(inputs))
        >>> model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(hidden))
        >>> probe(model, batch, keras.losses.BinaryCrossentropy()).collapsed
        False
    """
    if weights is None:
        weights = np.ones(len(batch.y)) if batch.weights is None else batch.weights
    # Numbers beyond float32 are told as they are; training ends by itself on a loss of that kind.
    with np.errstate(all="ignore"):
        return _health(run_passes(model, np.asarray(batch.x), batch.y, loss, weights))


def _health(passes: Passes) -> Health:
    both = passes.minority_norm + passes.rest_norm
    return Health(
        layers=tuple(
            _layer(outputs, slopes)
            for outputs, slopes in zip(passes.outputs, passes.slopes, strict=True)
        ),
        gradient_norms=passes.kernel_norms,
        minority_gradient=passes.minority_norm / both if both else 0.0,
        one_class=_one_class(passes.probabilities),
        collapsed=is_collapsed(passes.probabilities),
    )


def _layer(outputs: NDArray[np.float32], slopes: NDArray[np.float32]) -> LayerHealth:
    return LayerHealth(
        dead=float(constant_units(outputs).mean()),
        saturated=float(flat_units(slopes).mean()),
        mean=float(outputs.mean(dtype=np.float64)),
        spread=float(outputs.std(dtype=np.float64)),
    )


def _one_class(probabilities: NDArray[Any]) -> bool:
    binary = probabilities.shape[1] == 1
    called = probabilities[:, 0] > 0.5 if binary else probabilities.argmax(axis=1)
    return bool((called == called[0]).all())


def _plain(number: float) -> float | None:
    return number if math.isfinite(number) else None
