"""A few lines at the bottom of a terminal that are drawn again while something runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import set_cell_size
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

__all__ = ["LiveLines", "Stage"]

_BAR = 24
_LEAST = 6
"""Places of a bar, where there is room, and of the shortest that is worth drawing."""


@dataclass(frozen=True)
class Stage:
    """What is to be seen of a piece of work at one moment.

    Attributes:
        name: What is done.
        done: How much of it, begun parts in part.
        total: How much there is.
        told: The same in words, and the time that is left.
        below: Lines under the bar; empty ones are not drawn.
    """

    name: str
    done: float
    total: float
    told: str
    below: Sequence[str] = ()


class LiveLines:
    """Draws a stage until it is hidden, and draws it again four times a second.

    Lines that are printed meanwhile stand above it. Each line is cut to the width that the terminal
    has at that moment, so that it never takes more lines than it has. Where nothing can be drawn
    over, in a file or on a dumb terminal, nothing is drawn.

    Args:
        console: Where to draw.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None

    @property
    def possible(self) -> bool:
        """Whether anything can be drawn here."""
        return self._console.is_terminal and not self._console.is_dumb_terminal

    def show(self, stage: Callable[[], Stage]) -> None:
        """Draws what `stage` says, again and again; called from another thread."""
        self.hide()
        if self.possible:
            draw = lambda: _drawn(stage(), self._console.width)  # noqa: E731
            self._live = Live(get_renderable=draw, console=self._console, transient=True)
            self._live.start()

    def refresh(self) -> None:
        """Draws it at once."""
        if self._live is not None:
            self._live.refresh()

    def hide(self) -> None:
        """Takes the lines away."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def _drawn(stage: Stage, width: int) -> RenderableType:
    room = width - 1  # a line that fills the last place moves some terminals to the next line
    below = [Text(_cut(line, room), style="dim") for line in stage.below if line]
    bar = min(_BAR, room - len(stage.name) - len(stage.told) - 2)
    if bar < _LEAST:
        return Group(Text(_cut(f"{stage.name} {stage.told}", room)), *below)
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_row(stage.name, ProgressBar(stage.total, stage.done, width=bar), stage.told)
    return Group(row, *below)


def _cut(line: str, room: int) -> str:
    return set_cell_size(line, room).rstrip()
