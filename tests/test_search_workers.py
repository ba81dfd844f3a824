"""How many workers there are, what they may use, and how the search talks to them."""

import os
import signal
import threading
import time
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner import load_study
from tuner.errors import InputError, MinorityTunerError
from tuner.model import ACTIVATIONS
from tuner.search.crew import _side_by_side, _trainers, start_worker
from tuner.search.growth import Growth, HandsOver, resident_bytes
from tuner.search.interrupt import Interrupt
from tuner.search.messages import (
    Begin,
    Broke,
    Done,
    Epoch,
    Failed,
    GoesOn,
    Pipe,
    Ready,
    Refused,
    WasPruned,
)
from tuner.search.nursery import FORKS, Nursery
from tuner.search.run_folder import RunFolder, StoreError
from tuner.search.spent import covered
from tuner.search.trainer import Trainer, UnitTask
from tuner.search.worker_process import (
    TRIES,
    UnitBroke,
    WorkerProcess,
    WorkerTrainer,
    new_worker,
)
from tuner.search.workers import (
    environment,
    free_memory,
    gpus,
    modules_of_entries,
    worker_count,
)
from tuner.training.reporting import Pruned
from tuner.training.unit import TrainingFailed, UnitResult

GB = 10**9
ROWS = SimpleNamespace(features=np.zeros((1000, 100)))
TASK = UnitTask(3, {"model.layers": 2}, 0)
RESULT = UnitResult(np.full((4, 2), 0.5, np.float32), 1)


def study(*settings):
    return load_study("mri_like", settings)


