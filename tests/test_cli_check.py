"""``check``: what it tells of study and data, plainly and as JSON, and how it ends."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from tuner.cli import main
from tuner.inspection import inspect_study, timed
from tuner.report.cost import print_cost
from tuner.report.loading import LoadingBar

CASES = Path(__file__).parent / "cases"
SPLIT = "split: {test: 0.2, validation: 0.25}"


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Checks a study of the given data section without a trial: exit status, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(data, *more, study=""):
        (tmp_path / "study.yaml").write_text(f"version: 1\nname: s\ndata:\n  {data}\n{study}")
        status = main(["check", "study.yaml", "--no-trial", *more])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def case(file, more=""):
    return f"csv: {CASES / file}\n  target: label\n  {SPLIT}\n{more}"


def findings(out, code):
    told = json.loads(out)["findings"]
    return [finding["message"] for finding in told if finding["code"] == code]


# ---- cases from public bug reports


def test_repeated_rows_are_counted(check):
    status, out, err = check(case("41_duplicates_across_split/data.csv"))
    assert (status, err) == (0, "")
    assert "warning: 40 rows repeat the features of an earlier row (40 sets of equal rows)" in out
    _, out, _ = check(case("41_duplicates_across_split/conflict.csv"), "--json")
    [conflict] = findings(out, "conflicting-labels")
    assert conflict.startswith("1 set of equal rows with different labels")


def test_slices_of_a_subject_are_told_where_the_group_is_not_given(check):
    file = "42_group_leakage/data.csv"
    _, out, _ = check(case(file, "  ignore: [subject]\n"), "--json")
    [message] = findings(out, "near-duplicates")
    assert "in 'group'" in message
    status, out, _ = check(case(file, "  group: subject\n"), "--json")
    assert status == 0
    assert findings(out, "near-duplicates") == []
    assert json.loads(out)["data"]["groups"] == 24


def test_a_minority_of_one_group_is_refused_in_both_forms(check):
    data = case("42_group_leakage/onegroup.csv", "  group: subject\n")
    status, out, err = check(data)
    assert (status, out) == (2, "")
    [line] = err.splitlines()
    assert line.startswith("study.yaml:6:3: data.split: minority class '1' occurs in 1 group, ")
    assert "need at least 3" in line
    status, out, err = check(data, "--json")
    assert (status, err) == (2, "")
    told = json.loads(out)
    assert told["data"] is None
    assert told["cost"] is None
    assert told["findings"] == [
        {"level": "error", "code": "input", "message": line, "key": "data.split"}
    ]


def test_a_row_number_is_told(check):
    file = CASES / "44_id_index_column_leak" / "data.csv"
    Path("named.csv").write_text("row" + file.read_text())
    status, out, _ = check(f"csv: named.csv\n  target: label\n  {SPLIT}")
    assert status == 0
    expected = "warning: column 'row' looks like a row id (unique, monotone); name it in ignore"
    assert expected in out.splitlines()
    assert "column 'row' alone tells class '1': ROC AUC 1.000 on 80 development rows" in out


def test_more_features_than_rows_are_told(check):
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], [48, 12])
    np.savez("wide.npz", X=rng.normal(size=(60, 3000)).astype(np.float32), y=labels)
    status, out, _ = check(f"npz: wide.npz\n  {SPLIT}", "--json")
    assert status == 0
    [message] = findings(out, "wide")
    assert message.startswith("features (3000) > training rows (36)")


# ---- forms


CLEAN = "sklearn: breast_cancer\n  minority: malignant"


def test_clean_data_is_told_in_a_table(check):
    status, out, err = check(CLEAN)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert "columns: 30 number; 0 missing cells" in lines
    assert "classes: 'benign' 357, 'malignant' 212; minority 'malignant', 37.3 %" in lines
    assert lines[-1] == "s: nothing wrong found"


def test_the_kind_of_pixels_is_told(check):
    _, out, _ = check("sklearn: digits\n  one_vs_rest: 8")
    assert "pixels: float64 from 0 to 16" in out.splitlines()


def test_convolutions_need_images(check):
    study = "model: {family: conv, blocks: {int: [1, 4]}, activation: [prelu, swish]}\n"
    status, out, err = check("sklearn: digits\n  one_vs_rest: 8", study=study)
    assert (status, err) == (0, "")
    assert "shape (8, 8)" in out
    status, out, err = check(CLEAN, study=study)
    assert (status, out) == (2, "")
    assert err.splitlines() == [
        "study.yaml:6:9: model.family: 'conv' takes images, and the rows are those of a table;"
        " use family: dense"
    ]


def test_missing_cells_and_kinds_of_columns_are_counted(check):
    rows = [f"{i * i % 17},{'' if i == 3 else i * 7 % 11},{'ab'[i % 5 > 0]}" for i in range(90)]
    Path("data.csv").write_text("\n".join(["x,y,label", *rows]) + "\n")
    data = "csv: data.csv\n  target: label\n  preprocessing: {impute: median}"
    _, out, _ = check(data, "--json")
    told = json.loads(out)["data"]
    assert told["columns"] == {"number": 2, "category": 0, "missing_cells": 1}
    assert told["images"] is None


def test_the_document_holds_what_programs_need(check):
    status, out, _ = check(CLEAN, "--json", study="model: {activation: [silu, swish]}\n")
    told = json.loads(out)
    assert status == 0
    assert set(told) == {"study", "data", "columns", "findings", "notes", "cost"}
    assert told["study"] == "s"
    assert "'swish'" in told["notes"][0]
    assert told["cost"] is None


@pytest.mark.parametrize(
    ("data", "study", "expected"),
    [
        ("csv: none.csv\n  target: y", "", ["no such file"]),
        (CLEAN, "sed: 1\n", ["unknown key"]),
        (CLEAN, "model: {units: 0, layers: 0}\n", ["model.units", "model.layers"]),
        (
            "sklearn: breast_cancer\n  split: {folds: 500}",
            "imbalance: {class_weight: {explicit: {benign: 1}}}\n",
            ["'malignant' has no weight", "folds"],
        ),
    ],
)
def test_every_error_is_a_finding_of_the_document(check, data, study, expected):
    status, out, err = check(data, "--json", study=study)
    assert (status, err) == (2, "")
    told = json.loads(out)["findings"]
    assert len(told) == len(expected)
    assert {finding["level"] for finding in told} == {"error"}
    for fragment in expected:
        assert any(fragment in finding["message"] for finding in told)


def test_a_table_of_constants_is_refused(check):
    parts = ["train"] * 60 + ["test"] * 20
    rows = [f"{int(p == 'test')},{p},{'ab'[i % 4 > 0]}" for i, p in enumerate(parts)]
    Path("data.csv").write_text("\n".join(["x,part,label", *rows]) + "\n")
    data = "csv: data.csv\n  target: label\n  official_split: part\n  duplicates: separate"
    status, out, err = check(data)
    assert (status, out) == (2, "")
    assert "every feature column is constant in the development part" in err


def test_without_a_trial_tensorflow_is_not_imported(tmp_path):
    code = """
