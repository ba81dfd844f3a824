"""Random numbers of the fused engine: the published hash, the same bits everywhere, and uniform."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tuner.training.fused.drawing import pcg4d, uniform

COUNT = 6241  # no multiple of four


def by_numpy(x, y, z, w):
    """The paper's listing, on NumPy's uint32."""
    v = [
        np.asarray(word, np.uint32) * np.uint32(1664525) + np.uint32(1013904223)
        for word in (x, y, z, w)
    ]
    v = np.broadcast_arrays(*v)
    v = [np.array(word) for word in v]

    def mix():
        v[0] += v[1] * v[3]
        v[1] += v[2] * v[0]
        v[2] += v[0] * v[1]
        v[3] += v[1] * v[2]

    mix()
    for word in v:
        word ^= word >> np.uint32(16)
    mix()
    return v


def drawn(*place, count=COUNT):
    return np.asarray(uniform(count, place))


def test_words_are_those_of_the_published_hash():
    given = [np.arange(7, dtype=np.uint32) * np.uint32(k) for k in (1, 977, 2**31, 2**32 - 5)]
    words = pcg4d(tuple(tf.constant(word) for word in given))
    for word, expected in zip(words, by_numpy(*given), strict=True):
        np.testing.assert_array_equal(np.asarray(word), expected)


def test_numbers_are_the_words_in_turn():
    quarter = np.arange((COUNT + 3) // 4)
    words = np.concatenate(by_numpy(quarter, 3, 5, 7))[:COUNT]
    expected = (words >> np.uint32(8)).astype(np.float64) / 2**24
    np.testing.assert_array_equal(drawn(3, 5, 7), expected.astype(np.float32))


@pytest.mark.parametrize("compiled", [False, True])
def test_compiled_code_draws_the_same_numbers(compiled):
    function = tf.function(lambda at: uniform(COUNT, (at, 5, 7)), jit_compile=compiled)
    np.testing.assert_array_equal(np.asarray(function(tf.constant(3))), drawn(3, 5, 7))


def test_numbers_are_uniform_whatever_the_place():
    places = [
        (seed, step, layer) for seed in (0, 2**30 - 1) for step in (0, 1, 2**30) for layer in (1, 2)
    ]
    for place in places:
        numbers = drawn(*place, count=100_000)
        assert numbers.min() >= 0.0
        assert numbers.max() < 1.0
        assert stats.kstest(numbers, "uniform").pvalue > 1e-4
        for lag in (1, 2, 250):
            assert abs(np.corrcoef(numbers[:-lag], numbers[lag:])[0, 1]) < 5 / np.sqrt(len(numbers))


def test_places_that_differ_in_one_number_have_nothing_in_common():
    numbers = [
        drawn(*place, count=100_000)
        for place in [(9, 4, 1), (10, 4, 1), (9, 5, 1), (9, 4, 2), (4, 9, 1), (1, 4, 9)]
    ]
    correlations = np.corrcoef(numbers)[np.triu_indices(len(numbers), 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(numbers[0].size)


def test_none_are_none():
    assert drawn(1, 2, 3, count=0).shape == (0,)
