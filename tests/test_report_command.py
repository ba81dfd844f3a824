"""``minority-tuner report``: the page is made again, and runs are compared."""

import json
import subprocess
import sys

import pytest
from report_pages import COLLAPSED, RECORDS, curves, results_in_full, results_of, some_rows

from tuner.cli import main
from tuner.report.curves import read_curves
from tuner.report.lines import last_line
from tuner.report.page import report_page
from tuner.report.runs import side_by_side, spelled_space
from tuner.report.stored import NEEDED, VERSION
from tuner.search.checksums import damaged, seal
from tuner.search.run_folder import RunFolder


@pytest.fixture(scope="module")
def content():
    full = results_in_full(results_of(*some_rows()))
    return {**dict.fromkeys(NEEDED), **full, "version": VERSION}


@pytest.fixture(scope="module")
def drawn():
    return curves(*some_rows(), [*RECORDS, COLLAPSED])


@pytest.fixture
def run(tmp_path, content, drawn, monkeypatch):
    """A finished run, without its model and database."""
    monkeypatch.chdir(tmp_path)
    return write(tmp_path / "runs" / "one", content, drawn)


def write(path, content, drawn):
    folder = RunFolder(path)
    folder.create()
    folder.results.write_text(json.dumps(content), encoding="utf-8")
    folder.curves.write_text(drawn.to_text(), encoding="utf-8")
    folder.report.write_text("a page of another version", encoding="utf-8")
    seal(folder)
    return folder


def report(*arguments):
    return main(["report", *map(str, arguments)])


def test_what_is_drawn_comes_back_as_it_was(run, content, drawn):
    again = read_curves(run.curves)
    assert again.to_text() == drawn.to_text()
    assert report_page(content, again) == report_page(content, drawn)


def test_the_page_is_made_again_and_sealed(run, content, drawn, capsys):
    before = run.checksums.read_text()
    assert report(run.path) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.splitlines()[-1] == last_line(content)
    assert run.report.read_text(encoding="utf-8") == report_page(content, drawn)
    assert damaged(run) == []
    assert run.checksums.read_text() != before
    run.report.unlink()
    assert report(run.path, "--json") == 0
    assert json.loads(capsys.readouterr().out)["study"] == "example"
    assert damaged(run) == []


def test_a_page_that_would_be_the_same_is_not_touched(run):
    report(run.path)
    times = [path.stat().st_mtime_ns for path in (run.report, run.checksums)]
    report(run.path)
    assert [path.stat().st_mtime_ns for path in (run.report, run.checksums)] == times


def spoil_curves(run):
    run.curves.write_text("{}")


def spoil_curves_and_seal(run):
    run.curves.write_text('{"version": 1}')
    seal(run)


def of_another_version(run):
    run.curves.write_text('{"version": 0}')
    seal(run)


def without_curves(run):
    run.curves.unlink()
    seal(run)


def edit_results(run):
    run.results.write_text(run.results.read_text() + "\n")


@pytest.mark.parametrize(
    ("harm", "line"),
    [
        (spoil_curves, "curves.json is not as it was written; run the study again to mend it"),
        (spoil_curves_and_seal, "curves.json: is damaged; run the study again to rebuild it"),
        (of_another_version, "written by another version of minority-tuner; run the study again"),
        (without_curves, "which trains no trial but its winner, to make both"),
        (edit_results, "results.json is not as it was written; run the study again to mend it"),
    ],
)
def test_why_a_page_is_left_as_it_is_is_said_in_one_line(run, content, capsys, harm, line):
    harm(run)
    assert report(run.path) == 0
    told = capsys.readouterr()
    [error] = told.err.splitlines()
    assert error.startswith("report.html is left as it is: ")
    assert line in error
    assert told.out.splitlines()[-1] == last_line(content)
    assert run.report.read_text() == "a page of another version"


def test_the_page_of_a_running_study_is_left_to_it(run, capsys):
    with run.locked():
        assert report(run.path) == 0
    assert "the study is running, and will write it" in capsys.readouterr().err


