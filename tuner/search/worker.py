"""A worker process: trains the units that the search sends it, and dies with the search."""

from __future__ import annotations

import importlib
import os
import queue
import sys
import threading
import traceback
from functools import partial
from pathlib import Path
from typing import Any

from tuner.devices import use_threads
from tuner.errors import InputError, MinorityTunerError, brief, told
from tuner.search.growth import resident_bytes
from tuner.search.job import read_job
from tuner.search.messages import (
    Begin,
    Broke,
    Done,
    Epoch,
    Failed,
    Pipe,
    Ready,
    Refused,
    WasPruned,
)
from tuner.search.trainer import LocalTrainer, Trainer, UnitTask, make_hypermodel
from tuner.training.reporting import Pruned
from tuner.training.unit import TrainingFailed

__all__ = ["main", "work"]

Inbox = queue.SimpleQueue[Any]


def main() -> None:
    """Works for the search at the other ends of standard input and output."""
    outgoing = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no message
    status = 0
    try:
        work(Pipe(sys.stdin.buffer, outgoing))
    except BaseException:
        traceback.print_exc()
        status = 1
    # Python would abort over standard input, which the listening thread reads, and the search would
    # hear of that as the last words.
    sys.stderr.flush()
    os._exit(status)


def work(pipe: Pipe) -> None:
    """Answers messages until the other side is gone, which ends the process."""
    inbox: Inbox = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, inbox), daemon=True).start()
    try:
        trainer = _begin(inbox.get())
    except MinorityTunerError as error:
        pipe.send(_refused(error))
        return
    pipe.send(Ready())
    goes_on = partial(_goes_on, pipe, inbox)
    while True:
        task, reports = inbox.get()
        pipe.send(_answer(trainer, task, goes_on if reports else None))


def _listen(pipe: Pipe, inbox: Inbox) -> None:
    """Ends the process with the search, in the midst of a training too."""
    while True:
        try:
            inbox.put(pipe.receive())
        except EOFError:
            os._exit(0)


def _begin(message: Begin) -> Trainer:
    use_threads(message.threads)  # first: a person's own module may use TensorFlow
    for module in message.modules:
        try:
            importlib.import_module(module)
        except Exception as error:  # whatever the person's own code raises
            text = f"a worker process cannot import {module}: {told(error)}"
            raise MinorityTunerError(text) from None
    job = read_job(Path(message.job))
    hypermodel = make_hypermodel(job.study, job.dataset)
    return LocalTrainer(job.study, hypermodel, job.dataset, job.splits)


def _answer(trainer: Trainer, task: UnitTask, goes_on: Any) -> Any:
    try:
        return Done(trainer.train(task, goes_on), resident_bytes())
    except Pruned as pruned:
        return WasPruned(pruned.epoch)
    except TrainingFailed as error:
        return Failed(str(error))
    except MinorityTunerError as error:
        return _refused(error)
    except Exception as error:
        return Broke(brief(error), traceback.format_exc())


def _refused(error: MinorityTunerError) -> Refused:
    return Refused(str(error), isinstance(error, InputError))


def _goes_on(pipe: Pipe, inbox: Inbox, epoch: int, value: float) -> bool:
    pipe.send(Epoch(epoch, value))
    answer: bool = inbox.get().goes_on
    return answer


if __name__ == "__main__":
    main()
