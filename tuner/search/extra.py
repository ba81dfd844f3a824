"""Networks that are trained beside those of the search, by the same workers.

Those of a configuration lie in the store under its number, as a trial's do, and under repeats that
its trial has not, so that what an interrupted run has trained is not trained again.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from tuner.data import Fold
from tuner.errors import MinorityTunerError, brief
from tuner.search.crew import work_off
from tuner.search.numbering import numbers_of
from tuner.search.pooling import Pooled, Pooling
from tuner.search.space import Values
from tuner.search.trainer import Trainer, UnitTask
from tuner.search.tuner import Parts
from tuner.spaces import Value
from tuner.training.health_summary import health_summary
from tuner.training.unit import TrainingFailed, UnitResult

__all__ = ["Configured", "judged", "numbered", "train_extra", "units_of"]


@dataclass(frozen=True)
class Configured:
    """A configuration that is trained on every fold.

    Attributes:
        number: What its networks lie under: its own where it is a trial, else below zero.
        values: The searched values.
        seeds: Decides the seeds of its networks, as the number of a trial does.
    """

    number: int
    values: Mapping[str, Value]
    seeds: int


def train_extra(
    parts: Parts, configured: Sequence[Configured], begins: Callable[[int], None]
) -> dict[int, str]:
    """Trains what is not in the store yet.

    Args:
        parts: Those of the search, with the folds that are trained on.
        configured: What is trained.
        begins: Hears how many networks there are; not called where there are none.

    Returns:
        Why a configuration cannot be trained, by its number.

    Raises:
        KeyboardInterrupt: The person wants to stop.
        StoreError: The database cannot be written.
    """
    work = _Work(parts, configured)
    if work.networks:
        begins(work.networks)
        try:
            work_off(parts, work.networks, work)
            parts.interrupt.check()
        finally:
            parts.telling.networks_end()
    return work.failed


def numbered(
    parts: Parts, kind: str, drawn: Sequence[tuple[int, Values]], first_seed: int
) -> list[Configured]:
    """Configurations that are no trials, under the numbers that are theirs.

    A number belongs to all that a network is made by, fixed values too, since a study may change
    those that no trial had.

    Args:
        parts: Those of the search.
        kind: What they are for.
        drawn: The place of each among those of its kind, which decides its seeds, and its values.
        first_seed: Seeds of this kind count from here.
    """
    whole = [parts.hypermodel.configuration(values).flat() for _, values in drawn]
    about = [
        json.dumps({"kind": kind, "place": place, "values": one}, sort_keys=True)
        for (place, _), one in zip(drawn, whole, strict=True)
    ]
    store = parts.store
    numbers = store.in_turn(partial(numbers_of, store.engine, store.study_id, about))
    return [
        Configured(number, values, first_seed + place)
        for number, (place, values) in zip(numbers, drawn, strict=True)
    ]


def units_of(parts: Parts, number: int) -> list[tuple[Fold, UnitResult]]:
    """The networks of a configuration that was trained, in the order of the folds."""
    units = []
    for fold in parts.splits.folds:
        unit = parts.store.unit(number, fold.fold, fold.repeat)
        assert unit is not None
        units.append((fold, unit))
    return units


def judged(pooling: Pooling, units: Sequence[tuple[Fold, UnitResult]]) -> tuple[Pooled, bool]:
    """What the networks of a configuration come to, and whether it collapsed."""
    pooled = pooling.pool(units)
    health = health_summary([result for _, result in units], pooled.one_class)
    return pooled, bool(health["collapsed"])


class _Work:
    """The networks that are still to be trained; many threads take from them.

    Attributes:
        networks: How many there are.
        failed: Why a configuration cannot be trained, by its number.
    """

    def __init__(self, parts: Parts, configured: Sequence[Configured]) -> None:
        self._parts = parts
        self._lock = threading.Lock()
        self._done = 0
        self.failed: dict[int, str] = {}
        self._tasks = deque(
            (one.number, UnitTask(one.seeds, one.values, place))
            for one in configured
            for place, fold in enumerate(parts.splits.folds)
            if parts.store.unit(one.number, fold.fold, fold.repeat) is None
        )
        self.networks = len(self._tasks)

    def __call__(self, trainer: Trainer, number: int) -> Callable[[], object]:
        """What trains until none is left."""
        return partial(self._train_all, trainer)

    def _train_all(self, trainer: Trainer) -> None:
        while (task := self._next()) is not None:
            self._parts.interrupt.check()
            self._train(trainer, *task)
            self._tell()

    def _tell(self) -> None:
        with self._lock:
            self._done += 1
            done = self._done
        self._parts.telling.networks_go_on(done, self.networks)

    def _next(self) -> tuple[int, UnitTask] | None:
        with self._lock:
            while self._tasks:
                number, task = self._tasks.popleft()
                if number not in self.failed:
                    return number, task
        return None

    def _train(self, trainer: Trainer, number: int, task: UnitTask) -> None:
        fold = self._parts.splits.folds[task.fold]
        try:
            result = trainer.train(task)
        except TrainingFailed as error:
            self.failed.setdefault(number, str(error))
        except MinorityTunerError:
            raise
        except Exception as error:
            self._parts.interrupt.check()  # an interruption may arrive dressed as another error
            self.failed.setdefault(number, brief(error))
        else:
            self._parts.store.add_unit(number, fold.fold, fold.repeat, result)
