"""Groups of rows, such as the slices of a subject, as rows of their own.

A group is of the minority class if one of its rows is, and has probabilities made of its rows'. All
that scores rows then scores groups.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["by_group", "group_labels"]

Codes = NDArray[np.int64]


def by_group(
    labels: Codes, probabilities: NDArray[Any], groups: NDArray[Any], places: int | None
) -> tuple[Codes, NDArray[np.float64]]:
    """Label and probabilities of each group, in the order of the groups' names or numbers.

    The minority's probability is the `places`-th highest of the group's rows, so that a group
    reaches a threshold exactly where so many of its rows do: 1 is the maximum. Of a group with
    fewer rows all must. The other classes share the rest in the proportions of their means.

    Args:
        labels: Codes of the rows, the minority last, shape ``(rows,)``.
        probabilities: Shape ``(rows, classes)``, the minority last.
        groups: Of each row, shape ``(rows,)``.
        places: How many rows must reach a threshold; None for the mean of all rows.

    Returns:
        Codes, shape ``(groups,)``, and probabilities, shape ``(groups, classes)``.

    Example:
        >>> told = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
        >>> codes, mean = by_group(np.array([0, 1, 0]), told, np.array([4, 4, 7]), None)
        >>> codes, mean[:, 1].round(2)
        (array([1, 0]), array([0.45, 0.3 ]))
    """
    _, code, counts = np.unique(groups, return_inverse=True, return_counts=True)
    told = np.asarray(probabilities, dtype=np.float64)
    sums = np.zeros((len(counts), told.shape[1]))
    np.add.at(sums, code, told)
    means = sums / counts[:, None]
    if places is None:
        return group_labels(labels, code, told.shape[1]), means
    order = np.lexsort((-told[:, -1], code))
    starts = np.cumsum(counts) - counts
    minority = told[order[starts + np.minimum(places, counts) - 1], -1]
    others = means[:, :-1] / np.maximum(means[:, :-1].sum(axis=1, keepdims=True), _NOTHING)
    mixed = np.column_stack([others * (1 - minority)[:, None], minority])
    return group_labels(labels, code, told.shape[1]), mixed


_NOTHING = np.finfo(np.float64).tiny


def group_labels(labels: Codes, groups: NDArray[Any], classes: int) -> Codes:
    """The class of each group: the minority where a row is of it, else the most frequent.

    Of equally frequent classes the first counts.

    Args:
        labels: Codes of the rows, the minority last.
        groups: Of each row.
        classes: How many classes there are.

    Example:
        >>> group_labels(np.array([0, 0, 2, 1, 1, 0]), np.array([5, 5, 5, 6, 6, 6]), 3)
        array([2, 1])
    """
    names, code = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(names), classes), dtype=np.int64)
    np.add.at(counts, (code, labels), 1)
    frequent = counts[:, :-1].argmax(axis=1)
    found: Codes = np.where(counts[:, -1] > 0, classes - 1, frequent)
    return found
