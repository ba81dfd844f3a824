"""Checks of registered backbones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tuner.lazy import LazyModule
from tuner.model.own_backbone import checked_hidden
from tuner.registry import FAMILIES
from tuner.spaces import Chosen, Value, fixed_default
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
    "BACKBONE_CHECKS",
    "check_backbone_builds",
    "check_backbone_is_saved",
    "check_backbone_parameters_have_effects",
    "check_backbone_repeats_with_its_seed",
    "check_backbone_trains",
    "check_backbone_uses_the_activation",
    "check_backbone_uses_the_initializer",
]

_SHAPES: tuple[tuple[int, ...], ...] = ((6,), (12, 12, 2), (32, 32, 3))
"""Rows that are tried until a backbone takes them."""


def _shape(item: EntryItem) -> tuple[int, ...]:
    refusal = getattr(item.entry.function, "refusal", lambda shape: None)
    taken = [shape for shape in _SHAPES if refusal(shape) is None]
    expect(taken, f"rows of one of the shapes {_SHAPES} to be taken", "none", "correct @takes")
    return taken[0]


def _activation(name: str) -> Chosen:
    spaces = FAMILIES["activation"][name].spaces
    return Chosen(name, {key: fixed_default(one).value for key, one in spaces.items()})


def _hidden(
    item: EntryItem, inputs: Any, parameters: Mapping[str, Value], activation: str, initializer: str
) -> Any:
    context = {"activation": _activation(activation), "initializer": initializer}
    return item.entry({**parameters, **item.files}, inputs=inputs, **context)


def _network(
    item: EntryItem,
    parameters: Mapping[str, Value] | None = None,
    activation: str = "relu",
    initializer: str = "auto",
) -> Callable[[], Any]:
    given = item.defaults if parameters is None else parameters

    def build() -> Any:
        inputs = keras.Input(_shape(item))
        hidden = _hidden(item, inputs, given, activation, initializer)
        return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(hidden))

    return build


@checking
def check_backbone_builds(item: EntryItem) -> None:
    """It returns a tensor of shape (batch, features) made of the inputs, at every end."""
    for parameters in item.settings():
        inputs = keras.Input(_shape(item))
        checked_hidden(inputs, _hidden(item, inputs, parameters, "relu", "auto"))


@checking
def check_backbone_uses_the_activation(item: EntryItem) -> None:
    """Another activation gives another network."""
    one, two = (outcome_of(_network(item, activation=name)) for name in ("elu", "swish"))
    remedy = "put make_activation(activation) behind hidden kernels"
    expect(one != two, "another network with another activation", "the same one", remedy)


@checking
def check_backbone_uses_the_initializer(item: EntryItem) -> None:
    """Other initial weights give another network."""
    names = ("glorot_uniform", "he_uniform")
    one, two = (outcome_of(_network(item, initializer=name)) for name in names)
    remedy = "give kernels kernel_initializer(activation, initializer)"
    expect(one != two, "other weights from another initializer", "the same ones", remedy)


@checking
def check_backbone_trains(item: EntryItem) -> None:
    """One traced step of training is finite."""
    expect_finite_training(_network(item), "use layers with finite gradients")


@checking
def check_backbone_is_saved(item: EntryItem) -> None:
    """A saved network loads and predicts the same."""
    expect_saved(_network(item), "use stock layers, or register your own with Keras")


@checking
def check_backbone_repeats_with_its_seed(item: EntryItem) -> None:
    """The same seed gives the same trained weights, bit for bit."""
    expect_same_run(_network(item), "leave random numbers to Keras's initializers and layers")


@checking
def check_backbone_parameters_have_effects(item: EntryItem) -> None:
    """Each parameter changes what a network computes, or which weights it has."""
    expect_effects(item, lambda parameters: outcome_of(_network(item, parameters)))


BACKBONE_CHECKS = (
    check_backbone_builds,
    check_backbone_uses_the_activation,
    check_backbone_uses_the_initializer,
    check_backbone_trains,
    check_backbone_is_saved,
    check_backbone_repeats_with_its_seed,
    check_backbone_parameters_have_effects,
)
