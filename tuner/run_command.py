"""``minority-tuner run``: in a folder of its own, or as a help to the process that holds it."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from tuner.errors import InputError

if TYPE_CHECKING:
    from tuner.inspection import Inspection
    from tuner.report.output import Output
    from tuner.search.nursery import Nursery
    from tuner.search.run_folder import RunFolder

__all__ = ["run_command", "set_aside"]


def run_command(
    options: argparse.Namespace, inspection: Inspection, output: Output, nursery: Nursery
) -> int:
    """Runs a study, or helps another process to search, and returns the exit status.

    Args:
        options: Of the command line: `runs_dir`, `storage`, `fresh`, `export`.
        inspection: The study and its data.
        output: Where everything is told.
        nursery: Where worker processes come from.

    Raises:
        MinorityTunerError: What ends the run; see `tuner.workflow.execute`.
    """
    from tuner.search.database import Database
    from tuner.search.run_folder import FolderInUse, RunFolder

    study = inspection.study
    if options.storage is not None:
        Database.on_server(options.storage, study.name)  # what is wrong is told before all else
    folder = RunFolder(options.runs_dir / study.name)
    output.data(inspection.to_json(), study.notes)
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(folder.locked())
        except FolderInUse:
            if options.storage is None or options.fresh:
                raise
            if options.export:
                raise InputError(
                    f"--export: another process writes {folder.path}; ask for it there"
                ) from None
            return _help(inspection, folder, options.storage, output, nursery)
        return _own(inspection, folder, options, output, nursery)


def _own(
    inspection: Inspection,
    folder: RunFolder,
    options: argparse.Namespace,
    output: Output,
    nursery: Nursery,
) -> int:
    """Runs a study in a folder that nobody else holds, and writes its report."""
    from tuner.quiet import hidden_stderr
    from tuner.training.fused.disk_cache import use_disk_cache

    study, dataset, storage = inspection.study, inspection.dataset, options.storage
    if options.fresh:
        set_aside(study.name, folder, storage, output.tell)
    folder.create()
    use_disk_cache()
    with hidden_stderr():  # what TensorFlow says of itself when it is imported
        from tuner.prediction.formats import export_formats
        from tuner.report.progress import ConsoleObserver
        from tuner.report.prose import print_prose
        from tuner.workflow import execute, finished_content

    content = finished_content(study, dataset, folder, storage)
    searched = not content
    if content:
        print_prose(output.console, f"this study is finished: {folder.path}")
    else:
        content = execute(
            study,
            dataset,
            inspection.splits,
            folder,
            ConsoleObserver(output.console, output.warned),
            inspection.findings,
            tell=output.tell,
            storage=storage,
            nursery=nursery,
        ).content
    if content["status"] == "finished":
        export_formats(folder.path, options.export, output.tell)
    output.report(content, folder.path, searched)
    return _ended(content["status"], output)


def set_aside(
    name: str, folder: RunFolder, storage: str | None, tell: Callable[[str], object]
) -> None:
    """Keeps an earlier run under another name, in the folder and on the server.

    Args:
        name: The study's name.
        folder: Its run folder, which the caller holds.
        storage: URL of a server; None: the trials lie in the folder.
        tell: Takes a line that says where the earlier run is now.
    """
    from tuner.search.database import Database
    from tuner.search.patience import Patience
    from tuner.search.storage import set_study_aside

    database = Database.on_server(storage, name) if storage else None
    if database and (renamed := set_study_aside(database, Patience(tell))):
        tell(f"the earlier study on the server is now {renamed}")
    if aside := folder.set_aside():
        tell(f"the earlier run is now {aside}")


def _help(
    inspection: Inspection, folder: RunFolder, storage: str, output: Output, nursery: Nursery
) -> int:
    """Takes part in a search whose folder another process holds."""
    from tuner.quiet import hidden_stderr
    from tuner.training.fused.disk_cache import use_disk_cache

    tell = output.tell
    tell(f"another process writes {folder.path}; this one helps it to search, and writes nothing")
    use_disk_cache()
    with hidden_stderr():  # what TensorFlow says of itself when it is imported
        from tuner.report.output import print_json
        from tuner.report.progress import ConsoleObserver
        from tuner.workflow import help_study

    observer = ConsoleObserver(output.console, output.warned)
    parts = (inspection.study, inspection.dataset, inspection.splits, folder, storage)
    ended = help_study(*parts, observer, tell, nursery)
    status = _ended(ended, output)
    if output.as_json:
        print_json({"study": inspection.study.name, "helped": str(folder.path), "ended": ended})
    if not status:
        tell("the other process writes the report; if it has died, run the command again")
    return status


def _ended(status: str, output: Output) -> int:
    if status != "interrupted":
        return 0
    output.tell("interrupted; the same command goes on")
    return 130
