"""Divides units of rows among parts, so that every class has its share in each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tuner.data.duplicates import equal_rows
from tuner.data.needs import Needs, distance, repaired

__all__ = ["CANDIDATES", "allocate"]

_STEPS = 50_000
"""Units that are placed one by one in all candidates together."""

_MANY = 20_000
"""Units above which those with the same content are dealt out together."""

CANDIDATES = 16
"""Random orders in which larger units are placed at most."""


def allocate(
    labels: NDArray[np.int64],
    units: NDArray[np.int64] | None,
    shares: NDArray[np.float64],
    seed: int,
    needs: Needs | None = None,
    candidates: int = CANDIDATES,
) -> NDArray[np.int64]:
    """The part of each row.

    Single rows fill up what units of several rows leave, so that without such units every class is
    divided to within one row of its share. Larger units are placed one by one where they bring
    the parts nearest to their shares of every class, in several random orders, of which the best
    is kept. Where that leaves a part without what it needs, shares are bent to give it that.

    Args:
        labels: Class code of each row.
        units: Unit of each row, numbered from 0; None where each row is one. Rows of one unit
            come into one part.
        shares: Share of rows that each part should have; their sum is 1.
        seed: Decides everything that the shares leave open.
        needs: What each part must have, as far as that is possible; nothing unless given.
        candidates: Random orders that are tried at most.

    Returns:
        Number of the part, shape ``(rows,)``.

    Example:
        >>> parts = allocate(np.repeat([0, 1], [8, 4]), None, np.array([0.75, 0.25]), 0)
        >>> np.bincount(parts).tolist(), parts[8:].tolist().count(1)
        ([9, 3], 1)
    """
    if needs is None:
        needs = Needs(np.zeros((len(shares), int(labels.max()) + 1), dtype=np.int64))
    classes = needs.least.shape[1]
    wanted = np.outer(shares, np.bincount(labels, minlength=classes))
    if units is None:
        parts = _fill(labels, wanted, np.random.default_rng(seed))
        if any(needs.lacking(_counted(parts, labels, wanted.shape))):
            return repaired(parts, np.eye(classes, dtype=np.int64)[labels], wanted, needs)
        return parts
    counts = _counted(units, labels, (int(units.max()) + 1, classes))
    large = counts.sum(axis=1) > 1
    candidates = int(np.clip(_STEPS // max(1, large.sum()), 1, candidates))
    best: tuple[tuple[int, int, float], NDArray[np.int64]] | None = None
    for number in range(candidates):
        parts = _candidate(counts, large, wanted, np.random.default_rng([seed, number]))
        parts = repaired(parts, counts, wanted, needs)
        reached, having = np.zeros((2, *wanted.shape), dtype=np.int64)
        np.add.at(reached, parts, counts)
        np.add.at(having, parts, counts > 0)
        key = (*needs.lacking(having), distance(reached, wanted))
        if best is None or key < best[0]:
            best = key, parts
    assert best is not None
    return best[1][units]


def _counted(
    of_row: NDArray[np.int64], labels: NDArray[np.int64], shape: tuple[int, ...]
) -> NDArray[np.int64]:
    """Rows of each class, by the unit or part of each row."""
    flat = np.bincount(of_row * shape[1] + labels, minlength=shape[0] * shape[1])
    return flat.reshape(shape)


def _candidate(
    counts: NDArray[np.int64],
    large: NDArray[np.bool_],
    wanted: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """The part of each unit: large ones are placed, single rows fill up."""
    parts = np.empty(len(counts), dtype=np.int64)
    parts[large], filled = _place(counts[large], wanted, rng)
    parts[~large] = _fill(counts[~large].argmax(axis=1), wanted - filled, rng)
    return parts


def _place(
    counts: NDArray[np.int64], wanted: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Puts units one after the other where they fit best, those with the rarest class first.

    The number of units counts like one more class; without it the large units gather in the larger
    part, and the rows of a small test part come from many small units.
    """
    share = wanted.sum(axis=1) / wanted.sum()
    counted = np.column_stack([counts, np.ones(len(counts), dtype=np.int64)])
    missing = np.column_stack([wanted, share * len(counts)])
    # A class that is missing altogether needs no place.
    scale = 1.0 / np.maximum(missing.sum(axis=0), 1) ** 2
    parts = _dealt(counts, share, rng)
    for part in range(len(share)):
        missing[part] -= counted[parts == part].sum(axis=0)
    order = rng.permutation(np.flatnonzero(parts < 0))
    rarest = np.argsort(wanted.sum(axis=0), kind="stable")[0]
    order = order[np.argsort(counts[order, rarest] == 0, kind="stable")]
    for unit in order:
        # How much nearer the unit brings each part to what it should have, relative to its share.
        gain = ((2 * missing - counted[unit]) * counted[unit] * scale).sum(axis=1) / share
        part = int(np.argmax(gain))
        parts[unit] = part
        missing[part] -= counted[unit]
    return parts, wanted - missing[:, :-1]


def _dealt(
    counts: NDArray[np.int64], share: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Where there are very many units, deals out those with the same content; -1 for all others."""
    parts = np.full(len(counts), -1)
    if len(counts) <= _MANY:
        return parts
    kind = equal_rows(counts)
    order = rng.permutation(len(counts))
    order = order[np.argsort(kind[order], kind="stable")]
    sizes = np.bincount(kind)
    dealt = np.floor(sizes[:, None] * share + 1e-9).astype(np.int64)
    numbers = np.column_stack([dealt, sizes - dealt.sum(axis=1)])
    parts[order] = np.repeat(np.tile([*range(len(share)), -1], len(sizes)), numbers.ravel())
    return parts


def _fill(
    labels: NDArray[np.int64], missing: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Divides single rows of each class in proportion to what the parts still miss."""
    parts = np.empty(len(labels), dtype=np.int64)
    total = np.zeros(len(missing))
    for code in range(missing.shape[1]):
        rows = rng.permutation(np.flatnonzero(labels == code))
        counts = _rounded(missing[:, code], len(rows), total, rng)
        parts[rows] = np.repeat(np.arange(len(missing)), counts)
        total += counts - np.maximum(missing[:, code], 0)
    return parts


def _rounded(
    missing: NDArray[np.float64], rows: int, total: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Whole numbers near `missing` whose sum is `rows`; a part that got less before gets more."""
    positive = np.maximum(missing, 0)
    if positive.sum() == 0:
        positive = np.ones_like(missing)
    exact = positive * (rows / positive.sum())
    counts: NDArray[np.int64] = np.floor(exact + 1e-9).astype(np.int64)
    order = np.lexsort((rng.random(len(counts)), total, -np.round(exact - counts, 9)))
    counts[order[: rows - counts.sum()]] += 1
    # Better one row too many than a part without any.
    for part in np.flatnonzero((exact > 0) & (counts == 0)):
        richest = int(np.argmax(np.where(counts > 1, counts - exact, -np.inf)))
        if counts[richest] > 1:
            counts[part] += 1
            counts[richest] -= 1
    return counts
