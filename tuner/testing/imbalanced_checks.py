"""Checks of `ImbalancedHyperModel` with networks of a person's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tuner.lazy import LazyModule
from tuner.testing.failing import checking, expect
from tuner.testing.hypermodel_item import HyperModelItem

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = [
    "IMBALANCED_CHECKS",
    "check_imbalanced_gives_probabilities",
    "check_imbalanced_knows_the_class_counts",
    "check_imbalanced_reports_minority_f1",
]


@checking
def check_imbalanced_gives_probabilities(item: HyperModelItem) -> None:
    """The output is one probability, or one for each class that sum to 1."""
    p = np.asarray(item.first_run.model(item.rows.train[0]))
    units = 1 if len(item.hypermodel.classes) == 2 else len(item.hypermodel.classes)
    remedy = "leave the output layer to the hypermodel and override backbone"
    expect(p.shape[1:] == (units,), f"{units} numbers for each row", p.shape, remedy)
    between = ((p >= 0) & (p <= 1)).all() and (units == 1 or np.allclose(p.sum(axis=1), 1))
    expect(between, "probabilities", f"numbers from {p.min()} to {p.max()}", remedy)


@checking
def check_imbalanced_knows_the_class_counts(item: HyperModelItem) -> None:
    """After `fit`, the loss knows how often each class came in training."""
    counts = getattr(item.first_run.model.loss, "counts", None)
    remedy = "leave compiling and fit to the hypermodel, or call model.loss.adapt"
    expect(counts is not None, "a loss that was told the class counts", counts, remedy)


@checking
def check_imbalanced_reports_minority_f1(item: HyperModelItem) -> None:
    """Trials can be ranked by ``val_minority_f1``."""
    result = item.first_run.result
    told = sorted(result.history) if isinstance(result, keras.callbacks.History) else result
    remedy = "keep MinorityF1 among the metrics and return what fit returns"
    expect("val_minority_f1" in (told or ()), "val_minority_f1 from fit", told, remedy)


IMBALANCED_CHECKS = (
    check_imbalanced_gives_probabilities,
    check_imbalanced_knows_the_class_counts,
    check_imbalanced_reports_minority_f1,
)
