"""The family of resamplers: what each must do, and what it may refuse before anything is trained.

An entry takes the values of its parameters and returns a `Resampler`:

    @RESAMPLERS.register("random_over", ratio=RATIO)
    def random_over(ratio: float) -> Resampler: ...
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tuner.data.findings import shortened
from tuner.data.resamplers.layout import Layout
from tuner.registry import Registry

__all__ = [
    "RESAMPLERS",
    "Facts",
    "Refusal",
    "Resampled",
    "Resampler",
    "ResamplingFailed",
    "Task",
    "require_finite",
]


class ResamplingFailed(Exception):
    """These rows cannot be resampled so, which only trying shows; another choice may do well."""


@dataclass(frozen=True)
class Facts:
    """What is known of training rows before they are resampled.

    Attributes:
        counts: Rows of each class, in the order of the codes.
        classes: Label of each code.
        layout: The columns of preprocessed rows; None for images.
        weighted: Whether rows have weights of their own.
        where: Which training part it is, for messages: `` in fold 2``; empty where there is one.
    """

    counts: NDArray[np.int64]
    classes: tuple[str, ...]
    layout: Layout | None
    weighted: bool = False
    where: str = ""


@dataclass(frozen=True)
class Refusal:
    """Why a resampler cannot do its work.

    Attributes:
        message: What it needs, what there is, what to do; one line.
        topic: What the refusal is about; of several on one topic the gravest is told.
        lack: How much is lacking; larger is graver.
        parameter: The parameter to change, or empty.
    """

    message: str
    topic: str
    lack: int = 0
    parameter: str = ""


@dataclass(frozen=True)
class Task:
    """Training rows to be resampled.

    Attributes:
        x: float32, preprocessed, shape ``(rows, …)``; of images perhaps `PixelRows`.
        y: Codes, shape ``(rows,)``.
        weights: Weight of each row, or None.
        layout: The columns of `x`; None for images.
        classes: Label of each code.
        seed: Decides every draw.
    """

    x: Any
    y: NDArray[np.int64]
    weights: NDArray[np.float64] | None
    layout: Layout | None
    classes: tuple[str, ...]
    seed: int

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Rows of each class."""
        return np.bincount(self.y, minlength=len(self.classes))


@dataclass(frozen=True)
class Resampled:
    """Training rows after resampling.

    Rows that stay keep their order; copied or new rows follow in the order in which they were
    made, class by class. Training has to shuffle them.

    Attributes:
        x: Of the kind that was given, shape ``(rows, …)``.
        y: Codes, shape ``(rows,)``.
        weights: Weight of each row, or None; a copy has the weight of its source.
        origin: Number of the training row that each row is or copies; -1 for a new one.
        batch_ratio: Where batches are to be drawn anew in each epoch (see `draw_epoch`), the ratio
            of their classes; else None.
    """

    x: Any
    y: NDArray[np.int64]
    weights: NDArray[np.float64] | None
    origin: NDArray[np.int64]
    batch_ratio: float | None = None

    @classmethod
    def unchanged(cls, task: Task, batch_ratio: float | None = None) -> Resampled:
        """The rows as they are; the arrays are not copied."""
        return cls(task.x, task.y, task.weights, np.arange(len(task.y)), batch_ratio)

    @classmethod
    def taken(cls, task: Task, rows: NDArray[np.int64]) -> Resampled:
        """The rows of these numbers, which may repeat."""
        weights = None if task.weights is None else task.weights[rows]
        return cls(task.x[rows], task.y[rows], weights, rows)

    @classmethod
    def extended(cls, task: Task, x: NDArray[Any], y: NDArray[Any]) -> Resampled:
        """All rows, and new ones after them."""
        return cls(
            np.concatenate([task.x, x]).astype(np.float32, copy=False),
            np.concatenate([task.y, y]).astype(np.int64, copy=False),
            None,
            np.concatenate([np.arange(len(task.y)), np.full(len(y), -1)]),
        )


class Resampler(ABC):
    """Changes training rows.

    Attributes:
        name: The entry's name, for messages.
        takes_images: Whether rows may be images.
        takes_categories: Whether rows may have one-hot columns.
        makes_rows: Whether it makes rows that are in no source, so that they have no weight.
    """

    name: str
    takes_images: ClassVar[bool] = True
    takes_categories: ClassVar[bool] = True
    makes_rows: ClassVar[bool] = False

    @abstractmethod
    def __call__(self, task: Task) -> Resampled:
        """The rows to train on; those of `task` are not changed.

        Raises:
            ResamplingFailed: These rows cannot be resampled so.
        """

    def lacks(self, facts: Facts) -> Iterator[Refusal]:
        """Why there are too few or too many rows; nothing unless an entry says otherwise."""
        yield from ()

    def refusals(self, facts: Facts) -> Iterator[Refusal]:
        """Everything that stands against it, known before anything is trained."""
        if facts.layout is None and not self.takes_images:
            yield Refusal(
                f"{self.name} applies to tables only, and these rows are images; use class "
                "weights, random oversampling (random_over) or balanced_batches",
                "images",
            )
            return
        if facts.layout and facts.layout.categories and not self.takes_categories:
            names = shortened(block.name for block in facts.layout.categories)
            yield Refusal(
                f"{self.name} makes rows of numbers only, and the data has categories ({names}); "
                "use smote, which takes them, or random oversampling (random_over)",
                "categories",
            )
        if facts.weighted and self.makes_rows:
            yield Refusal(
                f"{self.name} makes new rows, and the rows of this data have weights, which new "
                "ones lack; use random_over, balanced_batches or class weights, or leave out the "
                "weights",
                "weights",
            )
        empty = np.flatnonzero(facts.counts == 0)
        for code in empty:
            yield Refusal(
                f"class '{facts.classes[code]}' has 0 training rows{facts.where}",
                f"class {code}",
            )
        if not len(empty):
            yield from self.lacks(facts)


RESAMPLERS: Registry[Resampler] = Registry("resampling")


def require_finite(task: Task, name: str) -> None:
    """Distances need numbers.

    Raises:
        ResamplingFailed: A number is not finite, which preprocessing gives where one is beyond
            float32.
    """
    unfit = np.flatnonzero(~np.isfinite(task.x).all(axis=1))
    if len(unfit):
        raise ResamplingFailed(
            f"{name}: {len(unfit)} of {len(task.x)} training rows hold a number beyond float32"
        )
