"""Class weights against published formulas, scaled to a mean of 1 over the training rows."""

from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner import ImbalancedHyperModel, InputError
from tuner.data.resamplers import Layout
from tuner.model.class_weights import (
    CLASS_WEIGHTS,
    check_class_names,
    class_weights,
    weighs_alike,
)
from tuner.spaces import Alternative, Choice, Chosen, Fixed, Float
from tuner.study.imbalance_section import Listed

PLACE = ("imbalance", "class_weight")
CASES = Path(__file__).parent / "cases"


def weights(name, counts, minority=-1, **parameters):
    classes = [f"c{code}" for code in range(len(counts))]
    chosen = Chosen(name, parameters)
    return class_weights(chosen, np.asarray(counts), classes, minority % len(counts))


TABLE = [
    ("none", {}, [90, 10], [1, 1]),
    ("balanced", {}, [90, 10], [0.555556, 5.0]),
    ("balanced", {}, [80, 15, 5], [0.416667, 2.222222, 6.666667]),
    ("power", {"exponent": 0.0}, [90, 10], [1, 1]),
    ("power", {"exponent": 1.0}, [80, 15, 5], [0.416667, 2.222222, 6.666667]),
    ("power", {"exponent": 0.5}, [90, 10], [1, 3]),
    ("effective_number", {"beta": 0.0}, [500, 30], [1, 1]),
    ("effective_number", {"beta": 0.9}, [10000, 1000], [1, 1]),
    ("effective_number", {"beta": 0.999}, [10000, 1000], [0.77476, 1.22524]),
    ("effective_number", {"beta": 0.9999}, [10000, 1000], [0.261698, 1.738302]),
    ("effective_number", {"beta": 0.99}, [500, 30, 20], [0.292053, 1.114617, 1.59333]),
    ("effective_number", {"beta": 0.999}, [500, 30, 20], [0.087769, 1.168376, 1.743855]),
    (
        "effective_number",
        {"beta": 0.9999},
        [900000, 700000, 60000],
        [0.999173, 0.999173, 1.001655],
    ),
    ("minority", {"weight": 7.0}, [90, 10], [1, 7]),
    ("minority", {"weight": 0.5}, [90, 10], [1, 0.5]),
    ("explicit", {"c0": 2.0, "c1": 0.5, "c2": 9.0}, [80, 15, 5], [2, 0.5, 9]),
    ("explicit", {"c2": 9.0, "c0": 2.0, "c1": 0.5}, [80, 15, 5], [2, 0.5, 9]),
]


def test_the_table_has_a_row_for_each_entry():
    assert {name for name, *_ in TABLE} == set(CLASS_WEIGHTS)


@pytest.mark.parametrize(("name", "parameters", "counts", "ratios"), TABLE)
def test_weights_have_the_published_ratios(name, parameters, counts, ratios):
    got = weights(name, counts, **parameters)
    np.testing.assert_allclose(got / got[0], np.divide(ratios, ratios[0]), rtol=2e-5)
    assert np.average(got, weights=counts) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([90, 10], [0.555556, 5.0]), ([80, 15, 5], [0.416667, 2.222222, 6.666667])],
)
def test_balanced_weights_are_scikit_learns(counts, expected):
    np.testing.assert_allclose(weights("balanced", counts), expected, rtol=2e-6)


def test_the_minority_need_not_be_the_last_class():
    got = weights("minority", [10, 60, 30], minority=0, weight=7.0)
    np.testing.assert_allclose(got / got[1], [7, 1, 1])


SCHEMES = st.one_of(
    st.just(("balanced", {})),
    st.tuples(st.just("power"), st.builds(dict, exponent=st.floats(0, 1))),
    st.tuples(st.just("effective_number"), st.builds(dict, beta=st.floats(0, 0.999999))),
    st.tuples(st.just("minority"), st.builds(dict, weight=st.floats(0.01, 1000))),
)


@settings(deadline=None)
@given(counts=st.lists(st.integers(1, 5000), min_size=2, max_size=5), scheme=SCHEMES)
def test_the_mean_weight_of_the_training_rows_is_one(counts, scheme):
    got = weights(scheme[0], counts, **scheme[1])
    assert np.isfinite(got).all()
    assert (got > 0).all()
    assert np.average(got, weights=counts) == pytest.approx(1.0)


@pytest.mark.parametrize("counts", [[5, 0, 3], [0, 5, 3], [5, 3, 0]])
@pytest.mark.parametrize("name", ["none", "balanced"])
def test_a_class_without_training_rows_is_an_error(name, counts):
    with pytest.raises(InputError, match=f"class 'c{counts.index(0)}' has 0 training rows"):
        weights(name, counts)


