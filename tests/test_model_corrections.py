"""Rarity is made up for once: double corrections are refused, or are equal to single ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.model.class_weights import CLASS_WEIGHTS, class_weights
from tuner.model.corrections import check_corrections
from tuner.spaces import Chosen
from tuner.study import ImbalanceSection


def problems(**section):
    return [str(problem) for problem in check_corrections(ImbalanceSection(**section))]


FINE = [
    {},
    {"class_weight": ["none", "balanced", {"power": "tunable"}]},
    {"loss": ["crossentropy", "logit_adjusted", "ldam", {"focal": "tunable"}]},
    {"class_weight": "balanced", "loss": ["focal", "soft_f1", {"crossentropy": "tunable"}]},
    {"class_weight": "balanced", "loss": {"logit_adjusted": {"tau": 0.0}}},
    {"class_weight": ["none", "balanced", "effective_number"], "resampling": ["none", "smote"]},
    {"loss": "logit_adjusted", "resampling": "random_over"},
    {"class_weight": "minority"},
    {"class_weight": {"power": {"exponent": 0.0}}, "loss": "logit_adjusted"},
    {"class_weight": {"effective_number": {"beta": 0.0}}, "loss": "ldam"},
    {"class_weight": {"minority": {"weight": 1.0}}, "resampling": "smote"},
    {"class_weight": {"explicit": {"a": 2.0, "b": 2.0}}, "resampling": "random_over"},
    {"strategies": ["none", {"class_weight": "balanced"}, {"loss": "logit_adjusted"}]},
    {"strategies": [{"class_weight": "balanced", "resampling": "random_over"}]},
]
TWICE = [
    ({"class_weight": ["none", "balanced"], "loss": ["crossentropy", "logit_adjusted"]}, 1),
    ({"class_weight": "power", "loss": {"logit_adjusted": {"tau": {"choice": [0.0, 1.0]}}}}, 1),
    ({"class_weight": {"power": {"exponent": {"choice": [0.0, 1.0]}}}, "loss": "ldam"}, 1),
    ({"class_weight": "balanced", "loss": {"focal": {"alpha": 0.9}}}, 1),
    ({"class_weight": "effective_number", "loss": ["class_balanced", "ldam"]}, 2),
    ({"class_weight": "minority", "resampling": "random_over"}, 1),
    ({"class_weight": {"explicit": {"a": 1.0, "b": 3.0}}, "resampling": "smote"}, 1),
    ({"loss": {"focal": {"alpha": 0.9}}, "resampling": "balanced_batches"}, 1),
    ({"strategies": ["none", {"class_weight": "balanced", "loss": "ldam"}]}, 1),
    ({"strategies": [{"class_weight": "minority", "resampling": "random_under"}, "none"]}, 1),
]


@pytest.mark.parametrize("section", FINE, ids=str)
def test_what_corrects_once_is_fine(section):
    assert problems(**section) == []


@pytest.mark.parametrize(("section", "count"), TWICE, ids=str)
def test_what_corrects_twice_is_refused(section, count):
    assert len(problems(**section)) == count


def test_the_reason_is_told_with_its_place_and_the_way_out():
    assert problems(class_weight=["none", "balanced"], loss=["crossentropy", "ldam"]) == [
        "imbalance.loss[1].ldam: 'ldam' weighs rare classes itself, and so do class weights"
        " (balanced); leave one of them out, or make each a strategy of its own under 'strategies'"
    ]
    both = {"class_weight": "minority", "resampling": "smote"}
    assert problems(strategies=["none", both]) == [
        "imbalance.strategies[1].class_weight.minority: 'minority' weighs by fixed numbers, on top"
        " of resampling (smote); leave one of them out, or make each a strategy of its own under"
        " 'strategies'; weights that follow the rows, such as 'balanced', are computed after it"
    ]


BY_COUNT = {"balanced": {}, "power": {"exponent": 0.7}, "effective_number": {"beta": 0.99}}


def test_weights_either_follow_the_rows_or_are_refused_with_resampling():
    refused = {
        name
        for name in CLASS_WEIGHTS
        if problems(
            class_weight={name: {"a": 1.0, "b": 2.0}} if CLASS_WEIGHTS[name].open else name,
            resampling="random_over",
        )
    }
    assert set(CLASS_WEIGHTS) == refused | set(BY_COUNT) | {"none"}


@settings(deadline=None)
@given(st.integers(2, 500), st.integers(2, 5), st.sampled_from(sorted(BY_COUNT)))
def test_weights_of_equal_classes_are_those_of_none(rows, classes, name):
    got = class_weights(
        Chosen(name, BY_COUNT[name]), np.full(classes, rows), [str(c) for c in range(classes)], 0
    )
    np.testing.assert_allclose(got, 1.0)
