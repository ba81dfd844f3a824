"""Who trains: this process, or worker processes side by side."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import joblib

from tuner.errors import InputError
from tuner.search.growth import HandsOver
from tuner.search.job import Job, write_job
from tuner.search.messages import Begin
from tuner.search.nursery import FORKS, Nursery
from tuner.search.run_folder import StoreError
from tuner.search.trainer import LocalTrainer, Trainer
from tuner.search.tuner import Parts
from tuner.search.worker_process import Worker, WorkerProcess, WorkerTrainer, new_worker
from tuner.search.workers import (
    environment,
    free_memory,
    gpus,
    modules_of_entries,
    worker_count,
)

__all__ = ["Work", "start_worker", "work_off"]


Work = Callable[[Trainer, int], Callable[[], object]]
"""Makes what is done with a trainer until there is no more to do; its number tells it from others.

All are made before the first one is called, since they may share what is made for them.
"""


def work_off(parts: Parts, left: int, work: Work) -> None:
    """Does some work with as many workers as the study asks for.

    Args:
        parts: Say what is trained.
        left: Trials, or networks, to be trained at most.
        work: Made once for each trainer, and done side by side.

    Raises:
        KeyboardInterrupt: The person wants to stop.
        InputError: Workers cannot know an entry that the main program registered.
        MinorityTunerError: What would fail every further trial too.
    """
    memory = free_memory()
    count = worker_count(parts.study, parts.dataset, left, joblib.cpu_count(), memory)
    if count == 1:
        asked = parts.study.evaluation
        if not (asked.trains or asked.random_search):
            parts.nursery.close()  # it takes memory, and is asked for nothing soon or at all
        with contextlib.ExitStack() as held:
            # In the main thread, so that Ctrl-C ends a training.
            work(_alone(parts, held), 0)()
        return
    with _trainers(parts, count) as trainers:
        _side_by_side(parts, trainers, work)


def _alone(parts: Parts, held: contextlib.ExitStack) -> Trainer:
    """Trains in this process, and in a worker from when that has grown."""
    here = LocalTrainer(parts.study, parts.hypermodel, parts.dataset, parts.splits)
    try:
        modules = modules_of_entries()
    except InputError:
        return here

    def elsewhere() -> Trainer:
        job = held.enter_context(_job(parts))
        trainer = _trainer(parts, Begin(modules, str(job), parts.study.training.threads), 0)
        held.callback(trainer.close)
        return trainer

    return HandsOver(here, elsewhere)


@contextlib.contextmanager
def _trainers(parts: Parts, count: int) -> Iterator[list[Trainer]]:
    modules = modules_of_entries()
    trainers: list[Trainer] = []
    with _job(parts) as path, contextlib.ExitStack() as held:
        begin = Begin(modules, str(path), parts.study.training.threads)
        for index in range(count):
            trainers.append(_trainer(parts, begin, index))
            held.callback(trainers[-1].close)
        yield trainers


@contextlib.contextmanager
def _job(parts: Parts) -> Iterator[Path]:
    # The name is one that the next run removes, if this one is killed.
    folder = parts.folder.path
    path = None
    try:
        with _told_as_store_error(folder):
            folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder, prefix=".workers.job.")
            os.close(handle)
            path = Path(name)
            write_job(Job(parts.study, parts.dataset, parts.splits), path)
        yield path
    finally:
        if path:
            with _told_as_store_error(folder):
                path.unlink()


@contextlib.contextmanager
def _told_as_store_error(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot write to {folder}: {error.strerror}") from None


def _trainer(parts: Parts, begin: Begin, index: int) -> WorkerTrainer:
    threads = parts.study.training.threads

    def start() -> Worker:
        own = environment(index, threads, os.environ, gpus(os.environ))
        return start_worker(own, parts.nursery)

    return WorkerTrainer(start, begin, parts.telling.worker_died)


def start_worker(environment: Mapping[str, str], nursery: Nursery) -> Worker:
    """Starts a worker with its environment variables, as a fork where the system allows it."""
    return WorkerProcess(environment, nursery.fork if FORKS else new_worker)


def _side_by_side(parts: Parts, trainers: Sequence[Trainer], work: Work) -> None:
    todo = [work(trainer, number) for number, trainer in enumerate(trainers)]
    errors: list[BaseException] = []

    def halt() -> None:
        parts.interrupt.ask()
        for trainer in trainers:
            trainer.stop()

    def run(do: Callable[[], object], ended: threading.Event) -> None:
        try:
            do()
        except BaseException as error:
            errors.append(error)
            halt()
        finally:
            ended.set()

    # A thread whose join was interrupted by Ctrl-C counts as ended in Python 3.11, and is not.
    ends = [threading.Event() for _ in trainers]
    each = zip(todo, ends, strict=True)
    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in each]
    try:
        for thread in threads:
            thread.start()
        _wait_for(ends)
    except BaseException:  # Ctrl-C, or no thread can be started
        halt()
        _wait_for([end for thread, end in zip(threads, ends, strict=True) if thread.ident])
        raise
    if errors:
        raise next((e for e in errors if not isinstance(e, KeyboardInterrupt)), errors[0])


def _wait_for(ends: Sequence[threading.Event]) -> None:
    for end in ends:
        while not end.wait(1.0):  # a wait without end hears no Ctrl-C on Windows
            pass
