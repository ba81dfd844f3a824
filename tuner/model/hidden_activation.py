"""The chosen activation as a person's own network uses it: a new layer for every hidden layer."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuner.errors import InputError
from tuner.lazy import LazyModule
from tuner.model.activations import ACTIVATIONS, kernel_initializer, make_activation
from tuner.model.depth import ONLY_LAYER, Depth
from tuner.registry import FAMILIES
from tuner.spaces import Alternatives, Chosen
from tuner.study.family import everything

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = ["HiddenActivation", "asks_for_depth", "placeless"]


@dataclass(frozen=True)
class HiddenActivation:
    """An activation with its parameters, from which every hidden layer gets a layer of its own.

    A call makes a new Keras layer, so that no two hidden layers share learned slopes.

    Attributes:
        chosen: Name and parameters.
        initial: ``auto`` for the initial weights that suit the activation, or the Keras name of an
            initializer.

    Example:
        >>> activation = HiddenActivation(Chosen("elu", {"alpha": 0.5}))
        >>> activation().alpha, activation() is activation()
        (0.5, False)
    """

    chosen: Chosen
    initial: str = "auto"

    @property
    def name(self) -> str:
        """The name of the entry."""
        return self.chosen.name

    def __call__(
        self,
        layer: int | None = None,
        of: int | None = None,
        *,
        shared_axes: tuple[int, ...] | None = None,
    ) -> keras.layers.Layer:
        """A new layer, to stand behind a kernel.

        Args:
            layer: Which hidden layer it is for, from 0; only `by_depth` and entries that ask for
                ``depth`` need it.
            of: How many hidden layers there are.
            shared_axes: Behind a convolution the axes of its places, such as ``(1, 2)``, so that
                each channel learns one slope.

        Raises:
            InputError: The entry needs to know where the layer stands.
        """
        return make_activation(self.chosen, shared_axes, self._depth(layer, of))

    def initializer(
        self, layer: int | None = None, of: int | None = None
    ) -> keras.initializers.Initializer:
        """New initial weights for the kernel in front of the activation; see `kernel_initializer`.

        Args:
            layer: As in a call.
            of: As in a call.

        Raises:
            InputError: The entry needs to know where the layer stands.
        """
        return kernel_initializer(self.chosen, self.initial, self._depth(layer, of))

    def _depth(self, layer: int | None, of: int | None) -> Depth:
        if layer is not None and of is not None:
            return Depth(layer, of)
        if layer is not None or of is not None or asks_for_depth(self.name):
            raise InputError(
                f"activation '{self.name}' was made for layer {layer} of {of}; give both, as in"
                " activation(0, of=3) and activation.initializer(0, of=3)"
            )
        return ONLY_LAYER


def asks_for_depth(name: str) -> bool:
    """Whether an activation differs with the place of the hidden layer."""
    return "depth" in inspect.signature(ACTIVATIONS[name].function).parameters


def placeless() -> Alternatives:
    """Every activation with its registered spaces, but for those that ask for the layer's place."""
    every = everything(FAMILIES["activation"])
    return Alternatives(tuple(one for one in every.entries if not asks_for_depth(one.name)))
