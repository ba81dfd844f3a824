"""What pictures are mixed with, and what they then look like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.data.augmentation import Augmentation, augmented
from tuner.data.mixing import Mixing, draw_mixing
from tuner.study.augmentation_section import AUGMENTATIONS

ROWS, SHAPE = 4000, (9, 14)
X = np.random.default_rng(0).normal(size=(50, *SHAPE)).astype(np.float32)


def drawn(rows=ROWS, shape=SHAPE, seed=3, epoch=0, **alphas):
    return draw_mixing(Augmentation(**alphas), rows, shape, seed=seed, epoch=epoch)


def mixed(mixing, x):
    return np.asarray(mixing.pictures(x, x[mixing.partners]))


def test_nothing_asked_for_mixes_nothing():
    values = {key: declared.default for key, declared in AUGMENTATIONS.items()}
    assert Augmentation.of({**values, "mixup": 0.0, "cutmix": 0.0}) is None
    assert draw_mixing(None, 5, SHAPE, seed=0, epoch=0) is None
    assert drawn(flip="both", noise=0.2) is None


def test_a_mixing_alone_leaves_pictures_as_they_are():
    one = Augmentation.of({"mixup": 0.3})
    assert one.mixes
    assert not one.remakes
    assert augmented(X, np.zeros(50, bool), one, seed=0, epoch=0) is X


@pytest.mark.parametrize("shape", [SHAPE, (*SHAPE, 1), (*SHAPE, 3)])
def test_mixup_is_the_formula(shape):
    x = np.random.default_rng(1).normal(size=(50, *shape)).astype(np.float32)
    one = drawn(50, shape, mixup=0.7)
    share = one.shares.reshape(-1, *[1] * len(shape))
    expected = share * x + (1 - share) * x[one.partners]
    np.testing.assert_allclose(mixed(one, x), expected, rtol=0, atol=1e-6)


def boxes_of_the_paper(rng, alpha, rows, size):
    """``rand_bbox`` of the authors' code, on the same draws, row by row."""
    partners, lams = rng.permutation(rows), rng.beta(alpha, alpha, rows)
    centres = [rng.integers(0, side, rows) for side in size]
    boxes = []
    for lam, *middle in zip(lams, *centres, strict=True):
        ratio = np.sqrt(1.0 - lam)
        box = []
        for side, at in zip(size, middle, strict=True):
            cut = int(side * ratio)
            box += [np.clip(at - cut // 2, 0, side), np.clip(at + cut // 2, 0, side)]
        boxes.append(box)
    return partners, boxes


@pytest.mark.parametrize("shape", [SHAPE, (*SHAPE, 3)])
def test_cutmix_puts_a_box_of_the_other_picture_into_each(shape):
    from tuner.data.augmentation import stream

    x = np.random.default_rng(1).normal(size=(50, *shape)).astype(np.float32)
    one = drawn(50, shape, cutmix=1.0)
    partners, boxes = boxes_of_the_paper(stream(3, 0, "cutmix"), 1.0, 50, SHAPE)
    assert np.array_equal(one.partners, partners)
    assert np.array_equal(one.boxes, boxes)
    expected = x.copy()
    for row, (top, bottom, left, right) in enumerate(boxes):
        expected[row, top:bottom, left:right] = x[partners[row], top:bottom, left:right]
        area = (bottom - top) * (right - left)
        assert one.shares[row] == pytest.approx(1 - area / (SHAPE[0] * SHAPE[1]))
    assert np.array_equal(mixed(one, x), expected)  # to the last bit: no pixel is blended


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([{"mixup": 1}, {"cutmix": 1}, {"mixup": 1, "cutmix": 1}]),
    st.floats(1e-6, 10.0),
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    st.integers(1, 30),
    st.integers(0, 2**32 - 1),
)
def test_whatever_is_drawn_can_be_done(kinds, alpha, shape, rows, seed):
    one = drawn(rows, shape, seed, **dict.fromkeys(kinds, alpha))
    assert ((one.shares >= 0) & (one.shares <= 1)).all()
    assert ((one.kept >= 0) & (one.kept <= 1)).all()
    assert one.boxes.dtype == np.int32
    assert ((one.partners >= 0) & (one.partners < rows)).all()
    # The mean of a mixed picture of ones and one of zeros is the share.
    ones, zeros = np.ones((rows, *shape), np.float32), np.zeros((rows, *shape), np.float32)
    done = np.asarray(one.pictures(ones, zeros))
    assert done.mean((1, 2)) == pytest.approx(one.shares, abs=1e-5)
    weights = np.asarray(one.weights(np.full(rows, 2.0, "f4"), np.full(rows, 2.0, "f4")))
    assert weights.sum(axis=1) == pytest.approx(2.0)


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_partners_are_all_rows_once_so_that_no_class_gains_or_loses(kind):
    one = drawn(**{kind: 0.5})
    assert np.array_equal(np.sort(one.partners), np.arange(ROWS))
    y = np.arange(ROWS) % 10 == 0
    minority = np.sum(one.shares * y + (1 - one.shares) * y[one.partners])
    assert minority == pytest.approx(y.sum(), abs=4 * np.sqrt(0.5 * y.sum()))


@pytest.mark.parametrize(("alpha", "variance"), [(0.2, 1 / 5.6), (1.0, 1 / 12), (4.0, 1 / 36)])
def test_shares_are_of_the_beta_distribution(alpha, variance):
    shares = drawn(20 * ROWS, mixup=alpha).shares
    assert shares.mean() == pytest.approx(0.5, abs=0.01)
    assert shares.var() == pytest.approx(variance, rel=0.03)


def test_each_row_takes_one_of_two_kinds_by_a_fair_draw():
    both, blended, cut = drawn(mixup=0.5, cutmix=0.8), drawn(mixup=0.5), drawn(cutmix=0.8)
    first = (both.boxes == blended.boxes).all(axis=1) & (both.shares == blended.shares)
    second = (both.boxes == cut.boxes).all(axis=1) & (both.shares == cut.shares)
    assert (first ^ second).all()
    assert first.mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(ROWS))
    assert np.array_equal(both.partners[first], blended.partners[first])  # what it draws alone
    assert np.array_equal(both.partners[second], cut.partners[second])


def test_seed_and_epoch_decide():
    one = drawn(mixup=0.5, cutmix=0.5)
    assert all(map(np.array_equal, one, drawn(mixup=0.5, cutmix=0.5)))
    for other in (drawn(mixup=0.5, cutmix=0.5, seed=4), drawn(mixup=0.5, cutmix=0.5, epoch=1)):
        assert not np.array_equal(one.partners, other.partners)
        assert not np.array_equal(one.shares, other.shares)


def test_other_kinds_draw_what_they_draw_without_mixing():
    rare = np.arange(50) % 4 == 0
    kinds = {"flip": "both", "rotation": 0.1, "noise": 0.1, "minority": 2.0}
    plain = augmented(X, rare, Augmentation(**kinds), seed=1, epoch=2)
    mixing = Augmentation(**kinds, mixup=0.4, cutmix=1.0)
    assert np.array_equal(augmented(X, rare, mixing, seed=1, epoch=2), plain)


def test_some_places_are_taken_of_all_parts():
    one = drawn(mixup=0.5, cutmix=0.5)
    part = one.at(slice(3, 7))
    assert isinstance(part, Mixing)
    assert np.array_equal(
        mixed(one, X[np.arange(ROWS) % 50])[3:7],
        np.asarray(part.pictures(X[3:7], X[part.partners % 50])),
    )
