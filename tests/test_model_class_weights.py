"""Class weights against published formulas, scaled to a mean of 1 over the training rows."""

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.errors import InputError
from tuner.model.class_weights import CLASS_WEIGHTS, check_class_names, class_weights
from tuner.spaces import Alternative, Alternatives, Chosen, Fixed

CASES = Path(__file__).parent / "cases"


def weights(name, counts, **parameters):
    classes = [f"c{code}" for code in range(len(counts))]
    labels = np.repeat(np.arange(len(counts)), counts)
    return class_weights(Chosen(name, parameters), labels, classes, len(counts) - 1)


TABLE = [
    ("none", {}, [90, 10], [1, 1]),
    ("balanced", {}, [90, 10], [0.555556, 5.0]),
    ("balanced", {}, [80, 15, 5], [0.416667, 2.222222, 6.666667]),
    ("power", {"exponent": 0.0}, [90, 10], [1, 1]),
    ("power", {"exponent": 1.0}, [90, 10], [0.555556, 5.0]),
    ("power", {"exponent": 0.5}, [90, 10], [1, 3]),
    ("effective_number", {"beta": 0.0}, [500, 30], [1, 1]),
    ("effective_number", {"beta": 0.999}, [10000, 1000], [0.77476, 1.22524]),
    ("effective_number", {"beta": 0.9999}, [10000, 1000], [0.261698, 1.738302]),
    ("effective_number", {"beta": 0.99}, [500, 30, 20], [0.292053, 1.114617, 1.59333]),
    (
        "effective_number",
        {"beta": 0.9999},
        [900000, 700000, 60000],
        [0.999173, 0.999173, 1.001655],
    ),
    ("minority", {"weight": 7.0}, [90, 10], [1, 7]),
    ("explicit", {"c0": 2.0, "c1": 0.5, "c2": 9.0}, [80, 15, 5], [2, 0.5, 9]),
]


def test_the_table_has_a_row_for_each_entry():
    assert {name for name, *_ in TABLE} == set(CLASS_WEIGHTS)


@pytest.mark.parametrize(("name", "parameters", "counts", "ratios"), TABLE)
def test_weights_have_the_published_ratios(name, parameters, counts, ratios):
    got = weights(name, counts, **parameters)
    np.testing.assert_allclose(got / got[0], np.divide(ratios, ratios[0]), rtol=1e-5)


@given(
    counts=st.lists(st.integers(1, 5000), min_size=2, max_size=5),
    scheme=st.sampled_from(
        [
            ("balanced", {}),
            ("power", {"exponent": 0.7}),
            ("effective_number", {"beta": 0.9999}),
            ("minority", {"weight": 50.0}),
        ]
    ),
)
def test_the_mean_weight_of_the_training_rows_is_one(counts, scheme):
    got = weights(scheme[0], counts, **scheme[1])
    assert np.isfinite(got).all()
    assert (got > 0).all()
    assert np.average(got, weights=counts) == pytest.approx(1.0)


def test_a_class_without_training_rows_is_an_error():
    with pytest.raises(InputError, match="class 'c1' has 0 training rows"):
        weights("balanced", [5, 0, 3])


def test_class_names_must_be_those_of_the_data():
    place = Alternatives((Alternative("explicit", {"a": Fixed(1.0), "x": Fixed(2.0)}),))
    found = [str(problem) for problem in check_class_names(place, ("a", "b"))]
    assert "no class 'x' in the data" in found[0]
    assert "class 'b' has no weight" in found[1]


def test_row_weights_enter_the_loss_once():
    probe = pd.read_csv(CASES / "05_class_weight_with_sample_weight" / "probe.csv")
    loss = keras.losses.BinaryCrossentropy()
    y, p = probe[["y"]].to_numpy("float32"), probe[["p"]].to_numpy("float32")
    row = probe.filter(regex="w").prod(axis=1).to_numpy("float32")
    assert float(loss(y, p, sample_weight=row)) == pytest.approx(1.946122, rel=1e-5)
    assert float(loss(y, p)) == pytest.approx(0.400367, rel=1e-5)
