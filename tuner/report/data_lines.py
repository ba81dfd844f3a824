"""What a person sees of the data in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tuner.report.lines import caveat_line

__all__ = ["print_columns", "print_data", "print_findings"]

_COLUMNS = 40
_WORDS = 4
_CLASSES = 12
_NAME = 32


def print_data(console: Console, data: Mapping[str, Any]) -> None:
    """What was found in the data and how it is divided; `data` is from ``results.json``."""
    kind = " (synthetic)" if data["synthetic"] and "synthetic" not in data["title"] else ""
    console.print(f"data: {data['title']}{kind}", soft_wrap=True)
    if caveat := caveat_line(data):
        console.print(caveat, soft_wrap=True)
    groups = f" of {data['groups']} groups" if data["groups"] else ""
    counts = _listed(data["classes"], _CLASSES)
    roles = (
        ", with weights" * data["weighted"] + ", with an official split" * data["official_split"]
    )
    if data["boxes"]:
        roles += f", with boxes in {data['boxes']['rows']}"
    console.print(
        f"{data['rows']} rows{groups}, shape {tuple(data['shape'])}{roles}", soft_wrap=True
    )
    console.print(_kinds(data), soft_wrap=True)
    console.print(
        f"classes: {counts}; minority '{data['minority']}', {100 * data['prevalence']:.1f} %",
        soft_wrap=True,
    )
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("part", "rows", "minority", *(["groups"] if data["groups"] else [])):
        table.add_column(name, justify="left" if name == "part" else "right")
    for name, part in data["splits"].items():
        cells = [part["rows"], part["minority"], *([part["groups"]] if data["groups"] else [])]
        table.add_row(name, *map(str, cells))
    console.print(table)


def print_columns(console: Console, columns: Sequence[Mapping[str, Any]]) -> None:
    """One line for each of the first columns; `columns` is from ``check --json``."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("column", no_wrap=True, overflow="ellipsis", max_width=_NAME)
    table.add_column("kind", no_wrap=True)
    table.add_column("missing", no_wrap=True, justify="right")
    table.add_column("holds")
    for column in columns[:_COLUMNS]:
        # Only this column gives way where the terminal is narrow, and is cut then, not folded.
        holds = Text(_holds(column), no_wrap=True, overflow="ellipsis")
        table.add_row(column["name"], column["kind"], str(column["missing"]), holds)
    if columns:
        console.print(table)
    if len(columns) > _COLUMNS:
        console.print(f"and {len(columns) - _COLUMNS} more columns; --json has all of them")


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
    """One line for each finding, however wide the terminal is."""
    for finding in findings:
        console.print(f"{finding['level']}: {finding['message']}", soft_wrap=True)
