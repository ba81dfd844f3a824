"""Workers are forks of one process, from which they take nothing that is not theirs."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tuner.cli import main
from tuner.errors import MinorityTunerError
from tuner.search import nursery_process
from tuner.search.messages import Begin
from tuner.search.nursery import FORKS, Forked, Nursery
from tuner.search.worker_process import WorkerProcess

pytestmark = pytest.mark.skipif(not FORKS, reason="workers are new Pythons here")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def nursery():
    with Nursery(1) as one:
        yield one


@pytest.fixture
def forked(nursery):
    """Starts workers, which end with the test."""
    made = []

    def start(**variables):
        made.append(WorkerProcess({**os.environ, **variables}, nursery.fork))
        return made[-1]

    yield start
    for worker in made:
        worker.close()


@pytest.fixture
def asked(forked, tmp_path, monkeypatch):
    """What an expression is in a worker, which imports a module that raises it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def ask(code, **variables):
        (tmp_path / "question.py").write_text(f"import os, sys\nraise ValueError({code})\n")
        worker = forked(**variables)
        worker.pipe.send(Begin(("question",), "job"))
        told = worker.pipe.receive().message.partition("ValueError: ")[2]
        return told.partition(" (line ")[0]

    return ask


@pytest.fixture
def standing(forked, tmp_path, monkeypatch):
    """Starts workers that stand still once they are what they will be."""
    monkeypatch.syspath_prepend(str(tmp_path))
    stop = "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n"
    (tmp_path / "standstill.py").write_text(stop)
    made = []

    def start():
        made.append(forked())
        made[-1].pipe.send(Begin(("standstill",), "job"))
        while state(made[-1].pid) != "T":
            time.sleep(0.01)
        return made[-1]

    yield start
    for worker in made:
        worker.kill()


def number_of(nursery):
    return nursery._process.pid


def files(number):
    """Pipes and sockets that a process has open."""
    links = set()
    for path in Path(f"/proc/{number}/fd").iterdir():
        links.add(os.readlink(path))
    return {link for link in links if link.startswith(("pipe:", "socket:"))}


def signals(number, kind):
    """Numbers of the signals that a process ignores (SigIgn) or catches (SigCgt)."""
    [line] = [
        line for line in Path(f"/proc/{number}/status").read_text().splitlines() if kind in line
    ]
    mask = int(line.split()[1], 16)
    return {one for one in signal.Signals if mask >> (one - 1) & 1}


