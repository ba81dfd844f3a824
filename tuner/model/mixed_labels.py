"""Losses that rows of two labels have none of."""

from __future__ import annotations

from tuner.errors import Problem
from tuner.model.losses import belongs_to_batch
from tuner.study import ImbalanceSection
from tuner.study.augmentation_section import AugmentationSection

__all__ = ["check_mixing"]


def check_mixing(section: AugmentationSection, imbalance: ImbalanceSection) -> list[Problem]:
    """What keeps rows of a study from being mixed.

    A mixed row has two labels, each with its share, and its loss is the sum of both by these. That
    needs a loss which rows have, and not a batch.
    """
    if not section.mixes:
        return []
    return [
        Problem(
            f"'{one.entry.name}' belongs to a batch and gives no loss for each of a mixed row's two"
            " labels; take another loss, or leave out mixup and cutmix in training.augmentation",
            one.path,
        )
        for one in imbalance.listed("loss")
        if belongs_to_batch(one.entry.name)
    ]
