"""More features than rows to learn from."""

from __future__ import annotations

from collections.abc import Iterator

from tuner.data.dataset import Dataset
from tuner.data.findings import Finding
from tuner.data.preprocessing import TablePreprocessor, fit_preprocessor
from tuner.data.splits import Splits
from tuner.errors import InputError
from tuner.study import DataSection

__all__ = ["wide"]


def wide(dataset: Dataset, splits: Splits, section: DataSection) -> Iterator[Finding]:
    """A table that becomes more network inputs than a fold has training rows."""
    if not dataset.is_table:
        return
    train = min((fold.train for fold in splits.folds), key=len)
    # A number may become two columns, with the one that says where it was missing.
    most = sum(
        2 if column.categories is None else section.preprocessing.max_categories
        for column in dataset.columns
    )
    if most <= len(train):
        return
    try:
        preprocessor = fit_preprocessor(dataset, train, section.preprocessing)
    except InputError as error:
        yield Finding("error", "constant-columns", f"among training rows, {error}", ("data",))
        return
    assert isinstance(preprocessor, TablePreprocessor)
    features = len(preprocessor.outputs)
    if features > len(train):
        yield Finding(
            "warning",
            "wide",
            f"features ({features}) > training rows ({len(train)}): a network can learn the "
            "training rows by heart; leave columns out, or make dropout and l2 larger",
            ("data", "ignore"),
        )
