"""Activation layers that Keras lacks: RReLU, and Swish with a learned beta.

They are registered for serialisation when this module is imported, which a model that holds them
needs before it is loaded.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

__all__ = ["RReLU", "SwishBeta"]


@keras.saving.register_keras_serializable(package="minority_tuner")
class RReLU(keras.layers.Layer):  # type: ignore[misc]
    """Randomised leaky ReLU: x for x >= 0, slope * x otherwise (Xu et al., 2015).

    In training every unit of every row draws its slope evenly from [lower, upper]; at inference all
    slopes are the mean of the two. The paper divides by its random number where this multiplies.

    Args:
        lower: Smallest slope, from 0.
        upper: Largest slope, from `lower`.
        seed: Seed of the slopes; drawn from Keras's global one unless given.
        kwargs: As in every Keras layer.

    Raises:
        ValueError: The slopes are not finite, negative, or in the wrong order.

    Example:
        >>> round(float(RReLU(0.1, 0.3)(keras.ops.array([[-1.0]]))[0, 0]), 6)
        -0.2
    """

    def __init__(
        self, lower: float = 1 / 8, upper: float = 1 / 3, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not 0 <= lower <= upper < float("inf"):
            raise ValueError(f"expected 0 <= lower <= upper, got lower {lower} and upper {upper}")
        self.lower = lower
        self.upper = upper
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The activation, shaped like `inputs`."""
        slope: Any = 0.5 * (self.lower + self.upper)
        if training:
            slope = keras.random.uniform(
                ops.shape(inputs), self.lower, self.upper, inputs.dtype, self.seed_generator
            )
        return ops.where(inputs >= 0, inputs, slope * inputs)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Shape of the output, which is that of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What makes an equal layer."""
        own = {"lower": self.lower, "upper": self.upper, "seed": self.seed}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="minority_tuner")
class SwishBeta(keras.layers.Layer):  # type: ignore[misc]
    """Swish with a learned beta: x * sigmoid(beta * x) (Ramachandran et al., 2017).

    A beta of 0 is half the identity, 1 is SiLU, and a large one is nearly ReLU.

    Args:
        beta_initializer: Beta before training, a number or a Keras initializer.
        shared: Whether the layer learns one beta, rather than one for each channel, which is an
            entry of the last axis.
        kwargs: As in every Keras layer.

    Raises:
        ValueError: Each channel has a beta, and the number of channels is not known.
    """

    def __init__(self, beta_initializer: Any = 1.0, shared: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(beta_initializer, int | float):
            beta_initializer = keras.initializers.Constant(beta_initializer)
        self.beta_initializer = keras.initializers.get(beta_initializer)
        self.shared = shared
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the beta of each channel, shape ``(channels,)``, or the one, shape ``()``."""
        channels = input_shape[-1]
        if channels is None and not self.shared:
            raise ValueError(
                f"a beta for each channel needs their number, got input of shape {input_shape};"
                " set shared to True"
            )
        self.beta = self.add_weight(
            name="beta",
            shape=() if self.shared else (channels,),
            initializer=self.beta_initializer,
        )

    def call(self, inputs: Any) -> Any:
        """The activation, shaped like `inputs`."""
        return inputs * ops.sigmoid(self.beta * inputs)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Shape of the output, which is that of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What makes an equal layer, its learned beta aside."""
        start = keras.initializers.serialize(self.beta_initializer)
        return {**super().get_config(), "beta_initializer": start, "shared": self.shared}
