"""What is told of the simple models, in the terminal, on the page and in the card."""

import io

import pytest
from rich.console import Console

from tuner.evaluate.baselines.results import BaselineResult
from tuner.metrics.scores import Scores
from tuner.report.baselines import (
    baseline_notes,
    baseline_rows,
    baselines_section,
    beaten_line,
    print_baselines,
)
from tuner.report.card import model_card


def scores(f1):
    return Scores(f1, 0.5, 0.5, 0.6, 0.8, 0.4, 0.7, 0.7, 0.1, 0.05, ((50, 3), (2, 10)))


def finished(label, test, validation=0.75, **more):
    intervals = {"minority_f1": (test - 0.1, test + 0.1)}
    name = label.replace(" ", "_")
    return BaselineResult(
        name, label, "finished", **more, threshold=0.5, validation=scores(validation),
        test=scores(test), intervals=intervals, seconds=1.25,
    )  # fmt: skip


LEFT_OUT = BaselineResult("smote", "forest with SMOTE", "left out", "these rows are images")
FAILED = BaselineResult("boosting", "boosting", "failed", "MemoryError")


def content(*found, f1=0.8):
    best = {
        "trial": 7,
        "validation": {"minority_f1": 0.875},
        "test": {"minority_f1": f1, "ci95": [0.7, 0.9]},
    }
    return {"best": best, "baselines": baselines_section(found, ["rows were drawn"])}


def printed(told):
    console = Console(file=io.StringIO(), width=100, markup=False, highlight=False)
    print_baselines(console, told)
    return console.file.getvalue()


def test_without_simple_models_nothing_is_said():
    told = content()
    assert told["baselines"] is None
    assert (baseline_rows(told), baseline_notes(None), beaten_line(told), printed(told)) == (
        [], [], "", "",
    )  # fmt: skip


def test_the_table_has_the_winner_among_the_models_by_test_f1():
    told = content(finished("constant", 0.1), LEFT_OUT, finished("forest", 0.85), FAILED)
    labels = [row["label"] for row in baseline_rows(told)]
    assert labels == ["forest", "the network, trial 7", "constant", "forest with SMOTE", "boosting"]
    lines = [line.split() for line in printed(told).splitlines()]
    assert lines == [
        [],
        ["on", "the", "same", "rows", "test", "F1", "95", "%", "CI", "validation", "F1"],
        ["forest", "0.850", "0.75–0.95", "0.750"],
        ["the", "network,", "trial", "7", "0.800", "0.70–0.90", "0.875"],
        ["constant", "0.100", "0.00–0.20", "0.750"],
    ]


def test_of_equal_ones_the_winner_comes_first_and_is_not_beaten():
    told = content(finished("forest", 0.8))
    assert [row["label"] for row in baseline_rows(told)] == ["the network, trial 7", "forest"]
    assert beaten_line(told) == ""


def test_what_has_no_score_and_what_was_warned_of_is_told():
    noted = finished("logistic", 0.5)
    noted = BaselineResult(**{**vars(noted), "notes": ("it did not converge",)})
    assert baseline_notes(content(LEFT_OUT, FAILED, noted)["baselines"]) == [
        "note: rows were drawn",
        "forest with SMOTE: left out: these rows are images",
        "boosting: failed: MemoryError",
        "note: logistic: it did not converge",
    ]


@pytest.mark.parametrize(
    ("others", "end"),
    [
        ((), "0.75 against 0.88)"),
        ((0.82,), "0.75 against 0.88); so does another one"),
        ((0.82, 0.83), "0.75 against 0.88); so do 2 other simple models"),
    ],
)
def test_a_simple_model_that_is_better_is_said_so_with_its_interval(others, end):
    more = [finished(f"other {number}", f1) for number, f1 in enumerate(others)]
    told = content(finished("constant", 0.1), *more, finished("forest", 0.85), FAILED)
    assert beaten_line(told) == (
        "forest reaches 0.85 (95 % CI 0.75–0.95) on the same test rows, more than the network's "
        f"0.80 (validation {end}"
    )


def test_a_small_difference_has_the_digits_that_show_it():
    assert "reaches 0.8004 (" in beaten_line(content(finished("forest", 0.8004)))
    assert "the network's 0.8000 (" in beaten_line(content(finished("forest", 0.8004)))


def test_an_interrupted_run_without_a_test_score_has_no_table():
    told = {**content(), "best": {"trial": 1, "test": None}}
    assert baseline_rows(told) == []
    assert beaten_line({**told, "best": None}) == ""


def carded(told):
    data = {
        "title": "t", "synthetic": False, "references": {}, "minority": "ill", "caveat": "",
        "splits": {"test": {"rows": 60, "minority": 12, "groups": None}}, "prevalence": 0.2,
        "classes": {"well": 48, "ill": 12}, "rows": 60, "groups": None, "official_split": False,
        "columns": {"number": 3, "category": 0, "missing_cells": 0}, "fingerprint": "f",
    }  # fmt: skip
    shares = {"well": 0.8, "ill": 0.2}
    whole = {**vars(scores(0.8)), "intervals": {}}
    best = {
        **told["best"], "validation": {**whole, **told["best"]["validation"]},
        "test": {**whole, **told["best"]["test"]}, "calibration": None, "needs_import": [],
        "threshold": 0.5, "hyperparameters": {},
        "priors": {"true": shares, "trained": shares, "corrected": False},
    }  # fmt: skip
    return model_card(
        {
            **told,
            "study": "s",
            "objective": {"level": "row"},
            "data": data,
            "best": best,
            "findings": [],
            "warnings": [],
        }
    )


def test_the_card_has_them_and_says_first_what_is_better():
    card = carded(content(finished("forest", 0.85), LEFT_OUT))
    table = card.split("## Simple models on the same rows\n\n")[1].split("\n\n## Use")[0]
    assert table.splitlines() == [
        "| minority F1 | test | validation |",
        "|---|---|---|",
        "| forest | 0.850 (95 % interval 0.750 to 0.950) | 0.750 |",
        "| the network, trial 7 | 0.800 (95 % interval 0.700 to 0.900) | 0.875 |",
        "",
        "- note: rows were drawn",
        "- forest with SMOTE: left out: these rows are images",
    ]
    assert "## Limits\n\n- Forest reaches 0.85 (95 % CI" in card
    plain = carded(content())
    assert "Simple models" not in plain
    assert "reaches" not in plain
