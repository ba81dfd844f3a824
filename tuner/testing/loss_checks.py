"""Checks of losses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tuner.lazy import LazyModule
from tuner.model.losses import effective_prior, make_loss
from tuner.spaces import Value, ends
from tuner.testing.effects import bits, expect_effects
from tuner.testing.failing import checking, expect
from tuner.testing.items import EntryItem
from tuner.testing.networks import expect_finite_training, expect_saved

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = [
    "LOSS_CHECKS",
    "check_loss_comes_back_from_its_configuration",
    "check_loss_ignores_rows_without_weight",
    "check_loss_is_a_rare_class_loss",
    "check_loss_is_finite",
    "check_loss_keeps_free_parameters_in_variables",
    "check_loss_parameters_have_effects",
    "check_loss_tells_a_prior_or_none",
    "check_loss_trains",
]

_COUNTS = {2: (90, 10), 3: (80, 15, 5)}
_EPOCHS = 10


def _adapted(item: EntryItem, parameters: Mapping[str, Value], classes: int = 2) -> Any:
    loss = make_loss(item.chosen(parameters), classes, classes - 1)
    loss.adapt(_COUNTS[classes])
    return loss


def _probabilities(classes: int, rows: int = 24) -> tuple[Any, Any]:
    """What networks predict, certain and wrong predictions among it, and codes."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(rows, classes)) * np.geomspace(0.1, 300, rows)[:, None]
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = (shifted / shifted.sum(axis=1, keepdims=True)).astype(np.float32)
    return (p[:, 1:] if classes == 2 else p), np.arange(rows) % classes


@checking
def check_loss_is_a_rare_class_loss(item: EntryItem) -> None:
    """It is a new `RareClassLoss` for any number of classes and any minority."""
    from tuner.model.losses.base import RareClassLoss

    for parameters in item.settings():
        for classes, minority in ((2, 1), (2, 0), (3, 1), (5, 4)):
            loss, other = (make_loss(item.chosen(parameters), classes, minority) for _ in range(2))
            told = isinstance(loss, RareClassLoss) and (loss.classes, loss.minority)
            remedy = "return RareClassLoss(classes, minority, …), made inside the function"
            expected = f"a RareClassLoss of {(classes, minority)}"
            got = told or type(loss).__name__
            expect(told == (classes, minority), expected, got, remedy)
            expect(loss is not other, "a new loss from each call", "the same one twice", remedy)


@checking
def check_loss_is_finite(item: EntryItem) -> None:
    """Values and slopes are finite for certain, wrong and middling predictions."""
    import tensorflow as tf

    for classes in _COUNTS:
        p, y = _probabilities(classes)
        for parameters in item.settings():
            loss, given = _adapted(item, parameters, classes), tf.constant(p)
            with tf.GradientTape() as tape:
                tape.watch(given)
                value = loss(y, given)
            slopes = tape.gradient(value, given)
            finite = np.isfinite(float(value)) and np.isfinite(np.asarray(slopes)).all()
            told = f"a value of {float(value)} with {dict(parameters)}"
            remedy = "compute from logits, as negative_log_likelihood does, or narrow the space"
            expect(finite, "finite values and slopes", told, remedy)


@checking
def check_loss_ignores_rows_without_weight(item: EntryItem) -> None:
    """Rows of weight 0, which fill the last batch of an epoch, change nothing."""
    for classes in _COUNTS:
        p, y = _probabilities(classes, 20)
        loss = _adapted(item, item.defaults, classes)
        weights = np.repeat([1.0, 0.0], 10)
        other = np.concatenate([p[:10], p[:9:-1]])
        one, two = float(loss(y, p, weights)), float(loss(y, other, weights))
        remedy = "let row_losses return one number for each row, of that row alone"
        expect(one == two, "the same whatever rows of weight 0 predict", f"{one}, {two}", remedy)


@checking
def check_loss_comes_back_from_its_configuration(item: EntryItem) -> None:
    """Keras makes an equal loss from its configuration, and a saved network brings it back."""
    p, y = _probabilities(2)
    for parameters in item.settings():
        loss = _adapted(item, parameters)
        again = keras.losses.deserialize(keras.losses.serialize(loss))
        one, two = float(loss(y, p)), float(again(y, p))
        remedy = "write get_config with every parameter and register the class with Keras"
        alike = type(again) is type(loss) and one == two
        expect(alike, "an equal loss from get_config", f"{one} and {two}", remedy)
    expect_saved(lambda: _network(_adapted(item, item.defaults)), remedy)


def _network(loss: Any) -> Any:
    layers = [keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")]
    model = keras.Sequential(layers)
    model.compile("sgd", loss)
    model.optimizer.build(model.trainable_variables)  # or Keras warns when it loads the model
    return model


@checking
def check_loss_trains(item: EntryItem) -> None:
    """One traced step of training is finite."""
    remedy = "use operations of Keras with finite gradients"
    expect_finite_training(lambda: _network(_adapted(item, item.defaults)), remedy)


@checking
def check_loss_keeps_free_parameters_in_variables(item: EntryItem) -> None:
    """Losses that differ in a parameter named in ``free`` differ in variables alone.

    The fast engine compiles one training step for all of them and exchanges the variables.
    """
    p, y = _probabilities(2)
    for key, space in item.spaces.items():
        one, two = (_adapted(item, {**item.defaults, key: value}) for value in ends(space)[:2])
        if key not in one.free:
            continue
        expected = float(two(y, p))
        for mine, other in zip(one.state, two.state, strict=True):
            mine.assign(other)
        got = float(one(y, p))
        remedy = "read it in row_losses with self.number(…) and name it in numbers, or not in free"
        expect(got == expected, f"'{key}' to lie in variables ({expected})", got, remedy)


@checking
def check_loss_tells_a_prior_or_none(item: EntryItem) -> None:
    """The prior that `@estimates` tells is a share of each class, at every end."""
    for parameters in item.settings():
        for counts in _COUNTS.values():
            prior = effective_prior(item.chosen(parameters), counts, len(counts) - 1)
            good = prior is None or (len(prior) == len(counts) and bool((prior > 0).all()))
            remedy = "let the function of @estimates return a number above 0 for each class"
            expect(good, "a share of each class, or None", prior, remedy)


@checking
def check_loss_parameters_have_effects(item: EntryItem) -> None:
    """Each parameter changes the loss, at the beginning of training or later."""

    def outcome(parameters: Mapping[str, Value]) -> str:
        return bits(*_values(item, parameters))

    expect_effects(item, outcome)


def _values(item: EntryItem, parameters: Mapping[str, Value]) -> Iterator[float]:
    for classes in _COUNTS:
        p, y = _probabilities(classes)
        loss = _adapted(item, parameters, classes)
        for epoch in range(_EPOCHS):
            loss.begin_epoch(epoch, _EPOCHS)
            yield float(loss(y, p))


LOSS_CHECKS = (
    check_loss_is_a_rare_class_loss,
    check_loss_is_finite,
    check_loss_ignores_rows_without_weight,
    check_loss_comes_back_from_its_configuration,
    check_loss_trains,
    check_loss_keeps_free_parameters_in_variables,
    check_loss_tells_a_prior_or_none,
    check_loss_parameters_have_effects,
)
