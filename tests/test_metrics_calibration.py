"""Prior correction, calibration error and calibration maps against scikit-learn and theory."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from tuner.metrics.calibration import (
    CALIBRATIONS,
    Isotonic,
    Platt,
    calibration_from_json,
    cross_calibrated,
    expected_calibration_error,
    prior_corrected,
    prior_shift,
)

relaxed = settings(max_examples=60, deadline=None)
shares = st.integers(2, 5).flatmap(
    lambda k: st.tuples(*[st.lists(st.floats(0.01, 1.0), min_size=k, max_size=k)] * 2)
)
seeds = st.integers(0, 10**6)


def normed(values):
    return np.asarray(values) / np.sum(values)


def softmax(logits):
    grown = np.exp(logits - logits.max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def logit(p):
    return np.log(p / (1 - p))


def columns(p):
    return np.column_stack([1 - p, p])


def drawn(rows=4000, seed=0, slope=2.0, intercept=-1.0, level=-3.0):
    """Labels, and probabilities whose logit must be stretched and shifted to be right."""
    rng = np.random.default_rng(seed)
    z = rng.normal(level, 1.5, size=rows)
    labels = (rng.random(rows) < sigmoid(slope * z + intercept)).astype(np.int64)
    labels[:2] = 0, 1
    return labels, columns(sigmoid(z))


# Priors


@relaxed
@given(priors=shares, seed=seeds)
def test_correcting_there_and_back_changes_nothing(priors, seed):
    trained, true = map(normed, priors)
    p = np.random.default_rng(seed).dirichlet(np.ones(len(trained)), size=20)
    there = prior_corrected(p, trained, true)
    np.testing.assert_allclose(there.sum(axis=1), 1)
    np.testing.assert_allclose(prior_corrected(there, true, trained), p, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(prior_corrected(p, true, true), p, rtol=1e-12)


@relaxed
@given(priors=shares, seed=seeds)
def test_a_shift_of_the_bias_is_the_correction(priors, seed):
    trained, true = map(normed, priors)
    logits = np.random.default_rng(seed).normal(0, 3, size=(20, len(trained)))
    shift = prior_shift(trained, true)
    expected = prior_corrected(softmax(logits), trained, true)
    if len(trained) == 2:
        assert shift.shape == (1,)
        one = logits[:, 1] - logits[:, 0] + shift[0]
        np.testing.assert_allclose(sigmoid(one), expected[:, 1], rtol=1e-9)
    else:
        assert shift.mean() == pytest.approx(0, abs=1e-12)
        np.testing.assert_allclose(softmax(logits + shift), expected, rtol=1e-9)


def test_correction_is_the_rule_of_bayes():
    # Density ratio 3 for the minority: odds are prior odds times 3, whatever the prior is.
    trained, true = np.array([0.5, 0.5]), np.array([0.98, 0.02])
    told = prior_corrected(np.array([[0.25, 0.75]]), trained, true)[0, 1]
    assert told / (1 - told) == pytest.approx(3 * 0.02 / 0.98)
    # Elkan (2001), theorem 2, for a base rate b that becomes b': the closed form for two classes.
    p, b, new = 0.3, 0.5, 0.02
    elkan = new * (p - p * b) / (b - p * b + new * p - b * new)
    corrected = prior_corrected(columns(np.array([p])), [1 - b, b], [1 - new, new])
    assert corrected[0, 1] == pytest.approx(elkan)


def test_certain_rows_stay_certain():
    p = np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    assert np.array_equal(prior_corrected(p, [0.5, 0.5], [0.9, 0.1]), p)


@pytest.mark.parametrize("wrong", [[0.5, 0.6], [1.0, 0.0], [1.0], [np.nan, 0.5], [1.5, -0.5]])
def test_a_prior_that_is_none_is_refused(wrong):
    good, p = [0.5, 0.5], np.array([[0.5, 0.5]])
    with pytest.raises(ValueError, match="true_prior must hold a share above 0"):
        prior_corrected(p, good, wrong)
    with pytest.raises(ValueError, match="trained_prior must hold a share above 0"):
        prior_corrected(p, wrong, good)


# Calibration error


def naive_error(actual, minority, bins):
    order = np.argsort(minority, kind="stable")
    edges = [len(order) * number // bins for number in range(bins + 1)]
    pieces = [order[low:high] for low, high in itertools.pairwise(edges)]
    gaps = [len(rows) * abs(actual[rows].mean() - minority[rows].mean()) for rows in pieces]
    return sum(gaps) / len(order)


@relaxed
@given(seed=seeds, rows=st.integers(200, 500), bins=st.integers(1, 15))
def test_the_error_is_that_of_bins_of_equal_mass(seed, rows, bins):
    rng = np.random.default_rng(seed)
    minority = rng.random(rows)
    actual = rng.random(rows) < minority
    used = min(bins, actual.sum() // 5)
    expected = naive_error(actual, minority, used)
    assert expected_calibration_error(actual, minority, bins) == pytest.approx(expected)


@relaxed
@given(
    told=st.lists(st.integers(0, 8), min_size=1, max_size=60), seed=seeds, bins=st.integers(1, 20)
)
def test_the_order_of_rows_has_no_say_in_the_error(told, seed, bins):
    rng = np.random.default_rng(seed)
    minority, actual = np.array(told) / 8, rng.random(len(told)) < 0.7
    error = expected_calibration_error(actual, minority, bins)
    shuffled = rng.permutation(len(told))
    again = expected_calibration_error(actual[shuffled], minority[shuffled], bins)
    assert again == pytest.approx(error)
    assert abs(minority.mean() - actual.mean()) - 1e-12 <= error <= 1


def test_one_probability_for_all_rows_is_off_by_its_distance_from_the_share():
    actual = np.arange(1000) < 20
    assert expected_calibration_error(actual, np.full(1000, 0.5)) == pytest.approx(0.48)
    assert expected_calibration_error(actual, np.full(1000, 0.02)) == pytest.approx(0, abs=1e-12)


def test_a_wrong_order_is_seen_where_equal_ranges_see_nothing():
    labels, true = drawn(60_000, level=-2.5)
    ranks = np.argsort(np.argsort(-true[:, 1])) / (len(labels) - 1)
    told = labels.mean() * (0.5 + ranks)  # the mean is right, the order the wrong way round
    assert told.max() < 1 / 15  # so that all rows lie in the first of 15 equal ranges
    assert abs(told.mean() - labels.mean()) < 1e-6
    assert expected_calibration_error(labels == 1, told) > 0.5 * labels.mean()


@pytest.mark.parametrize("positives", [10, 50, 400])
def test_chance_makes_no_more_error_than_the_docstring_says(positives):
    rng = np.random.default_rng(5)
    rows = positives * 50
    errors = []
    for _ in range(60):
        minority = np.clip(rng.gamma(2.0, 0.01, size=rows), 0, 1)
        errors.append(expected_calibration_error(rng.random(rows) < minority, minority))
    bins = min(15, positives // 5)
    assert np.mean(errors) == pytest.approx(0.8 * np.sqrt(bins / positives) * 0.02, rel=0.35)


# Platt


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("rows", [200, 4000])
def test_platt_is_that_of_scikit_learn(rows, weighted):
    labels, p = drawn(rows, seed=rows)
    weights = np.random.default_rng(1).uniform(0.2, 3, size=rows) if weighted else None
    ours = Platt.fit(labels, p, weights)
    theirs = _SigmoidCalibration().fit(logit(p[:, 1]), labels, weights)
    assert (ours.slope, ours.intercept) == pytest.approx((-theirs.a_, -theirs.b_), rel=1e-4)
    expected = theirs.predict(logit(p[:, 1]))
    np.testing.assert_allclose(ours.apply(p)[:, 1], expected, rtol=1e-4)


def test_platt_finds_the_truth():
    labels, p = drawn(200_000)
    fitted = Platt.fit(labels, p)
    assert (fitted.slope, fitted.intercept) == pytest.approx((2, -1), abs=0.1)


def test_the_mean_of_platts_probabilities_is_that_of_its_targets():
    labels, p = drawn(500, seed=3)
    n, m = labels.sum(), (labels == 0).sum()
    targets = np.where(labels == 1, (n + 1) / (n + 2), 1 / (m + 2))
    assert Platt.fit(labels, p).apply(p)[:, 1].mean() == pytest.approx(targets.mean(), abs=1e-8)


def test_classes_divided_without_error_get_a_finite_slope():
    labels = np.array([0] * 50 + [1] * 5)
    p = columns(np.where(labels == 1, 0.9, 0.1))
    mended = Platt.fit(labels, p).apply(p)[:, 1]
    # Two distinct logits and two parameters: the targets are met.
    assert mended[-1] == pytest.approx(6 / 7, abs=1e-6)
    assert mended[0] == pytest.approx(1 / 52, abs=1e-6)


@relaxed
@given(seed=seeds, scale=st.sampled_from([1e-3, 1.0, 8.0]), kind=st.sampled_from(["f4", "f8"]))
def test_platt_keeps_the_order_of_rows_where_its_slope_is_positive(seed, scale, kind):
    rng = np.random.default_rng(seed)
    z = rng.normal(0, scale, size=80)
    labels = (z + rng.normal(0, scale, size=80) > 0).astype(np.int64)
    labels[:2] = 0, 1
    p = columns(sigmoid(z).astype(kind))
    fitted = Platt.fit(labels, p)
    mended = fitted.apply(p)
    assert np.isfinite(mended).all()
    np.testing.assert_allclose(mended.sum(axis=1), 1)
    if fitted.slope > 0:
        assert (np.diff(mended[np.argsort(p[:, 1]), 1]) >= 0).all()


@pytest.mark.parametrize("noise", [0.0, 1e-8])
def test_equal_probabilities_are_moved_to_the_share_and_not_stretched(noise):
    labels = np.array([0] * 95 + [1] * 5)
    p = columns(0.4 + noise * np.random.default_rng(0).normal(size=100))
    fitted = Platt.fit(labels, p)
    assert fitted.slope == 1.0
    targets = (5 * 6 / 7 + 95 / 97) / 100
    np.testing.assert_allclose(fitted.apply(p)[:, 1], targets, rtol=1e-6)


def test_probabilities_of_0_and_1_stay_finite():
    labels = np.array([0, 0, 0, 1, 1, 0])
    p = columns(np.array([0.0, 0.2, 0.0, 1.0, 0.6, 1.0]))
    for kind in CALIBRATIONS.values():
        mended = kind.fit(labels, p).apply(p)
        assert ((mended >= 0) & (mended <= 1)).all()


# Isotonic


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_isotonic_is_that_of_scikit_learn(kind, weighted):
    labels, p = drawn(1500, seed=2)
    p = p.astype(kind)
    weights = np.random.default_rng(1).uniform(0.2, 3, size=1500) if weighted else None
    ours = Isotonic.fit(labels, p, weights)
    theirs = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
    theirs.fit(p[:, 1].astype(float), labels, weights)
    new = drawn(500, seed=9)[1]
    expected = theirs.predict(new[:, 1])
    np.testing.assert_allclose(ours.apply(new)[:, 1], expected, rtol=1e-12, atol=1e-15)


@relaxed
@given(seed=seeds, steps=st.integers(2, 30))
def test_isotonic_never_turns_the_order_and_is_right_on_average(seed, steps):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, size=60)
    labels[:2] = 0, 1
    p = columns(rng.integers(0, steps + 1, size=60) / steps)
    mended = Isotonic.fit(labels, p).apply(p)[:, 1]
    assert (np.diff(mended[np.argsort(p[:, 1], kind="stable")]) >= -1e-12).all()
    assert mended.mean() == pytest.approx(labels.mean())


# Both


@pytest.mark.parametrize("kind", list(CALIBRATIONS))
def test_a_map_survives_json(kind):
    labels, p = drawn(300)
    fitted = CALIBRATIONS[kind].fit(labels, p)
    again = calibration_from_json(json.loads(json.dumps(fitted.to_json())))
    assert again == fitted
    assert np.array_equal(again.apply(p), fitted.apply(p))


@pytest.mark.parametrize("kind", list(CALIBRATIONS))
def test_of_several_classes_the_others_keep_their_proportions(kind):
    rng = np.random.default_rng(4)
    p = rng.dirichlet([4, 2, 1], size=600)
    labels = np.array([rng.choice(3, p=row) for row in p])
    fitted = CALIBRATIONS[kind].fit(labels, p)
    mended = fitted.apply(p)
    np.testing.assert_allclose(mended.sum(axis=1), 1)
    open_rows = mended[:, 2] < 1
    ratio = mended[open_rows, 0] / mended[open_rows, :2].sum(axis=1)
    np.testing.assert_allclose(ratio, p[open_rows, 0] / p[open_rows, :2].sum(axis=1))
    binary = CALIBRATIONS[kind].fit((labels == 2).astype(int), columns(p[:, 2]))
    np.testing.assert_allclose(mended[:, 2], binary.apply(columns(p[:, 2]))[:, 1])


def test_where_the_others_had_nothing_they_share_evenly():
    mended = Platt(0.5, 0.0).apply(np.array([[0.0, 0.0, 1.0]]))
    assert mended[0, 0] == mended[0, 1] > 0
    assert mended.sum() == pytest.approx(1)


@pytest.mark.parametrize("kind", list(CALIBRATIONS))
@pytest.mark.parametrize("label", [0, 1])
def test_rows_of_one_side_cannot_calibrate(kind, label):
    with pytest.raises(ValueError, match="calibration needs minority and other rows"):
        CALIBRATIONS[kind].fit(np.full(5, label), columns(np.linspace(0.1, 0.9, 5)))


@pytest.mark.parametrize("kind", list(CALIBRATIONS))
def test_a_part_has_no_say_in_its_own_map(kind):
    labels, p = drawn(900, seed=6)
    parts = np.arange(900) % 3
    mended = cross_calibrated(labels, p, parts, kind)
    other_labels = np.where(parts == 1, 1 - labels, labels)
    again = cross_calibrated(other_labels, p, parts, kind)
    assert np.array_equal(again[parts == 1], mended[parts == 1])
    assert not np.array_equal(again[parts == 0], mended[parts == 0])
    fitted = CALIBRATIONS[kind].fit(labels[parts != 2], p[parts != 2])
    assert np.array_equal(mended[parts == 2], fitted.apply(p[parts == 2]))


@pytest.mark.parametrize("kind", list(CALIBRATIONS))
def test_cross_calibration_mends_what_is_off(kind):
    labels, p = drawn(30_000, seed=8)
    actual = labels == 1
    mended = cross_calibrated(labels, p, np.arange(30_000) % 5, kind)[:, 1]
    before, after = (expected_calibration_error(actual, told) for told in (p[:, 1], mended))
    assert after < 0.2 * before
    assert ((mended - actual) ** 2).mean() < ((p[:, 1] - actual) ** 2).mean()


def test_weights_reach_the_cross_fitted_maps():
    labels, p = drawn(600, seed=10)
    heavy = np.where(labels == 1, 20.0, 1.0)
    plain, weighted = (
        cross_calibrated(labels, p, np.arange(600) % 2, "platt", weights)[:, 1].mean()
        for weights in (None, heavy)
    )
    assert weighted > 2 * plain


def gaussians(rng, rare, common):
    """Rows of two Gaussians at distance 2 along the diagonal of a plane."""
    labels = np.repeat([1, 0], [rare, common])
    return rng.normal(size=(rare + common, 2)) + np.sqrt(2) * labels[:, None], labels


def test_training_on_balanced_rows_corrected_is_as_good_as_the_true_posterior():
    rng = np.random.default_rng(2)
    x, y = gaussians(rng, 50_000, 50_000)
    model = LogisticRegression(C=1e6).fit(x, y)
    prevalence, rows = 0.02, 200_000
    true_prior = [1 - prevalence, prevalence]
    x, y = gaussians(rng, round(rows * prevalence), round(rows * (1 - prevalence)))
    raw = model.predict_proba(x)
    corrected = prior_corrected(raw, [0.5, 0.5], true_prior)[:, 1]
    posterior = sigmoid(np.sqrt(2) * x.sum(axis=1) - 2 + logit(prevalence))

    difference = (corrected - y) ** 2 - (posterior - y) ** 2
    error = difference.std() / np.sqrt(rows)
    assert abs(difference.mean()) < 4 * error
    assert ((raw[:, 1] - y) ** 2).mean() > 5 * ((posterior - y) ** 2).mean()

    drawn_errors = [
        expected_calibration_error(rng.random(rows) < posterior, posterior) for _ in range(100)
    ]
    limit = np.mean(drawn_errors) + 4 * np.std(drawn_errors)
    assert expected_calibration_error(y == 1, corrected) < limit
    assert expected_calibration_error(y == 1, raw[:, 1]) > 50 * limit
