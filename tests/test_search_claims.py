"""Who runs a trial, and how the others find out that somebody died."""

import threading

import pytest
import sqlalchemy as sa

from tuner.search import claims as module
from tuner.search.claims import HeldHere, HeldOnServer, living
from tuner.search.tables import CLAIMS

NEVER = 3600.0
"""Seconds between beats where a test beats by hand."""


@pytest.fixture
def engine(tmp_path):
    # The table is the same in every database; a file stands for the server.
    made = sa.create_engine(sa.URL.create("sqlite", database=str(tmp_path / "server")))
    CLAIMS.create(made)
    yield made
    made.dispose()


@pytest.fixture
def runner(engine):
    """Makes processes that beat when a test says so."""
    made = []

    def make(study=1, interval=NEVER):
        made.append(HeldOnServer(engine, study, interval, readings=3))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("kind", ["here", "on a server"])
def test_a_trial_is_held_until_it_is_released(kind, runner):
    claims = HeldHere() if kind == "here" else runner()
    assert claims.held() == frozenset()
    claims.take(3)
    claims.take(5)
    claims.take(5)
    assert claims.held() == {3, 5}
    claims.release(3)
    claims.release(4)
    assert claims.held() == {5}
    claims.close()
    assert claims.held() == frozenset()


def test_threads_share_the_claims_of_their_process():
    claims = HeldHere()
    numbers = range(200)
    threads = [threading.Thread(target=claims.take, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert claims.held() == set(numbers)


def test_others_see_a_claim_at_once_and_hold_it_while_it_beats(runner):
    one, other = runner(), runner()
    one.take(7)
    assert other.held() == {7}
    for _ in range(10):
        assert one.beat()
        assert other.beat()
    assert other.held() == one.held() == {7}


def test_a_claim_is_dead_after_so_many_equal_readings_and_is_replaced(runner):
    dead, other = runner(), runner()
    dead.take(7)
    for _ in range(3):
        other.beat()
        assert other.held() == {7}
    other.beat()
    assert other.held() == frozenset()
    other.take(7)
    assert other.held() == {7}
    dead.release(7)  # it was not dead, only late
    assert other.held() == {7}
    dead.beat()
    other.beat()
    assert other.held() == {7}


def test_a_claim_that_is_new_to_a_process_counts_from_then(runner):
    runner().take(7)
    late = runner()
    for _ in range(3):
        late.beat()
    assert late.held() == {7}


def test_a_late_beat_brings_a_claim_back_to_life(runner):
    late, other = runner(), runner()
    late.take(7)
    for _ in range(4):
        other.beat()
    late.beat()
    assert other.held() == {7}
    for _ in range(3):
        other.beat()
    assert other.held() == {7}


def test_readings_that_fail_kill_nobody(runner, engine, monkeypatch):
    one, other = runner(), runner()
    one.take(7)
    other.beat()

    def away(*_):
        raise sa.exc.OperationalError("select", {}, ConnectionError("refused"))

    with monkeypatch.context() as patch:
        patch.setattr(module, "_read", away)
        assert not any(other.beat() for _ in range(20))
    assert other.held() == {7}


def test_the_claims_of_other_studies_are_not_seen(runner):
    one, other = runner(study=1), runner(study=2)
    one.take(7)
    assert other.held() == frozenset()
    other.take(7)
    other.close()
    assert one.held() == {7}


def test_a_claim_that_could_not_be_given_up_is_none_of_this_process(runner, engine, monkeypatch):
    one, other = runner(), runner()
    one.take(7)

    def away(*_, **__):
        raise sa.exc.OperationalError("begin", {}, ConnectionError("refused"))

    with monkeypatch.context() as patch:
        patch.setattr(engine, "begin", away)
        with pytest.raises(sa.exc.OperationalError):
            one.release(7)
    assert one.held() == frozenset()
    assert other.held() == {7}
    for _ in range(4):
        one.beat()
        other.beat()
    assert other.held() == frozenset()


def test_the_thread_beats_and_reads(runner):
    beaten = threading.Event()
    one = runner(interval=0.01)
    one.take(7)
    real, count = one.beat, []

    def beat():
        count.append(real())
        if len(count) == 10:
            beaten.set()

    one.beat = beat
    assert beaten.wait(10)
    assert all(count)
    one.close()
    assert not one._thread.is_alive()


def test_who_lives_is_found_out_from_outside(runner, engine):
    assert living(engine, 1, NEVER) == frozenset()  # nothing is claimed: nothing to wait for
    dead, alive = runner(), runner()
    dead.take(1)
    assert living(engine, 1, 0.01, 3) == frozenset()
    alive.take(2)
    thread = threading.Thread(target=lambda: [alive.beat() for _ in range(200)])
    thread.start()
    assert living(engine, 1, 0.02, 5) == {2}
    thread.join()
