"""Settings that take back, in the decisions, what answers to rarity do."""

from __future__ import annotations

from collections.abc import Iterator

from tuner.data import Dataset, Finding
from tuner.errors import Path
from tuner.model.losses import may_correct
from tuner.study import Study

__all__ = ["undone_answers"]

_RANKINGS = ("pr_auc", "roc_auc")
"""Scores of the order of rows, which a shift of all logits leaves as it is."""

_PATH: Path = ("imbalance", "prior_correction")
_BY_ALL_CLASSES = ("balanced_accuracy", "mcc")
"""Metrics in which it counts which of the other classes a row is called."""


def undone_answers(study: Study, dataset: Dataset) -> list[Finding]:
    """What prior correction takes from the decisions that a study scores.

    Weights, resampling and losses that weigh rare classes move decisions by moving probabilities.
    Mapped back to the true class shares, these say again what they would have said without; the
    tuned threshold of the minority makes up for it, and nothing else does.

    Args:
        study: Says what is decided how.
        dataset: Holds the classes.
    """
    section, objective = study.imbalance, study.objective
    if not section.prior_correction or not any(_moving(study)) or objective.metric in _RANKINGS:
        return []
    if objective.threshold != "tuned":
        what = f"a threshold of {objective.threshold:g} then calls rows as without them"
    elif len(dataset.classes) > 2 and objective.metric in _BY_ALL_CLASSES:
        what = f"'{objective.metric}' counts decisions among all {len(dataset.classes)} classes"
    else:
        return []
    message = (
        "probabilities are mapped back to the true class shares after training with weights,"
        f" resampling or such a loss, and {what}; set prior_correction: false to keep what they do"
    )
    return [Finding("warning", "correction-undoes", message, _PATH)]


def _moving(study: Study) -> Iterator[bool]:
    section = study.imbalance
    for part in ("class_weight", "resampling"):
        yield any(one.entry.name != "none" for one in section.listed(part))
    yield any(may_correct(one.entry) for one in section.listed("loss"))
