"""Checks of activations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tuner.lazy import LazyModule
from tuner.model.activations import kernel_initializer, make_activation
from tuner.model.depth import depths
from tuner.spaces import Value
from tuner.testing.effects import expect_effects
from tuner.testing.failing import checking, expect
from tuner.testing.items import EntryItem
from tuner.testing.networks import (
    expect_finite_training,
    expect_same_run,
    expect_saved,
    outcome_of,
)

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = [
    "ACTIVATION_CHECKS",
    "check_activation_has_an_initializer",
    "check_activation_is_saved",
    "check_activation_keeps_shape_and_type",
    "check_activation_makes_new_layers",
    "check_activation_parameters_have_effects",
    "check_activation_repeats_with_its_seed",
    "check_activation_trains",
    "check_activation_values_are_finite",
]

_LAYERS = 3
"""Hidden layers of the network: a first, a middle and a last one."""

_WIDE = np.array([-1e4, -30, -1, -1e-6, 1e-6, 1, 30, 1e4], np.float32)


def _network(item: EntryItem, parameters: Mapping[str, Value] | None = None) -> Callable[[], Any]:
    chosen = item.chosen(item.defaults if parameters is None else parameters)

    def build() -> Any:
        x = inputs = keras.Input((5,))
        for depth in depths(_LAYERS):
            kernel = kernel_initializer(chosen, depth=depth)
            x = keras.layers.Dense(4, kernel_initializer=kernel)(x)
            x = make_activation(chosen, None, depth)(x)
        return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))

    return build


@checking
def check_activation_makes_new_layers(item: EntryItem) -> None:
    """Each call returns a Keras layer of its own, so that no two hidden layers share weights."""
    one, two = (make_activation(item.chosen(item.defaults)) for _ in range(2))
    made = isinstance(one, keras.layers.Layer)
    expect(made, "a Keras layer", type(one).__name__, "return a layer, not its output")
    remedy = "make the layer inside the function"
    expect(one is not two, "a new layer from each call", "the same one twice", remedy)


@checking
def check_activation_values_are_finite(item: EntryItem) -> None:
    """Values and slopes are finite from -10,000 to 10,000 at every end of every parameter."""
    import tensorflow as tf

    for parameters in item.settings():
        layer = make_activation(item.chosen(parameters))
        x = tf.constant(_WIDE[None])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        slopes = np.asarray(tape.gradient(y, x))
        finite = np.isfinite(np.asarray(y)).all() and np.isfinite(slopes).all()
        got = f"values {np.asarray(y).tolist()} at {_WIDE.tolist()} with {parameters}"
        remedy = "narrow the space, or keep exponentials from overflowing"
        expect(finite, "finite values and slopes", got, remedy)


@checking
def check_activation_keeps_shape_and_type(item: EntryItem) -> None:
    """What goes in comes out in the same shape and type, behind dense layers and convolutions."""
    for shape, shared_axes in (((2, 5), None), ((2, 4, 4, 3), (1, 2))):
        x = keras.ops.ones(shape)
        y = make_activation(item.chosen(item.defaults), shared_axes)(x)
        got = (tuple(y.shape), keras.backend.standardize_dtype(y.dtype))
        remedy = "an activation gives one number for each number"
        expect(got == (shape, "float32"), f"shape {shape} in float32", got, remedy)


@checking
def check_activation_has_an_initializer(item: EntryItem) -> None:
    """The kernel in front of it gets initial weights that are finite and not all alike."""
    for parameters in item.settings():
        kernel = np.asarray(kernel_initializer(item.chosen(parameters))((8, 8)))
        usable = np.isfinite(kernel).all() and kernel.std() > 0
        remedy = "correct the slope that @he tells"
        expect(usable, "finite initial weights", f"others with {parameters}", remedy)


@checking
def check_activation_trains(item: EntryItem) -> None:
    """One traced step of training in a network of three hidden layers is finite."""
    expect_finite_training(_network(item), "use operations of Keras with finite gradients")


@checking
def check_activation_is_saved(item: EntryItem) -> None:
    """A saved network with it loads and predicts the same, away from the defaults too."""
    remedy = "return stock layers, or register the layer and write its get_config"
    for parameters in (item.defaults, item.elsewhere()) if item.spaces else (item.defaults,):
        expect_saved(_network(item, parameters), remedy)


@checking
def check_activation_repeats_with_its_seed(item: EntryItem) -> None:
    """The same seed gives the same trained weights, bit for bit."""
    remedy = "draw random numbers from a keras.random.SeedGenerator, made with the layer"
    expect_same_run(_network(item), remedy)


@checking
def check_activation_parameters_have_effects(item: EntryItem) -> None:
    """Each parameter changes what a network computes, or which weights it has."""
    expect_effects(item, lambda parameters: outcome_of(_network(item, parameters)))


ACTIVATION_CHECKS = (
    check_activation_makes_new_layers,
    check_activation_values_are_finite,
    check_activation_keeps_shape_and_type,
    check_activation_has_an_initializer,
    check_activation_trains,
    check_activation_is_saved,
    check_activation_repeats_with_its_seed,
    check_activation_parameters_have_effects,
)
