"""The health of the winner's networks, taken together layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean, median
from typing import Any

__all__ = ["winner_health"]

_TIMES = ("start", "end")
_OF_LAYER = ("dead", "saturated", "mean", "spread")

Numbers = dict[str, float | None]


def winner_health(ledgers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the ledgers of the winner's networks say together, with initial and with kept weights.

    Args:
        ledgers: One for each network, all of one architecture, as in ``results.json``.

    Returns:
        ``networks``; ``layers``, for each hidden layer ``start`` and ``end`` with the means of
        ``dead``, ``saturated``, ``mean`` and ``spread``; ``gradients``, for each kernel the median
        norm at ``start`` and ``end``; ``first_to_last`` (median) and ``minority_gradient`` (mean)
        at ``start`` and ``end``. A number is None where no network has it.
    """
    healths = {time: [ledger[time] for ledger in ledgers if ledger] for time in _TIMES}
    return {
        "networks": len(healths["end"]),
        "layers": _rows({time: _layers(known) for time, known in healths.items()}),
        "gradients": _rows({time: _gradients(known) for time, known in healths.items()}),
        "first_to_last": _numbers(healths, "first_to_last", median),
        "minority_gradient": _numbers(healths, "minority_gradient", fmean),
    }


def _rows(by_time: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """From one list for each time to one row for each layer."""
    rows = zip(*(by_time[time] for time in _TIMES), strict=True)
    return [dict(zip(_TIMES, row, strict=True)) for row in rows]


def _layers(healths: Sequence[Mapping[str, Any]]) -> list[Numbers]:
    networks = zip(*(health["layers"] for health in healths), strict=True)
    return [
        {name: _pooled((layer[name] for layer in layers), fmean) for name in _OF_LAYER}
        for layers in networks
    ]


def _gradients(healths: Sequence[Mapping[str, Any]]) -> list[float | None]:
    networks = zip(*(health["gradient_norms"] for health in healths), strict=True)
    return [_pooled(norms, median) for norms in networks]


def _numbers(
    healths: Mapping[str, Sequence[Mapping[str, Any]]],
    name: str,
    pool: Callable[[Sequence[float]], float],
) -> Numbers:
    return {
        time: _pooled((health[name] for health in known), pool) for time, known in healths.items()
    }


def _pooled(
    numbers: Iterable[float | None], pool: Callable[[Sequence[float]], float]
) -> float | None:
    known = [number for number in numbers if number is not None]
    return float(pool(known)) if known else None
