"""Checks of resamplers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from tuner.data.resamplers import Block, Layout, Resampled, prior_after, resample
from tuner.spaces import Value
from tuner.testing.effects import bits, expect_effects
from tuner.testing.failing import checking, expect
from tuner.testing.items import EntryItem

__all__ = [
    "RESAMPLER_CHECKS",
    "check_resampler_keeps_its_word",
    "check_resampler_leaves_the_given_rows",
    "check_resampler_parameters_have_effects",
    "check_resampler_raises_no_other_class",
    "check_resampler_repeats_with_its_seed",
    "check_resampler_returns_whole_rows",
    "check_resampler_tells_where_rows_come_from",
]

_WIDTH = 4
_COUNTS = (360, 40)


@cache
def _rows() -> tuple[Any, Any]:
    """Rows of two classes that overlap, in mixed order."""
    rng = np.random.default_rng(0)
    y = rng.permutation(np.repeat([0, 1], _COUNTS))
    x = rng.normal(size=(len(y), _WIDTH)) + 0.9 * y[:, None]
    return x.astype(np.float32), y


def _done(item: EntryItem, parameters: Mapping[str, Value], seed: int = 0) -> Resampled:
    x, y = _rows()
    layout = Layout.of_numbers(_WIDTH)
    return resample(item.chosen(parameters), x.copy(), y.copy(), None, layout, ("0", "1"), seed)


@checking
def check_resampler_returns_whole_rows(item: EntryItem) -> None:
    """Rows, codes and origins belong together and are finite, at every end of every parameter."""
    for parameters in item.settings():
        done = _done(item, parameters)
        x = np.asarray(done.x)
        lengths = [len(x), len(done.y), len(done.origin)]
        remedy = "return a row, a code and an origin for each"
        expect(len(set(lengths)) == 1, "as many codes and origins as rows", lengths, remedy)
        kind = (x.shape[1:], str(x.dtype), bool(np.isfinite(x).all()))
        expect(kind == ((_WIDTH,), "float32", True), "finite rows in float32", kind, remedy)
        strange = sorted(set(done.y.tolist()) - {0, 1})
        expect(not strange, "codes of the classes alone", strange, remedy)


@checking
def check_resampler_raises_no_other_class(item: EntryItem) -> None:
    """The rare class is left, and its share in training does not sink."""
    for parameters in item.settings():
        done = _done(item, parameters)
        share = float(prior_after(done.y, 2, done.batch_ratio)[1])
        before = _COUNTS[1] / sum(_COUNTS)
        expected = f"a share of the rare class from {before:.3f}"
        remedy = "resampling must not make the rare class rarer"
        expect(share >= before - 1e-9, expected, f"{share:.3f} with {dict(parameters)}", remedy)


@checking
def check_resampler_leaves_the_given_rows(item: EntryItem) -> None:
    """The arrays of the task are not changed, at every end of every parameter."""
    x, y = (one.copy() for one in _rows())
    for parameters in item.settings():
        layout = Layout.of_numbers(_WIDTH)
        resample(item.chosen(parameters), x, y, None, layout, ("0", "1"), 0)
        untouched = bits(x, y) == bits(*_rows())
        expect(untouched, "training rows to stay as they are", "others", "work on copies")


@checking
def check_resampler_repeats_with_its_seed(item: EntryItem) -> None:
    """The same rows and seed give the same rows, whatever the global seed is."""
    found = []
    for state in (1, 2):
        np.random.seed(state)
        done = _done(item, item.defaults)
        found.append(bits(done.x, done.y, done.origin))
    remedy = "draw from numpy.random.default_rng(task.seed)"
    expect(found[0] == found[1], "the same rows from the same seed", "other rows", remedy)


@checking
def check_resampler_tells_where_rows_come_from(item: EntryItem) -> None:
    """A row with an origin is that training row, with its code; new rows have -1."""
    x, y = _rows()
    done = _done(item, item.defaults)
    known = done.origin >= 0
    sources = done.origin[known]
    alike = np.array_equal(done.x[known], x[sources]) and np.array_equal(done.y[known], y[sources])
    remedy = "give new rows the origin -1, as Resampled.extended does"
    expect(alike, "each row with an origin to be that row", "other values", remedy)


@checking
def check_resampler_keeps_its_word(item: EntryItem) -> None:
    """``takes_images``, ``takes_categories`` and ``makes_rows`` say what it does."""
    resampler = item.entry(item.defaults)
    made = bool((_done(item, item.defaults).origin < 0).any())
    expected = f"makes_rows = {made}"
    expect(resampler.makes_rows == made, expected, resampler.makes_rows, "correct the class")
    x, y = (one.copy() for one in _rows())
    chosen, classes = item.chosen(item.defaults), ("0", "1")
    if resampler.takes_images:
        done = resample(chosen, x.reshape(-1, 2, 2), y, None, None, classes, 0)
        got = np.asarray(done.x).shape[1:]
        expect(got == (2, 2), "images of the same shape", got, "or takes_images = False")
    if resampler.takes_categories:
        coded = np.eye(3, dtype=np.float32)[np.arange(len(y)) % 3]
        layout = Layout((Block("n", 0, 1, False), Block("c", 1, 4, True)))
        done = resample(chosen, np.hstack([x[:, :1], coded]), y, None, layout, classes, 0)
        whole = np.isin(np.asarray(done.x)[:, 1:], (0, 1)).all()
        remedy = "keep one-hot columns whole, or say takes_categories = False"
        expect(whole, "zeros and ones in one-hot columns", "other numbers", remedy)


@checking
def check_resampler_parameters_have_effects(item: EntryItem) -> None:
    """Each parameter changes the rows, or the ratio in which they are drawn."""

    def outcome(parameters: Mapping[str, Value]) -> str:
        done = _done(item, parameters)
        return bits(done.x, done.y, -1.0 if done.batch_ratio is None else done.batch_ratio)

    expect_effects(item, outcome)


RESAMPLER_CHECKS = (
    check_resampler_returns_whole_rows,
    check_resampler_raises_no_other_class,
    check_resampler_leaves_the_given_rows,
    check_resampler_repeats_with_its_seed,
    check_resampler_tells_where_rows_come_from,
    check_resampler_keeps_its_word,
    check_resampler_parameters_have_effects,
)
