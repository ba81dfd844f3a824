"""Shipped checks: every entry of ours passes them, and each finds what it is for."""

import subprocess
import sys

import keras
import keras_tuner
import numpy as np
import pytest
from broken_parts import BROKEN, Good, Nothing, Own

import tuner
from tuner import ACTIVATIONS, BASELINES, ImbalancedHyperModel, InputError
from tuner.registry import FAMILIES
from tuner.testing import (
    CHECKS,
    CheckFailed,
    check_entry,
    check_hypermodel,
    checks_of,
    parametrize_with_checks,
)
from tuner.testing.checks import _item
from tuner.testing.hypermodel_item import HyperModelItem, hypermodel_item

OURS = [
    FAMILIES[family][name]
    for family in CHECKS
    if family in FAMILIES
    for name in FAMILIES[family]
    if name not in ("backbone", "conv")  # published networks: test_model_backbone.py
]


@parametrize_with_checks(OURS)
def test_our_entries(item, check):
    check(item)


@pytest.mark.exhaustive
@parametrize_with_checks([FAMILIES["backbone"]["conv"]])
def test_convolutions(item, check):
    check(item)


@parametrize_with_checks([Good(), Own()])
def test_our_hypermodels(item, check):
    check(item)


ALL = {check.__name__ for kind in CHECKS.values() for check in kind}


def test_each_check_has_a_part_that_it_must_find():
    assert ALL - set(BROKEN) == {"check_hypermodel_builds_at_its_defaults"}
    assert set(BROKEN) <= ALL


@pytest.fixture
def failing(registries):
    def find(given, name=""):
        item = _item(given, None)
        item_is_entry = not isinstance(item, HyperModelItem)
        found = {}
        for check in checks_of(item):
            if check.__name__.endswith("_trains") and item_is_entry and check.__name__ != name:
                continue  # they trace a training step, which takes longest
            try:
                check(item)
            except CheckFailed as failure:
                found[check.__name__] = str(failure)
        return found

    return find


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
@pytest.mark.parametrize("name", list(BROKEN))
def test_a_broken_part_is_found_by_its_check_and_told_in_a_line(name, failing):
    make, finders = BROKEN[name]
    found = failing(make(), name)
    assert set(found) == finders
    told = found[name]
    assert "\n" not in told
    assert f", {name}: expected " in told
    assert ", got " in told
    assert "; " in told.partition(", got ")[2]


def test_a_hypermodel_that_builds_nothing_is_found_first(failing):
    told = failing(Nothing())["check_hypermodel_builds_at_its_defaults"]
    assert told.endswith(
        "expected a keras.Model, got NoneType; return the compiled model from build"
    )
    with pytest.raises(CheckFailed) as caught:
        check_hypermodel(Nothing())
    lines = str(caught.value).splitlines()
    assert len(lines) > 5
    assert all(line.startswith("hypermodel Nothing, check_hypermodel_") for line in lines)


def test_checks_need_no_pytest():
    code = """
import sys
import tuner
from tuner.testing import check_entry
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
check_entry(tuner.CLASS_WEIGHTS["balanced"])
assert "pytest" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_entry_may_be_named_by_its_function(registries):
    @ACTIVATIONS.register("scaled")
    def scaled():
        """Twice the value."""
        return keras.layers.Rescaling(2.0)

    check_entry(scaled)
    [marked] = [parametrize_with_checks([scaled]).args[1]]
    assert len(marked) == len(CHECKS["activation"])


@pytest.mark.parametrize(
    ("items", "fragment"),
    [
        ([], "at least one entry or hypermodel"),
        ("relu", "expected a list of entries and hypermodels, got 'relu'"),
        ([ImbalancedHyperModel], "got the class ImbalancedHyperModel; make one of it"),
        ([lambda: None], "expected an entry of a registry"),
        ([3], "expected a keras_tuner.HyperModel, got 3"),
        ([BASELINES["logistic_regression"]], "no checks for the family 'baseline'"),
    ],
)
def test_what_cannot_be_checked_is_told(items, fragment):
    with pytest.raises(InputError, match=fragment):
        parametrize_with_checks(items)


class ThreeClasses(keras_tuner.HyperModel):
    """Labels of several kinds are made as the loss takes them."""

    def __init__(self, loss, entering):
        super().__init__()
        self.loss, self.entering = loss, entering

    def build(self, hp):
        layers = [keras.layers.Embedding(4, 2), keras.layers.Flatten()]
        if self.entering.dtype != "int32":
            layers = [keras.layers.Flatten()]
        rate = hp.Float("rate", 0.01, 0.1)
        output = keras.layers.Dense(3, activation="softmax")
        model = keras.Sequential([self.entering, *layers, output])
        model.compile(keras.optimizers.SGD(rate), self.loss, run_eagerly=True)
        return model


@pytest.mark.parametrize(
    ("loss", "shape", "dtype"),
    [
        ("categorical_crossentropy", (4,), "int32"),
        (keras.losses.SparseCategoricalCrossentropy, (4, 4), "float32"),
    ],
)
def test_rows_suit_the_network(loss, shape, dtype):
    given = loss if isinstance(loss, str) else loss()
    check_hypermodel(ThreeClasses(given, keras.Input(shape, dtype=dtype)))


def test_rows_may_be_given():
    x, y = np.arange(24.0).reshape(8, 3), np.arange(8) % 2
    rows = hypermodel_item(Good(), (x, y)).rows
    np.testing.assert_array_equal(rows.train[0], x[2:])
    np.testing.assert_array_equal(rows.validation[1], y[:2])


def test_networks_of_several_inputs_are_refused():
    class Two(Good):
        def build(self, hp):
            ends = [keras.Input((2,)), keras.Input((2,))]
            return keras.Model(ends, keras.layers.Dense(1)(keras.layers.Add()(ends)))

    with pytest.raises(CheckFailed, match="expected one input and one output, got 2 and 1"):
        check_hypermodel(Two())


def test_it_is_found_in_the_package():
    assert tuner.testing.check_entry is check_entry
