"""What is said of a test score that rests on few rows, and of the winner's single networks."""

import dataclasses

import numpy as np
import pytest

from tuner.data import RawData, assemble, make_splits
from tuner.report.few_rows import few_test_rows
from tuner.report.scores import networks_line
from tuner.study import SplitSection

BEST = {"test": {"minority_f1": 0.8125, "ci95": [0.5, 0.9]}}


def rows(test, **of_rows):
    labels = np.repeat(["well", "ill"], [90, 30])
    dataset = assemble(RawData(np.arange(240.0).reshape(120, 2), labels, **of_rows), "wards", "ill")
    splits = make_splits(dataset, SplitSection(folds=2), 0)
    return dataset, dataclasses.replace(splits, test=test)


@pytest.mark.parametrize(
    ("test", "groups", "told"),
    [
        (np.arange(60, 102), None, "12 rows of class 'ill'"),
        (np.arange(60, 91), None, "1 row of class 'ill'"),
        (np.arange(60, 120), np.arange(120) // 10, "3 groups with rows of class 'ill'"),
    ],
)
def test_few_rows_are_told_with_what_the_interval_is(test, groups, told):
    assert few_test_rows(*rows(test, groups=groups), BEST) == [
        f"the test F1 of 0.81 rests on {told}, fewer than 20: with other test rows it could have "
        "been anything from 0.50 to 0.90 (95 % interval)"
    ]


def test_equal_rows_count_once():
    features = np.repeat(np.arange(60.0), 2)[:, None] * [1.0, 2.0]
    labels = np.repeat(["well", "ill"], [90, 30])
    dataset = assemble(RawData(features, labels), "wards", "ill")
    splits = make_splits(dataset, SplitSection(), 0)
    splits = dataclasses.replace(splits, test=np.arange(60, 120))
    [warning] = few_test_rows(dataset, splits, BEST)
    assert "rests on 15 different rows of class 'ill', fewer than 20" in warning


@pytest.mark.parametrize("best", [None, {"test": None}])
def test_without_a_test_score_nothing_is_said(best):
    assert few_test_rows(*rows(np.arange(60, 102)), best) == []


def test_twenty_rows_are_enough():
    assert few_test_rows(*rows(np.arange(70, 110)), BEST) == []
    assert few_test_rows(*rows(np.arange(70, 109)), BEST) != []


def test_single_networks_are_told_by_their_range_and_deviation():
    networks = [{"minority_f1": f1} for f1 in (0.75, 0.5, 0.625)]
    assert networks_line({"test": {"networks": networks}}) == (
        "its 3 networks alone: test F1 0.500 to 0.750 (standard deviation 0.125)"
    )


@pytest.mark.parametrize("test", [{"networks": [{"minority_f1": 0.5}]}, {"networks": []}, {}])
def test_one_network_has_no_spread(test):
    assert networks_line({"test": test}) == ""
