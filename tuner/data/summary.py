"""What was found in the data, as plain values for people and programs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.boxes import boxes_told
from tuner.data.dataset import Column, Dataset, missing_values
from tuner.data.splits import Rows, Splits

__all__ = ["column_facts", "summary"]


def summary(dataset: Dataset, splits: Splits) -> dict[str, Any]:
    """What was found in the data, and how it is divided."""
    groups = None if dataset.groups is None else len(np.unique(dataset.groups))
    parts = {"test": splits.test, "development": splits.development}
    for fold in splits.folds:
        parts[splits.called(fold) or "validation"] = fold.validation
    about = dataset.about
    return {
        "title": about.title,
        "synthetic": about.synthetic,
        "in_memory": about.in_memory,
        "caveat": about.caveat,
        "references": dict(about.references),
        "rows": len(dataset),
        "shape": list(dataset.features.shape[1:]),
        "columns": _columns(dataset) if dataset.is_table else None,
        "images": None if dataset.is_table else _images(dataset),
        "classes": dict(zip(dataset.classes, map(int, dataset.counts), strict=True)),
        "minority": dataset.minority,
        "prevalence": dataset.prevalence,
        "groups": groups,
        "weighted": dataset.weights is not None,
        "official_split": dataset.parts is not None,
        "fingerprint": dataset.fingerprint,
        "boxes": boxes_told(dataset.boxes),
        "splits": {name: _part(dataset, rows) for name, rows in parts.items()},
    }


def _part(dataset: Dataset, rows: Rows) -> dict[str, Any]:
    groups = None if dataset.groups is None else len(np.unique(dataset.groups[rows]))
    positives = int(dataset.is_minority(rows).sum())
    return {"rows": len(rows), "minority": positives, "groups": groups}


def _columns(dataset: Dataset) -> dict[str, int]:
    """Columns by kind, and missing cells; column by column, since tables may be large."""
    kinds = [column.categories is None for column in dataset.columns]
    missing = sum(int(missing_values(column).sum()) for column in dataset.features.T)
    return {
        "number": sum(kinds),
        "category": len(kinds) - sum(kinds),
        "missing_cells": missing,
    }


def _images(dataset: Dataset) -> dict[str, Any]:
    """The numbers that pixels hold, and what the loader found in the files."""
    return {
        "dtype": str(dataset.features.dtype),
        "min": dataset.features.min().item(),
        "max": dataset.features.max().item(),
        "found": dict(dataset.reading.get("found", {})),
    }


def column_facts(dataset: Dataset) -> list[dict[str, Any]]:
    """What each column of a table holds, by its name; nothing for images."""
    return [
        {"name": column.name, **_facts(dataset.features[:, number], column)}
        for number, column in enumerate(dataset.columns)
    ]


def _facts(values: NDArray[Any], column: Column) -> dict[str, Any]:
    missing = missing_values(values)
    known = values[~missing]
    told = {
        "kind": "number" if column.categories is None else "category",
        "missing": int(missing.sum()),
    }
    if column.categories is None:
        return {**told, "min": known.min().item(), "max": known.max().item()}
    counts = np.bincount(known.astype(np.int64), minlength=len(column.categories))
    order = np.argsort(-counts, kind="stable")
    return {**told, "categories": {column.categories[code]: int(counts[code]) for code in order}}
