"""Keras Tuner's hyperparameters become places of a study."""

import keras_tuner
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.model.own.errors import OwnModelError
from tuner.model.own.spaces import own_places, space_of
from tuner.spaces import Choice, Fixed, Float, Int
from tuner.study.python_section import OwnPlace


def declared(declare):
    hp = keras_tuner.HyperParameters()
    declare(hp)
    return hp.space


@pytest.mark.parametrize(
    ("declare", "space"),
    [
        (lambda hp: hp.Int("x", 1, 5), Int(1, 5)),
        (lambda hp: hp.Int("x", 1, 5, default=3), Int(1, 5, default=3)),
        (lambda hp: hp.Int("x", 32, 100, step=32), Int(32, 96, step=32)),
        (lambda hp: hp.Int("x", 32, 96, step=32, default=70), Int(32, 96, step=32, default=64)),
        (lambda hp: hp.Int("x", 32, 96, step=32, default=96), Int(32, 96, step=32, default=96)),
        (lambda hp: hp.Int("x", 1, 5, step=9), Fixed(1)),
        (lambda hp: hp.Int("x", 3, 3), Fixed(3)),
        (lambda hp: hp.Int("x", 1, 64, sampling="log"), Int(1, 64, sampling="log")),
        (
            lambda hp: hp.Int("x", 8, 70, step=2, sampling="log", default=16),
            Choice((8, 16, 32, 64), default=16),
        ),
        (lambda hp: hp.Float("x", 0.0, 1.0), Float(0.0, 1.0)),
        (lambda hp: hp.Float("x", 0.0, 0.5, step=0.2), Float(0.0, 0.4, step=0.2)),
        (
            lambda hp: hp.Float("x", 1e-4, 1e-2, sampling="log", default=1e-3),
            Float(1e-4, 1e-2, sampling="log", default=1e-3),
        ),
        (
            lambda hp: hp.Float("x", 0.001, 0.1, step=10, sampling="log"),
            Choice((0.001, 0.01, 0.1)),
        ),
        (lambda hp: hp.Choice("x", ["a", "b"], default="b"), Choice(("a", "b"), default="b")),
        (lambda hp: hp.Choice("x", [4, 8]), Choice((4, 8))),
        (lambda hp: hp.Choice("x", [0.5]), Fixed(0.5)),
        (lambda hp: hp.Choice("x", ["a", "a"]), Fixed("a")),
        (lambda hp: hp.Boolean("x", default=True), Choice((False, True), default=True)),
        (lambda hp: hp.Boolean("x"), Choice((False, True), default=False)),
        (lambda hp: hp.Fixed("x", 7), Fixed(7)),
    ],
)
def test_each_kind_is_a_space_with_its_default(declare, space):
    [hp] = declared(declare)
    found = space_of(hp)
    assert found == space
    assert type(found.default) is type(space.default)


@given(st.integers(1, 40), st.integers(1, 60), st.integers(1, 17), st.integers(0, 99))
@settings(max_examples=100, deadline=None)
def test_a_range_with_steps_has_the_values_that_keras_tuner_draws(low, width, step, probability):
    [hp] = declared(lambda hp: hp.Int("x", low, low + width, step=step))
    assert hp.prob_to_value(probability / 100) in space_of(hp).grid()
    assert max(space_of(hp).grid()) == max(hp.values)


@pytest.mark.parametrize(
    ("declare", "told"),
    [
        (lambda hp: hp.Float("x", 0.1, 1.0, sampling="reverse_log"), "reverse_log"),
        (lambda hp: hp.Int("x", 1, 5, default=9), "default 9 is outside \\[1, 5\\]"),
        (lambda hp: hp.Float("x", 0.0, 0.4, step=0.2, default=0.9), "default 0.9 is outside"),
        (lambda hp: hp.Int("family", 1, 2), "'family' is a key of the model section"),
        (lambda hp: (hp.Int("x", 1, 2), hp.Int("model.x", 1, 2)), "'model.x' is declared twice"),
    ],
)
def test_what_cannot_be_searched_is_told_by_name(declare, told):
    with pytest.raises(OwnModelError, match=told):
        own_places(declared(declare))


def nested(hp):
    hp.Choice("kind", ["dense", "conv", "none"])
    with hp.conditional_scope("kind", ["dense", "conv"]):
        hp.Boolean("norm")
        with hp.conditional_scope("norm", [True]):
            hp.Float("momentum", 0.5, 0.9)
    with hp.conditional_scope("kind", ["elsewhere"]):
        hp.Int("never", 1, 2)
    hp.Fixed("always", "yes")
    with hp.conditional_scope("always", ["yes"]):
        hp.Int("surely", 1, 2)
    with hp.conditional_scope("always", ["no"]):
        hp.Int("nowhere", 1, 2)


def test_conditions_hang_on_the_innermost_parent_and_certain_ones_go():
    assert own_places(declared(nested)) == (
        OwnPlace("model.kind", "kind", Choice(("dense", "conv", "none"))),
        OwnPlace("model.norm", "norm", Choice((False, True)), "model.kind", ("dense", "conv")),
        OwnPlace("model.momentum", "momentum", Float(0.5, 0.9), "model.norm", (True,)),
        OwnPlace("model.always", "always", Fixed("yes")),
        OwnPlace("model.surely", "surely", Int(1, 2)),
    )


def test_one_name_under_two_conditions_is_refused():
    def declare(hp):
        hp.Choice("kind", ["a", "b"])
        for kind in ("a", "b"):
            with hp.conditional_scope("kind", [kind]):
                hp.Int("units", 1, 2)

    with pytest.raises(OwnModelError, match="'units' is declared twice, under other conditions"):
        own_places(declared(declare))