import sys
from tuner.cli import main
status = main(["check", "breast_cancer", "--no-trial"])
print(status, "tensorflow" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout.splitlines()[-1], done.stderr) == ("0 False", "")


def test_known_scores_hold_for_the_class_of_the_definition_only(check):
    Path("digits.yaml").write_text(
        "name: d\ntitle: digits\nsklearn: digits\none_vs_rest: 8\nreferences: {LR: 0.8}\n"
    )
    _, out, _ = check("source: digits.yaml", "--json")
    assert json.loads(out)["data"]["references"] == {"LR": 0.8}
    _, out, _ = check("source: digits.yaml\n  one_vs_rest: 3", "--json")
    assert json.loads(out)["data"]["references"] == {}


# ---- the timed trial

TINY = (
    "search.trials=7",
    "search.time_limit=1h",
    "training.epochs=1",
    "model.units=4",
    "model.layers=1",
    "evaluation.contexts=2",
)


@pytest.fixture(scope="module")
def inspection():
    return timed(inspect_study("breast_cancer", TINY))


def test_one_network_is_timed_and_multiplied(inspection):
    cost = inspection.cost
    assert (cost.epochs, cost.trials, cost.folds) == (1, 7, 3)
    assert not cost.limited
    # Seven trials, the winner, and in each of 3 repeats three trials that are trained again, and 6
    # activations in 2 contexts.
    networks = 3 * (7 + 1) + 3 * 3 * (3 + 6 * 2)
    assert cost.seconds == pytest.approx(cost.network_seconds * networks)
    assert inspection.to_json()["cost"]["seconds"] == cost.seconds


