"""The health of a trial's networks in a few numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tuner.training.unit import UnitResult

__all__ = ["health_summary"]


def health_summary(units: Sequence[UnitResult], one_class: bool = False) -> dict[str, Any]:
    """What the ledgers of a trial's networks say together.

    Shares are means over all hidden layers of all networks, ratios are medians over networks; a
    number is None where no network has it.

    Args:
        units: The trained networks.
        one_class: Whether the trial's decisions call all validation rows one class.

    Returns:
        ``collapsed`` (every network says the same of all its rows, or all decisions are one class),
        ``collapsed_networks``, ``dead_layers`` (networks with a layer that has no unit alive), and,
        with the weights that were kept and under ``start`` with the initial ones, ``dead_units``,
        ``saturated_units``, ``first_to_last`` and ``minority_gradient``.
    """
    collapsed = sum(unit.collapsed for unit in units)
    ends = [unit.health["end"] for unit in units if unit.health]
    starts = [unit.health["start"] for unit in units if unit.health]
    return {
        "collapsed": one_class or collapsed == len(units),
        "collapsed_networks": collapsed,
        "dead_layers": sum(end["dead_layer"] for end in ends),
        **_numbers(ends),
        "start": _numbers(starts),
    }


def _numbers(healths: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    return {
        "dead_units": _mean(_of_layers(healths, "dead")),
        "saturated_units": _mean(_of_layers(healths, "saturated")),
        "first_to_last": _median(health["first_to_last"] for health in healths),
        "minority_gradient": _mean(health["minority_gradient"] for health in healths),
    }


def _of_layers(healths: Sequence[Mapping[str, Any]], name: str) -> Iterator[float | None]:
    for health in healths:
        yield from (layer[name] for layer in health["layers"])


def _mean(numbers: Iterator[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return float(np.mean(known)) if known else None


def _median(numbers: Iterator[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return float(np.median(known)) if known else None
