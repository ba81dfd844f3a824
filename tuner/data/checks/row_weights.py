"""Row weights that leave few minority rows a say."""

from __future__ import annotations

from collections.abc import Iterator

from tuner.data.dataset import Dataset
from tuner.data.findings import Finding
from tuner.data.splits import Splits
from tuner.study import DataSection

__all__ = ["uneven_weights"]

_SHARE = 0.5


def uneven_weights(dataset: Dataset, splits: Splits, section: DataSection) -> Iterator[Finding]:
    """Less than half as many effective minority rows as there are: ``(Σw)² / Σw²`` (Kish, 1965)."""
    if dataset.weights is None:
        return
    rows = splits.development
    weights = dataset.weights[rows[dataset.is_minority(rows)]]
    squares = float((weights**2).sum())
    effective = float(weights.sum()) ** 2 / squares if squares else 0.0
    if effective < _SHARE * len(weights):
        yield Finding(
            "warning",
            "uneven-weights",
            f"row weights leave the {len(weights)} development rows of class '{dataset.minority}' "
            f"the say of {effective:.1f} rows (Kish's effective number); the largest weight is "
            f"{weights.max():g}, their mean {weights.mean():g}; limit the weights",
            ("data", "weight"),
        )