def state(number):
    """One letter; see proc(5)."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def is_there(number):
    return state(number) not in "XZ"


def wait_until_gone(numbers, seconds=20):
    until = time.monotonic() + seconds
    while any(is_there(number) for number in numbers):
        assert time.monotonic() < until, "processes outlive the search"
        time.sleep(0.01)


def test_a_second_worker_comes_from_the_same_process_at_once(nursery, forked):
    forked()
    first, started = number_of(nursery), time.monotonic()
    forked()
    assert time.monotonic() - started < 1  # importing takes seconds
    assert number_of(nursery) == first


def test_a_worker_has_its_own_environment_and_path(asked, tmp_path):
    assert asked("os.environ['CUDA_VISIBLE_DEVICES']", CUDA_VISIBLE_DEVICES="7") == "7"
    assert asked("os.environ.get('CUDA_VISIBLE_DEVICES')") == "None"
    assert asked("sys.path[0]") == str(tmp_path)


def test_an_environment_may_be_large_and_not_text(asked):
    large = {f"LARGE{index}": "x" * 100_000 for index in range(5)}  # more than a socket holds
    assert asked("len(os.environ['LARGE4'])", **large) == "100000"
    assert asked("ascii(os.environ['ODD'])", ODD="\udcff") == r"'\udcff'"


def test_a_worker_finds_tensorflow_imported_and_not_in_use(asked):
    devices = "__import__('tuner.devices').devices"
    assert asked(f"({devices}._in_use(), 'tensorflow' in sys.modules)") == "(False, True)"


def test_nothing_of_the_nursery_runs_when_it_forks(nursery, forked):
    forked()
    tasks = Path(f"/proc/{number_of(nursery)}/task").iterdir()
    names = [(task / "comm").read_text().strip() for task in tasks]
    # That of pyarrow's memory, which holds its locks over a fork; see `nursery_process`.
    assert len([name for name in names if name != "jemalloc_bg_thd"]) == 1


def test_a_worker_holds_no_file_of_another_or_of_the_nursery(nursery, standing):
    first, second = [files(worker.pid) for worker in (standing(), standing())]
    assert not first & second
    # Of each: two pipes, of which one is there twice, and the line that tells how it ended.
    assert [len(first), len(second)] == [3, 3]
    assert not {link for link in files(number_of(nursery)) if link.startswith("pipe:")}
    assert len(files(number_of(nursery)) & second) == 1


def test_a_worker_ignores_ctrl_c_and_catches_nothing_of_the_nursery(nursery, standing):
    worker = standing()
    assert signal.SIGINT in signals(worker.pid, "SigIgn")
    assert signal.SIGCHLD in signals(number_of(nursery), "SigCgt")
    assert signal.SIGCHLD not in signals(worker.pid, "SigCgt")


def test_a_killed_worker_says_by_what(forked):
    killed, aborted = forked(), forked()
    killed.kill()
    os.kill(aborted.pid, signal.SIGABRT)
    assert killed.last_words() == "killed by signal 9"
    assert aborted.last_words() == "killed by signal 6"


def test_who_has_ended_is_killed_no_more(nursery, monkeypatch):
    worker = WorkerProcess(os.environ, nursery.fork)
    worker.kill()
    worker.last_words()
    monkeypatch.setattr("os.kill", None)  # its number may be another's by now
    worker.kill()
    worker.close()
    worker.kill()


def test_a_worker_ends_when_its_search_lets_it(forked):
    worker = forked()
    worker.pipe.close()
    assert worker.last_words() == "ended with status 0"


def test_a_killed_nursery_is_replaced_and_its_workers_stay(nursery, forked):
    before = forked()
    first = number_of(nursery)
    os.kill(first, signal.SIGKILL)
    wait_until_gone([first])
    after = forked()
    assert number_of(nursery) != first
    before.pipe.send(Begin(("no_such_module",), "job"))
    assert "no_such_module" in before.pipe.receive().message
    assert after.pid
    assert before.last_words() == "ended with the process that it was forked from, or after it"


def test_a_nursery_that_dies_of_a_request_is_replaced(nursery, forked):
    forked()
    first = number_of(nursery)
    os.kill(first, signal.SIGSTOP)  # it is there when it is asked
    timer = threading.Timer(0.2, os.kill, (first, signal.SIGKILL))
    timer.start()
    assert forked().pid
    timer.join()
    assert number_of(nursery) != first


def test_who_is_interrupted_while_asking_leaves_no_half_request(nursery, forked, monkeypatch):
    forked()

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tuner.search.nursery.Forked", interrupted)
        with pytest.raises(KeyboardInterrupt):
            forked()
    assert forked().pid


def test_a_system_that_forks_no_more_is_told(monkeypatch):
    def fork():
        raise BlockingIOError(11, "no")

    monkeypatch.setattr("os.fork", fork)
    ours, theirs = socket.socketpair()
    request = nursery_process._Request({}, [], [], theirs)
    nursery_process._fork(request, {}, ())
    with pytest.raises(OSError, match="Resource temporarily unavailable"), ours:
        Forked(ours)


def test_what_cannot_be_imported_is_told(monkeypatch):
    monkeypatch.setattr("sys.path", ["/nowhere"])
    with Nursery(1) as broken, pytest.raises(MinorityTunerError) as raised:
        WorkerProcess(os.environ, broken.fork)
    assert str(raised.value).startswith("no worker process can start: ended with status 1\n")
    assert "ModuleNotFoundError" in str(raised.value)


SEARCH = """
import os, sys
from tuner.search.nursery import Nursery
from tuner.search.worker_process import WorkerProcess
nursery = Nursery(1)
nursery.warm()
workers = [WorkerProcess(os.environ, nursery.fork) for _ in range(int(sys.argv[1]))]
print(nursery._process.pid, *(worker.pid for worker in workers), flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("workers", [0, 2], ids=["while it imports", "with workers"])
def test_a_killed_search_leaves_nothing(workers):
    with subprocess.Popen(
        [sys.executable, "-c", SEARCH, str(workers)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as search:
        numbers = [int(number) for number in search.stdout.readline().split()]
        assert len(numbers) == 1 + workers
        assert all(is_there(number) for number in numbers)
        search.kill()
    wait_until_gone(numbers)


STUDY = """
version: 1
name: s
data: {csv: rows.csv, target: label}
search: {workers: WORKERS}
"""


@pytest.fixture
def started(monkeypatch):
    """The processes that forks may come from."""
    numbers, begin = [], Nursery._begin

    def noted(self):
        begin(self)
        numbers.append(self._process.pid)

    monkeypatch.setattr(Nursery, "_begin", noted)
    return numbers


@pytest.mark.parametrize(
    ("command", "workers", "cores", "count"),
    [
        ("run", "2", 1, 1),
        ("run", "auto", 2, 1),
        ("run", "auto", 1, 0),
        ("run", "1", 2, 0),
        ("check", "2", 2, 0),
    ],
)
def test_wrong_data_end_a_run_at_once(
    tmp_path, monkeypatch, capsys, started, command, workers, cores, count
):
    monkeypatch.setattr("joblib.cpu_count", lambda: cores)
    monkeypatch.chdir(tmp_path)
    Path("study.yaml").write_text(STUDY.replace("WORKERS", workers))
    assert main([command, "study.yaml"]) == 2
    assert "rows.csv" in capsys.readouterr().err
    assert len(started) == count
    assert not any(is_there(number) for number in started)


def test_a_wrong_study_starts_nothing(tmp_path, started, capsys):
    file = tmp_path / "study.yaml"
    file.write_text(STUDY.replace("WORKERS", "none"))
    assert main(["run", str(file)]) == 2
    assert "workers" in capsys.readouterr().err
    assert not started


def test_a_head_start_that_fails_is_told_when_a_worker_is_asked_for(monkeypatch):
    def no_process(*_):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("tuner.search.nursery.new_python", no_process)
    with Nursery(1) as one:
        one.warm()
        with pytest.raises(BlockingIOError):
            WorkerProcess(os.environ, one.fork)


def test_nothing_starts_early_where_workers_are_no_forks(monkeypatch, started):
    monkeypatch.setattr("tuner.search.nursery.FORKS", False)
    with Nursery(1) as one:
        one.warm()
    assert not started
