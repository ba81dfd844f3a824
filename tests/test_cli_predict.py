"""``minority-tuner predict`` as it is called."""

import io
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from winners import exported, frame, pictures, table

import tuner
from tuner.cli import main
from tuner.metrics.calibration import Platt


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "scans"
    return exported(folder, table(), calibration=Platt(2.0, -0.5), group=(2, 0.5))


@pytest.fixture
def new(tmp_path):
    path = tmp_path / "new.csv"
    frame().assign(id=range(100, 140)).to_csv(path, index=False)
    return path


def predict(*arguments):
    return main(["predict", *map(str, arguments)])


def read(text):
    return pd.read_csv(io.StringIO(text))


def test_probabilities_and_decisions_are_those_of_python(run, new, capsys):
    assert predict(run, new, "--keep", "id") == 0
    out, err = capsys.readouterr()
    told, predictor = read(out), tuner.load_model(run)
    assert list(told) == ["id", "p_well", "p_ill", "decision"]
    assert told["id"].tolist() == list(range(100, 140))
    assert told["decision"].tolist() == predictor.predict(frame()).tolist()
    expected = predictor.predict_proba(frame()).astype(np.float32)
    assert told[["p_well", "p_ill"]].to_numpy(np.float32) == pytest.approx(expected, abs=1e-6)
    assert err == ""


def test_a_file_is_written_as_a_whole(run, new, tmp_path, capsys):
    assert predict(run, new) == 0
    shown, notes = capsys.readouterr()
    path = tmp_path / "told.csv"
    path.write_text("before")
    (tmp_path / "link.csv").symlink_to(path)
    assert predict(run, new, "--output", tmp_path / "link.csv") == 0
    assert path.read_text() == shown
    assert (tmp_path / "link.csv").is_symlink()
    assert path.stat().st_mode & 0o777 == 0o644
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"{notes}40 lines in {tmp_path / 'link.csv'}\n"
    assert notes == "note: new.csv: a column that the model does not know, left out: 'id'\n"


def test_after_an_error_the_file_is_as_it_was(run, new, tmp_path, capsys):
    path = tmp_path / "told.csv"
    path.write_text("before")
    with new.open("a") as file:
        file.write("s10,oslo,1,1,no,ill,1\n")
    assert predict(run, new, "--output", path) == 2
    assert path.read_text() == "before"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["new.csv", "told.csv"]
    assert "('no', first in line 42)" in capsys.readouterr().err


def test_what_is_no_file_is_not_replaced(run, new):
    before = os.stat(os.devnull)
    assert predict(run, new, "--output", os.devnull) == 0
    assert os.stat(os.devnull).st_ino == before.st_ino


def test_a_place_that_cannot_be_written_is_told(run, new, tmp_path, capsys):
    assert predict(run, new, "--output", tmp_path / "none" / "told.csv") == 2
    assert "cannot write " in capsys.readouterr().err
    assert predict(run, new, "--output", tmp_path) == 2


def test_groups_have_a_line_each(run, new, capsys):
    assert predict(run, new, "--group", "patient") == 0
    told = read(capsys.readouterr().out)
    expected = tuner.load_model(run).predict_groups(frame(), frame()["patient"])
    assert list(told) == ["group", "rows", "p_well", "p_ill", "decision"]
    assert told["decision"].tolist() == expected["decision"].tolist()
    assert told["group"].tolist() == expected.index.tolist()
    assert told["p_ill"].to_numpy() == pytest.approx(expected["p_ill"].to_numpy(), abs=1e-6)


def test_unseen_categories_are_told_once(run, new, capsys, monkeypatch):
    monkeypatch.setattr("tuner.data.tables.text_file._PIECE", 300)
    new.write_text(new.read_text().replace("oslo", "lima"))
    assert predict(run, new, "--output", os.devnull) == 0
    count = int((frame()["site"] == "oslo").sum())
    told = [one for one in capsys.readouterr().err.splitlines() if "site" in one]
    assert told == [
        f"note: column 'site' has {count} rows with categories that training rows did not have "
        "('lima'): nothing was learned about them"
    ]


def test_pictures_are_told_with_their_file(tmp_path, capsys):
    run = exported(tmp_path / "r", pictures())
    np.savez(tmp_path / "new.npz", X=pictures().features)
    assert predict(run, tmp_path / "new.npz") == 0
    told = read(capsys.readouterr().out)
    assert told["decision"].tolist() == tuner.load_model(run).predict(pictures().features).tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none", "new.csv"], "none does not exist; give a run folder, such as runs/NAME"),
        (["{run}", "none.csv"], "no such file: none.csv"),
        (["{run}", "{run}"], "is no table, which the model takes; give a CSV or Parquet file"),
        (
            ["{run}", "{new}", "--group", "patient", "--keep", "id"],
            "--keep belongs to rows, and --group writes a line for each group; leave one out",
        ),
        (["{run}", "{new}", "--encoding", "utf-99"], "--encoding: unknown encoding"),
        (["{run}", "{new}", "--separator", "xy"], "--separator: expected one character"),
    ],
)
def test_what_is_wrong_is_one_line_and_status_2(run, new, capsys, arguments, message):
    assert predict(*(text.format(run=run, new=new) for text in arguments)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert message in err


def test_wrong_columns_are_told_before_tensorflow_is_imported(run, new):
    new.write_text("a,b\n1,2\n")
    code = f"""
import sys
from tuner.cli import main
status = main(["predict", {str(run)!r}, {str(new)!r}])
print(status, "tensorflow" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "2 False\n"


class Gone(io.TextIOWrapper):
    """A pipe whose reader has seen enough."""

    def write(self, text):
        raise BrokenPipeError


def test_a_reader_who_has_seen_enough_is_no_error(run, new, tmp_path, monkeypatch):
    with (tmp_path / "pipe").open("wb") as file, Gone(file) as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert predict(run, new) == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_is_told(run, new, capsys):
    assert predict(run, new, "--output", "/dev/full") == 1
    assert "cannot write /dev/full: No space left on device" in capsys.readouterr().err


def test_an_interruption_leaves_nothing(run, new, tmp_path, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("tuner.prediction.predictor.Predictor.told_of", interrupted)
    assert predict(run, new, "--output", tmp_path / "told.csv") == 130
    assert [one.name for one in tmp_path.iterdir()] == ["new.csv"]
    assert "interrupted; the same command begins anew" in capsys.readouterr().err
