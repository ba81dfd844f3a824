"""MLflow: a run for the study, one below it for each trial, and the files of the report."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tuner.report.lines import headline
from tuner.report.tracking.impatience import impatient
from tuner.report.tracking.tracker import Memory, Tracker, final_scores, trial_scores
from tuner.search.learning import LearningCurve
from tuner.search.records import TrialRecord

if TYPE_CHECKING:
    from mlflow.entities import Metric

__all__ = ["MlflowTracker"]

_T = TypeVar("_T")

_TRIAL, _STATE, _REASON = (f"minority_tuner.{key}" for key in ("trial", "state", "reason"))
_STATES = {"finished": "FINISHED", "failed": "FAILED", "stopped": "KILLED"}
_FILES = ("report.html", "results.json", "trials.csv", "study.yaml", "environment.json")
_METRICS, _PARAMS, _TEXT = 1000, 100, 5000
"""How much MLflow takes at once: metrics, parameters, letters of a value."""


class MlflowTracker(Tracker):
    """Writes to a tracking server, or to a database.

    The id of the run is kept in the run folder, so that a run that goes on finds it again.

    Args:
        folder: ``tracking`` of the run folder.
        study: The study's name.
        uri: Where runs are kept; None: where MLflow's own settings say.
        experiment: Its name.
        identity: What is told of the study, by key.
    """

    name = "MLflow"

    def __init__(
        self,
        folder: Path,
        study: str,
        uri: str | None,
        experiment: str,
        identity: Mapping[str, Any],
    ) -> None:
        self._study, self._identity = study, identity
        self._memory = Memory(folder / "mlflow.json")
        self.settings: Mapping[str, Any] = {"tracking_uri": uri, "experiment": experiment}
        self._client: Any = None
        self._experiment = self._run = ""

    @impatient()
    def begin(self) -> set[int]:
        """Opens the run of the study; the trials that have a run below it."""
        from mlflow.tracking import MlflowClient

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        self._client = MlflowClient(tracking_uri=self.settings["tracking_uri"])
        self._experiment = self._experiment_id(self.settings["experiment"])
        self._run = self._earlier() or self._new("", self._study, {})
        self._memory.write({**self.settings, "run_id": self._run, "finished": False})
        self._client.update_run(self._run, status="RUNNING")
        for key, value in self._identity.items():
            self._client.set_tag(self._run, f"minority_tuner.{key}", str(value)[:_TEXT])
        return {int(number) for number in self._whole()}

    @impatient()
    def trial(self, record: TrialRecord, curves: Sequence[LearningCurve]) -> None:
        """Writes a run below that of the study."""
        from mlflow.entities import Param

        ended = record.outcome.get("ended", time.time())
        tags = {_TRIAL: str(record.number), _STATE: record.state, _REASON: record.reason}
        began = ended - record.outcome.get("seconds", 0.0)
        run = self._new(self._run, f"trial {record.number}", tags, began)
        values = [Param(_key(name), str(value)[:_TEXT]) for name, value in record.values.items()]
        for some in _batches(values, _PARAMS):
            self._client.log_batch(run, params=some)
        at = int(1000 * ended)
        for points in _batches(_metrics(record, curves, at), _METRICS):
            self._client.log_batch(run, metrics=points)
        self._client.set_terminated(run, _STATES[record.state], at)

    @impatient()
    def finish(self, content: Mapping[str, Any], folder: Path) -> None:
        """Writes test scores, the answer and the files of the report, and ends the run."""
        for key, value in final_scores(content).items():
            self._client.log_metric(self._run, key, value)
        best, whole = content["best"], content["status"] == "finished"
        if best:
            self._client.set_tag(self._run, "minority_tuner.winner", f"trial {best['trial']}")
        self._client.set_tag(self._run, "mlflow.note.content", headline(content))
        for file in (folder / name for name in _FILES):
            if file.is_file():
                self._client.log_artifact(self._run, str(file))
        if best and best["test"]:
            self._client.log_artifacts(self._run, str(folder / "best_model"), "best_model")
        status = ("FINISHED" if best else "FAILED") if whole else "KILLED"
        self._client.set_terminated(self._run, status)
        self._memory.write({**self.settings, "run_id": self._run, "finished": whole})

    @impatient()
    def stop(self) -> None:
        """Says that the run was ended before its results were written."""
        if self._run:
            self._client.set_terminated(self._run, "KILLED")

    def _experiment_id(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        return str(found.experiment_id if found else self._client.create_experiment(name))

    def _earlier(self) -> str:
        """The run of before, if it is where the study asks for and was not deleted."""
        from mlflow.exceptions import MlflowException

        before = self._memory.read()
        run = str(before.get("run_id", ""))
        if not run or any(before.get(key) != value for key, value in self.settings.items()):
            return ""
        try:
            info = self._client.get_run(run).info
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return ""
            raise
        return run if info.lifecycle_stage == "active" else ""

    def _whole(self) -> Iterator[str]:
        """Numbers of trials that were written as a whole; what a killed process left goes away."""
        below = f"tags.mlflow.parentRunId = '{self._run}'"
        token = None
        while True:
            found = self._client.search_runs([self._experiment], below, page_token=token)
            for run in found:
                if run.info.status == "RUNNING":
                    self._client.delete_run(run.info.run_id)
                else:
                    yield run.data.tags[_TRIAL]
            token = found.token
            if not token:
                return

    def _new(self, parent: str, name: str, tags: Mapping[str, str], began: float = 0.0) -> str:
        above = {"mlflow.parentRunId": parent} if parent else {}
        run = self._client.create_run(
            self._experiment,
            start_time=int(1000 * (began or time.time())),
            tags={**above, **{key: value[:_TEXT] for key, value in tags.items() if value}},
            run_name=name,
        )
        return str(run.info.run_id)


def _metrics(record: TrialRecord, curves: Sequence[LearningCurve], at: int) -> Iterator[Metric]:
    from mlflow.entities import Metric

    for key, value in trial_scores(record).items():
        yield Metric(key, value, at, 0)
    for curve in curves:
        yield Metric(f"{curve.network}/best_epoch", curve.best_epoch, at, 0)
        for name, values in curve.history.items():
            for epoch, value in enumerate(values, start=1):
                yield Metric(f"{curve.network}/{name}", value, at, epoch)


def _key(name: str) -> str:
    """A name with the letters that MLflow takes."""
    return re.sub(r"[^\w\-. :/]", "_", name)


def _batches(items: Iterable[_T], most: int) -> Iterator[list[_T]]:
    left = iter(items)
    while some := list(islice(left, most)):
        yield some
