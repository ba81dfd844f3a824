"""Answers to rarity that weigh all classes alike are told before a search spends trials on them."""

import numpy as np
import pytest

from tuner import from_arrays
from tuner.data import make_splits
from tuner.model.idle import idle_answers
from tuner.study import ImbalanceSection, SplitSection

EFFECTIVE = "effective_number"
Y = np.repeat(["common", "rare"], [800, 200])
DATASET = from_arrays(np.random.default_rng(0).normal(size=(1000, 2)), Y, minority="rare")
SPLITS = make_splits(DATASET, SplitSection(), 0)


def told(**section):
    return [str(one.path[-1]) for one in idle_answers(ImbalanceSection(**section), DATASET, SPLITS)]


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({}, []),
        ({"class_weight": ["none", "balanced"]}, []),
        ({"class_weight": {"effective_number": {"beta": 0.9}}}, [EFFECTIVE]),
        ({"class_weight": {"effective_number": {"beta": 0.999}}}, []),
        ({"class_weight": {"effective_number": {"beta": {"choice": [0.9, 0.999]}}}}, []),
        (
            {"class_weight": {"effective_number": {"beta": {"float": [0.5, 0.9]}}}},
            ["effective_number"],
        ),
        ({"class_weight": {"power": {"exponent": 0.0}}}, ["power"]),
        ({"class_weight": {"minority": {"weight": 1.0}}}, ["minority"]),
        ({"loss": {"class_balanced": {"beta": 0.9}}}, ["class_balanced"]),
        ({"loss": ["class_balanced", "logit_adjusted", "ldam", "focal"]}, []),
        ({"strategies": ["none", {"loss": {"class_balanced": {"beta": 0.5}}}]}, ["class_balanced"]),
    ],
    ids=str,
)
def test_what_does_nothing_is_told(section, expected):
    assert told(**section) == expected


def test_it_is_told_with_the_counts_and_the_way_out():
    section = ImbalanceSection(class_weight={"effective_number": {"beta": 0.9}})
    [finding] = idle_answers(section, DATASET, SPLITS)
    assert finding.message == (
        "'effective_number' (beta 0.9) weighs the classes alike to within 1 % where they have 400,"
        " 100 training rows, so it does nothing; a beta nearer to 1 weighs more"
    )
    assert (finding.level, finding.code) == ("warning", "idle-weights")
