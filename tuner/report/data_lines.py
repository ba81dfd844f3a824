"""What a person sees of the data in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from tuner.report.grid import Column, print_grid
from tuner.report.lines import caveat_line
from tuner.report.prose import print_prose

__all__ = ["print_columns", "print_data", "print_findings"]

_COLUMNS = 40
_WORDS = 4
_CLASSES = 12
_NAME = 32


def print_data(console: Console, data: Mapping[str, Any]) -> None:
    """What was found in the data and how it is divided; `data` is from ``results.json``."""
    kind = " (synthetic)" if data["synthetic"] and "synthetic" not in data["title"] else ""
    print_prose(console, f"data: {data['title']}{kind}")
    if caveat := caveat_line(data):
        print_prose(console, caveat)
    groups = f" of {data['groups']} groups" if data["groups"] else ""
    counts = _listed(data["classes"], _CLASSES)
    roles = (
        ", with weights" * data["weighted"] + ", with an official split" * data["official_split"]
    )
    if data["boxes"]:
        roles += f", with boxes in {data['boxes']['rows']}"
    print_prose(console, f"{data['rows']} rows{groups}, shape {tuple(data['shape'])}{roles}")
    print_prose(console, _kinds(data))
    print_prose(
        console,
        f"classes: {counts}; minority '{data['minority']}', {100 * data['prevalence']:.1f} %",
    )
    counted = ("rows", "minority", *["groups"] * bool(data["groups"]))
    columns = [Column("part"), *(Column(name, number=True) for name in counted)]
    parts = data["splits"].items()
    print_grid(console, columns, [[name, *(str(of[key]) for key in counted)] for name, of in parts])


def print_columns(console: Console, columns: Sequence[Mapping[str, Any]]) -> None:
    """One line for each of the first columns; `columns` is from ``check --json``."""
    titles = [
        Column("column"),
        Column("kind"),
        Column("missing", number=True),
        Column("holds", cut=True),
    ]
    rows = [
        [_short(c["name"]), c["kind"], str(c["missing"]), _holds(c)] for c in columns[:_COLUMNS]
    ]
    if rows:
        print_grid(console, titles, rows)
    if len(columns) > _COLUMNS:
        print_prose(console, f"and {len(columns) - _COLUMNS} more columns; --json has all of them")


def _short(name: str) -> str:
    """Some people write the whole question of a survey into the first line."""
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"


def _holds(column: Mapping[str, Any]) -> str:
    if column["kind"] == "number":
        return f"{column['min']:.4g} to {column['max']:.4g}"
    return _listed(column["categories"], _WORDS)


def _listed(counts: Mapping[str, int], most: int) -> str:
    """The first names with their counts, and how many more names there are."""
    words = [f"'{word}' {count}" for word, count in counts.items()]
    rest = len(words) - most
    return ", ".join(words[:most]) + (f" and {rest} more" if rest > 0 else "")


def _kinds(data: Mapping[str, Any]) -> str:
    """Columns by kind, or what the pixels of images are."""
    if data["columns"]:
        columns = data["columns"]
        kinds = [f"{columns[kind]} {kind}" for kind in ("number", "category") if columns[kind]]
        return f"columns: {', '.join(kinds)}; {columns['missing_cells']} missing cells"
    images = data["images"]
    found = {key: value for key, value in images["found"].items() if key not in ("min", "max")}
    told = [f"{images['dtype']} from {images['min']:g} to {images['max']:g}"]
    told += [f"{key} {_spelled(value)}" for key, value in found.items() if value]
    return f"pixels: {'; '.join(told)}"


def _spelled(value: Any) -> str:
    """A fact about images: a number, a text, or how many files have what."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} ({count})" for name, count in value.items())
    return str(value)


def print_findings(console: Console, findings: Sequence[Mapping[str, Any]]) -> None:
    """A line for each finding."""
    for finding in findings:
        print_prose(console, f"{finding['level']}: {finding['message']}")