@pytest.mark.parametrize(
    ("settings", "left", "cores", "memory", "count"),
    [
        ((), 60, 8, None, 1),
        (("search.workers=5",), 60, 2, GB, 5),
        (("search.workers=5",), 3, 2, GB, 3),
        (("search.workers=5",), 0, 2, GB, 1),
        (("search.workers=auto",), 60, 8, None, 8),
        (("search.workers=auto",), 60, 8, 3 * GB, 4),
        (("search.workers=auto",), 60, 8, GB // 10, 1),
        (("search.workers=auto", "model={family: backbone}"), 60, 8, 7 * GB, 2),
        (("search.workers=auto", "training.threads=3"), 60, 8, None, 2),
        (("search.workers=auto", "training.threads=9"), 60, 8, None, 1),
    ],
)
def test_as_many_workers_as_there_is_room_for(settings, left, cores, memory, count):
    assert worker_count(study(*settings), ROWS, left, cores, memory) == count


def test_augmented_rows_take_room():
    rows = SimpleNamespace(features=np.zeros(GB // 40))  # 0.2 GB
    asked = ("search.workers=auto", "training.augmentation={noise: 0.1}")
    assert worker_count(study(*asked[:1]), rows, 60, 8, 3 * GB) == 3
    assert worker_count(study(*asked), rows, 60, 8, 3 * GB) == 2


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ((), 3),  # 0.6 GB for itself, and 0.1 GB of pixels twice
        (("training.engine=keras",), 2),  # as float32 they take four times that
        (("training.augmentation={noise: 0.1}",), 1),  # pixels and float32
        (("training.augmentation={mixup: 0.2}",), 3),  # mixed where they are taken
    ],
)
def test_pixels_take_a_quarter_of_the_room_where_they_stay_pixels(more, count):
    rows = SimpleNamespace(features=np.zeros((10, GB // 1000, 10), np.uint8))
    assert worker_count(study("search.workers=auto", *more), rows, 60, 8, 3 * GB) == count


@pytest.mark.parametrize("wrong", ["0", "-1", "many", "1.5", "true"])
def test_a_wrong_number_of_workers_is_told(wrong):
    with pytest.raises(InputError, match=r"--set: search.workers"):
        study(f"search.workers={wrong}")


def test_free_memory_is_what_machine_and_container_have(tmp_path):
    assert free_memory(tmp_path) is None
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:    2000 kB\n")
    assert free_memory(tmp_path) == 2_048_000
    group = tmp_path / "sys" / "fs" / "cgroup"
    group.mkdir(parents=True)
    (group / "memory.current").write_text("300\n")
    (group / "memory.stat").write_text("anon 100\ninactive_file 50\nactive_file 150\n")
    (group / "memory.max").write_text("max\n")
    assert free_memory(tmp_path) == 2_048_000
    (group / "memory.max").write_text("1000\n")
    assert free_memory(tmp_path) == 750


def test_workers_share_cores_and_take_turns_with_gpus():
    own = environment(3, 2, {"PATH": "/bin"}, ["0", "5"])
    assert own["PATH"] == "/bin"
    assert own["OMP_NUM_THREADS"] == "2"
    assert own["CUDA_VISIBLE_DEVICES"] == "5"
    assert own["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    assert "CUDA_VISIBLE_DEVICES" not in environment(0, 1, {}, [])


def test_gpus_are_those_that_this_process_may_use(tmp_path):
    assert gpus({}, tmp_path) == []
    for name in ("nvidia0", "nvidia10", "nvidia2", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    assert gpus({}, tmp_path) == ["0", "2", "10"]
    assert gpus({"CUDA_VISIBLE_DEVICES": "GPU-1,GPU-2"}, tmp_path) == ["GPU-1", "GPU-2"]
    assert gpus({"CUDA_VISIBLE_DEVICES": ""}, tmp_path) == []
    assert gpus({"CUDA_VISIBLE_DEVICES": "-1"}, tmp_path) == []


def test_modules_with_entries_are_imported_by_workers(registries):
    assert modules_of_entries() == ()

    def mine():
        """Mine."""

    mine.__module__ = "my_entries"
    ACTIVATIONS.register("mine")(mine)
    assert modules_of_entries() == ("my_entries",)


def test_an_entry_of_the_main_program_cannot_be_imported(registries):
    def mine():
        """Mine."""

    mine.__module__ = "__main__"
    ACTIVATIONS.register("mine")(mine)
    with pytest.raises(InputError, match=r"activation 'mine' .* module of its own, or .*: 1"):
        modules_of_entries()


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(sorted)))
def test_covered_time_counts_every_second_once(intervals):
    seconds = {second for begins, ends in intervals for second in range(begins, ends)}
    assert covered(map(tuple, intervals)) == len(seconds)


class Stub:
    """A worker that answers with what it was given; None is its death."""

    def __init__(self, answers):
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        self.pipe = Pipe(os.fdopen(ours_in, "rb"), os.fdopen(ours_out, "wb"))
        self.theirs = Pipe(os.fdopen(theirs_in, "rb"), os.fdopen(theirs_out, "wb"))
        self.heard = []
        self._thread = threading.Thread(target=self._work, args=(answers,))
        self._thread.start()

    def _work(self, answers):
        for answer in answers:
            self.heard.append(self.theirs.receive())
            if answer is None:
                break
            self.theirs.send(answer)
        self.theirs.close()

    def last_words(self):
        return "killed by signal 9\n  its last line"

    def kill(self):
        """It dies where its answers say so."""

    def close(self):
        self.pipe.close()
        self._thread.join()
        self.pipe._incoming.close()
        self.theirs._incoming.close()


@pytest.fixture
def trainer():
    """Makes a trainer whose workers give these answers, one list for each."""
    made = []

    def make(*workers):
        left, told = [*workers], []

        def start():
            stub = Stub(left.pop(0))
            made.append(stub)
            return stub

        one = WorkerTrainer(start, Begin((), "job"), told.append)
        one.told, one.stubs = told, made
        made.append(one)
        return one

    yield make
    for one in made:
        if isinstance(one, WorkerTrainer):
            one.close()


def test_a_unit_is_trained_elsewhere(trainer):
    one = trainer([Ready(), Done(RESULT)])
    assert one.train(TASK).probabilities.tolist() == RESULT.probabilities.tolist()
    assert one.stubs[0].heard == [Begin((), "job"), (TASK, False)]


def test_epochs_are_decided_here(trainer):
    one = trainer([Ready(), Epoch(1, 0.5), Epoch(2, 0.25), WasPruned(2)])
    asked = []

    def goes_on(epoch, value):
        asked.append((epoch, value))
        return epoch < 2

    with pytest.raises(Pruned) as pruned:
        one.train(TASK, goes_on)
    assert pruned.value.epoch == 2
    assert asked == [(1, 0.5), (2, 0.25)]
    assert one.stubs[0].heard[1:] == [(TASK, True), GoesOn(True), GoesOn(False)]


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (Failed("non-finite loss in epoch 1"), TrainingFailed, "non-finite"),
        (Broke("ValueError: no", "Traceback …"), UnitBroke, "ValueError: no"),
        (Refused("the disk is full"), MinorityTunerError, "the disk is full"),
        (Refused("the study is wrong", of_input=True), InputError, "the study is wrong"),
    ],
)
def test_what_is_raised_elsewhere_is_raised_here(trainer, answer, kind, message):
    with pytest.raises(kind, match=message):
        trainer([Ready(), answer]).train(TASK)


def test_another_worker_takes_over_from_a_dead_one(trainer):
    one = trainer([Ready(), None], [Ready(), Done(RESULT)])
    assert one.train(TASK).best_epoch == 1
    [told] = one.told
    assert "trial 3" in told
    assert told.endswith("killed by signal 9\n  its last line")


def test_a_unit_that_kills_its_workers_fails_its_trial_only(trainer):
    dying = [[Ready(), None] for _ in range(TRIES)]
    one = trainer(*dying, [Ready(), Done(RESULT)])
    with pytest.raises(
        TrainingFailed, match=rf"died {TRIES} times \(killed by signal 9\); .*memory"
    ):
        one.train(TASK)
    assert one.train(TASK).best_epoch == 1


def test_a_unit_whose_memory_new_workers_do_not_get_either_fails_its_trial_only(trainer):
    one = trainer([Ready(), None], [None], [None], [Ready(), Done(RESULT)])
    with pytest.raises(TrainingFailed, match="memory"):
        one.train(TASK)
    assert one.train(TASK).best_epoch == 1


@pytest.mark.parametrize("kind", [ValueError, OSError, KeyboardInterrupt])
def test_an_error_of_a_decision_is_no_death_and_spares_the_next_unit(trainer, kind):
    one = trainer([Ready(), Epoch(1, 0.5), WasPruned(1), Done(RESULT)])

    def goes_on(*_):
        raise kind("the log is closed")

    with pytest.raises(kind, match="the log is closed"):
        one.train(TASK, goes_on)
    assert one.train(TASK).best_epoch == 1
    assert one.stubs[0].heard[2:] == [GoesOn(False), (TASK, False)]
    assert one.told == []


def test_a_system_that_starts_no_process_ends_the_search():
    def start():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    with pytest.raises(MinorityTunerError, match=r"no worker .* start: Resource temporarily"):
        WorkerTrainer(start, Begin((), "job"), print)


def test_workers_that_never_start_end_the_search(trainer):
    one = trainer(*[[None]] * (TRIES + 1))
    with pytest.raises(MinorityTunerError, match=r"no worker process can start: killed by"):
        one.train(TASK)


def test_a_worker_that_refuses_to_begin_ends_the_search(trainer):
    with pytest.raises(MinorityTunerError, match="cannot import my_entries"):
        trainer([Refused("a worker process cannot import my_entries: no")]).train(TASK)


def grown(units):
    """What a worker answers that holds more after each unit."""
    return [Ready(), *(Done(RESULT, GB + 10**7 * unit) for unit in range(units))]


def test_a_worker_that_has_grown_is_replaced_before_its_next_unit(trainer):
    one = trainer(grown(21), [Ready(), Done(RESULT, GB)])
    for _ in range(21):  # 1.00 to 1.09 GB are what it needs, and 1.20 are too much
        one.train(TASK)
    assert len(one.stubs) == 2  # the worker and the trainer itself
    one.train(TASK)
    assert len(one.stubs) == 3
    assert one.told == []


def test_a_small_worker_may_grow_as_much_as_a_large_one():
    growth = Growth()
    for _ in range(10):
        assert not growth.outgrown(GB // 2)
    assert not growth.outgrown(GB // 2 + 10**8)
    assert growth.outgrown(GB // 2 + 10**8 + 1)


def test_a_worker_of_which_nobody_knows_what_it_holds_stays(trainer):
    one = trainer([Ready(), *[Done(RESULT)] * 30])
    for _ in range(30):
        one.train(TASK)


class Counts(Trainer):
    def __init__(self):
        self.units = 0

    def train(self, task, goes_on=None):
        self.units += 1
        return RESULT


def test_training_goes_on_elsewhere_once_this_process_has_grown():
    here, there, made = Counts(), Counts(), []
    sizes = iter([*[GB] * 12, 2 * GB])

    def elsewhere():
        made.append(there)
        return there

    hands_over = HandsOver(here, elsewhere, lambda: next(sizes))
    for _ in range(20):
        hands_over.train(TASK)
    assert (here.units, there.units, len(made)) == (12, 8, 1)


def test_what_a_process_holds_is_read_from_the_system(tmp_path):
    assert resident_bytes(tmp_path) is None
    (tmp_path / "statm").write_text("900 30 20 1 0 500 0")
    assert resident_bytes(tmp_path) == 30 * os.sysconf("SC_PAGE_SIZE")


def test_a_stopped_trainer_trains_nothing_more(trainer):
    one = trainer([Ready(), None])
    one.stop()
    with pytest.raises(KeyboardInterrupt):
        one.train(TASK)
    assert one.told == []


@pytest.fixture(scope="module")
def nursery():
    with Nursery(1) as one:
        yield one


forks = pytest.mark.skipif(not FORKS, reason="workers are new Pythons here")


@pytest.fixture(params=["new", pytest.param("forked", marks=forks)])
def worker(request):
    """A worker of either kind; a test closes it."""
    forked = request.param == "forked"
    return WorkerProcess(
        os.environ, request.getfixturevalue("nursery").fork if forked else new_worker
    )


def test_a_real_worker_says_what_it_cannot_import(worker):
    worker.pipe.send(Begin(("no_such_module",), "job"))
    answer = worker.pipe.receive()
    words = worker.last_words()
    worker.close()
    assert words.startswith("ended with status 0")
    assert isinstance(answer, Refused)
    assert "cannot import no_such_module: ModuleNotFoundError" in answer.message


def test_the_last_words_of_a_worker_are_its_traceback(worker, tmp_path):
    worker.pipe.send(Begin((), str(tmp_path / "no_job")))
    with pytest.raises(EOFError):
        worker.pipe.receive()
    words = worker.last_words().splitlines()
    worker.close()
    assert words[0] == "ended with status 1"
    assert words[-1].startswith("  FileNotFoundError")
    assert "  Traceback (most recent call last):" in words


def test_the_words_of_a_worker_that_does_not_end_are_not_waited_for(worker, monkeypatch):
    monkeypatch.setattr("tuner.search.worker_process._GRACE", 0.01)
    words = worker.last_words()
    worker.close()
    assert words.startswith("killed by signal 9")


@pytest.mark.parametrize("forks", [True, False])
def test_workers_are_forks_where_the_system_allows_it(monkeypatch, forks):
    monkeypatch.setattr("tuner.search.crew.FORKS", forks)
    monkeypatch.setattr("tuner.search.crew.WorkerProcess", lambda _, start: start)
    nursery = Nursery(1)
    assert start_worker({}, nursery) == (nursery.fork if forks else new_worker)


class Threads(Trainer):
    """A trainer that trains until it is stopped, or raises."""

    def __init__(self, error=None):
        self.error, self.stopped, self.closed = error, threading.Event(), False

    def train(self, task, goes_on=None):
        if self.error:
            raise self.error
        assert self.stopped.wait(20)
        raise KeyboardInterrupt

    def stop(self):
        self.stopped.set()

    def close(self):
        self.closed = True


@pytest.fixture
def crew(monkeypatch, tmp_path):
    """Runs trainers side by side, each of which is asked for one unit."""
    searched = SimpleNamespace(training=SimpleNamespace(threads=1))
    parts = SimpleNamespace(study=searched, dataset=None, splits=None, interrupt=Interrupt())
    parts.folder = RunFolder(tmp_path)

    def work(trainer, number):
        return partial(trainer.train, TASK)

    def run(*trainers, work=work):
        left = [*trainers]
        monkeypatch.setattr("tuner.search.crew._trainer", lambda *_: left.pop(0))
        with _trainers(parts, len(trainers)) as made:
            _side_by_side(parts, made, work)

    run.folder = tmp_path
    return run


def test_all_is_made_before_the_first_is_done(crew):
    # A tuner that is made changes the space that others suggest from.
    order = []

    def work(trainer, number):
        order.append("made")
        return lambda: order.append("done")

    crew(Threads(), Threads(), Threads(), work=work)
    assert order == ["made"] * 3 + ["done"] * 3


@pytest.mark.parametrize("error", [StoreError("the disk is full"), BrokenPipeError(32, "closed")])
def test_what_ends_one_tuner_ends_all_as_it_is(crew, error):
    trainers = [Threads(), Threads(error)]
    with pytest.raises(type(error)) as raised:
        crew(*trainers)
    assert raised.value is error
    assert all(one.closed for one in trainers)
    assert list(crew.folder.iterdir()) == []


def test_ctrl_c_while_tuners_start_ends_those_that_did(crew, monkeypatch):
    begun = []

    class Thread(threading.Thread):
        def start(self):
            if begun:
                raise KeyboardInterrupt
            begun.append(self)
            super().start()

    monkeypatch.setattr("tuner.search.crew.threading.Thread", Thread)
    with pytest.raises(KeyboardInterrupt):
        crew(Threads(), Threads())
    assert not begun[0].is_alive()


@pytest.fixture
def heard():
    """Ctrl-C raises, also where the tests were begun in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_ctrl_c_waits_for_what_still_runs(crew):
    class Slow(Threads):
        ended = False

        def train(self, task, goes_on=None):
            assert self.stopped.wait(20)
            time.sleep(0.3)  # as a transaction may
            self.ended = True
            raise KeyboardInterrupt

    trainers = [Slow(), Slow()]

    def pressing():
        # An interrupt that arrives in a finalizer is lost, as a person would notice.
        os.kill(os.getpid(), signal.SIGINT)
        while not trainers[0].stopped.wait(2):
            os.kill(os.getpid(), signal.SIGINT)

    # From another thread, so that it arrives while the main one waits.
    press = threading.Timer(0.3, pressing)
    press.start()
    with pytest.raises(KeyboardInterrupt):
        crew(*trainers)
    press.join()
    assert [one.ended for one in trainers] == [True, True]


def test_a_worker_that_breaks_tells_how(monkeypatch):
    monkeypatch.setattr("sys.path", ["/nowhere"])
    worker = WorkerProcess(os.environ, new_worker)
    with pytest.raises(EOFError):
        worker.pipe.receive()
    words = worker.last_words()
    worker.close()
    assert words.startswith("ended with status 1\n")
    assert "Error" in words
