"""A run lies in its folder or on a server, and does not change its place by mistake."""

import json

import pytest

from tuner.cli import main
from tuner.errors import InputError
from tuner.report.results import environment
from tuner.search.resume import needed_bytes
from tuner.search.run_folder import FolderInUse, RunFolder
from tuner.search.storage import choose_database

URL = "postgresql://u:hush@h/db"


@pytest.fixture
def folder(tmp_path):
    made = RunFolder(tmp_path / "s")
    made.create()
    return made


def test_a_new_run_lies_where_it_is_told_to(folder):
    assert choose_database("s", folder, None).url.database == str(folder.database)
    assert choose_database("s", folder, URL).study_name == "s"


def test_a_run_in_its_folder_is_not_gone_on_with_on_a_server(folder):
    folder.database.write_bytes(b"")
    assert not choose_database("s", folder, None).shared
    with pytest.raises(InputError, match=r"lie in its study\.db: go on without --storage"):
        choose_database("s", folder, URL)


def test_a_run_on_a_server_is_not_gone_on_with_in_its_folder(folder):
    shown = str(choose_database("s", folder, URL))
    folder.environment.write_text(json.dumps(environment(shown, URL)))
    assert choose_database("s", folder, URL).shared
    with pytest.raises(InputError, match="go on with --storage postgresql") as refused:
        choose_database("s", folder, None)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("content", ["", "{}", "[]", "garbage", '{"storage": ""}'])
def test_an_environment_that_says_nothing_of_a_server_keeps_nobody_out(folder, content):
    folder.environment.write_text(content)
    assert not choose_database("s", folder, None).shared


@pytest.mark.parametrize("form", [["--storage", URL], [f"--storage={URL}"]])
def test_no_password_is_kept_with_the_command(monkeypatch, form):
    monkeypatch.setattr("sys.argv", ["minority-tuner", "run", "s", *form])
    kept = environment("postgresql://u:***@h/db", URL)
    assert "hush" not in json.dumps(kept)
    assert kept["command"][-1].endswith("postgresql://u:***@h/db")
    assert kept["storage"] == "postgresql://u:***@h/db"
    assert "storage" not in environment()


def test_networks_on_a_server_need_no_space_in_the_folder(folder):
    class Splits:
        folds = ()

    class Dataset:
        classes = (0, 1)

    assert needed_bytes(0, Dataset, Splits, folder) == 1_000_000


def test_a_folder_in_use_is_an_error_of_its_own(folder):
    with folder.locked(), pytest.raises(FolderInUse), folder.locked():
        pass


def test_a_wrong_url_is_told_before_a_folder_is_made(tmp_path, capsys):
    runs = tmp_path / "runs"
    assert main(["run", "breast_cancer", "--runs-dir", str(runs), "--storage", "db.sqlite"]) == 2
    assert "--storage: expected a URL such as postgresql://" in capsys.readouterr().err
    assert not runs.exists()
