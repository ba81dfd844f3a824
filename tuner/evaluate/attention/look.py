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
        places: Height and width of the feature map; the picture's map is as coarse as that.
        shown: The pictures that are shown.
        found: Over all test pictures of the minority that were found; None without boxes.
        minority: Over all test pictures of the minority; None without boxes.
    """

    networks: int
    places: tuple[int, int]
    shown: tuple[Shown, ...]
    found: Pointing | None
    minority: Pointing | None

    def to_json(self, dataset: Dataset) -> dict[str, Any]:
        """The part of ``results.json``; rows as people count them."""
        return {
            "networks": self.networks,
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
    called: NDArray[np.bool_],
    minority: NDArray[Any],
) -> Attention:
    """Makes the maps of test pictures that are shown or that have a box.

    Args:
        networks: From `networks_with_maps`, one at least.
        x: All test pictures as the networks take them, shape ``(test rows, …)``.
        rows: Their rows in the data set.
        dataset: Holds labels, groups and boxes.
        called: Whether each was called the minority.
        minority: The probability that each was given, shape ``(test rows,)``.
    """
    groups = None if dataset.groups is None else dataset.groups[rows]
    actual = dataset.is_minority(rows)
    boxes = np.full((len(rows), 4), np.nan) if dataset.boxes is None else dataset.boxes[rows]
    kinds = chosen(actual, called, minority, groups)
    shown = {at: kind for kind, places in kinds.items() for at in places}
    needed = np.union1d(np.flatnonzero(actual & boxed(boxes)), list(shown)).astype(np.int64)
    kept: dict[int, NDArray[np.float64]] = {}
    told: dict[int, Measured] = {}
    size: Any = dataset.features.shape[1:3]
    maps = (one for part in joined(networks, x[needed], size) for one in part)
    for at, heat in zip(needed.tolist(), maps, strict=True):
        if at in shown:
            kept[at] = heat
        if heat.any() and boxed(boxes)[at]:
            told[at] = measured(heat, boxes[at], _others(at, boxes, actual, groups))
    sure = [
        Shown(kind, int(rows[at]), float(minority[at]), kept[at], _heat(told.get(at)))
        for at, kind in shown.items()
    ]
    sums = [_summed(told, np.flatnonzero(own), boxes, groups) for own in (actual & called, actual)]
    has_boxes = bool(boxed(boxes)[actual].any())
    first = networks[0].outputs[0].shape
    return Attention(
        len(networks), (first[1], first[2]), tuple(sure), *(sums if has_boxes else (None, None))
    )


def _heat(one: Measured | None) -> float | None:
    return None if one is None else one.heat


def _others(at: int, boxes: Boxes, actual: NDArray[np.bool_], groups: NDArray[Any] | None) -> Boxes:
    """Boxes of the minority in pictures that have nothing to do with this one."""
    other = np.arange(len(boxes)) != at if groups is None else groups != groups[at]
    kept: Boxes = boxes[other & actual & boxed(boxes)]
    return kept


def _summed(
    told: Mapping[int, Measured],
    places: NDArray[np.int64],
    boxes: Boxes,
    groups: NDArray[Any] | None,
) -> Pointing:
    found = [told.get(at) for at in places.tolist()]
    return pointing(found, boxes[places], None if groups is None else groups[places])
