"""The data contract: what is told of data before a network is trained on it.

A check is a function of the data, their division and the study's data section that yields findings.
No check looks at the labels of test rows, except to count them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tuner.data.checks.categories import many_categories, unseen_categories
from tuner.data.checks.constants import constant_columns
from tuner.data.checks.identifiers import id_like
from tuner.data.checks.near_duplicates import near_duplicates
from tuner.data.checks.positives import few_positives
from tuner.data.checks.predictors import single_predictors
from tuner.data.checks.prevalence import prevalence_shift
from tuner.data.checks.row_weights import uneven_weights
from tuner.data.checks.shared_rows import shared_rows
from tuner.data.checks.spelling import alike_names
from tuner.data.checks.width import wide
from tuner.data.dataset import Dataset
from tuner.data.findings import Finding
from tuner.data.splits import Splits
from tuner.study import DataSection

__all__ = ["CHECKS", "Check", "inspect_data"]

Check = Callable[[Dataset, Splits, DataSection], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    few_positives,
    shared_rows,
    near_duplicates,
    id_like,
    single_predictors,
    wide,
    constant_columns,
    many_categories,
    unseen_categories,
    alike_names,
    prevalence_shift,
    uneven_weights,
)
"""All checks, in the order in which findings are shown."""


def inspect_data(dataset: Dataset, splits: Splits, section: DataSection) -> tuple[Finding, ...]:
    """Everything that loading and the checks found, errors first.

    Args:
        dataset: All rows.
        splits: Their division.
        section: What the study says of its data.
    """
    found = [*dataset.findings]
    for check in CHECKS:
        found += check(dataset, splits, section)
    return tuple(sorted(found, key=lambda finding: finding.level != "error"))
