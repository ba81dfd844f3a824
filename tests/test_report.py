"""What people read: console lines, the table, the page, the model card."""

import csv
import io

import numpy as np
import pytest
from rich.console import Console

from tuner.data import RawData, assemble, make_splits
from tuner.data.summary import summary
from tuner.report.console import last_line, print_data, print_report
from tuner.report.export import model_card
from tuner.report.page import report_page
from tuner.report.progress import ConsoleObserver
from tuner.report.results import to_text
from tuner.report.table import trials_csv
from tuner.search.records import TrialRecord
from tuner.study import SplitSection

SCORES = {
    "minority_f1": 0.8125,
    "precision": 0.8,
    "recall": 0.825,
    "pr_auc": 0.9,
    "mcc": 0.7,
    "balanced_accuracy": 0.85,
    "gmean": 0.84,
    "brier": 0.1,
    "confusion": [[50, 3], [2, 10]],
}
RECORDS = [
    TrialRecord(0, "finished", {"act": "elu", "act.elu.alpha": 0.5}, 0.75, "", {"scores": SCORES}),
    TrialRecord(1, "failed", {"act": "relu"}, None, "non-finite loss in epoch 3"),
]


def plain_console():
    return Console(file=io.StringIO(), width=80, markup=False, highlight=False)


@pytest.fixture(scope="module")
def rows():
    labels = np.repeat(["[red]a", "<b>"], [90, 30])
    dataset = assemble(RawData(np.arange(240.0).reshape(120, 2), labels), "t & t", "<b>")
    return dataset, make_splits(dataset, SplitSection(), 0)


@pytest.fixture(scope="module")
def content(rows):
    return {
        "study": "example",
        "seed": 0,
        "data": summary(*rows),
        "objective": {"metric": "minority_f1", "threshold": "tuned"},
        "trials": {
            "asked": 2,
            "finished": 1,
            "failed": 1,
            "ended": "trials",
            "failures": {"non-finite loss": 1},
        },
        "best": {
            "trial": 0,
            "hyperparameters": {"act": "elu"},
            "searched": {"act": "elu"},
            "threshold": 0.25,
            "validation": {**SCORES, "minority_f1": 0.8375},
            "test": {**SCORES, "ci95": [0.7449, 0.8651]},
            "test_at_half": SCORES,
        },
        "leaders": [{"trial": 0, "score": 0.75, "searched": {"model.activation": "elu"}}],
        "search_optimism": 0.025,
        "findings": [],
        "warnings": [],
        "notes": [],
    }


def test_the_last_line_is_the_answer(content, tmp_path):
    console = plain_console()
    print_report(console, content, tmp_path)
    lines = console.file.getvalue().splitlines()
    assert lines[-1] == last_line(content)
    assert lines[-1] == (
        "best minority-class F1: 0.81 (test, 95 % CI 0.74–0.87; validation 0.84; "
        "class '<b>'; trial 0)"
    )
    assert "2 of 2 trials, 1 failed: all trials are done" in lines
    assert "  failed: non-finite loss (1)" in lines


def test_class_names_are_shown_as_they_are(content):
    console = plain_console()
    print_data(console, content["data"])
    assert "'[red]a' 90, '<b>' 30; minority '<b>', 25.0 %" in console.file.getvalue()


def test_a_log_has_one_line_for_each_trial():
    console = plain_console()
    observer = ConsoleObserver(console)
    observer.search_begins(asked=2, done=0)
    for record in RECORDS:
        observer.trial_begins(record.number)
        observer.unit_ends(record.number, 1, 3)
        observer.trial_ends(record)
    observer.search_ends("trials")
    first, second, last = console.file.getvalue().splitlines()
    assert first.startswith("1 of 2, trial 0: 0.750, best so far 0.750, about ")
    assert second.startswith("2 of 2, trial 1: failed: non-finite loss in epoch 3, best so far 0.7")
    assert last == "search ended: all trials are done"


def test_a_resumed_run_remembers_its_best_and_its_time_limit():
    console = plain_console()
    observer = ConsoleObserver(console)
    observer.search_begins(asked=900, done=3, best=0.9, seconds_left=0.0)
    observer.trial_ends(RECORDS[0])
    assert "4 of 900, trial 0: 0.750, best so far 0.900, about 0 s left" in console.file.getvalue()


