"""A configuration that is clearly behind after some folds is not trained on the rest."""

import numpy as np
import pytest
from scipy import stats

from tuner.search.racing import behind, leader_ahead, stopped_by
from tuner.search.records import TrialRecord
from tuner.search.target import reached

RNG = np.random.default_rng(0)
SCORES = 0.6 + RNG.normal(0, 0.05, (12, 1)) + RNG.normal(0, 0.05, 5) + RNG.normal(0, 0.03, (12, 5))
BEST = SCORES[SCORES.mean(axis=1).argmax()]


def record(number, scores, collapsed=False):
    score = None if scores is None else float(np.mean(scores))
    outcome = {"health": {"collapsed": collapsed}}
    if scores is not None:
        outcome["fold_scores"] = [float(score) for score in scores]
    state = "failed" if scores is None else "finished"
    return TrialRecord(number, state, {}, score, "", outcome)


def needed(known, finished, best):
    """The lead that it takes, by the formula and in other words."""
    finished = sorted(finished, key=np.mean)[-max(5, (len(finished) + 1) // 2) :]
    trials, folds = np.shape(finished)
    design = np.hstack(
        [np.kron(np.eye(trials), np.ones((folds, 1))), np.tile(np.eye(folds), (trials, 1))]
    )
    flat = np.ravel(finished)
    fitted = design @ np.linalg.lstsq(design, flat, rcond=None)[0]
    freedom = trials * folds - trials - folds + 1
    noise = np.sqrt(((flat - fitted) ** 2).sum() / freedom)
    return stats.t.isf(0.005 / (folds - 1), freedom) * noise * np.sqrt(2 / known)


@pytest.mark.parametrize("known", [1, 2, 3, 4])
def test_the_lead_that_it_takes_is_that_of_a_two_way_layout(known):
    lead = needed(known, SCORES, BEST)
    assert behind(BEST[:known] - lead * 1.0001, BEST, SCORES)
    assert not behind(BEST[:known] - lead * 0.9999, BEST, SCORES)


def test_more_folds_need_less_of_a_lead():
    own = BEST - needed(2, SCORES, BEST)
    assert [behind(own[:known], BEST, SCORES) for known in (1, 3, 4)] == [False, True, True]


def test_a_hard_fold_is_no_fault_of_a_trial():
    moved = np.array([0.0, -0.4, 0.0, 0.0, 0.0])
    for own in SCORES:
        for known in (1, 2, 3, 4):
            now = behind((own + moved)[:known], BEST + moved, SCORES + moved)
            assert now == behind(own[:known], BEST, SCORES)


def test_bad_configurations_do_not_hide_the_noise_of_good_ones():
    worse = 0.1 + RNG.normal(0, 0.3, (6, 5))
    own = BEST - needed(2, SCORES[SCORES.mean(axis=1).argsort()[-6:]], BEST) * 1.5
    finished = np.vstack([worse, sorted(SCORES, key=np.mean)[-6:]])
    assert behind(own[:2], BEST, finished)


def test_the_unit_of_a_score_does_not_matter():
    own = BEST - needed(2, SCORES, BEST) * 1.2
    assert behind(own[:2], BEST, SCORES)
    assert behind(own[:2] * 100, BEST * 100, SCORES * 100)


@pytest.mark.parametrize("trials", [0, 1, 4])
def test_few_finished_trials_say_too_little_of_the_noise(trials):
    assert not behind([0.0], BEST, SCORES[:trials])


@pytest.mark.parametrize("known", [0, 5])
def test_without_folds_or_with_all_nothing_is_stopped(known):
    assert not behind([0.0] * known, BEST, SCORES)


def test_one_division_is_never_raced():
    assert not behind([], [0.9], [[0.9], [0.8], [0.7], [0.6], [0.5]])


def test_finished_trials_without_any_noise_do_not_stop_an_equal_one():
    same = np.full((6, 3), 0.5)
    assert not behind([0.5], same[0], same)
    assert behind([0.4], same[0], same)


def test_the_best_finished_trial_is_the_one_to_beat():
    records = [record(number, scores) for number, scores in enumerate(SCORES)]
    leader = leader_ahead([0.0, 0.0], records)
    assert leader is max(records, key=lambda one: one.score)
    assert leader_ahead(list(BEST[:2]), records) is None
    assert stopped_by(leader, 2, 5) == f"behind trial {leader.number} after 2 of 5 folds"


def test_collapsed_and_failed_trials_have_no_say():
    records = [record(number, scores) for number, scores in enumerate(SCORES)]
    others = [record(12, [0.99] * 5, collapsed=True), record(13, None)]
    assert leader_ahead([0.0], records + others) is leader_ahead([0.0], records)
    assert leader_ahead([0.0], others) is None


def test_a_search_rarely_loses_its_best_configuration():
    lost = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        worth = rng.normal(0.6, 0.05, 30)
        scores = worth[:, None] + rng.normal(0, 0.05, 3) + rng.normal(0, 0.05, (30, 3))
        finished = []
        for number, own in enumerate(scores):
            best = max(finished, key=lambda one: scores[one].mean(), default=None)
            rivals = scores[finished]
            if best is None or not any(
                behind(own[:known], scores[best], rivals) for known in (1, 2)
            ):
                finished.append(number)
        lost += int(worth.argmax()) not in finished
        assert len(finished) < 30 or seed
    assert lost <= 2


# The target


def test_a_target_is_reached_by_a_finished_trial_only():
    records = [record(0, [0.5, 0.7]), record(1, None), record(2, [0.9, 0.9], collapsed=True)]
    assert reached(records, 0.6)
    assert not reached(records, 0.61)
    assert not reached(records, None)
    assert not reached([], 0.1)
