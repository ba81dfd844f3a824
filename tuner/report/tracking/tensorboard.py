"""Event files for TensorBoard: hyperparameters and scores of trials, and their learning curves.

Each trial has a folder that is written beside and then renamed, so that a folder that is there is
whole, and a run that goes on writes none twice.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tuner.report.lines import headline
from tuner.report.tracking.tracker import Memory, Tracker, final_scores, trial_scores
from tuner.search.learning import LearningCurve
from tuner.search.places import Place
from tuner.search.records import TrialRecord
from tuner.spaces import Choice, Float, Int

__all__ = ["TensorBoardTracker"]

_TRIAL = "trial_"


class TensorBoardTracker(Tracker):
    """Writes below ``tracking/tensorboard`` of a run folder.

    Args:
        folder: ``tracking`` of the run folder.
        places: All tunable places of the study.
        metric: The objective.
    """

    name = "TensorBoard"

    def __init__(self, folder: Path, places: Mapping[str, Place], metric: str) -> None:
        self._folder, self._memory = folder / "tensorboard", Memory(folder / "tensorboard.json")
        self._places, self._metric = places, metric
        self.settings: Mapping[str, Any] = {}

    def begin(self) -> set[int]:
        """Says which hyperparameters and scores there are; the trials whose folders are there."""
        from tensorboard.plugins.hparams import summary_v2 as hparams

        self._memory.write({"finished": False})
        self._folder.mkdir(exist_ok=True)
        for left in self._folder.glob(".*.new"):  # of a process that was killed
            shutil.rmtree(left)
        searched = [_hparam(place) for place in self._places.values() if place.searched]
        scores = dict.fromkeys(["objective", self._metric, "minority_f1", "pr_auc", "seconds"])
        metrics = [hparams.Metric(name) for name in scores]
        self._write("study", [(0, hparams.hparams_config_pb(searched, metrics))])
        whole = (path.name.removeprefix(_TRIAL) for path in self._folder.glob(f"{_TRIAL}*"))
        return {int(number) for number in whole if number.isdigit()}

    def trial(self, record: TrialRecord, curves: Sequence[LearningCurve]) -> None:
        """Writes a folder for the trial with one for each of its networks inside."""
        from tensorboard.plugins.hparams import summary as sessions
        from tensorboard.plugins.hparams import summary_v2 as hparams
        from tensorboard.plugins.hparams.api_pb2 import Status

        ended = record.outcome.get("ended", time.time())
        began = ended - record.outcome.get("seconds", 0.0)
        name = f"trial {record.number}"
        status = "STATUS_FAILURE" if record.state == "failed" else "STATUS_SUCCESS"
        told = [
            (0, hparams.hparams_pb(dict(record.values), name, began)),
            *((0, _scalar(key, value)) for key, value in trial_scores(record).items()),
            *([(0, _text(record.state, record.reason))] if record.reason else []),
            (0, sessions.session_end_pb(Status.Value(status), ended)),
        ]
        below = {curve.network: list(_points(curve)) for curve in curves}
        self._write(f"{_TRIAL}{record.number:04}", told, below)

    def finish(self, content: Mapping[str, Any], folder: Path) -> None:
        """Writes the winner's scores and the answer."""
        told = [(0, _scalar(key, value)) for key, value in final_scores(content).items()]
        self._write("winner", [*told, (0, _text("answer", headline(content)))])
        self._memory.write({"finished": content["status"] == "finished"})

    def _write(
        self,
        name: str,
        told: Sequence[tuple[int, Any]],
        below: Mapping[str, Sequence[tuple[int, Any]]] | None = None,
    ) -> None:
        """Replaces a folder by one with these summaries, and others in folders below it."""
        new, place = self._folder / f".{name}.new", self._folder / name
        _write_events(new, told)
        for inner, points in (below or {}).items():
            _write_events(new / inner, points)
        if place.exists():
            shutil.rmtree(place)
        os.replace(new, place)


def _write_events(folder: Path, summaries: Iterable[tuple[int, Any]]) -> None:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder))
    try:
        for step, summary in summaries:
            event = Event(wall_time=time.time(), step=step)
            # Some are TensorFlow's own class, which is another than TensorBoard's.
            event.summary.ParseFromString(summary.SerializeToString())
            writer.add_event(event)
    finally:
        writer.close()


def _points(curve: LearningCurve) -> Iterable[tuple[int, Any]]:
    for name, values in curve.history.items():
        for epoch, value in enumerate(values, start=1):
            yield epoch, _scalar(f"epoch/{name}", value)
    yield 0, _scalar("best_epoch", curve.best_epoch)


def _scalar(tag: str, value: float) -> Any:
    from tensorboard.plugins.scalar.summary_v2 import scalar_pb

    return scalar_pb(tag, value)


def _text(tag: str, text: str) -> Any:
    from tensorboard.plugins.text.summary_v2 import text_pb

    return text_pb(tag, text)


def _hparam(place: Place) -> Any:
    from tensorboard.plugins.hparams import summary_v2 as hparams

    space = place.space
    domain = None
    if isinstance(space, Choice):
        domain = hparams.Discrete(list(space.options))
    elif isinstance(space, Int):
        domain = hparams.IntInterval(int(space.low), int(space.high))
    elif isinstance(space, Float):
        domain = hparams.RealInterval(float(space.low), float(space.high))
    return hparams.HParam(place.name, domain)
