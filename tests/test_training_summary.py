"""What the networks of one trial say together: priors of their mean, health in a few numbers."""

import numpy as np
import pytest

from tuner.metrics.calibration import prior_corrected
from tuner.training.health_summary import health_summary
from tuner.training.priors import Priors, mean_priors
from tuner.training.unit import UnitResult

SPREAD = np.array([[0.9, 0.1], [0.4, 0.6]], np.float32)
SAME = np.full((2, 2), 0.5, np.float32)


def health(dead=(0.0, 0.0), saturated=(0.0, 0.0), first_to_last=1.0, minority_gradient=0.5):
    layers = [
        {"dead": d, "saturated": s, "mean": 0.0, "spread": 1.0}
        for d, s in zip(dead, saturated, strict=True)
    ]
    return {
        "layers": layers,
        "gradient_norms": [first_to_last, 1.0],
        "first_to_last": first_to_last,
        "minority_gradient": minority_gradient,
        "dead_layer": 1.0 in dead,
        "one_class": False,
        "collapsed": False,
    }


def unit(probabilities=SPREAD, start=None, end=None):
    ledger = {"start": start or health(), "end": end or health()}
    return UnitResult(probabilities, 1, {}, 0.0, None, ledger)


def test_shares_are_means_over_layers_and_networks_and_ratios_medians():
    units = [
        unit(end=health(dead=(0.5, 1.0), first_to_last=4.0, minority_gradient=0.2)),
        unit(end=health(dead=(0.0, 0.1), saturated=(0.4, 0.0), first_to_last=1.0)),
        unit(end=health(first_to_last=2.0), start=health(first_to_last=9.0)),
    ]
    found = health_summary(units)
    assert found["dead_units"] == pytest.approx(1.6 / 6)
    assert found["saturated_units"] == pytest.approx(0.4 / 6)
    assert found["first_to_last"] == 2.0
    assert found["minority_gradient"] == pytest.approx(0.4)
    assert found["dead_layers"] == 1
    assert found["start"]["first_to_last"] == 1.0
    assert (found["collapsed"], found["collapsed_networks"]) == (False, 0)


@pytest.mark.parametrize(
    ("probabilities", "one_class", "collapsed", "networks"),
    [
        ([SPREAD, SAME], False, False, 1),
        ([SAME, SAME], False, True, 2),
        ([SPREAD, SPREAD], True, True, 0),
    ],
)
def test_a_trial_has_collapsed_where_all_its_networks_or_decisions_have(
    probabilities, one_class, collapsed, networks
):
    found = health_summary([unit(p) for p in probabilities], one_class)
    assert (found["collapsed"], found["collapsed_networks"]) == (collapsed, networks)


def test_numbers_that_are_not_known_are_left_out():
    found = health_summary([unit(end=health(first_to_last=None)), unit(end=health())])
    assert found["first_to_last"] == 1.0
    bare = UnitResult(SPREAD, 1)
    assert health_summary([bare])["dead_units"] is None
    assert health_summary([bare])["start"]["minority_gradient"] is None


def probabilities(logits):
    p = 1 / (1 + np.exp(-np.asarray(logits)))
    return np.column_stack([1 - p, p])


def logits(p):
    return np.log(p[:, 1] / p[:, 0])


def test_priors_of_a_mean_of_logits():
    ones = Priors((0.9, 0.1), (0.5, 0.5), True), Priors((0.8, 0.2), (0.3, 0.7), True)
    raw = np.array([-1.0, 0.3, 2.0]), np.array([0.5, -0.2, 1.0])
    corrected = [one.correct(probabilities(own)) for one, own in zip(ones, raw, strict=True)]
    mean = mean_priors(ones)
    averaged = probabilities(np.mean([logits(p) for p in corrected], axis=0))
    expected = probabilities(np.mean(raw, axis=0))
    np.testing.assert_allclose(mean.as_trained(averaged), expected)
    np.testing.assert_allclose(mean.correct(expected), averaged)


def test_a_network_that_saw_the_true_shares_is_shifted_by_nothing():
    true = (0.9, 0.1)
    mean = mean_priors([Priors(true, true, False), Priors(true, (0.5, 0.5), True)])
    assert mean.shifted
    assert mean.trained[1] / mean.trained[0] == pytest.approx(1 / 3)


def test_the_mean_is_not_known_where_one_is_not():
    mean = mean_priors([Priors((0.9, 0.1), (0.5, 0.5), True), Priors((0.9, 0.1), None, False)])
    assert (mean.trained, mean.shifted) == (None, False)


@pytest.mark.parametrize("classes", [2, 3])
def test_correcting_and_back(classes):
    rng = np.random.default_rng(0)
    true, trained = (tuple(rng.dirichlet(np.ones(classes))) for _ in range(2))
    priors, given = Priors(true, trained, True), rng.dirichlet(np.ones(classes), 5)
    np.testing.assert_allclose(priors.as_trained(priors.correct(given)), given)
    np.testing.assert_allclose(priors.correct(given), prior_corrected(given, trained, true))
    assert Priors.from_json({"true": list(true), "trained": None, "shifted": False}).true == true
    assert Priors(true, trained, False).correct(given) is given
