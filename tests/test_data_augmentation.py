"""What becomes of pictures."""

import re

import numpy as np
import pytest

from tuner.data.augmentation import Augmentation, augmented, check_augmentation
from tuner.data.pictures import affine_maps, moved
from tuner.study.augmentation_section import AUGMENTATIONS, AugmentationSection

ROWS = 2000
RARE = np.arange(ROWS) % 4 == 0
X = np.random.default_rng(0).normal(size=(ROWS, 6, 5)).astype(np.float32)
EACH = {
    "flip": "both",
    "rotation": 0.1,
    "translation": 0.1,
    "zoom": 0.2,
    "contrast": 0.3,
    "noise": 0.1,
}
ALL = Augmentation(**EACH, minority=2.0)


def changed(augmentation, x=X, rare=RARE, seed=3, epoch=0):
    return augmented(x, rare, augmentation, seed=seed, epoch=epoch)


def placed(x, turn=0.0, scale=1.0, down=0.0, right=0.0):
    """One picture, turned, zoomed and moved by known amounts."""
    numbers = (np.array([one], np.float64) for one in (turn, scale, down, right))
    [done] = moved(x[None, ..., None], affine_maps(*numbers, x.shape))
    return done[..., 0]


@pytest.mark.parametrize(
    ("flip", "mirrored"),
    [
        ("horizontal", [lambda x: x, np.fliplr]),
        ("vertical", [lambda x: x, np.flipud]),
        ("both", [lambda x: x, np.fliplr, np.flipud, lambda x: x[::-1, ::-1]]),
    ],
)
def test_a_flip_is_the_mirrored_picture_and_each_comes_equally_often(flip, mirrored):
    done = changed(Augmentation(flip=flip))
    which = [[np.array_equal(y, f(x)) for f in mirrored] for x, y in zip(X, done, strict=True)]
    assert np.sum(which, axis=1).tolist() == [1] * ROWS
    share = 1 / len(mirrored)
    limit = 4 * np.sqrt(share * (1 - share) / ROWS)
    assert np.mean(which, axis=0) == pytest.approx(share, abs=limit)


def test_a_picture_is_moved_by_whole_pixels_and_its_edge_fills_what_is_left():
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert placed(x, down=1).tolist() == [x[0].tolist(), x[0].tolist(), x[1].tolist()]
    assert placed(x, right=-2).tolist() == x[:, [2, 3, 3, 3]].tolist()


def test_a_picture_is_moved_by_half_a_pixel():
    x = np.array([[0, 2, 6]], np.float32).repeat(2, axis=0)
    assert placed(x, right=0.5).tolist() == [[0, 1, 4]] * 2


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_picture_is_turned_as_numpy_turns_it(quarters):
    x = X[0, :5]
    assert placed(x, quarters * np.pi / 2) == pytest.approx(np.rot90(x, quarters), abs=1e-5)


def test_a_picture_is_zoomed_about_its_middle():
    x = np.array([[0, 1, 2, 3, 4]], np.float32).repeat(5, axis=0)
    assert placed(x, scale=0.5)[2].tolist() == [1, 1.5, 2, 2.5, 3]
    assert placed(x, scale=2.0)[2].tolist() == [0, 0, 2, 4, 4]


def test_no_change_of_place_is_the_same_picture():
    assert np.array_equal(placed(X[0]), X[0])


def places(strength, kind="translation", rare=RARE):
    """How far pictures were moved, down and right, as a share of their sides.

    A picture that rises evenly along one side tells, at its middle, where that pixel came from.
    """
    x = np.zeros((ROWS, 41, 41, 2), np.float32)
    x[..., 0], x[..., 1] = np.arange(41)[:, None], np.arange(41)
    done = changed(Augmentation(**{kind: strength}, minority=2.0), x, rare)
    return 20.0 - done[:, 20, 20], done


def test_pictures_are_moved_by_up_to_the_share_of_their_sides_and_twice_of_the_minority():
    distances, _ = places(0.1)
    for rows, most in ((~RARE, 4.1), (RARE, 8.2)):
        for side in distances[rows].T:
            assert most * 0.95 < side.max() <= most + 1e-4
            assert -most - 1e-4 <= side.min() < -most * 0.95
            assert side.std() == pytest.approx(most / np.sqrt(3), rel=0.1)


def test_pictures_are_turned_by_up_to_the_share_of_a_full_turn_and_twice_of_the_minority():
    _, done = places(0.05, "rotation")
    turns = np.arctan2(done[:, 20, 24, 0] - 20, done[:, 20, 24, 1] - 20) / (2 * np.pi)
    for rows, most in ((~RARE, 0.05), (RARE, 0.1)):
        assert most * 0.95 < turns[rows].max() <= most + 1e-5
        assert -most - 1e-5 <= turns[rows].min() < -most * 0.95


