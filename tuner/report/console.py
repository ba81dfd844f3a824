"""What a person sees in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = [
    "ENDINGS",
    "known_scores",
    "last_line",
    "print_columns",
    "print_data",
    "print_findings",
    "print_report",
]

_COLUMNS = 40
_WORDS = 4
_CLASSES = 12
_NAME = 32

ENDINGS = {
    "trials": "all trials are done",
    "exhausted": "search space exhausted",
    "time_limit": "time limit reached",
    "interrupted": "interrupted",
}


def print_data(console: Console, data: Mapping[str, Any]) -> None:
    """What was found in the data and how it is divided; `data` is from ``results.json``."""
    kind = " (synthetic)" if data["synthetic"] and "synthetic" not in data["title"] else ""
    console.print(f"data: {data['title']}{kind}")
    if caveat := _caveat(data):
        console.print(caveat, soft_wrap=True)
    groups = f" of {data['groups']} groups" if data["groups"] else ""
    counts = _listed(data["classes"], _CLASSES)
    roles = (
        ", with weights" * data["weighted"] + ", with an official split" * data["official_split"]
    )
    console.print(f"{data['rows']} rows{groups}, shape {tuple(data['shape'])}{roles}")
    console.print(_kinds(data))
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


def known_scores(data: Mapping[str, Any]) -> str:
    """What others reached on the test rows, in one line; empty where nothing is known."""
    known = "; ".join(f"{score:.3f} {what}" for what, score in data["references"].items())
    return f"known minority F1 on such test rows: {known}" if known else ""


def print_findings(console: Console, findings: Sequence[Mapping[str, Any]]) -> None:
    """One line for each finding, however wide the terminal is."""
    for finding in findings:
        console.print(f"{finding['level']}: {finding['message']}", soft_wrap=True)


def print_report(console: Console, content: Mapping[str, Any], folder: Path) -> None:
    """The results for a person, ending with the one line that says it all."""
    trials, best = content["trials"], content["best"]
    ended = ENDINGS.get(trials["ended"], trials["ended"])
    failed = f", {trials['failed']} failed" if trials["failed"] else ""
    console.print(
        f"{trials['finished'] + trials['failed']} of {trials['asked']} trials{failed}: {ended}",
    )
    for reason, count in trials["failures"].items():
        console.print(f"  failed: {reason} ({count})")
    if best is None:
        return
    for table in (_leaders(content), _values(best)):
        console.print(table)
        console.print()
    if best["test"] is None:
        console.print(f"best validation {content['objective']['metric']} so far; no test score yet")
        return
    _print_scores(console, content)
    print_findings(console, content["findings"])
    for warning in content["warnings"]:
        console.print(f"warning: {warning}", soft_wrap=True)
    for line in (known_scores(content["data"]), _caveat(content["data"])):
        if line:
            console.print(line, soft_wrap=True)
    console.print(f"report and model: {folder}", soft_wrap=True)
    console.print(last_line(content), soft_wrap=True, style="bold")


def _caveat(data: Mapping[str, Any]) -> str:
    return f"caveat: {data['caveat']}" if data["caveat"] else ""


def last_line(content: Mapping[str, Any]) -> str:
    """The answer in one line."""
    best, minority = content["best"], content["data"]["minority"]
    low, high = best["test"]["ci95"]
    return (
        f"best minority-class F1: {best['test']['minority_f1']:.2f} "
        f"(test, 95 % CI {low:.2f}–{high:.2f}; validation {best['validation']['minority_f1']:.2f}; "
        f"class '{minority}'; trial {best['trial']})"
    )


def _leaders(content: Mapping[str, Any]) -> Table:
    metric = content["objective"]["metric"]
    columns = {"activation": "model.activation", "class weight": "imbalance.class_weight"}
    searched = {
        title: path
        for title, path in columns.items()
        if any(path in leader["searched"] for leader in content["leaders"])
    }
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("trial", f"validation {metric}", *searched):
        table.add_column(name, justify="right" if name == "trial" else "left")
    for leader in content["leaders"]:
        cells = [str(leader["searched"].get(path, "")) for path in searched.values()]
        table.add_row(str(leader["trial"]), f"{leader['score']:.3f}", *cells)
    return table


def _values(best: Mapping[str, Any]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("best configuration")
    table.add_column("value")
    for key, value in best["hyperparameters"].items():
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        table.add_row(key, shown)
    return table


def _print_scores(console: Console, content: Mapping[str, Any]) -> None:
    best = content["best"]
    tuned = content["objective"]["threshold"] == "tuned"
    origin = "from validation rows" if tuned else "fixed by the study"
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("score", "test", "test at 0.5", "validation"):
        table.add_column(name, justify="left" if name == "score" else "right")
    for key, shown in (
        ("minority_f1", "minority F1"),
        ("precision", "precision"),
        ("recall", "recall"),
        ("pr_auc", "average precision"),
        ("mcc", "Matthews correlation"),
        ("balanced_accuracy", "balanced accuracy"),
        ("gmean", "G-mean"),
        ("brier", "Brier score"),
    ):
        parts = (best["test"], best["test_at_half"], best["validation"])
        table.add_row(shown, *(f"{part[key]:.3f}" for part in parts))
    console.print(table)
    console.print(
        f"threshold {best['threshold']:.3g}, {origin}\n"
        f"search optimism (validation minus test F1) {content['search_optimism']:+.3f}",
    )
