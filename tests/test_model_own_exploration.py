"""Hyperparameters that other values hide are found, by few networks."""

import sys
from itertools import combinations

import keras_tuner
import own_models as own
import pytest
from own_models import BUILD, found, names

from tuner.model.own.discovery import _MOST
from tuner.model.own.exploration import Shown, pairs
from tuner.spaces import Choice, Float, Int


def test_dynamic_and_conditional_hyperparameters_are_all_found(tmp_path):
    discovery = found(tmp_path, own.PLAIN, "Net")
    assert {place.name: (place.space, place.parent) for place in discovery.declared.places} == {
        "model.layers": (Int(1, 3), ""),
        "model.units_0": (Int(4, 8, step=2), ""),
        "model.my_activation": (Choice(("relu", "elu")), ""),
        "model.units_1": (Int(4, 8, step=2), ""),
        "model.units_2": (Int(4, 8, step=2), ""),
        "model.alpha": (Float(0.1, 2.0, default=1.0), "model.my_activation"),
    }
    assert (discovery.declared.loss, discovery.declared.fits) == ("crossentropy", False)
    assert discovery.failed == ()


def test_no_more_networks_are_built_than_a_limit(tmp_path):
    text = """
built = 0
def build(hp, input_shape):
    global built
    built += 1
    for number in range(80):
        hp.Boolean(f"b{number}")
    return network(input_shape)
"""
    assert found(tmp_path, text).limited == _MOST
    assert sys.modules["_minority_tuner_model_net"].built == _MOST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("if a == 'x' and b == 3: hp.Float('c', 0, 1)", "a b c"),
        (
            "if a == 'x' and hp.Boolean('c') and hp.Choice('d', [1, 2]) == 2: hp.Boolean('e')",
            "a b c d e",
        ),
        (
            "if a == 'x' and hp.Int('c', 1, 3) == 3 and hp.Int('d', 1, 2) == 2: hp.Boolean('e')",
            "a b c d e",
        ),
    ],
)
def test_what_needs_several_values_at_once_is_found(tmp_path, text, expected):
    head = f"{BUILD}a, b = hp.Choice('a', ['v', 'w', 'x']), hp.Choice('b', [1, 2, 3])\n    "
    discovery = found(tmp_path, f"{head}{text}\n    return network(input_shape)\n")
    assert names(discovery) == [f"model.{name}" for name in expected.split()]
    assert (discovery.failed, discovery.limited) == ((), 0)


def test_any_two_options_take_few_networks():
    hp = keras_tuner.HyperParameters()
    for number in range(20):
        hp.Boolean(f"b{number}")
    shown = Shown(hp.space, {name: {} for name in hp.values}, [hp.values])
    made = [hp.values, *pairs(shown, [])]
    assert len(made) < 20
    for one, other in combinations(hp.values, 2):
        assert len({(values[one], values[other]) for values in made}) == 4


def test_a_configuration_that_cannot_be_built_is_told_and_no_error(tmp_path):
    text = """
def build(hp, input_shape):
    if hp.Choice("kind", ["good", "bad"]) == "bad":
        raise RuntimeError("no such kind")
    return network(input_shape)
"""
    discovery = found(tmp_path, text)
    [reason] = discovery.failed
    assert reason.startswith("with kind='bad' build failed: RuntimeError: no such kind (line ")
    assert names(discovery) == ["model.kind"]