def test_a_report_needs_no_network_library(run):
    code = "import sys; from tuner.cli import main; main(sys.argv[1:]); print(*sys.modules)"
    command = [sys.executable, "-c", code, "report", str(run.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    modules = set(done.stdout.splitlines()[-1].split())
    heavy = {"tensorflow", "keras", "keras_tuner", "optuna", "sqlalchemy", "pandas", "sklearn"}
    assert modules & heavy == set()
    assert "jinja2" in modules


@pytest.fixture
def other(tmp_path, content, drawn, run):
    spaces = {"act": {"space": {"choice": ["relu", "elu", "swish"]}}}
    identity = {**content["identity"], "seed": "1", "spaces": spaces}
    return write(tmp_path / "runs" / "other", {**content, "identity": identity}, drawn)


def test_runs_are_compared_in_terminal_and_page(run, other, capsys, tmp_path):
    assert report(run.path, other.path) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0].split("  ")[0] == "run"
    assert lines[1].split()[:3] == ["one", "0.812", "0.74–0.87"]
    assert "relu | elu | swish" in out
    assert "the test rows are not the same, since seeds or splits differ" in out
    assert "intervals that overlap are no test" in out
    assert lines[-1] == "side by side in report-comparison.html"
    page = (tmp_path / "report-comparison.html").read_text(encoding="utf-8")
    assert "<title>2 runs side by side</title>" in page
    assert "Intervals that overlap are no test" in page
    assert "Test F1 and 95 % interval: one 0.81" in page
    assert run.report.read_text() == "a page of another version"


def test_the_page_goes_where_it_is_asked_for_and_json_is_a_list(run, other, capsys, tmp_path):
    assert report(run.path, other.path, "--html", "both.html", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 2
    assert (tmp_path / "both.html").is_file()
    assert report(run.path, other.path, "--json") == 0
    assert not (tmp_path / "report-comparison.html").exists()


def test_what_cannot_be_done_ends_with_one_line(run, other, capsys):
    assert report(run.path, "--html", "x.html") == 2
    assert "--html x.html: several runs are compared in it" in capsys.readouterr().err
    assert report(run.path, "nowhere") == 2
    assert "nowhere/results.json: cannot be read" in capsys.readouterr().err
    assert report(run.path, other.path, "--html", "no/folder.html") == 1
    [error] = capsys.readouterr().err.splitlines()
    assert error.endswith("cannot write no/folder.html: No such file or directory")


def test_runs_of_one_name_are_told_apart_by_their_paths(run, other, content, drawn, capsys):
    same = write(run.path.parent.parent / "again" / "one", content, drawn)
    assert report(run.path, same.path) == 0
    out = capsys.readouterr().out
    assert "again/one" in "".join(out.split())
    assert "all were scored on the same test rows" in out
    assert "what differs" not in out


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"data": {"fingerprint": "f"}}, "the runs are of different data"),
        ({"data": {"minority": "[red]a"}}, "the rare class is another one"),
        ({"objective": {"level": "group"}}, "some score rows and others groups of rows"),
        ({"objective": {"metric": "pr_auc"}}, "the searches maximised different scores"),
        ({"best": {"test": None}}, "there is no test score of other yet"),
    ],
)
def test_why_runs_must_not_be_compared(content, change, reason):
    [(part, new)] = change.items()
    other = {**content, part: {**content[part], **new}}
    [told] = side_by_side([("one", content), ("other", other)])["reasons"]
    assert told.startswith(reason)


def test_equal_studies_differ_in_nothing(content):
    told = side_by_side([("one", content), ("other", content)])
    assert (told["studies"], told["reasons"], told["same_test"]) == ([], [], True)
    assert [row["same"] for row in told["winners"]] == [True]
    nothing = side_by_side([("one", content), ("other", {**content, "best": None})])
    assert nothing["runs"][1]["test"] is None
    assert [row["values"] for row in nothing["winners"]] == [["elu", ""]]


ROWS = "were scored on the same test rows"


@pytest.mark.parametrize(
    ("scored", "same", "note"),
    [
        ((True, True, True), True, f"all {ROWS}"),
        ((True, False, True), True, f"all 2 that have a score {ROWS}"),
        ((True, False, False), False, None),
        ((False, False, False), False, None),
    ],
)
def test_only_runs_that_were_scored_are_said_to_share_their_test_rows(content, scored, same, note):
    stopped = {**content, "best": None}
    runs = [(f"run {at}", content if one else stopped) for at, one in enumerate(scored)]
    told = side_by_side(runs)
    assert told["same_test"] is same
    assert next(iter(told["notes"]), None) == note
    unscored = [name for (name, _), one in zip(runs, scored, strict=True) if not one]
    assert [line.partition(" yet")[0].partition(" of ")[2] for line in told["reasons"]] == unscored


def test_the_rows_of_a_run_without_a_score_make_no_difference(content):
    identity = {**content["identity"], "seed": "1"}
    runs = [("a", content), ("b", content), ("c", {**content, "best": None, "identity": identity})]
    assert side_by_side(runs)["same_test"] is True
    runs[1] = ("b", {**content, "identity": identity})
    assert side_by_side(runs)["same_test"] is False


def test_what_must_not_be_compared_is_said_first(run, content, drawn, tmp_path, capsys):
    stopped = write(tmp_path / "runs" / "two", {**content, "best": None}, drawn)
    assert report(run.path, stopped.path) == 0
    first, blank, head, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("warning: not to be compared: there is no test score of two yet")
    assert (blank, head.split()[0]) == ("", "run")


@pytest.mark.parametrize(
    ("space", "told"),
    [
        ({"choice": ["a", 1.5, True]}, "a | 1.5 | true"),
        ({"int": [2, 6], "step": 2, "log": False}, "2 to 6"),
        ({"float": [0.01, 0.3], "step": None, "log": True}, "0.01 to 0.3, log"),
        (0.25, "0.25"),
        (None, "none"),
        ([], "none"),
    ],
)
def test_spaces_are_spelled_shortly(space, told):
    assert spelled_space(space) == told
