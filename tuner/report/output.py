"""Where the words of a command go: to a person, to a log, or to a program."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from tuner.report.console import print_data, print_findings, print_report
from tuner.report.lines import headline
from tuner.report.prose import print_prose
from tuner.report.streams import divert

__all__ = ["Output", "Voice", "print_json", "voice"]


class Voice(Console):
    """A console that falls silent where its reader (head, less) has seen enough."""

    def on_broken_pipe(self) -> None:
        """Goes on unheard, since what runs may be worth more than what is said of it."""
        self.quiet = True
        divert(sys.stderr if self.stderr else sys.stdout)


def voice(stderr: bool = False, quiet: bool = False) -> Voice:
    """A console on standard output or error.

    Args:
        stderr: Whether it is standard error.
        quiet: Whether nothing is said at all.
    """
    # Class names and paths may hold brackets, which are markup to rich otherwise.
    return Voice(stderr=stderr, quiet=quiet, markup=False, emoji=False, highlight=False)


def print_json(content: Any) -> None:
    """Prints JSON on standard output, exact in every encoding."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    escaped = not encoding.lower().replace("_", "-").startswith("utf")
    print(json.dumps(content, indent=2, ensure_ascii=escaped))


@dataclass(frozen=True)
class Output:
    """What ``run`` says, and where.

    Attributes:
        console: Data, progress and report, for people.
        warned: What must be known.
        as_json: Whether standard output is for ``results.json`` alone.
    """

    console: Console
    warned: Console
    as_json: bool = False

    @classmethod
    def of(cls, quiet: bool = False, as_json: bool = False) -> Output:
        """As the call asks for.

        Args:
            quiet: Nothing but warnings, on standard error, and the last line or the JSON.
            as_json: Standard output is for ``results.json``; people are told on standard error.
        """
        console = voice(stderr=as_json, quiet=quiet)
        return cls(console, voice(stderr=True) if quiet else console, as_json)

    def tell(self, line: str) -> None:
        """Says what must be known."""
        print_prose(self.warned, line)

    def data(self, found: Mapping[str, Any], notes: Sequence[str]) -> None:
        """Says what is run on; `found` is as in ``check --json``."""
        for note in notes:
            print_prose(self.console, f"note: {note}")
        print_data(self.console, found["data"])
        print_findings(self.warned, found["findings"])

    def report(self, content: Mapping[str, Any], folder: Path, searched: bool = False) -> None:
        """Says what came out, as ``results.json`` has it.

        Args:
            content: Of ``results.json``.
            folder: The run folder.
            searched: Whether the search has just ended, and said why.
        """
        print_report(self.console, content, folder, searched)
        if self.warned is not self.console:
            for warning in content["warnings"]:
                self.tell(f"warning: {warning}")
        if self.as_json:
            print_json(content)
        elif self.warned is not self.console:
            print(headline(content))
