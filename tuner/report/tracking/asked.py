"""The trackers that a study asks for, and whether they have all of a run."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from tuner.errors import Problem
from tuner.report.tracking.mlflow import MlflowTracker
from tuner.report.tracking.observer import TrackingObserver
from tuner.report.tracking.tensorboard import TensorBoardTracker
from tuner.report.tracking.tracker import Memory, Tracker
from tuner.search.places import places
from tuner.search.run_folder import RunFolder
from tuner.study import Study

__all__ = ["is_tracked", "tracking_observers", "tracking_problems"]


def tracking_problems(study: Study) -> list[Problem]:
    """What must be installed before the trackers of a study can be used."""
    if study.tracking.mlflow is None or find_spec("mlflow") is not None:
        return []
    told = "needs the package mlflow; install it with: pip install 'minority-tuner[mlflow]'"
    return [Problem(told, ("tracking", "mlflow"))]


def tracking_observers(
    study: Study, folder: RunFolder, tell: Callable[[str], object]
) -> list[TrackingObserver]:
    """One for each tracker that the study asks for.

    Args:
        study: What is run.
        folder: The run's folder.
        tell: Takes a line where one fails.
    """
    found: list[Tracker] = []
    if study.tracking.tensorboard:
        found.append(TensorBoardTracker(folder.tracking, places(study), study.objective.metric))
    if study.tracking.mlflow is not None:
        about = {"seed": study.seed, "objective": study.objective.metric}
        found.append(MlflowTracker(folder.tracking, study.name, *_mlflow(study), about))
    return [TrackingObserver(tracker, tell) for tracker in found]


def _mlflow(study: Study) -> tuple[str | None, str]:
    asked = study.tracking.mlflow
    assert asked is not None
    return asked.tracking_uri, asked.experiment or study.name


def is_tracked(study: Study, folder: RunFolder) -> bool:
    """Whether each tracker that the study asks for has all of a finished run."""
    asked: dict[str, dict[str, Any]] = {}
    if study.tracking.tensorboard:
        asked["tensorboard"] = {}
    if study.tracking.mlflow is not None:
        asked["mlflow"] = dict(zip(("tracking_uri", "experiment"), _mlflow(study), strict=True))
    for name, settings in asked.items():
        known = Memory(folder.tracking / f"{name}.json").read()
        if {**settings, "finished": True}.items() - known.items():
            return False
    return True