def test_the_cost_is_told_with_what_it_rests_on(inspection):
    console = Console(file=io.StringIO(), width=60)
    cost = {**inspection.cost.to_json(), "network_seconds": 3.125, "seconds": 75.0}
    print_cost(console, cost)
    assert "7 trials of 3 folds, the winner and the comparisons take" in (
        " ".join(console.file.getvalue().split())
    )
    console = Console(file=io.StringIO(), width=60)
    print_cost(console, {**cost, "comparing": 0})
    assert console.file.getvalue() == (
        "cost: one network of the default configuration took 3.1 s (1 epoch); 7 trials of 3 folds "
        "and the winner take about 75 s (time limit 60 min); other layers, units and batch sizes "
        "take more or less\n"
    )


def test_a_time_limit_ends_the_estimate(inspection):
    from tuner.search.cost import Cost

    cost = Cost(10.0, 5, trials=100, folds=3, confirming=0, comparing=0, time_limit=60.0)
    assert cost.limited
    # The limit, half a trial that has begun, and the winner.
    assert cost.seconds == 60 + 15 + 30


def test_a_default_configuration_that_fails_is_a_warning(registries):
    from tuner.model.activations import ACTIVATIONS

    @ACTIVATIONS.register("broken")
    def broken():
        """Cannot be built."""
        raise ValueError("no such layer")

    told = timed(
        inspect_study("breast_cancer", (*TINY, "model.activation=broken", "evaluation.compare=[]"))
    )
    assert told.cost is None
    assert told.findings[-1].code == "trial-failed"
    assert "no such layer" in told.findings[-1].message


# ---- progress


@pytest.mark.parametrize("terminal", [True, False])
def test_reading_shows_a_bar_on_a_terminal_only(terminal):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=80)
    with LoadingBar(console) as progress:
        progress("[/x] scans.csv", 0, 100)
        progress("[/x] scans.csv", 100, 100)
    assert ("reading [/x] scans.csv" in console.file.getvalue()) is terminal


def test_names_are_shown_as_they_are_and_one_line_each(check):
    long = "a question of a survey, as long as some people write them into the first line"
    labels, words = ("no", *["[/b] :smile:"] * 4), "one of many words, "
    rows = [f'{i * 37 % 101},{i * 53 % 97},"{words * 3}{i % 4}",{labels[i % 5]}' for i in range(90)]
    Path("data.csv").write_text("\n".join([f'[red]x,"{long}",words,label', *rows]) + "\n")
    status, out, _ = check("csv: data.csv\n  target: label")
    assert status == 0
    assert "classes: '[/b] :smile:' 72, 'no' 18;" in out
    table = out[out.index("column ") :].splitlines()
    assert table[1].startswith("[red]x ")
    assert table[2].startswith(f"{long[:31]}…  number ")
    assert table[3].startswith("words ")
    assert table[3].rstrip().endswith("…")
    assert table[4].startswith("warning: ")


def test_of_many_classes_the_first_are_shown(check):
    rows = [f"{i * 37 % 101},{i * 53 % 97},class {i % 20}" for i in range(400)]
    Path("data.csv").write_text("\n".join(["x,y,label", *rows]) + "\n")
    _, out, _ = check("csv: data.csv\n  target: label\n  minority: class 3\n  duplicates: separate")
    [line] = [line for line in out.splitlines() if line.startswith("classes: ")]
    assert line.startswith("classes: 'class 0' 20, 'class 1' 20, 'class 10' 20, ")
    assert line.endswith(" and 8 more; minority 'class 3', 5.0 %")


def test_a_quantity_as_target_is_asked_about(check):
    rows = [f"{i * 37 % 101},{i * 0.37}" for i in range(60)]
    Path("data.csv").write_text("\n".join(["x,y", *rows]) + "\n")
    status, _, err = check("csv: data.csv\n  target: y")
    assert status == 2
    assert "60 classes, of which 60 are equally rare (1 row); if the target is a quantity" in err
