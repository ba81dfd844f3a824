"""Wrong studies, data and calls at the command line: status 2, a line for each fault, no files."""

import json
import re

import pytest

from tuner.cli import main

ROWS = [f"{i},{i % 7},{'ill' if i % 6 == 0 else 'well'}" for i in range(60)]
HEAD = "version: 1\nname: example\n"
GOOD = HEAD + "data: {csv: data.csv, target: label}\n"
PLACE = re.compile(r"^[\w.]+\.yaml:[1-9]\d*:[1-9]\d*: \S")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("\n".join(["f0,f1,label", *ROWS]) + "\n")
    return tmp_path


def lines_told(capsys):
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    assert captured.err.endswith("\n")
    return captured.err.removesuffix("\n").split("\n")


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize(
    ("study", "places"),
    [
        (GOOD + "sed: 1\n", ["4:1"]),
        (GOOD + "seed: 1\nseed: 2\n", ["5:1"]),
        (GOOD + "model: {layers: [1\n", ["5:1"]),
        (GOOD + "model: \x01\n", ["4:8"]),
        (GOOD + "model: &m {layers: *m}\n", ["4:8"]),
        (GOOD + "training:\n  epochs: 0\n  patience: x\n", ["5:3", "6:3"]),
        (
            GOOD + "model: {activation: [relu, elo], units: 0}\nsearch: {trials: 0, x: 1}\n",
            ["4:28", "4:34", "5:10", "5:21"],
        ),
        (HEAD, ["1:1"]),
        (HEAD + "data: {csv: dta.csv, target: label}\n", ["3:8"]),
        (HEAD + "data: {csv: data.csv, target: lable, group: g}\n", ["3:23", "3:38"]),
        (HEAD + "data: {csv: data.csv, target: label, minority: il}\n", ["3:38"]),
        (HEAD + "data: {csv: bad.csv, target: label}\n", ["3:8", "3:8"]),
        (HEAD + "data: {csv: ragged.csv, target: label}\n", ["3:8"]),
        (HEAD + "data: {csv: data.csv, target: label, split: {folds: 40}}\n", ["3:38"]),
        (HEAD + "data: {source: nothing}\n", ["3:8"]),
        (GOOD + "imbalance: {class_weight: [none, explicit: {ill: 2}]}\n", ["4:34"]),
    ],
)
def test_each_fault_is_one_line_with_its_place(folder, capsys, command, study, places):
    (folder / "bad.csv").write_text("f0,f1,label\n?,x,a\n1,2,b\n")
    (folder / "ragged.csv").write_text("f0,label\n1,a\n2,b,3\n")
    (folder / "study.yaml").write_text(study)
    before = sorted(path.name for path in folder.iterdir())
    assert main([command, "study.yaml"]) == 2
    lines = lines_told(capsys)
    assert all(PLACE.match(line) for line in lines), lines
    assert [line.split(": ")[0] for line in lines] == [f"study.yaml:{place}" for place in places]
    assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.parametrize(
    ("definition", "line"),
    [
        ("target: lable\n", "def.yaml:4:1: target: no column 'lable' in data.csv; did you mean"),
        ("taget: label\ntarget: label\n", "def.yaml:4:1: taget: unknown key for csv data"),
        ("target: label\nminority: il\n", "def.yaml:5:1: minority: no row of class 'il'"),
    ],
)
def test_a_fault_of_a_data_definition_is_placed_in_its_own_file(folder, capsys, definition, line):
    (folder / "def.yaml").write_text("name: d\ntitle: t\ncsv: data.csv\n" + definition)
    (folder / "study.yaml").write_text(HEAD + "data: {source: def.yaml}\n")
    assert main(["check", "study.yaml"]) == 2
    [told] = lines_told(capsys)
    assert told.startswith(line)


def test_what_is_not_text_is_told_with_its_byte(folder, capsys):
    (folder / "study.yaml").write_bytes((HEAD + "# bénin\n").encode("latin-1"))
    assert main(["run", "study.yaml"]) == 2
    assert lines_told(capsys) == ["study.yaml: not UTF-8 text (byte 28); save it as UTF-8"]


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        ([], "required: COMMAND"),
        (["rum", "study.yaml"], "invalid choice: 'rum'"),
        (["run"], "required: study"),
        (["check", "study.yaml", "more"], "unrecognized arguments: more"),
        (["check", "study.yaml", "--fresh"], "unrecognized arguments: --fresh"),
        (["run", "study.yaml", "--set"], "--set: expected one argument"),
        (["report"], "required: RUN"),
        (["schema", "x"], "unrecognized arguments: x"),
    ],
)
def test_a_misspelled_call_ends_with_status_2_and_the_usage(capsys, arguments, fragment):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("usage: minority-tuner")
    assert fragment in told


@pytest.mark.parametrize(
    "setting", ["search.trials=0", "model.activation=rleu", "data.split.folds=1"]
)
def test_a_wrong_setting_is_told_and_writes_nothing(folder, capsys, setting):
    (folder / "study.yaml").write_text(GOOD)
    assert main(["run", "study.yaml", "--set", setting]) == 2
    [line] = lines_told(capsys)
    assert setting.split("=")[0] in line
    assert not (folder / "runs").exists()


def test_what_is_checked_can_be_read_by_a_program(folder, capsys):
    (folder / "study.yaml").write_text(GOOD + "model: {activation: [silu, swish]}\n")
    arguments = ["--json", "--no-trial", "--set", "data.split={folds: 2}"]
    assert main(["check", "study.yaml", *arguments]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["study"] == "example"
    assert "'swish'" in told["notes"][0]
    splits = told["data"]["splits"]
    assert list(splits) == ["test", "development", "fold 0", "fold 1"]
    assert (
        splits["fold 0"]["rows"] + splits["fold 1"]["rows"] == splits["development"]["rows"] == 45
    )
    assert not (folder / "runs").exists()


def test_lists_and_the_schema_need_no_study(folder, capsys):
    assert main(["list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert {"loader:", "activation:", "class weight:", "backbone:"} <= set(listed)
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert {"version", "name", "data", "model", "search"} <= set(schema["properties"])


@pytest.mark.parametrize(
    ("content", "fragment"),
    [
        (None, "cannot be read"),
        (b"{", "is damaged"),
        (b"", "is damaged"),
        (b"\xff", "is damaged"),
        (b'{"version": 1}', "was written by another version of minority-tuner"),
    ],
)
@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_a_missing_or_damaged_run_is_named(folder, capsys, content, fragment, json_too):
    (folder / "run").mkdir()
    if content is not None:
        (folder / "run" / "results.json").write_bytes(content)
    assert main(["report", "run", *json_too]) == 2
    [line] = lines_told(capsys)
    assert line.startswith("run/results.json: ")
    assert fragment in line
