"""What is said of probabilities: pictures of what was scored, sentences that hold."""

from types import SimpleNamespace

import numpy as np
import pytest

from tuner.evaluate.held_out import score_test
from tuner.evaluate.winner import Winner
from tuner.metrics.calibration import Isotonic, Platt, expected_calibration_error
from tuner.metrics.reliability_bins import reliability_bins
from tuner.report.curves import curves_of_test
from tuner.report.pictures.decision import reliability_diagram
from tuner.report.probabilities import calibration_told, chance_error, shares_told
from tuner.report.scores import brier_line
from tuner.training.priors import Priors


def test_chance_alone_makes_about_the_error_that_is_said():
    rng = np.random.default_rng(0)
    rows, share = 4000, 0.05
    told = np.full(rows, share) + np.linspace(-1e-6, 1e-6, rows)
    errors = [expected_calibration_error(rng.random(rows) < share, told) for _ in range(200)]
    assert np.mean(errors) == pytest.approx(chance_error(rows, round(rows * share)), rel=0.1)


def fake_winner(corrected, calibration=None, threshold=0.5):
    priors = Priors((0.9, 0.1), (0.5, 0.5), corrected)
    return Winner(None, None, None, None, (), threshold, priors, calibration, (), ())


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("calibration", [None, Platt(1.5, 0.1), Isotonic((0.1, 0.9), (0.0, 0.5))])
def test_the_drawn_probabilities_are_those_that_were_scored(corrected, calibration):
    rng = np.random.default_rng(1)
    share = rng.random(60).astype(np.float32)
    probabilities = np.column_stack([1 - share, share])
    dataset = SimpleNamespace(labels=np.arange(60) % 3 // 2, classes=("a", "b"), units=None)
    splits = SimpleNamespace(test=np.arange(60))
    winner = fake_winner(corrected, calibration)
    scored = score_test(probabilities, winner, dataset, splits, seed=0).reliability
    drawn = winner.stages(probabilities)
    assert list(drawn) == list(scored)
    assert list(scored)[1:] == ["corrected"] * corrected + ["calibrated"] * bool(calibration)
    for stage, told in drawn.items():
        off = np.mean((told[:, 1] - (dataset.labels == 1)) ** 2)
        assert off == pytest.approx(scored[stage].brier)


def test_the_diagram_has_a_line_for_each_stage_and_one_for_the_truth():
    told = np.linspace(0, 1, 100)
    actual = np.arange(100) % 4 == 0
    stages = {"as_trained": told, "calibrated": told / 2}
    figure = reliability_diagram(curves_of_test(actual, told, stages, actual)["reliability"])
    [axes], [legend] = figure.axes, figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "as trained",
        "calibrated",
    ]
    points = [(one.told, one.found) for one in reliability_bins(actual, told)]
    assert axes.lines[0].get_xydata().tolist() == [list(point) for point in points]
    assert axes.lines[1].get_xydata()[:, 0].tolist() == [told / 2 for told, _ in points]
    assert axes.lines[2].get_xydata().tolist() == [[0, 0], [1, 1]]


def winner_part(trained, corrected=False, calibration=None, loss="focal"):
    true = {"well": 0.98, "ill": 0.02}
    shares = trained and {"well": 1 - trained, "ill": trained}
    return {
        "hyperparameters": {"imbalance.loss": loss},
        "priors": {"true": true, "trained": shares, "corrected": corrected},
        "calibration": calibration,
    }


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        (
            winner_part(0.5, corrected=True),
            "Training saw 50 % of class 'ill', and 2 % are true: the model's probabilities are"
            " corrected to the true shares.",
        ),
        (
            winner_part(0.5),
            "Training saw 50 % of class 'ill', and 2 % are true: probabilities belong to the"
            " shares of training, since the study turned the correction off"
            " (imbalance.prior_correction).",
        ),
        (
            winner_part(0.02),
            "Training saw the true class shares, so probabilities need no correction to them.",
        ),
        (
            winner_part(None),
            "Probabilities may lie far from frequencies: a network trained with the loss 'focal'"
            " as set here has no known class shares to correct to the true ones.",
        ),
    ],
)
def test_the_sentence_on_class_shares_holds_in_each_case(part, sentence):
    assert shares_told(part, "ill") == sentence


def test_the_sentence_on_calibration_holds_in_each_case():
    assert calibration_told(winner_part(0.5)) == "They are not calibrated."
    assert "of kind 'platt'" in calibration_told(winner_part(0.5, calibration="platt"))


def part_with(**stages):
    test = {stage: {"brier": brier, "ece": 0.1} for stage, brier in stages.items()}
    return {"reliability": {"test": test}}


def test_each_step_is_told_in_one_line_and_without_a_step_there_is_none():
    assert brier_line(part_with(as_trained=0.08125, corrected=0.0204, calibrated=0.0194)) == (
        "Brier score as trained 0.0813, corrected to the true class shares 0.0204, "
        "calibrated 0.0194 (test)"
    )
    assert brier_line(part_with(as_trained=0.5, calibrated=0.25)) == (
        "Brier score as trained 0.5, calibrated 0.25 (test)"
    )
    assert brier_line(part_with(as_trained=0.5)) == ""
