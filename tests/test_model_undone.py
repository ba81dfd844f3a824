"""Decisions that prior correction takes back are told before a search compares them."""

import numpy as np
import pytest

from tuner import from_arrays
from tuner.model.undone import undone_answers
from tuner.study import Study
from tuner.study.document import read_yaml_text


def told(objective, imbalance, classes=2):
    labels = np.repeat([f"c{code}" for code in range(classes)], [40] * (classes - 1) + [10])
    dataset = from_arrays(np.zeros((len(labels), 1)), labels)
    text = (
        f"name: s\ndata: {{csv: s.csv, target: y}}\nobjective: {objective}\nimbalance: {imbalance}"
    )
    return undone_answers(Study.from_document(read_yaml_text(text)), dataset)


FIXED, ALL = "{threshold: 0.5}", "{metric: balanced_accuracy}"
UNDONE = [
    (FIXED, "{class_weight: balanced}", 2, "a threshold of 0.5 then calls rows as without them"),
    (FIXED, "{strategies: [none, {resampling: random_over}]}", 2, "a threshold of 0.5"),
    (FIXED, "{loss: [crossentropy, logit_adjusted]}", 3, "a threshold of 0.5"),
    (ALL, "{class_weight: balanced}", 3, "'balanced_accuracy' counts decisions among all 3"),
]
FINE = [
    ("{}", "{class_weight: balanced}", 3),
    (FIXED, "{}", 2),
    (FIXED, "{loss: {focal: {gamma: 2.0}}}", 2),
    (FIXED, "{class_weight: balanced, prior_correction: false}", 2),
    ("{metric: pr_auc, threshold: 0.5}", "{class_weight: balanced}", 2),
    (ALL, "{class_weight: balanced}", 2),
]


@pytest.mark.parametrize(("objective", "imbalance", "classes", "fragment"), UNDONE)
def test_what_is_taken_back_is_told(objective, imbalance, classes, fragment):
    [finding] = told(objective, imbalance, classes)
    assert fragment in finding.message
    assert (finding.level, finding.path) == ("warning", ("imbalance", "prior_correction"))


@pytest.mark.parametrize(("objective", "imbalance", "classes"), FINE)
def test_what_stays_is_not(objective, imbalance, classes):
    assert told(objective, imbalance, classes) == []
