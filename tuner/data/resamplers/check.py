"""Whether the resamplers that a study lists suit its data, told before anything is trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import Dataset
from tuner.data.preprocessing import fit_preprocessor
from tuner.data.resamplers.layout import Layout, layout_of
from tuner.data.resamplers.resampler import RESAMPLERS, Facts, Refusal
from tuner.data.splits import Splits
from tuner.errors import Problem
from tuner.spaces import Alternative, corners
from tuner.study import PreprocessingSection
from tuner.study.imbalance_section import Listed

__all__ = ["check_resampling"]


def check_resampling(
    listed: Iterable[Listed], dataset: Dataset, splits: Splits, section: PreprocessingSection
) -> list[Problem]:
    """What stands against the listed resamplers, with the training rows of every fold.

    A range is judged by its ends, a choice by all its options: whatever a trial may draw must work.
    Of several folds, the one that lacks most is told.

    Args:
        listed: The resamplers that a trial of the study may have.
        dataset: All rows.
        splits: Their division.
        section: How rows are preprocessed; it decides which columns hold categories.

    Raises:
        InputError: The rows of a fold cannot be preprocessed.
    """
    needed = [one for one in listed if one.entry.name != "none"]
    facts = list(_facts(dataset, splits, section)) if needed else []
    return [p.under(*one.path) for one in needed for p in _problems(one.entry, facts)]


def _problems(entry: Alternative, facts: list[Facts]) -> Iterator[Problem]:
    gravest: dict[str, Refusal] = {}
    for values in corners(entry.parameters):
        resampler = RESAMPLERS[entry.name](values)
        for refusal in (one for fact in facts for one in resampler.refusals(fact)):
            known = gravest.get(refusal.topic)
            if known is None or refusal.lack > known.lack:
                gravest[refusal.topic] = refusal
    for refusal in gravest.values():
        yield Problem(refusal.message, (refusal.parameter,) if refusal.parameter else ())


def _facts(dataset: Dataset, splits: Splits, section: PreprocessingSection) -> Iterator[Facts]:
    # The winner's rows are preprocessed with what all rows but the test rows say, which may find
    # missing values that a fold's training rows do not have.
    shared = _layout(dataset, splits.development, section)
    for fold in splits.folds:
        counts = np.bincount(dataset.labels[fold.train], minlength=len(dataset.classes))
        where = f" in {called}" if (called := splits.called(fold)) else ""
        for layout in (_layout(dataset, fold.train, section), shared):
            yield Facts(counts, dataset.classes, layout, dataset.weights is not None, where)


def _layout(
    dataset: Dataset, rows: NDArray[np.int64], section: PreprocessingSection
) -> Layout | None:
    if not dataset.is_table:
        return None  # fitting would look at every pixel
    return layout_of(fit_preprocessor(dataset, rows, section))
