"""The 48 sets and the scores that were published for them."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["METRICS", "Rows", "load_published", "load_sets"]

METRICS = ("f1", "gmean", "auc")
"""Names of the scores, as in the published file."""


@dataclass(frozen=True)
class Rows:
    """One set.

    Attributes:
        x: Features, shape ``(rows, columns)``.
        y: 1 where a row is of the minority, else 0, shape ``(rows,)``.
    """

    x: NDArray[np.float64]
    y: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: NDArray[np.int64]) -> Rows:
        """These rows only."""
        return Rows(self.x[rows], self.y[rows])


def load_sets(path: Path) -> dict[str, Rows]:
    """Every table of the SQLite file, by name; its last column is the class."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        told = connection.execute("select name from sqlite_master where type = 'table'")
        names = sorted(name for (name,) in told)
        tables = {name: connection.execute(f'select * from "{name}"').fetchall() for name in names}
    # One set holds its numbers as text.
    return {name: _rows(np.asarray(table, dtype=np.float64)) for name, table in tables.items()}


def _rows(table: NDArray[np.float64]) -> Rows:
    return Rows(table[:, :-1], table[:, -1].astype(np.int64))


def load_published(path: Path) -> dict[str, dict[str, Mapping[str, float]]]:
    """The published scores: of each row of the table, by set, a value for each metric.

    A row is named as ``GBC + smote``.
    """
    found: dict[str, dict[str, Mapping[str, float]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            row = f"{line['classifier']} + {line['sampler']}"
            scores = {metric: float(line[metric]) for metric in METRICS}
            found.setdefault(row, {})[line["dataset"]] = scores
    return found
