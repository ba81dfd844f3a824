"""Values that were compared, for all who read a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from rich.console import Console

from tuner.data.findings import counted
from tuner.report.choices import PLACES
from tuner.report.grid import Column, print_grid
from tuner.report.prose import print_prose
from tuner.report.values import spelled_value

__all__ = [
    "VERDICTS",
    "comparison_notes",
    "comparison_rows",
    "context_places",
    "factor_title",
    "print_comparisons",
    "value_name",
    "verdict_lines",
]

VERDICTS = MappingProxyType(
    {"better": "better", "worse": "worse", "equal": "no matter", "undecided": "undecided"}
)
"""What is said of a lead, by the verdicts of `Pair`."""


def factor_title(one: Mapping[str, Any]) -> str:
    """What a factor is called.

    Example:
        >>> factor_title({"factors": ["model.activation", "model.layers"]})
        'activation × model.layers'
    """
    return " × ".join(PLACES.get(name, name) for name in one["factors"])


def value_name(value: Any) -> str:
    """What a value, or the values of two places, are called."""
    if isinstance(value, list):
        return " with ".join(value_name(one) for one in value)
    return spelled_value(value, digits=6)


def comparison_rows(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The values of a factor, the best first.

    Args:
        one: An entry of the section.

    Returns:
        For each its ``name``, ``mean``, ``rank`` and ``by_context``; and ``ahead``, what is known
        of the best value's lead over it, which the best has not.
    """
    best = one["values"][0]["value"]
    return [
        {
            "name": value_name(row["value"]),
            "mean": row["mean"],
            "rank": row["rank"],
            "by_context": row["by_context"],
            "ahead": _lead(one["pairs"], best, row["value"]) if place and one["pairs"] else None,
        }
        for place, row in enumerate(one["values"])
    ]


def _lead(pairs: Sequence[Mapping[str, Any]], best: Any, other: Any) -> dict[str, Any]:
    """A pair from the side of the best value."""
    for pair in pairs:
        if [pair["first"], pair["second"]] == [best, other]:
            return dict(pair)
        if [pair["second"], pair["first"]] == [best, other]:
            low, high = pair["ci95"]
            turned = {"better": "worse", "worse": "better"}
            return {
                **pair,
                "first": best,
                "second": other,
                "difference": -pair["difference"],
                "ci95": [-high, -low],
                "better": pair["worse"],
                "worse": pair["better"],
                "verdict": turned.get(pair["verdict"], pair["verdict"]),
            }
    raise KeyError((best, other))


def context_places(one: Mapping[str, Any]) -> list[str]:
    """The places in which contexts differ, in their order."""
    contexts = one["contexts"]
    names = dict.fromkeys(name for context in contexts for name in context)
    differ = [name for name in names if len({str(c.get(name)) for c in contexts}) > 1]
    return differ if len(contexts) > 1 else list(names)


def comparison_notes(one: Mapping[str, Any]) -> list[str]:
    """What must be known of a comparison."""
    contexts, cells = len(one["contexts"]), len(one["values"])
    divided = f"the rows were divided {counted(one['repeats'], 'time')}"
    if one["divisions"] < one["repeats"]:
        divided += f" in {counted(one['divisions'], 'way')}, else with other seeds only"
    notes = [
        f"each value stood in the same {counted(contexts, 'context')}, with the same seeds; "
        f"{divided}, {counted(one['resamples'], 'resample')} in all",
        f"P is the probability that the best leads by more than {one['rope']:g}",
    ]
    if not any(one["contexts"]):
        notes.append("nothing else is searched, so that contexts differ in their seeds only")
    elif contexts == 1:
        notes.append("with one context, nothing is known of other values of the other places")
    if one["failed"]:
        notes.append(
            f"{one['failed']} of {contexts * cells} configurations could not be trained and count "
            f"as 0: {'; '.join(one['reasons'])}"
        )
    if one["collapsed"]:
        notes.append(
            f"{one['collapsed']} of {contexts * cells} configurations collapsed: they say the same "
            "of every row, and count with the score of that"
        )
    if one["left_out"]:
        told = counted(len(one["left_out"]), "context")
        notes.append(f"{told} left out, in which no value was trained to anything")
    return notes


def verdict_lines(content: Mapping[str, Any]) -> list[str]:
    """The verdict on each factor.

    Args:
        content: The content of ``results.json``.
    """
    return [f"verdict on {factor_title(one)}: {one['verdict']}" for one in content["comparison"]]


def print_comparisons(console: Console, content: Mapping[str, Any]) -> None:
    """A table for each factor in the terminal."""
    for one in content["comparison"]:
        numbers = [Column(name, number=True) for name in ("mean", "behind", "95 % CI", "P")]
        columns = [Column(factor_title(one)), *numbers, Column("verdict", whole=True)]
        rows = [
            [row["name"], f"{row['mean']:.3f}", *_lead_cells(row["ahead"])]
            for row in comparison_rows(one)
        ]
        console.print()
        print_grid(console, columns, rows)
        for note in comparison_notes(one):
            print_prose(console, note)


def _lead_cells(ahead: Mapping[str, Any] | None) -> tuple[str, ...]:
    if ahead is None:
        return ("",) * 4
    low, high = ahead["ci95"]
    interval = f"{low:.3f} to {high:.3f}"
    return (
        f"{ahead['difference']:.3f}",
        interval,
        f"{ahead['better']:.2f}",
        VERDICTS[ahead["verdict"]],
    )
