"""What test rows could have held though they do not, for intervals of scores at an edge."""

from __future__ import annotations

import numpy as np

from tuner.evaluate.clusters import Cell, Clusters
from tuner.evaluate.drawn_scores import Numbers

__all__ = ["with_errors", "with_finds"]


def with_errors(clusters: Clusters) -> Clusters:
    """The data, and beside it a cluster of each error.

    One is the mean cluster with a minority row, these rows all missed and ranked last. The other is
    the mean cluster without one, with as many false alarms as a cluster holds minority rows, ranked
    as these are where they are found. All else in them is right. Where every cluster has minority
    rows, that other one has them too: of these as many are found as in the data, and its false
    alarms come on top of those of the data, or it would be better than a poor model's own.
    """
    return clusters.beside([*_missed(clusters), *_alarms(clusters)])


def with_finds(clusters: Clusters) -> Clusters:
    """The data, and beside it a mean cluster with, and one without, a minority row, all right."""
    means = {positive: clusters.mean(positive) for positive in (True, False)}
    return clusters.beside(
        [(positive, _right(clusters, mean)) for positive, mean in means.items() if mean.any()]
    )


def _missed(clusters: Clusters) -> list[tuple[bool, list[Cell]]]:
    *others, held = clusters.mean(True)
    if not held:
        return []
    minority = len(others)
    missed = [(_beyond(clusters), minority, code, held / minority) for code in range(minority)]
    return [(True, missed + _right(clusters, np.array([*others, 0.0])))]


def _alarms(clusters: Clusters) -> list[tuple[bool, list[Cell]]]:
    among = not clusters.mean(False).any()  # every group has a minority row
    mean = clusters.mean(among)
    others, minority = mean[:-1].sum(), len(mean) - 1
    if not others:
        return []
    found, called = _found_and_called(clusters) if among else (0.0, 0.0)
    share = min(1.0, (called + (clusters.mean(True)[-1] or 1.0)) / others)
    alarms = [
        (block, code, minority, mean[code] * share * part)
        for code in range(minority)
        for block, part in clusters.finds()
    ]
    missed = [
        (_beyond(clusters), minority, code, (mean[-1] - found) / minority)
        for code in range(minority)
        if mean[-1] > found
    ]
    right = _right(clusters, np.append(mean[:-1] * (1 - share), found))
    return [(among, alarms + missed + right)]


def _found_and_called(clusters: Clusters) -> tuple[float, float]:
    """Minority rows that are found, and others that are called minority, in the mean cluster."""
    minority = clusters.classes - 1
    rows = clusters.counts @ clusters.content / clusters.counts.sum()
    _, true, decided = clusters.cells.T
    called = rows * (decided == minority)
    return float(called[true == minority].sum()), float(called[true != minority].sum())


def _right(clusters: Clusters, rows: Numbers) -> list[Cell]:
    """Rows of each class, all of them called what they are."""
    last, minority = _last(clusters), len(rows) - 1
    others = [(last, code, code, float(rows[code])) for code in range(minority)]
    found = [(block, minority, minority, rows[-1] * part) for block, part in clusters.finds()]
    return others + found * bool(rows[-1])


def _last(clusters: Clusters) -> int:
    return int(clusters.cells[:, 0].max())


def _beyond(clusters: Clusters) -> int:
    """A block below all rows, others included."""
    return _last(clusters) + 1
