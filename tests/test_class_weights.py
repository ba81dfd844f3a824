"""`tuner.class_weights.choose`: class weights for a network of one's own."""

import keras
import keras_tuner
import numpy as np
import pandas as pd
import pytest

import tuner
from tuner import CLASS_WEIGHTS, InputError
from tuner.class_weights import choose

Y = np.repeat([0, 1], [90, 10])


@pytest.fixture
def hp():
    return keras_tuner.HyperParameters()


def test_it_is_found_in_the_package():
    assert tuner.class_weights.choose is choose


@pytest.mark.parametrize(
    "labels",
    [
        Y,
        Y[:, None],
        Y.tolist(),
        Y.astype("float32"),
        Y.astype(bool),
        np.eye(2)[Y],
        pd.Series(Y),
        pd.Series(Y, dtype="Int64"),
        keras.ops.convert_to_tensor(Y),
    ],
    ids=[
        "codes",
        "column",
        "list",
        "floats",
        "booleans",
        "one-hot",
        "series",
        "nullable",
        "tensor",
    ],
)
def test_weights_are_computed_from_labels_however_they_are_held(hp, labels):
    assert choose(hp, labels, "balanced") == pytest.approx({0: 0.555556, 1: 5.0}, rel=1e-5)


def test_keras_takes_the_weights(hp):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    weights = choose(hp, Y, "balanced")
    model.train_on_batch(np.zeros((100, 1)), Y, class_weight=weights)
    assert all(type(code) is int and type(one) is float for code, one in weights.items())


def test_the_choice_and_its_parameters_are_declared(hp):
    weights = choose(hp, Y, ["none", {"power": {"exponent": {"float": [0.25, 1.0]}}}])
    assert weights == {0: 1.0, 1: 1.0}
    assert [space.name for space in hp.space] == ["class_weight", "class_weight.power.exponent"]
    hp.values = {"class_weight": "power", "class_weight.power.exponent": 1.0}
    weights = choose(hp, Y, ["none", {"power": {"exponent": {"float": [0.25, 1.0]}}}])
    assert weights == pytest.approx({0: 0.555556, 1: 5.0}, rel=1e-5)


def test_everything_but_explicit_is_tuned_unless_told_otherwise(hp):
    choose(hp, Y)
    [choice] = [space for space in hp.space if space.name == "class_weight"]
    assert set(choice.values) == set(CLASS_WEIGHTS) - {"explicit"}


def test_the_minority_is_the_rarest_class_unless_named(hp):
    y = np.repeat([0, 1, 2], [10, 60, 30])
    entry = {"minority": {"weight": 7.0}}
    rarest, named = choose(hp, y, entry), choose(hp, y, entry, minority=2)
    assert rarest[0] / rarest[1] == pytest.approx(7)
    assert (named[2] / named[1], named[0] / named[1]) == pytest.approx((7, 1))


def test_explicit_weights_name_codes(hp):
    weights = choose(hp, Y, {"explicit": {0: 1.0, 1: 4.0}})
    assert weights[1] / weights[0] == pytest.approx(4)
    assert np.average([weights[code] for code in Y]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("labels", "fragment"),
    [
        (["sick", "well", "well"], r"got \['sick'\]; make codes of labels before training"),
        ([0, 0.5, 1], "got 0.5"),
        ([0, 1, -1, 1], "got -1"),
        ([0, 1, np.nan, 1], "got nan"),
        ([0, 0, 2], "class 1 of the codes 0 to 2 has no row"),
        ([0, 1, 10**15], "class 2 of the codes 0 to 1000000000000000 has no row"),
        ([0.0, 1.0, 1e300], r"class 2 of the codes 0 to 1.*e\+300 has no row"),
        (np.eye(3)[[0, 0, 1]], "class 2 of the codes 0 to 2 has no row"),
        ([0, 0, 0], "of two classes or more; got 1"),
        (np.array([], int), "of two classes or more; got 0"),
        ([0, 0, 1, 1], "classes 0 and 1 are equally rare with 2 rows each"),
        ([[0.2, 0.8], [0.5, 0.5]], "a single 1 beside zeros"),
        ([[1, 1], [0, 1]], "a single 1 beside zeros"),
        (np.zeros((2, 2, 2)), r"got shape \(2, 2, 2\)"),
        (1, r"got shape \(\)"),
    ],
)
def test_labels_that_are_no_codes_are_refused(hp, labels, fragment):
    with pytest.raises(InputError, match=fragment):
        choose(hp, labels, "minority")


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        ({"entries": ["balanced", "blanced"]}, r"^weight\[1\]: unknown name 'blanced'; did you"),
        ({"entries": {"power": {"exponent": -1}}}, "^weight.power.exponent: expected a finite"),
        ({"entries": {"explicit": {0: 1.0, 2: 3.0}}}, "^weight.explicit.2: no class '2'"),
        ({"minority": 2}, "one of the codes 0 to 1, got 2"),
        ({"minority": "1"}, "one of the codes 0 to 1, got '1'"),
        ({"minority": 0.5}, "one of the codes 0 to 1, got 0.5"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(hp, arguments, fragment):
    with pytest.raises(InputError, match=fragment):
        choose(hp, Y, name="weight", **arguments)
    assert hp.space == []
