"""``minority-tuner report``: one run as it was told at its end, or several side by side."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tuner.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["report_command"]

_PAGE = Path("report-comparison.html")


def report_command(options: argparse.Namespace, console: Console) -> int:
    """Prints one report, and makes its page again; or compares several runs.

    Args:
        options: Of the command line: `runs`, `json`, `html`, `export`.
        console: Where everything is told.

    Raises:
        InputError: A folder holds no results that can be read, or `html` is given for one run.
        StoreError: The page of the comparison cannot be written.
    """
    if len(options.runs) > 1 and options.export:
        raise InputError("--export: name one run, whose model is exported")
    if len(options.runs) == 1:
        return _one(options.runs[0], options, console)
    return _several(options.runs, options, console)


def _one(path: Path, options: argparse.Namespace, console: Console) -> int:
    from tuner.prediction.formats import export_formats
    from tuner.report.console import print_data, print_report
    from tuner.report.output import print_json
    from tuner.report.rebuild import rebuild
    from tuner.report.stored import read_results
    from tuner.search.run_folder import RunFolder

    if options.html is not None:
        raise InputError(
            f"--html {options.html}: several runs are compared in it; the page of one run is "
            f"{path / 'report.html'}"
        )
    content = read_results(path / "results.json")
    if line := rebuild(RunFolder(path)):
        _note(line)
    export_formats(path, options.export, _note)
    if options.json:
        print_json(content)
        return 0
    print_data(console, content["data"])
    print_report(console, content, path)
    return 0


def _note(line: str) -> None:
    """A line for people, beside what programs read from standard output."""
    print(line, file=sys.stderr)


def _several(paths: list[Path], options: argparse.Namespace, console: Console) -> int:
    from tuner.report.output import print_json
    from tuner.report.runs import side_by_side
    from tuner.report.runs_page import print_runs, runs_page
    from tuner.report.stored import read_results
    from tuner.search.run_folder import write_atomically

    contents = [read_results(path / "results.json") for path in paths]
    if options.json:
        print_json(contents)
        if options.html is None:
            return 0
    told = side_by_side(list(zip(_names(paths), contents, strict=True)))
    page = options.html or _PAGE
    write_atomically(page, runs_page(told), kept="")
    if not options.json:
        print_runs(console, told)
        console.print(f"side by side in {page}", soft_wrap=True)
    return 0


def _names(paths: list[Path]) -> list[str]:
    """The folders' own names, or the whole paths where these do not tell them apart."""
    short = [path.resolve().name for path in paths]
    return short if len(set(short)) == len(short) else [str(path) for path in paths]
