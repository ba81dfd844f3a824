"""What was found in the data, as plain values for people and programs."""

from __future__ import annotations

from typing import Any

import numpy as np

from tuner.data.dataset import Dataset
from tuner.data.splits import Rows, Splits

__all__ = ["summary"]


def summary(dataset: Dataset, splits: Splits) -> dict[str, Any]:
    """What was found in the data, and how it is divided."""
    groups = None if dataset.groups is None else len(np.unique(dataset.groups))
    parts = {"test": splits.test, "development": splits.development}
    for fold in splits.folds:
        name = f"fold {fold.fold}" if len(splits.folds) > 1 else "validation"
        parts[name] = fold.validation
    return {
        "title": dataset.title,
        "synthetic": dataset.synthetic,
        "rows": len(dataset),
        "shape": list(dataset.features.shape[1:]),
        "classes": dict(zip(dataset.classes, map(int, dataset.counts), strict=True)),
        "minority": dataset.minority,
        "prevalence": dataset.prevalence,
        "groups": groups,
        "fingerprint": dataset.fingerprint,
        "splits": {name: _part(dataset, rows) for name, rows in parts.items()},
    }


def _part(dataset: Dataset, rows: Rows) -> dict[str, Any]:
    groups = None if dataset.groups is None else len(np.unique(dataset.groups[rows]))
    positives = int((dataset.labels[rows] == len(dataset.classes) - 1).sum())
    return {"rows": len(rows), "minority": positives, "groups": groups}
