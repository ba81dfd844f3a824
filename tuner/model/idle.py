"""Answers to rarity that change nothing for the counts of the classes that there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Finding, Splits
from tuner.data.findings import shortened
from tuner.model.class_weights import class_weights
from tuner.model.losses import effective_prior, may_correct
from tuner.spaces import Alternative, Chosen, corners
from tuner.study import ImbalanceSection

__all__ = ["idle_answers"]

_ALIKE = 0.01
"""Weights that differ by less, as a share of the smallest, are those of no weights."""

Counts = NDArray[np.int64]


def idle_answers(section: ImbalanceSection, dataset: Dataset, splits: Splits) -> list[Finding]:
    """Class weights and losses that weigh all classes alike, whatever value a trial draws.

    Effective-number weights do so where ``beta ** n`` is about 0 for every class: with a beta of
    0.9, a class of 50 rows has as many effective rows as one of 5,000.

    Args:
        section: What the study lists.
        dataset: Holds the labels.
        splits: The training rows of the first fold are counted, before resampling.
    """
    labels = dataset.labels[splits.folds[0].train]
    counts = np.bincount(labels, minlength=len(dataset.classes))
    listed = [one for one in section.listed("class_weight") if one.entry.name != "none"]
    idle = [one for one in listed if _all_alike(_weights(one.entry, counts, dataset.classes))]
    losses = [one for one in section.listed("loss") if may_correct(one.entry)]
    idle += [one for one in losses if _all_alike(_loss_weights(one.entry, counts))]
    return [Finding("warning", "idle-weights", _told(one.entry, counts), one.path) for one in idle]


def _told(entry: Alternative, counts: Counts) -> str:
    values = ", ".join(f"{key} {space}" for key, space in entry.parameters.items())
    return (
        f"'{entry.name}' ({values}) weighs the classes alike to within {100 * _ALIKE:.0f} % where"
        f" they have {shortened(counts.tolist())} training rows, so it does nothing"
        + ("; a beta nearer to 1 weighs more" if "beta" in entry.parameters else "")
    )


def _weights(
    entry: Alternative, counts: Counts, classes: Sequence[str]
) -> Iterator[NDArray[np.float64]]:
    for values in corners(entry.parameters):
        yield class_weights(Chosen(entry.name, values), counts, classes, len(classes) - 1)


def _loss_weights(entry: Alternative, counts: Counts) -> Iterator[NDArray[Any]]:
    """What the loss makes of each row of a class; nothing where that is not known."""
    for values in corners(entry.parameters):
        prior = effective_prior(Chosen(entry.name, values), counts)
        if prior is not None:
            yield prior / counts


def _all_alike(weights: Iterator[NDArray[Any]]) -> bool:
    known = list(weights)
    return bool(known) and all(one.max() < (1 + _ALIKE) * one.min() for one in known)
