"""A progress bar while data is read."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

__all__ = ["LoadingBar"]


class LoadingBar:
    """Hears how far the reading of data is, and shows it on a terminal only.

    The bar vanishes when the block ends.

    Args:
        console: Where to show it.

    Example:
        >>> import io
        >>> with LoadingBar(Console(file=io.StringIO())) as progress:
        ...     progress("scans.csv", 512, 2048)
    """

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("reading {task.description}", markup=False),
            BarColumn(24),
            TaskProgressColumn(),
        )
        self._bar = Progress(*columns, console=console, transient=True)
        self._shown = console.is_terminal
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> LoadingBar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._tasks:  # stopping a bar that was never shown prints an empty line
            self._bar.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Shows that `done` of `total` bytes, files or volumes have been read."""
        if not self._shown:
            return
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(what, total=total)
            self._bar.start()
        self._bar.update(self._tasks[what], completed=done, total=total)
