"""Which pictures are shown: by a rule, so that nobody picks those that look good."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["KINDS", "chosen"]

KINDS = ("found", "missed", "false alarm")


def chosen(
    actual: NDArray[np.bool_],
    called: NDArray[np.bool_],
    minority: NDArray[Any],
    groups: NDArray[Any] | None,
    most: int = 4,
) -> dict[str, list[int]]:
    """The surest pictures of each kind, at most one of each group.

    Found and false alarms are those with the highest probability of the minority, missed ones those
    with the lowest; of equal ones the first row comes first.

    Args:
        actual: Whether each row is of the minority, shape ``(rows,)``.
        called: Whether it was called so.
        minority: Its probability of being so.
        groups: Its group; None where there are none.
        most: Pictures of each kind at most.

    Returns:
        Positions of rows by kind; a kind may have none.

    Example:
        >>> ill, called = np.array([True, True, True, False]), np.array([True, True, False, False])
        >>> chosen(ill, called, np.array([0.6, 0.9, 0.1, 0.2]), None)
        {'found': [1, 0], 'missed': [2], 'false alarm': []}
    """
    kinds = (actual & called, actual & ~called, ~actual & called)
    signs = (-1, 1, -1)
    return {
        kind: _first(np.flatnonzero(own), sign * minority, groups, most)
        for kind, own, sign in zip(KINDS, kinds, signs, strict=True)
    }


def _first(
    rows: NDArray[np.int64], rank: NDArray[Any], groups: NDArray[Any] | None, most: int
) -> list[int]:
    ordered = rows[np.argsort(rank[rows], kind="stable")]
    if groups is not None:
        _, firsts = np.unique(groups[ordered], return_index=True)
        ordered = ordered[np.sort(firsts)]
    taken: list[int] = ordered[:most].tolist()
    return taken