def test_inactive_parameters_are_blank_in_the_table():
    rows = list(csv.DictReader(io.StringIO(trials_csv(RECORDS))))
    assert [row["act.elu.alpha"] for row in rows] == ["0.5", ""]
    assert [row["score"] for row in rows] == ["0.75", ""]
    assert rows[0]["minority_f1"] == "0.8125"
    assert rows[1]["reason"] == "non-finite loss in epoch 3"


def test_the_page_is_one_file_and_escapes_what_it_shows(content, rows):
    dataset, splits = rows
    share = np.linspace(0, 1, len(splits.test), dtype=np.float32)
    probabilities = np.column_stack([1 - share, share])
    page = report_page(content, RECORDS, dataset, splits, probabilities)
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "t &amp; t" in page
    assert page.count("data:image/svg+xml;base64,") == 2
    assert "http" not in page
    assert last_line(content).replace("<b>", "&lt;b&gt;").replace("'", "&#39;") in page


def test_the_page_of_an_interrupted_run_promises_no_test_score(content, rows):
    best = {**content["best"], "test": None, "test_at_half": None}
    page = report_page({**content, "best": best}, RECORDS, *rows, None)
    assert "Interrupted." in page
    assert "No test score yet" in page


def test_the_card_names_scores_and_limits(content):
    card = model_card({**content, "warnings": ["few rows"]})
    assert "| minority F1 | 0.812 (95 % interval 0.745 to 0.865) | 0.838 |" in card
    assert "- few rows" in card
    assert "from a probability of 0.25 on" in card


@pytest.fixture
def known(content):
    """Results on data with a caveat, known scores and a finding."""
    data = {**content["data"], "caveat": "drawn in <one> ward", "references": {"PCA & LR": 0.593}}
    finding = {"level": "warning", "code": "wide", "message": "features (3) > rows", "key": "data"}
    return {**content, "data": data, "findings": [finding]}


def test_known_scores_caveat_and_findings_stand_beside_the_score(known, tmp_path):
    console = plain_console()
    print_report(console, known, tmp_path)
    lines = console.file.getvalue().splitlines()
    assert "known minority F1 on such test rows: 0.593 PCA & LR" in lines
    assert "caveat: drawn in <one> ward" in lines
    assert "warning: features (3) > rows" in lines
    assert lines[-1] == last_line(known)


def test_the_page_shows_known_scores_caveat_and_findings(known, rows):
    page = report_page(known, RECORDS, *rows, None)
    assert "Known minority F1 on such test rows: 0.593 PCA &amp; LR." in page
    assert "Caveat: drawn in &lt;one&gt; ward" in page
    assert "features (3) &gt; rows" in page


def test_the_card_names_known_scores_caveat_and_findings(known):
    scores, limits = model_card(known).split("## Limits")
    assert "Known minority F1 on such test rows: 0.593 PCA & LR." in scores
    assert "- drawn in <one> ward\n- features (3) > rows\n" in limits


def test_nothing_is_said_of_scores_that_are_not_known(content, rows):
    assert "nown minority F1" not in model_card(content)
    assert "nown minority F1" not in report_page(content, RECORDS, *rows, None)


def test_what_images_hold_is_told():
    images = np.arange(90 * 16, dtype=np.uint16).reshape(90, 4, 4)
    found = {"modes": {"I;16": 80, "L": 10}, "resized": 3, "transparent": 0, "min": 0}
    reading = {"size": [4, 4], "found": found}
    dataset = assemble(RawData(images, np.repeat(["a", "b"], [60, 30]), reading=reading), "t")
    console = plain_console()
    print_data(console, summary(dataset, make_splits(dataset, SplitSection(), 0)))
    lines = console.file.getvalue().splitlines()
    assert "pixels: uint16 from 0 to 1439; modes I;16 (80), L (10); resized 3" in lines


def test_json_never_holds_what_is_no_number():
    with pytest.raises(ValueError, match="Out of range"):
        to_text({"f1": float("nan")})
