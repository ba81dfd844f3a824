"""What is written first of a run, and whose study it may be written in."""

from contextlib import closing

import pytest
from optuna.study import StudyDirection

from tuner.errors import InputError
from tuner.search.beginning import begin_run, refuse_foreign
from tuner.search.database import Database
from tuner.search.run_folder import RunFolder
from tuner.search.store import Store

BOTH = ("maximize", "minimize")


@pytest.fixture
def opened(tmp_path):
    """Opens the store of one folder."""
    return lambda: closing(Store(Database.in_folder(RunFolder(tmp_path))))


def test_who_made_the_study_before_does_not_decide_on_its_objectives(opened):
    with opened() as killed:
        assert killed.identity() == {}
    for _ in range(2):  # an answer that was lost is asked for again
        with opened() as store:
            begin_run(store, {"is": "for both"}, BOTH)
    with opened() as store:
        assert store.study.directions == [StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE]
        number = store.study.ask().number
        store.finish(number, 0.5, {"health": {"collapsed": False}}, 10.0)
        assert (store.record(number).score, store.record(number).against) == (0.5, 10.0)
        assert store.identity() == {"is": "for both"}


@pytest.mark.parametrize("used", [lambda study: study.ask(), lambda s: s.set_user_attr("a", 1)])
def test_the_study_of_another_program_is_left_alone(opened, used):
    with opened() as store:
        refuse_foreign(store)  # empty: of nobody
        used(store.study)
        with pytest.raises(InputError, match=r"'search' is a study of another program there; give"):
            refuse_foreign(store)


def test_a_run_that_has_begun_is_not_foreign(opened):
    with opened() as store:
        begin_run(store, {"is": "ours"}, BOTH)
        store.study.ask()
        refuse_foreign(store)
