"""A study whose trials lie on a server: PostgreSQL, or MariaDB for MySQL's dialect."""

import itertools
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import optuna
import pytest
import sqlalchemy as sa

from faults import kills
from faults.server_processes import counts, holds, opened
from faults.studies import STUDY
from tuner.errors import InputError
from tuner.inspection import inspect_study
from tuner.search.claims import HeldOnServer, living
from tuner.search.database import Database
from tuner.search.patience import Patience
from tuner.search.pruning import make_pruner
from tuner.search.resume import claim
from tuner.search.run_folder import RunFolder, StoreError
from tuner.search.storage import set_study_aside
from tuner.training.unit import UnitResult

CLUSTER = Path(__file__).parent / "cluster.py"
SPAWN = multiprocessing.get_context("spawn")
NUMBERS = itertools.count()
AWAY = "the database does not answer"
RESULT = UnitResult(np.array([[0.25, 0.75], [1, 0]], np.float32), 2, {"val_pr_auc": [0.1, 0.5]})


@pytest.fixture(autouse=True)
def quiet():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


@pytest.fixture(params=["postgresql", "mariadb"])
def url(request):
    """The URL of a new database on either server."""
    return request.getfixturevalue(request.param).create(f"db{next(NUMBERS)}")


@pytest.fixture
def own_url(postgresql):
    """The URL of a new database on PostgreSQL."""
    return postgresql.create(f"db{next(NUMBERS)}")


def begun(store):
    return store.study.ask().number


def states(store):
    return [record.state for record in store.records()]


def test_a_store_keeps_on_a_server_what_it_keeps_in_a_folder(url):
    with opened(url) as one, opened(url) as other:
        numbers = [begun(one) for _ in range(5)]
        one.set_identity({"format": "5"})
        one.add_unit(0, 1, 0, RESULT)
        one.finish(0, 0.75, {"seconds": 1.5})
        one.fail(1, "non-finite loss", 2.0, "story")
        one.stop(2, "collapsed", {"seconds": 0.5})
        one.discard(3, duplicate_of=0)
        assert numbers == [0, 1, 2, 3, 4]
        assert states(other) == ["finished", "failed", "stopped", "running"]
        assert other.record(0).score == 0.75
        assert other.record(1).reason == "non-finite loss"
        assert other.identity() == {"format": "5"}
        kept = other.unit(0, 1, 0)
        assert np.array_equal(kept.probabilities, RESULT.probabilities)
        assert kept.facts() == RESULT.facts()
        assert other.unit(0, 0, 0) is None


def test_studies_in_one_database_know_nothing_of_each_other(url):
    with opened(url, "a") as one, opened(url, "b") as other:
        assert begun(one) == begun(other) == 0
        one.add_unit(0, 0, 0, RESULT)
        one.set_identity({"is": "a"})
        assert other.unit(0, 0, 0) is None
        assert other.identity() == {}
        assert other.study_id != one.study_id


def test_large_content_is_kept_whole(url):
    rows = np.linspace(0, 1, 60_000, dtype=np.float32).reshape(-1, 2)
    large = UnitResult(rows, 1, {"val_pr_auc": [0.123456789] * 20_000})
    with opened(url) as store:
        store.add_unit(0, 0, 0, large)
        kept = store.unit(0, 0, 0)
    assert np.array_equal(kept.probabilities, rows)
    assert kept.history == large.history


def test_the_second_end_of_a_trial_is_ignored(url):
    # A machine was held for dead and was not: both have run the trial.
    with opened(url) as one, opened(url) as other:
        for number in (begun(one) for _ in range(3)):
            one.add_unit(number, 0, 0, RESULT)
            other.add_unit(number, 0, 0, RESULT)
        one.finish(0, 0.75, {"by": "one"})
        other.finish(0, 0.25, {"by": "other"})
        one.fail(1, "non-finite loss", 1.0)
        other.finish(1, 0.25, {"by": "other"})
        other.stop(2, "collapsed", {"by": "other"})
        one.fail(2, "non-finite loss", 1.0)
        assert states(one) == states(other) == ["finished", "failed", "stopped"]
        assert (other.record(0).score, other.record(0).outcome["by"]) == (0.75, "one")
        assert other.record(2).reason == "collapsed"
        pruner = make_pruner("median", other, 4)
        assert pruner.goes_on(0, 1, 0.5)  # it hears of the end when it ends the trial itself
        assert one.trials()[0].intermediate_values == {}


