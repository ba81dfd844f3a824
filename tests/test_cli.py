"""The command line: exit statuses, one line for each fault, nothing written for nothing."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tuner.cli import main

STUDY = "version: 1\nname: example\ndata: {csv: data.csv, target: label}\n"


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = [f"{i},{i % 7},{'ill' if i % 6 == 0 else 'well'}" for i in range(60)]
    (tmp_path / "data.csv").write_text("\n".join(["f0,f1,label", *lines]) + "\n")

    def write(more=""):
        (tmp_path / "study.yaml").write_text(STUDY + more)
        return "study.yaml"

    return write


def told(capsys):
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return captured.err.splitlines()


@pytest.mark.parametrize(
    ("more", "lines"),
    [
        (
            "model: {activation: rleu, units: 0}\n",
            [
                "study.yaml:4:9: model.activation: unknown name 'rleu'; did you mean 'relu'?",
                "study.yaml:4:27: model.units: expected a finite number >= 1, got 0",
            ],
        ),
        (
            "imbalance: {class_weight: {explicit: {ill: 4, wel: 1}}}\n",
            [
                "study.yaml:4:47: imbalance.class_weight.explicit.wel: no class 'wel' in the data; "
                "did you mean 'well'?",
                "study.yaml:4:28: imbalance.class_weight.explicit: class 'well' has no weight; "
                "every class needs one",
            ],
        ),
    ],
)
def test_every_fault_is_a_line_and_nothing_is_written(study, capsys, tmp_path, more, lines):
    assert main(["run", study(more)]) == 2
    assert sorted(told(capsys)) == sorted(lines)
    assert not (tmp_path / "runs").exists()


def test_too_few_minority_rows_and_a_wrong_class_are_told_together(study, capsys):
    more = "imbalance: {class_weight: {explicit: {ill: 4, wel: 1}}}\n"
    assert main(["check", study(more), "--set", "data.split={folds: 20}"]) == 2
    lines = told(capsys)
    assert len(lines) == 3
    assert any("at most 9 folds work" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (["run", "no_such_study"], "no study named 'no_such_study'"),
        (["run", "mri_lik"], "did you mean 'mri_like'?"),
        (["run", "none.yaml"], "none.yaml: no such file"),
        (["run", "mri_like", "--set", "seed"], "--set takes key=value"),
        (["run", "mri_like", "--set", "sed=1"], "did you mean 'seed'?"),
        (["run", "mri_like", "--import", "no_such_module"], "No module named 'no_such_module'"),
        (["report", "nowhere"], "nowhere/results.json: cannot be read"),
    ],
)
def test_a_wrong_call_ends_with_status_2(study, capsys, arguments, fragment):
    assert main(arguments) == 2
    [line] = told(capsys)
    assert fragment in line


def test_an_unknown_command_ends_with_status_2(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["rum", "mri_like"])
    assert caught.value.code == 2


def test_a_folder_that_cannot_be_written_is_told_before_training(study, capsys, tmp_path):
    (tmp_path / "runs").write_text("a file")
    assert main(["run", study()]) == 2
    assert "cannot write to runs/example" in told(capsys)[-1]


def test_check_tells_what_it_found(study, capsys):
    assert main(["check", study(), "--json", "--no-trial"]) == 0
    data = json.loads(capsys.readouterr().out)["data"]
    assert data["classes"] == {"well": 50, "ill": 10}
    assert data["splits"]["test"] == {"rows": 15, "minority": 2, "groups": None}


def test_an_entry_of_ones_own_is_imported_first(study, registries, tmp_path):
    (tmp_path / "my_entries.py").write_text(
        "from tuner import CLASS_WEIGHTS\n"
        "@CLASS_WEIGHTS.register('my_own')\n"
        "def my_own(*, counts):\n    return 1 / counts\n"
    )
    more = "imbalance: {class_weight: my_own}\n"
    assert main(["check", study(more)]) == 2
    assert main(["check", study(more), "--import", "my_entries", "--no-trial"]) == 0


def test_list_names_everything(capsys):
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    for name in ("mri_like", "breast_cancer", "prelu", "swish, silu", "effective_number", "csv"):
        assert name in out


def test_the_committed_schema_is_current(capsys):
    assert main(["schema"]) == 0
    committed = Path(__file__).parent.parent / "study.schema.json"
    assert capsys.readouterr().out == committed.read_text(encoding="utf-8"), (
        "run: minority-tuner schema > study.schema.json"
    )


def test_a_damaged_report_is_named(study, capsys, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "results.json").write_text("{")
    assert main(["report", "run"]) == 2
    assert "run/results.json: is damaged" in told(capsys)[0]


def test_a_name_that_the_terminal_cannot_spell_is_no_fault(study, tmp_path, monkeypatch):
    rows = (tmp_path / "data.csv").read_text().replace("ill", "krank–ä")
    (tmp_path / "data.csv").write_text(rows, encoding="utf-8")
    out = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(out, encoding="ascii"))
    assert main(["check", study(), "--no-trial"]) == 0
    sys.stdout.flush()
    assert b"'krank-\\xe4' 10" in out.getvalue()


def test_python_does_not_look_through_all_objects_when_it_ends():
    # With TensorFlow there are half a million, and the prompt came back a second late.
    code = (
        "import atexit, gc, tuner.cli\n"
        "atexit.register(lambda: print('left:', len(gc.get_objects())))\n"  # runs after the others
        "tuner.cli.main(['list'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout.rpartition("left: ")[2]) < 1000


@pytest.mark.parametrize(
    "call", ["run s", "check s", "schema", "report r --export tflite", "predict r rows.csv"]
)
def test_every_command_that_meets_parts_of_ones_own_can_import_them(monkeypatch, call):
    imported = []
    monkeypatch.setattr("tuner.cli._import", imported.append)
    for command in ("_run", "_check", "_schema", "_report"):
        monkeypatch.setattr(f"tuner.cli.{command}", lambda _: 0)
    main([*call.split(), "--import", "one", "--import", "two"])
    assert imported == ["one", "two"]


@pytest.mark.parametrize(("ends", "told"), [("", ""), ("1 / 0", "ZeroDivisionError")])
def test_what_tensorflow_says_while_a_module_imports_it_is_not_heard(
    tmp_path, monkeypatch, capfd, ends, told
):
    (tmp_path / "speaks.py").write_text(f"import os\nos.write(2, b'I0000 cpu\\n')\n{ends}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "speaks", raising=False)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    assert main(["schema", "--import", "speaks"]) == (2 if ends else 0)
    err = capfd.readouterr().err
    assert told in err
    assert "I0000" not in err
    assert err.count("\n") == bool(ends)
