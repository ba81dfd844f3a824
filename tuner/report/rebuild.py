"""Makes ``report.html`` again from the files of a run folder, without data, model or database."""

from __future__ import annotations

from pathlib import Path

from tuner.errors import MinorityTunerError
from tuner.report.curves import CurvesMissing, read_curves
from tuner.report.page import report_page
from tuner.report.stored import read_results
from tuner.search.checksums import damaged, reseal
from tuner.search.run_folder import FolderInUse, RunFolder, write_atomically

__all__ = ["rebuild"]


def rebuild(folder: RunFolder) -> str:
    """Writes the page anew where it is missing or was made by another version.

    A page that would be the same is not touched, and neither is a run that another process writes.

    Returns:
        Why the page is left as it is, in one line; empty where it is as it should be.
    """
    try:
        with folder.locked():
            return _rebuilt(folder)
    except FolderInUse:
        return "report.html is left as it is: the study is running, and will write it"
    except CurvesMissing:
        return (
            "report.html is left as it is: the run has no curves.json, which earlier versions did "
            "not write; run the study again, which trains no trial but its winner, to make both"
        )
    except MinorityTunerError as error:
        return f"report.html is left as it is: {error}"


def _rebuilt(folder: RunFolder) -> str:
    sources = (folder.results, folder.curves)
    if changed := [path for path in damaged(folder) or () if path in sources and path.exists()]:
        return (
            f"report.html is left as it is: {changed[0].name} is not as it was written; "
            "run the study again to mend it"
        )
    page = report_page(read_results(folder.results), read_curves(folder.curves))
    if _text(folder.report) != page:
        write_atomically(folder.report, page)
        reseal(folder, folder.report)
    return ""


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
