"""Where the winner looks in test pictures: some that are shown, and numbers over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset
from tuner.data.boxes import Boxes, boxed
from tuner.evaluate.attention.choice import chosen
from tuner.evaluate.attention.grad_cam import joined, with_feature_map
from tuner.evaluate.attention.pointing import Measured, Pointing, measured, pointing
from tuner.evaluate.ensemble import logit_networks

__all__ = ["Attention", "Shown", "look", "networks_with_maps"]


@dataclass(frozen=True)
class Shown:
    """A picture that is shown.

    Attributes:
        kind: One of `KINDS`.
        row: Its row in the data set, from 0.
        probability: Of the minority.
        heat: Its map, shape ``(height, width)``, with a sum of 1; 0 everywhere where no place
            speaks for the minority.
        in_box: Share of the heat within its box; None without a box or without heat.
    """

    kind: str
    row: int
    probability: float
    heat: NDArray[np.float64]
    in_box: float | None


@dataclass(frozen=True)
class Attention:
    """What a report says of where the winner looks.

    Attributes:
        networks: How many networks the maps are means of.
        threshold: Probability from which a picture was called the minority.
        places: Height and width of the feature map; the picture's map is as coarse as that.
        shown: The pictures that are shown.
        found: Over all test pictures of the minority that were found; None without boxes.
        minority: Over all test pictures of the minority; None without boxes.
    """

    networks: int
    threshold: float
    places: tuple[int, int]
    shown: tuple[Shown, ...]
    found: Pointing | None
    minority: Pointing | None

    def to_json(self, dataset: Dataset) -> dict[str, Any]:
        """The part of ``results.json``; rows as people count them."""
        return {
            "networks": self.networks,
            "threshold": self.threshold,
            "places": list(self.places),
            "found": self.found and asdict(self.found),
            "minority": self.minority and asdict(self.minority),
            "shown": [
                {
                    "kind": one.kind,
                    "row": one.row + dataset.first_row,
                    "group": None if dataset.groups is None else str(dataset.groups[one.row]),
                    "class": dataset.classes[dataset.labels[one.row]],
                    "probability": one.probability,
                    "heat_in_box": one.in_box,
                }
                for one in self.shown
            ],
        }


def networks_with_maps(model: keras.Model) -> list[keras.Model]:
    """The networks of a winner, each with its feature map; none where they have no such map.

    Args:
        model: As `tuner.evaluate.ensemble.average` gives it.
    """
    networks = [with_feature_map(one) for one in logit_networks(model)]
    found = [one for one in networks if one is not None]
    return found if len(found) == len(networks) else []


def look(
    networks: Sequence[keras.Model],
    x: NDArray[np.float32],
    rows: NDArray[np.int64],
    dataset: Dataset,
    minority: NDArray[Any],
    threshold: float,
) -> Attention:
    """Makes the maps of test pictures that are shown or that have a box.

    Args:
        networks: From `networks_with_maps`, one at least.
        x: All test pictures as the networks take them, shape ``(test rows, …)``.
        rows: Their rows in the data set.
        dataset: Holds labels, groups and boxes.
        minority: Probability of the minority in each, shape ``(test rows,)``.
        threshold: From which a picture is called the minority.
    """
    called = minority >= np.asarray(threshold)  # compared in float64, as decisions are
    pictures = _Pictures.of(dataset, rows)
    kinds = chosen(pictures.actual, called, minority, pictures.groups)
    shown = {at: kind for kind, places in kinds.items() for at in places}
    needed = np.union1d(pictures.to_find, list(shown)).astype(np.int64)
    kept: dict[int, NDArray[np.float64]] = {}
    told: dict[int, Measured | None] = {}
    size: Any = dataset.features.shape[1:3]
    maps = (one for part in joined(networks, x[needed], size) for one in part)
    for at, heat in zip(needed.tolist(), maps, strict=True):
        told[at] = pictures.measured(at, heat)
        if at in shown:
            kept[at] = heat
    return Attention(
        len(networks),
        threshold,
        networks[0].outputs[0].shape[1:3],
        tuple(
            Shown(kind, int(rows[at]), float(minority[at]), kept[at], _heat(told[at]))
            for at, kind in shown.items()
        ),
        pictures.summed(told, pictures.actual & called),
        pictures.summed(told, pictures.actual),
    )


def _heat(one: Measured | None) -> float | None:
    return None if one is None else one.heat


@dataclass(frozen=True)
class _Pictures:
    """What is known of test pictures; boxes are NaN where there are none."""

    actual: NDArray[np.bool_]
    groups: NDArray[Any] | None
    boxes: Boxes

    @classmethod
    def of(cls, dataset: Dataset, rows: NDArray[np.int64]) -> _Pictures:
        boxes = np.full((len(rows), 4), np.nan) if dataset.boxes is None else dataset.boxes[rows]
        groups = None if dataset.groups is None else dataset.groups[rows]
        return cls(dataset.is_minority(rows), groups, boxes)

    @property
    def to_find(self) -> NDArray[np.int64]:
        """Pictures of the minority with a box."""
        return np.flatnonzero(self.actual & boxed(self.boxes))

    def measured(self, at: int, heat: NDArray[np.float64]) -> Measured | None:
        """None without a box or without heat."""
        if not heat.any() or not boxed(self.boxes)[at]:
            return None
        # Pictures of one group show the same, so that their boxes are much like this one.
        alike = np.arange(len(self.boxes)) if self.groups is None else self.groups
        others = self.to_find[alike[self.to_find] != alike[at]]
        return measured(heat, self.boxes[at], self.boxes[others])

    def summed(
        self, told: Mapping[int, Measured | None], which: NDArray[np.bool_]
    ) -> Pointing | None:
        """None where no picture of the minority has a box."""
        if not len(self.to_find):
            return None
        places = np.flatnonzero(which)
        groups = None if self.groups is None else self.groups[places]
        return pointing([told.get(at) for at in places.tolist()], self.boxes[places], groups)