def explicit(**given):
    return Alternative("explicit", {name: Fixed(value) for name, value in given.items()})


def test_class_names_must_be_those_of_the_data():
    listed = [Listed((*PLACE, 0, "none"), Alternative("none"))]
    listed.append(Listed((*PLACE, 1, "explicit"), explicit(healthy=1.0, lesoin=9.0)))
    found = [str(problem) for problem in check_class_names(listed, ("healthy", "lesion"))]
    assert found == [
        "imbalance.class_weight[1].explicit.lesoin: no class 'lesoin' in the data;"
        " did you mean 'lesion'?",
        "imbalance.class_weight[1].explicit: class 'lesion' has no weight; every class needs one",
    ]


def test_right_class_names_are_no_problem():
    listed = [Listed((*PLACE, "explicit"), explicit(healthy=1.0, lesion=9.0))]
    assert check_class_names(listed, ("lesion", "healthy")) == []


@pytest.mark.parametrize(
    ("name", "spaces", "expected"),
    [
        ("none", {}, True),
        ("balanced", {}, False),
        ("power", {"exponent": Fixed(0.0)}, True),
        ("power", {"exponent": Choice((0.0,))}, True),
        ("power", {"exponent": Choice((0.0, 1.0))}, False),
        ("power", {"exponent": Float(0.0, 1.0)}, False),
        ("power", {"exponent": Fixed(10.0)}, False),
        ("effective_number", {"beta": Fixed(0.0)}, True),
        ("effective_number", {"beta": Fixed(0.9)}, False),
        ("minority", {"weight": Fixed(1.0)}, True),
        ("minority", {"weight": Fixed(0.5)}, False),
        ("explicit", {"a": Fixed(2.0), "b": Fixed(2.0), "c": Fixed(2.0)}, True),
        ("explicit", {"a": Fixed(2.0), "b": Fixed(1.0)}, False),
        ("explicit", {"a": Fixed(2.0), "b": Float(1.0, 2.0)}, False),
        ("explicit", {}, False),
    ],
)
def test_an_entry_tells_whether_it_weighs_all_classes_alike(name, spaces, expected):
    assert weighs_alike(Alternative(name, spaces)) is expected


def test_an_exponent_beyond_what_numbers_hold_is_refused():
    with pytest.raises(InputError, match="expected a finite number >= 0 and <= 10, got 2000"):
        ImbalancedHyperModel((1,), imbalance={"class_weight": {"power": {"exponent": 2000}}})
    got = weights("power", [10**9, 1], exponent=10.0)
    assert np.isfinite(got).all()


def test_classes_may_be_named_by_their_codes():
    section = {"class_weight": {"explicit": {0: 1.0, 1: 4.0}}}
    hypermodel = ImbalancedHyperModel((1,), imbalance=section)
    chosen = hypermodel.configure(keras_tuner.HyperParameters()).class_weight
    assert chosen == Chosen("explicit", {"0": 1.0, "1": 4.0})


def test_row_weights_enter_the_loss_once():
    probe = pd.read_csv(CASES / "05_class_weight_with_sample_weight" / "probe.csv")
    explicit = {"explicit": {"0": 0.5, "1": 2.0}}
    hypermodel = ImbalancedHyperModel((1,), imbalance={"class_weight": explicit})
    configuration = hypermodel.configure(keras_tuner.HyperParameters())
    x = np.zeros((len(probe), 1), np.float32)
    rows = hypermodel.training_rows(
        configuration, x, probe.y, probe.sample_weight, layout=Layout.of_numbers(1), seed=0
    ).weights
    loss = keras.losses.BinaryCrossentropy()
    y, p = probe[["y"]].to_numpy("float32"), probe[["p"]].to_numpy("float32")
    scale = (probe.class_weight * probe.sample_weight).mean()  # ours are scaled to a mean of 1
    assert float(loss(y, p, sample_weight=rows)) * scale == pytest.approx(1.946122, rel=1e-5)
    assert float(loss(y, p)) == pytest.approx(0.400367, rel=1e-5)


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf")])
def test_a_row_weight_that_weighs_nothing_sensible_is_refused(bad):
    hypermodel = ImbalancedHyperModel((1,), imbalance={"class_weight": "none"})
    configuration = hypermodel.configure(keras_tuner.HyperParameters())
    with pytest.raises(InputError, match="finite numbers >= 0"):
        hypermodel.training_rows(
            configuration, np.zeros((2, 1)), [0, 1], [1.0, bad], layout=None, seed=0
        )
