"""Where the words of ``run`` go: --quiet, --json, readers that go away, signs that are missing."""

import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout

import pytest

from tuner.cli import _tell, main
from tuner.errors import NoTrialSucceeded
from tuner.report.output import Output, print_json
from tuner.report.streams import SPELLED, spell_out, spelled

STUDY = """version: 1
name: small
data: {csv: data.csv, target: label, split: {folds: 2}}
model: {layers: 1, units: 4}
training: {epochs: 2}
search: {trials: 1, workers: 1}
evaluation: {confirm: 0, baselines: false}
"""


def run_in(folder):
    rows = [f"{i * 37 % 101},{i % 7},{'läsion' if i % 5 == 0 else 'well'}" for i in range(200)]
    text = "\n".join(["a,b,label", *rows, ""])
    (folder / "data.csv").write_text(text, encoding="utf-8")
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a study that ``run --quiet`` has run, and what that printed."""
    folder = tmp_path_factory.mktemp("finished")
    run_in(folder)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), redirect_stdout(out), redirect_stderr(err):
        assert main(["run", "study.yaml", "--quiet"]) == 0
    (folder / "out").write_text(out.getvalue(), encoding="utf-8")
    (folder / "err").write_text(err.getvalue(), encoding="utf-8")
    return folder


def test_quiet_is_the_last_line_and_warnings_on_standard_error(finished):
    [line] = (finished / "out").read_text(encoding="utf-8").splitlines()
    assert line.startswith("best minority-class F1: ")
    told = (finished / "err").read_text(encoding="utf-8").splitlines()
    assert told
    assert all(line.startswith("warning: ") for line in told)


@pytest.mark.parametrize("more", [[], ["--quiet"]])
def test_json_is_results_and_nothing_else(finished, monkeypatch, capsys, more):
    monkeypatch.chdir(finished)
    assert main(["run", "study.yaml", "--json", *more]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == json.loads((finished / "runs/small/results.json").read_text("utf-8"))
    assert ("this study is finished" in err) is not bool(more)
    assert ("warning: " in err) is True


def test_what_is_wrong_is_json_too(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished)
    for call in (["run", "study.yaml"], ["run", "study.yaml", "--import", "no_such_module"]):
        wrong = [] if "--import" in call else ["--set", "model.units=0"]
        assert main([*call, *wrong, "--json"]) == 2
        out, err = capsys.readouterr()
        document = json.loads(out)
        assert (document["study"], document["data"], err) == ("study.yaml", None, "")
        assert [finding["level"] for finding in document["findings"]] == ["error"]


def test_where_no_trial_succeeds_results_are_printed_and_the_reason_told(capsys):
    error = NoTrialSucceeded("all 3 trials failed: non-finite loss")
    error.content = {"status": "finished", "best": None}
    _tell(error, argparse.Namespace(study="s", json=True))
    out, err = capsys.readouterr()
    assert json.loads(out) == error.content
    assert err == "all 3 trials failed: non-finite loss\n"


@pytest.mark.parametrize(
    "call",
    [
        "report runs/small",
        "check study.yaml --no-trial",
        "schema",
        "--help",
        pytest.param("run study.yaml", marks=pytest.mark.slow),
    ],
)
def test_a_reader_that_goes_away_is_no_fault(finished, call, monkeypatch):
    monkeypatch.chdir(finished)
    # Nobody reads from the start, as where `head -0` or a pager has ended.
    read, write = os.pipe()
    os.close(read)
    code = f"import sys; from tuner.cli import main; sys.exit(main({call.split()}))"
    command = [sys.executable, "-c", code]
    with os.fdopen(write, "w") as gone:
        done = subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, "Traceback" in done.stderr, "Broken" in done.stderr) == (
        0,
        False,
        False,
    )


def ascii_report(folder, monkeypatch, encoding):
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding=encoding))
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["report", str(folder / "runs/small")]) == 0
    return raw.getvalue().decode(encoding)


def test_a_report_in_ascii_has_no_escapes_but_those_of_letters(finished, monkeypatch):
    told = ascii_report(finished, monkeypatch, "ascii")
    assert "95 % CI " in told.splitlines()[-1]
    assert told.replace("\\xe4", "").count("\\") == 0
    assert "l\\xe4sion" in told


def test_another_encoding_shows_what_it_can(finished, monkeypatch):
    told = ascii_report(finished, monkeypatch, "cp1252")
    assert "läsion" in told
    assert "–" in told.splitlines()[-1]


def test_json_is_exact_in_every_encoding(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    spell_out(sys.stdout)
    print_json({"class": "läsion – 🧠"})
    sys.stdout.flush()
    assert json.loads(raw.getvalue()) == {"class": "läsion – 🧠"}


@pytest.mark.parametrize("sign", SPELLED)
def test_each_sign_is_spelled_in_ascii_and_kept_where_it_can_be(sign):
    assert spelled(sign, "ascii") == SPELLED[sign]
    assert SPELLED[sign].isascii()
    assert spelled(sign, "utf-8") == sign


def test_streams_that_are_none_or_no_text_are_left_alone():
    spell_out(None)
    spell_out(io.StringIO())


def test_quiet_says_warnings_alone_and_on_standard_error():
    output = Output.of(quiet=True, as_json=True)
    assert output.console.quiet
    assert not output.warned.quiet
    assert output.warned.stderr
