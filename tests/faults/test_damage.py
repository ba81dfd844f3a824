"""Each file of a run folder is damaged or deleted; the next run says so and mends it."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from faults.studies import Runs, listed, quick_training, same
from tuner.search.observer import Observer

FILES = [
    "study.yaml",
    "study.db",
    "results.json",
    "curves.json",
    "trials.csv",
    "report.html",
    "environment.json",
    "SHA256SUMS",
    "best_model/model.keras",
    "best_model/preprocessing.json",
    "best_model/decision.json",
    "best_model/model_card.md",
]


def emptied(path):
    path.write_bytes(b"")


def halved(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def filled_with_garbage(path):
    path.write_bytes(bytes(range(1, 256)) * (path.stat().st_size // 255 + 1))


def deleted(path):
    path.unlink()


DAMAGES = [emptied, halved, filled_with_garbage, deleted]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run and the content of its results."""
    made = Runs(tmp_path_factory.mktemp("finished"))
    with quick_training(made.log):
        content, told = made()
    assert told == []
    return made, content


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of that run, to be damaged."""
    shutil.copytree(finished[0].path, tmp_path, dirs_exist_ok=True)
    made = Runs(tmp_path)
    with quick_training(made.log):
        yield made


def test_a_finished_run_is_not_run_again(copied, finished):
    files = listed(copied.folder.path)
    before = copied.folder.results.read_bytes()
    assert copied() == (finished[1], [])
    assert copied.folder.results.read_bytes() == before
    assert listed(copied.folder.path) == files
    assert set(FILES) < files


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_the_next_run_says_what_it_did_and_ends_with_the_right_report(
    copied, finished, name, damage
):
    path = copied.folder.path / name
    whole, table = path.read_bytes(), copied.folder.trials.read_bytes()
    damage(path)
    damaged = path.read_bytes() if path.exists() else None
    before = len(copied.trained)
    content, [told] = copied()
    assert told.startswith(f"{name} is ")
    aside = path.with_name(f"{path.name}.damaged-1")
    if damaged is None:
        assert "missing" in told
        assert not aside.exists()
    else:
        assert f"set aside as {aside.name}; " in told
        assert aside.read_bytes() == damaged
    assert same(content) == same(finished[1])
    assert copied.folder.trials.read_bytes() == table
    assert len(copied.trained) == before  # every network came out of the database
    if name not in ("study.db", "results.json", "environment.json", "SHA256SUMS"):
        assert path.read_bytes() == whole or path.suffix in (".keras", ".html")
    assert copied() == (content, [])  # and all is well again


def test_a_second_damage_takes_the_next_name(copied):
    for number in (1, 2):
        emptied(copied.folder.report)
        _, [told] = copied()
        assert f"set aside as report.html.damaged-{number}; " in told


def test_all_files_at_once(copied, finished):
    for name in FILES:
        filled_with_garbage(copied.folder.path / name)
    content, told = copied()
    assert [line.split()[0] for line in told] == ["study.db", "SHA256SUMS", "results.json"]
    assert same(content) == same(finished[1])
    assert copied() == (content, [])


def test_a_whole_folder_of_the_model_may_be_gone(copied, finished):
    shutil.rmtree(copied.folder.best_model)
    content, told = copied()
    assert {line.partition(" ")[0] for line in told} == set(FILES[-4:])
    assert all("is missing; the winner is trained again" in line for line in told)
    assert same(content) == same(finished[1])


@pytest.mark.parametrize("ending", ["-journal", "-wal", "-shm"])
def test_what_lies_beside_the_database_does_no_harm(copied, finished, ending):
    beside = copied.folder.database.with_name(f"study.db{ending}")
    beside.write_bytes(b"garbage" * 1000)
    content, _ = copied()
    assert same(content) == same(finished[1])
    assert copied() == (content, [])


@pytest.mark.parametrize("ending", ["-journal", "-wal"])
def test_a_journal_without_its_database_goes_with_it(copied, finished, ending):
    copied.folder.database.unlink()
    beside = copied.folder.database.with_name(f"study.db{ending}")
    beside.write_bytes(b"garbage" * 1000)
    content, [told] = copied()
    assert "set aside as study.db.damaged-1; 4 ended trials and 8 trained networks" in told
    assert (copied.folder.path / f"study.db.damaged-1{ending}").exists()
    assert same(content) == same(finished[1])


@pytest.mark.parametrize("damage", DAMAGES)
def test_without_a_copy_all_is_trained_again_and_comes_out_equal(copied, finished, damage):
    damage(copied.folder.database)
    damage(copied.folder.database_copy)
    before = len(copied.trained)
    content, told = copied()
    lost = "study.db.copy" if damage is not deleted else "study.db"
    assert told[0].startswith(f"{lost} is ")
    assert told[-1].endswith("no copy that can be read, so that all trials are run again")
    assert len(copied.trained) == 2 * before
    assert same(content) == same(finished[1])


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_copy_is_made_again(copied, finished, damage):
    damage(copied.folder.database_copy)
    content, _ = copied()
    assert same(content) == same(finished[1])
    assert copied() == (content, [])


class Killed(Exception):
    """Stands for a process that is gone."""


class DiesAfter(Observer):
    """Ends everything after so many networks."""

    def __init__(self, units):
        self.left = units

    def unit_ends(self, number, done, units):
        self.left -= 1
        if not self.left:
            raise Killed


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_search_that_was_cut_short_goes_on_from_the_copy(runs, finished, damage, monkeypatch):
    from tuner.search.tuner import StudyTuner

    # An exception of an entry would fail the trial; this one must get through.
    monkeypatch.setattr(StudyTuner, "_try_run_and_update_trial", _through)
    with pytest.raises(Killed):
        runs(observer=DiesAfter(5))
    damage(runs.folder.database)
    content, [told] = runs()
    known = len(set(runs.trained))
    assert "trained networks are back from study.db.copy, the rest is run again" in told
    assert known == 8
    assert len(runs.trained) < 8 + 5
    assert same(content) == same(finished[1])


def _through(tuner, trial, *_):
    tuner._run_and_update_trial(trial)
    trial.status = "COMPLETED"
    tuner._telling.ends([tuner._store.record(int(trial.trial_id))])


def test_rows_of_units_are_read_back_bit_for_bit(copied):
    query = "select * from minority_tuner_units order by trial, fold"
    with closing(sqlite3.connect(copied.folder.database)) as connection:
        before = connection.execute(query).fetchall()
    halved(copied.folder.database)
    copied()
    with closing(sqlite3.connect(copied.folder.database)) as connection:
        assert connection.execute(query).fetchall() == before
