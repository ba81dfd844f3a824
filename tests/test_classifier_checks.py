"""scikit-learn's own checks of an estimator."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from tuner import MinorityTunerClassifier

SMALL = {
    "model": {"layers": 1, "units": 64, "activation": "relu"},
    "imbalance": {"class_weight": "none"},
    # One step size that makes networks sure of themselves: see OBJECTIVE.
    "training": {"epochs": 8, "batch_size": 16, "learning_rate": 1.0},
    "search": {"trials": 1},
    "split": {"validation": 0.3},
    "evaluation": {"confirm": 0},
}

OBJECTIVE = {"threshold": 0.5}
"""check_classifiers_train takes for granted that `predict` is the likeliest class, which it is not
at a tuned threshold, and of three classes not at .5 either where the minority leads with less."""


def expected(estimator):
    """Checks that fail, and why."""
    return {
        "check_sample_weight_equivalence_on_dense_data": "a row of weight k counts k times in the"
        " training loss, but once in batches, thresholds and scores, and equal rows stay together"
        " in every split: of the 15 rows of this check, one class is left with a single row",
    }


@parametrize_with_checks(
    [MinorityTunerClassifier(**SMALL, objective=OBJECTIVE)], expected_failed_checks=expected
)
def test_scikit_learn_has_nothing_against_it(estimator, check):
    check(estimator)


@pytest.mark.exhaustive
@parametrize_with_checks(
    [MinorityTunerClassifier(**SMALL)],
    expected_failed_checks=lambda estimator: {
        **expected(estimator),
        "check_classifiers_train": "a tuned threshold is not that of the likeliest class",
    },
)
def test_nor_with_a_tuned_threshold(estimator, check):
    check(estimator)
