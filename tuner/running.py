"""A study as one call in Python: it is run, or gone on with, and what it found comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.data import Dataset
from tuner.errors import InputError
from tuner.lazy import LazyModule
from tuner.report.lines import headline
from tuner.study import Study, load_study

if TYPE_CHECKING:
    import pandas as pd

    from tuner.prediction.predictor import Predictor
else:
    pd = LazyModule("pandas")

__all__ = ["StudyResult", "run_study"]


@dataclass(frozen=True, eq=False)
class StudyResult:
    """What a run found.

    Attributes:
        folder: The run folder.
        content: The content of its ``results.json``; see docs/results.md.

    Example:
        >>> result = tuner.run_study("breast_cancer")  # doctest: +SKIP
        >>> print(result)  # doctest: +SKIP
        best minority-class F1: 0.96 (test, 95 % CI 0.90–0.99; validation 0.95; ...)
    """

    folder: Path
    content: Mapping[str, Any] = field(repr=False)

    def __str__(self) -> str:
        return headline(self.content)

    @property
    def best(self) -> Mapping[str, Any]:
        """The winner: its trial, hyperparameters, threshold, and validation and test scores."""
        found: Mapping[str, Any] = self.content["best"]
        return found

    @property
    def test_f1(self) -> float:
        """The winner's minority F1 on the test rows, which were scored once."""
        return float(self.best["test"]["minority_f1"])

    @property
    def ci95(self) -> tuple[float, float]:
        """The ends of its 95 % interval."""
        low, high = self.best["test"]["ci95"]
        return float(low), float(high)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What must be known before the result is believed."""
        return tuple(self.content["warnings"])

    @property
    def trials(self) -> pd.DataFrame:
        """All trials: a row for each, with scores and with what was searched."""
        path = self.folder / "trials.csv"
        # Options may be called "None" or "NA"; what is missing is empty.
        return pd.read_csv(path, keep_default_na=False, na_values=[""])

    @property
    def report(self) -> Path:
        """The report for people, a page that needs nothing else."""
        return self.folder / "report.html"

    def load_model(self) -> Predictor:
        """The winner, for new rows; see `tuner.load_model`."""
        from tuner.prediction.stored import load_model

        return load_model(self.folder)


def run_study(
    study: Study | str | Path,
    dataset: Dataset | None = None,
    *,
    overrides: Sequence[str] = (),
    runs_dir: str | Path = "runs",
    fresh: bool = False,
    storage: str | None = None,
    tell: Callable[[str], object] | None = None,
) -> StudyResult:
    """Runs a study as ``minority-tuner run`` does, and prints nothing.

    A run that was interrupted goes on; of one that is finished, the result comes back at once.

    Args:
        study: What is run: a study, the path of its file, or the bare name of a known one.
        dataset: Rows that are in memory already, from `from_frame` or `from_arrays`; those that the
            study names are not read then, nor are roles and options of its data section, but for
            ``split`` and ``preprocessing``.
        overrides: Settings such as ``search.trials=5`` that replace those of the file.
        runs_dir: Where run folders lie.
        fresh: Whether to start over; an earlier run is renamed and kept.
        storage: URL of a database on a server that many machines share.
        tell: Takes a line for each note and finding, and for what of an earlier run has changed.

    Returns:
        What was found; a winner with test scores is part of it.

    Raises:
        InputError: The study or the data is wrong; nothing was trained.
        NoTrialSucceeded: Every trial failed.
        MinorityTunerError: Something cannot be written, or the winner could not be made.
        KeyboardInterrupt: The run was interrupted; what it found so far is in its folder, and the
            same call goes on.
    """
    from tuner.inspection import inspect_data_of
    from tuner.quiet import set_log_level
    from tuner.training.fused.disk_cache import use_disk_cache

    checked = _checked(study, overrides)
    given = _given(dataset)
    # Both before TensorFlow is imported, which a network of the person's own is built with.
    set_log_level()
    use_disk_cache()
    inspection = inspect_data_of(checked, dataset=given)
    if tell:
        for note in checked.notes:
            tell(f"note: {note}")
        for finding in inspection.findings:
            tell(f"{finding.level}: {finding.message}")
    return _run(inspection, Path(runs_dir), fresh, storage, tell or _silent)


def _checked(study: Study | str | Path, overrides: Sequence[str]) -> Study:
    if not isinstance(study, Study):
        return load_study(study, overrides)
    if overrides:
        raise InputError("overrides replace settings of a file; give its path, or load_study them")
    return study


def _given(dataset: object) -> Dataset | None:
    """Rows that are in memory, marked as such; refused where they have no roles yet."""
    if dataset is None:
        return None
    if isinstance(dataset, Dataset):
        return replace(dataset, about=replace(dataset.about, in_memory=True))
    how = "tuner.from_arrays(X, y)"
    if isinstance(dataset, pd.DataFrame):
        how = "tuner.from_frame(frame, target)"
    raise InputError(f"expected a data set, got {type(dataset).__name__}; give {how}")


def _silent(line: str) -> None:
    """Takes what nobody wants to hear."""


def _run(
    inspection: Any,
    runs_dir: Path,
    fresh: bool,
    storage: str | None,
    tell: Callable[[str], object],
) -> StudyResult:
    from tuner.quiet import quiet_tensorflow
    from tuner.run_command import set_aside
    from tuner.search.database import Database
    from tuner.search.run_folder import RunFolder

    study, dataset = inspection.study, inspection.dataset
    if storage is not None:
        Database.on_server(storage, study.name)  # what is wrong is told before all else
    folder = RunFolder(runs_dir / study.name)
    with quiet_tensorflow():
        from tuner.workflow import execute, finished_content
    with folder.locked():
        if fresh:
            set_aside(study.name, folder, storage, tell)
        folder.create()
        content = finished_content(study, dataset, folder, storage)
        if content is None:
            parts = (study, dataset, inspection.splits, folder)
            found = inspection.findings
            content = execute(*parts, findings=found, tell=tell, storage=storage).content
    if content["status"] == "interrupted":
        raise KeyboardInterrupt
    return StudyResult(folder.path, content)