def at_once(operation, times=3):
    """The results of an operation that so many threads begin at once; each has connections."""
    barrier, results = threading.Barrier(times), []

    def run():
        barrier.wait(60)
        results.append(operation())

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_machines_may_open_an_empty_database_at_once(url):
    def opens():
        with opened(url) as store:
            return store.study_id

    assert at_once(opens) == [1, 1, 1]


def test_a_turn_has_one_holder_among_all_processes(url):
    with opened(url) as store:
        told = SPAWN.Queue()
        parts = (url, 50, told)
        processes = [SPAWN.Process(target=counts, args=parts)]
        for process in processes:
            process.start()
        counts(url, 50)  # in another one, this
        told.get(timeout=120)
        for process in processes:
            process.join()
        assert store.study.user_attrs["count"] == 100


def test_threads_of_a_process_take_turns_too(url):
    with opened(url) as store:
        inside, most = [], []

        def enter():
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.005)
            inside.pop()

        def run():
            for _ in range(5):
                store.in_turn(lambda: store.in_turn(enter))  # within itself it is the same turn

        threads = [threading.Thread(target=run) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert most == [1] * 30


@contextmanager
def holder(url, number=None):
    ready = SPAWN.Event()
    process = SPAWN.Process(target=holds, args=(url, ready, number))
    process.start()
    try:
        assert ready.wait(120)
        yield process
    finally:
        process.kill()
        process.join()


def test_a_turn_ends_with_the_process_that_holds_it(url):
    with opened(url) as store, holder(url) as process:
        os.kill(process.pid, signal.SIGKILL)
        assert store.in_turn(lambda: "my turn") == "my turn"


def test_the_claims_of_a_killed_process_are_handed_over(url):
    with opened(url) as store:
        number = begun(store)
        claims = HeldOnServer(store.engine, store.study_id, 0.05, 5)
        with closing(claims), holder(url, number) as process:
            time.sleep(0.5)
            assert claims.held() == {number}
            assert living(store.engine, store.study_id, 0.1, 5) == {number}
            os.kill(process.pid, signal.SIGKILL)
            wait_until(lambda: claims.held() == frozenset())
            assert living(store.engine, store.study_id, 0.05, 5) == frozenset()
            claims.take(number)
            assert claims.held() == {number}


def wait_until(condition, seconds=30):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_password_and_a_database_that_are_not_there_are_told_at_once(postgresql, own_url):
    with (
        pytest.raises(InputError, match=r"cannot be opened \(.*does not exist"),
        opened(own_url.replace("/db", "/nodb")),
    ):
        pass
    with (
        pytest.raises(InputError, match=r"role .* does not exist") as refused,
        opened(own_url.replace("tuner@", "nobody:hush@")),
    ):
        pass
    assert "hush" not in str(refused.value)


def test_a_study_is_renamed_with_all_that_belongs_to_it(url):
    database = Database.on_server(url, "s")
    assert set_study_aside(database) is None
    with opened(url) as store:
        store.set_identity({"is": "old"})
        store.add_unit(begun(store), 0, 0, RESULT)
        with closing(HeldOnServer(store.engine, store.study_id, 0.05)) as claims:
            claims.take(0)
            with pytest.raises(InputError, match="1 trials of s are being run; stop those"):
                set_study_aside(database)
    aside = set_study_aside(database)
    assert aside.startswith("s.2")
    with opened(url) as fresh, opened(url, aside) as old:
        assert (fresh.identity(), states(fresh)) == ({}, [])
        assert (old.identity(), states(old)) == ({"is": "old"}, ["running"])
        assert old.unit(0, 0, 0) is not None


def test_starting_over_takes_no_study_from_those_that_begin_or_from_other_programs(own_url):
    with opened(own_url) as begins:
        assert set_study_aside(Database.on_server(own_url, "s")) is None
        assert begins.in_turn(begins.identity) == {}
        begun(begins)
        with pytest.raises(InputError, match="'s' is a study of another program"):
            set_study_aside(Database.on_server(own_url, "s"))
        assert states(begins) == ["running"]


def test_threads_that_wait_for_their_turn_hold_no_connection(own_url):
    with opened(own_url) as store, opened(own_url) as other:
        numbers = [begun(store) for _ in range(45)]  # more than there may be connections
        threads = [threading.Thread(target=store.finish, args=(n, 0.5, {})) for n in numbers]

        def start():
            for thread in threads:
                thread.start()
            wait_until(lambda: store.engine.pool.checkedout())
            return store.engine.pool.checkedout()

        assert other.in_turn(start) == 1
        for thread in threads:
            thread.join()
        assert states(store) == ["finished"] * len(numbers)


def test_an_option_that_a_driver_does_not_know_is_told_in_one_line(postgresql, own_url):
    for url in (f"{own_url}&foo=bar", "mysql://u:hush@localhost/db?foo=bar"):
        with pytest.raises(InputError, match=r"cannot be opened \(.*foo") as refused, opened(url):
            pass
        assert "hush" not in str(refused.value)


def test_a_study_that_another_machine_has_changed_is_not_gone_on_with(own_url):
    with opened(own_url) as one:
        one.set_identity({"is": "old"})
        with opened(own_url, about={"is": "old"}) as other:
            assert other.in_turn(lambda: 1) == 1
            one.set_identity({"is": "new"})
            with pytest.raises(InputError, match="another machine has changed the study"):
                other.in_turn(lambda: 1)


# The server is killed and started again


_OUTAGES = 3


def work(store, errors, stop, done):
    """What a search does with a store, over and over; every step is checked by the next."""
    try:
        while not stop.is_set():
            number = store.in_turn(lambda: begun(store))
            make_pruner("median", store, 4).goes_on(number, 1, 0.5)
            store.add_unit(number, 0, 0, RESULT)
            assert store.unit(number, 0, 0) is not None
            store.finish(number, 0.5, {"seconds": 1.0, "history": [0.5] * 50})
            assert store.record(number).score == 0.5
            done.append(number)
    except BaseException as error:
        errors.append(error)
        raise


def test_a_server_that_is_killed_and_comes_back_costs_nothing(postgresql, own_url):
    told, errors, stop, done = [], [], threading.Event(), []
    with opened(own_url, patience=Patience(told.append)) as store:
        parts = (store, errors, stop, done)
        threads = [threading.Thread(target=work, args=parts) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(_OUTAGES):
            reached = len(done)
            wait_until(lambda before=reached: len(done) >= before + 10 or errors)
            postgresql.kill()
            time.sleep(0.3)
            postgresql.start()
        stop.set()
        for thread in threads:
            thread.join()
        assert not errors
        assert len(set(done)) == len(done)
        records = store.records()
        assert [record.number for record in records] == list(range(len(records)))
        finished = {record.number for record in records if record.state == "finished"}
        assert finished == set(done)
        # What an answer was lost of runs and is nobody's; the next turn takes it up.
        assert {record.state for record in records} <= {"finished", "running"}
        assert len(records) - len(finished) <= 3 * _OUTAGES
    assert 1 <= len(told) <= 4 * _OUTAGES
    assert all(AWAY in line for line in told)


def test_a_server_that_stays_away_ends_the_run_in_one_line(postgresql, own_url):
    with opened(own_url, patience=Patience(limit=0.5)) as store:
        number = begun(store)
        postgresql.kill()
        try:
            with pytest.raises(StoreError, match=r"has not answered for .* same command goes on"):
                store.finish(number, 0.5, {})
        finally:
            postgresql.start()
        store.finish(number, 0.5, {})
        assert states(store) == ["finished"]


def test_an_outage_kills_no_claim(postgresql, own_url):
    with opened(own_url) as store:
        parts = (store.engine, store.study_id, 0.05, 10)
        with closing(HeldOnServer(*parts)) as one, closing(HeldOnServer(*parts)) as other:
            one.take(0)
            other.take(1)
            time.sleep(0.3)
            postgresql.kill()
            time.sleep(1.5)  # thirty beats
            postgresql.start()
            until = time.monotonic() + 2
            while time.monotonic() < until:
                assert store.patiently(one.held) == store.patiently(other.held) == {0, 1}
                time.sleep(0.05)


def test_a_connection_that_is_lost_while_trials_are_read_is_made_anew(own_url):
    # Optuna then reads them a second time on the lost connection, which is another error.
    lost = []
    with opened(own_url) as store, opened(own_url) as other:
        begun(store)

        @sa.event.listens_for(store.engine, "before_cursor_execute")
        def lose(connection, cursor, statement, *_):
            if "FROM trials" in statement and not lost:
                lost.append(cursor.connection.info.backend_pid)
                with other.engine.connect() as killer:
                    ended = sa.text("select pg_terminate_backend(:pid)")
                    killer.execute(ended, {"pid": lost[0]})

        assert [trial.number for trial in store.trials()] == [0]
    assert lost


def test_a_turn_that_was_lost_is_taken_again(own_url):
    with opened(own_url) as store, opened(own_url) as other:
        attempts = []

        def attempt():
            attempts.append(begun(store))
            if len(attempts) == 1:
                with other.engine.connect() as connection:
                    connection.execute(sa.text(END_TURNS))
            return attempts[-1]

        assert store.in_turn(attempt) == 1
        assert attempts == [0, 1]
        assert states(store) == ["running", "running"]


END_TURNS = """
select pg_terminate_backend(pid) from pg_locks
where locktype = 'advisory' and pid <> pg_backend_pid()
"""


def test_what_is_kept_is_json_of_any_length_in_optunas_tables(own_url):
    outcome = {"fold_scores": [0.123456789] * 20_000}
    with opened(own_url) as store:
        store.finish(begun(store), 0.5, outcome)
        assert store.record(0).outcome["fold_scores"] == outcome["fold_scores"]


# What a run is about


@pytest.fixture
def claimed(own_url, tmp_path):
    """Claims the run of a study on the server, as a machine does that begins."""
    file = tmp_path / "study.yaml"
    file.write_text(STUDY)

    def claimed_with(*overrides):
        found = inspect_study(file, overrides)
        database = Database.on_server(own_url, "s")
        return claim(found.study, found.dataset, RunFolder(tmp_path), database)

    return claimed_with


def test_a_study_of_the_same_name_is_refused_with_the_ways_on(claimed):
    assert claimed() == []
    assert claimed("search.trials=99") == []
    with pytest.raises(InputError, match=r"s on postgresql.* different study \(seed: 0 → 1\)"):
        claimed("seed=1")
    assert claimed() == []


def test_a_space_that_changes_waits_for_those_that_run_trials_in_the_old_one(claimed, own_url):
    claimed()
    with opened(own_url) as store:
        begun(store)
        with closing(HeldOnServer(store.engine, store.study_id, 0.05)) as claims:
            claims.take(0)
            with pytest.raises(InputError, match="1 trials are being run with the old one; stop"):
                claimed("model.units={choice: [4, 8]}")
        assert claimed() == []
        store.finish(0, 0.5, {})
    [told] = claimed("model.units={choice: [4, 8]}")
    assert told.startswith("the search space changed (model.units: ")


def test_machines_may_begin_and_change_a_study_at_once(claimed, own_url):
    assert at_once(claimed) == [[], [], []]
    with opened(own_url) as store:
        store.finish(begun(store), 0.5, {})
    lines = at_once(lambda: claimed("model.units={choice: [4, 8]}"))
    assert sorted(len(one) for one in lines) == [0, 0, 1]


# Whole runs


@pytest.mark.slow
def test_machines_share_a_search_and_one_dies_and_the_server_too(postgresql, own_url, tmp_path):
    tests = CLUSTER.parent.parent
    with subprocess.Popen(
        [sys.executable, str(CLUSTER), str(tmp_path), own_url],
        env={**os.environ, "PYTHONPATH": f"{tests.parent}{os.pathsep}{tests}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        log = tmp_path / "log"
        wait_until(lambda: len(kills.lines(log)) >= 20 or program.poll() is not None, 200)
        postgresql.kill()
        # Both machines that are left find it away, however long a network keeps them busy.
        told = tmp_path / "log.said"
        wait_until(lambda: told.read_text().count(AWAY) >= 2 or program.poll() is not None, 60)
        postgresql.start()
        out, err = program.communicate(timeout=240)
    said = told.read_text()
    assert program.returncode == 0, err
    seen = json.loads(out.splitlines()[-1])
    assert (seen["statuses"], seen["alone"]) == ([None, 0, 0], 0), said
    # What the killed machine was training is trained again, and nothing else.
    assert set(seen["trained"]) == set(seen["unbroken"])
    assert len(seen["trained"]) <= len(seen["unbroken"]) + 1
    assert "another process writes" in said
    assert said.count(AWAY) == 2
    tables = {name: tmp_path / name / "killed" / "trials.csv" for name in ("a", "b", "alone")}
    assert tables["b"].read_text() == tables["alone"].read_text()
    assert not tables["a"].exists()  # it was held by the machine that died
    assert not list(tmp_path.glob("[ab]/*/study.db*"))
