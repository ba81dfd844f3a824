"""What the activations of the winner learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["learned_lines", "learned_places"]

_LINES = 6

Entries = Sequence[Mapping[str, Any]]


def learned_places(learned: Entries) -> list[dict[str, Any]]:
    """The layers of all networks, taken together where they have the same place in a network.

    Args:
        learned: One entry for each layer of each network, as in ``results.json``. The name of the
            layer begins with that of its network.

    Returns:
        For each place: ``layer``, ``kind``, how many ``networks`` there are, the ``count`` of
        values in each, and ``mean``, ``min`` and ``max`` over all of them.
    """
    places: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for entry in learned:
        layer = entry["layer"].partition("/")[2] or entry["layer"]
        places.setdefault((layer, entry["kind"]), []).append(entry)
    return [
        {
            "layer": layer,
            "kind": kind,
            "networks": len(entries),
            "count": entries[0]["count"],
            "mean": _mean(entries),
            "min": min(entry["min"] for entry in entries),
            "max": max(entry["max"] for entry in entries),
        }
        for (layer, kind), entries in places.items()
    ]


def _mean(entries: Entries) -> float:
    total: float = sum(entry["mean"] * entry["count"] for entry in entries)
    count: int = sum(entry["count"] for entry in entries)
    return total / count


def learned_lines(learned: Entries) -> list[str]:
    """One line for each of the first places; none where nothing was learned.

    Example:
        >>> slopes = {"mean": 0.21, "min": 0.05, "max": 0.43, "count": 64}
        >>> learned_lines([{"layer": "p_re_lu", "kind": "prelu slope", "network": 0, **slopes}])
        ['learned: prelu slope, p_re_lu: mean 0.21, 0.05 to 0.43, 64 values']
    """
    places = learned_places(learned)
    lines = [f"learned: {_line(place)}" for place in places[:_LINES]]
    if (more := len(places) - _LINES) > 0:
        lines.append(f"learned: {more} more layer{'s' if more > 1 else ''}, in results.json")
    return lines


def _line(place: Mapping[str, Any]) -> str:
    values = f"{place['count']} value{'s' if place['count'] != 1 else ''}"
    where = f" in each of {place['networks']} networks" if place["networks"] > 1 else ""
    return (
        f"{place['kind']}, {place['layer']}: mean {place['mean']:.3g}, "
        f"{place['min']:.3g} to {place['max']:.3g}, {values}{where}"
    )