def test_pictures_are_zoomed_by_up_to_the_share_and_twice_of_the_minority():
    _, done = places(0.2, "zoom")
    sides = (done[:, 20, 24, 1] - 20) / 4
    for rows, most in ((~RARE, 0.2), (RARE, 0.4)):
        assert 1 + most * 0.95 < sides[rows].max() <= 1 + most + 1e-5
        assert 1 - most - 1e-5 <= sides[rows].min() < 1 - most * 0.95


def test_contrast_changes_about_the_mean_of_picture_and_channel():
    x = X.reshape(ROWS, 3, 5, 2) + np.float32([10, -5])
    done = changed(Augmentation(contrast=0.2, minority=2.0), x)
    assert done.mean((1, 2)) == pytest.approx(x.mean((1, 2)), abs=1e-4)
    factors = done.std((1, 2)) / x.std((1, 2))
    assert factors[:, 0] == pytest.approx(factors[:, 1], rel=1e-4)
    for rows, most in ((~RARE, 0.2), (RARE, 0.4)):
        assert 1 + most * 0.95 < factors[rows].max() <= 1 + most + 1e-4
        assert 1 - most - 1e-4 <= factors[rows].min() < 1 - most * 0.95


def test_noise_has_its_standard_deviation_and_twice_of_the_minority():
    added = changed(Augmentation(noise=0.1, minority=2.0)) - X
    assert added[~RARE].std() == pytest.approx(0.1, rel=0.03)
    assert added[RARE].std() == pytest.approx(0.2, rel=0.05)
    assert abs(added.mean()) < 0.005


def test_the_minority_is_not_changed_by_more_than_a_key_may_hold():
    for kind, most in (("rotation", 0.5), ("translation", 0.5), ("zoom", 0.9), ("contrast", 0.9)):
        strengths = Augmentation(**{kind: 0.4}, minority=9.0).strength(kind, RARE)
        assert set(strengths[RARE]) == {most}
        assert set(strengths[~RARE]) == {0.4}


def test_nothing_asked_for_gives_the_same_array():
    values = {key: declared.default for key, declared in AUGMENTATIONS.items()}
    assert Augmentation.of(values) is None
    assert Augmentation.of({**values, "minority": 3.0}) is None
    assert Augmentation.of({}) is None
    assert changed(None) is X


@pytest.mark.parametrize("kind", EACH)
def test_the_same_seed_and_epoch_give_the_same_rows_and_others_others(kind):
    one = Augmentation(**{kind: EACH[kind]})
    done = changed(one)
    assert np.array_equal(done, changed(one))
    assert not np.array_equal(done, changed(one, epoch=1))
    assert not np.array_equal(done, changed(one, seed=4))


def test_one_kind_changes_nothing_of_what_another_draws():
    flipped = changed(Augmentation(flip="both"))
    noise = changed(Augmentation(noise=0.1)) - X
    assert changed(Augmentation(flip="both", noise=0.1)) - flipped == pytest.approx(noise, abs=1e-6)


def test_rows_of_one_epoch_are_changed_differently():
    done = changed(ALL, np.repeat(X[:1], ROWS, axis=0))
    assert len(np.unique(done.reshape(ROWS, -1), axis=0)) == ROWS


@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 1), (6, 5, 3)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_shape_stays_and_the_given_rows_do_too(shape, dtype):
    x = (np.random.default_rng(1).random((20, *shape)) * 255).astype(dtype)
    before = x.copy()
    done = changed(ALL, x, RARE[:20])
    assert done.shape == x.shape
    assert done.dtype == np.float32
    assert np.isfinite(done).all()
    assert np.array_equal(x, before)


def test_rows_may_lie_in_memory_in_any_order():
    done = changed(ALL, X[:20], RARE[:20])
    assert np.array_equal(changed(ALL, np.asfortranarray(X[:20]), RARE[:20]), done)
    still = X[:20]
    still.flags.writeable = False
    assert np.array_equal(changed(ALL, still, RARE[:20]), done)


@pytest.mark.parametrize(
    ("shape", "told"),
    [((6,), "the rows are those of a table"), ((4, 6, 5, 1), r"of shape \(4, 6, 5, 1\)")],
)
def test_rows_that_are_no_pictures_are_refused(shape, told):
    [problem] = check_augmentation(AugmentationSection(noise=0.1), shape)
    assert problem.path == ("training", "augmentation")
    assert re.search(told, problem.message)
    assert check_augmentation(AugmentationSection(), shape) == []
    assert check_augmentation(AugmentationSection(noise=0.1), (6, 5)) == []
