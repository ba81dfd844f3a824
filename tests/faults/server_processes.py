"""What a test of a server runs in processes of their own; imports no more than it needs."""

import time
from contextlib import closing, contextmanager

from tuner.search.claims import HeldOnServer
from tuner.search.database import Database
from tuner.search.store import Store


@contextmanager
def opened(url, name="s", **settings):
    """A store on a server."""
    with closing(Store(Database.on_server(url, name), **settings)) as store:
        yield store


def counts(url, times, told=None):
    """Counts up what lies in the database, reading and writing in separate transactions."""
    with opened(url) as store:

        def count():
            before = store.study.user_attrs.get("count", 0)
            time.sleep(0.002)
            store.study.set_user_attr("count", before + 1)

        for _ in range(times):
            store.in_turn(count)
    if told:
        told.put("done")


def holds(url, ready, number=None):
    """Holds the turn, or a claim, until it is killed."""
    with opened(url) as store:
        if number is None:
            with store.database.turn(store.engine):
                ready.set()
                time.sleep(600)
        claims = HeldOnServer(store.engine, store.study_id, 0.05, 5)
        claims.take(number)
        ready.set()
        time.sleep(600)
