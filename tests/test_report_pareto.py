"""The trade-offs of a search for two objectives, in results, terminal and page."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tuner.report.pareto import pareto, pareto_notes, print_pareto
from tuner.report.pictures.search import trade_off
from tuner.report.pictures.svg import svg
from tuner.search.records import TrialRecord
from tuner.study import ObjectiveSection

SMALL = ObjectiveSection(metric="minority_f1", against="parameters")
BOTH = ObjectiveSection(metric="minority_f1", against="pr_auc")
COLLAPSED = {"health": {"collapsed": True}}


def record(number, score, against, outcome=None, state="finished"):
    values = {"model.activation": "relu", "model.units": number}
    return TrialRecord(number, state, values, score, "", outcome or {}, against)


def beats(one, other, fewer):
    sign = -1 if fewer else 1
    at_least = one.score >= other.score and sign * one.against >= sign * other.against
    return at_least and (one.score, one.against) != (other.score, other.against)


VALUES = st.tuples(st.sampled_from([0.0, 0.25, 0.5, 0.75]), st.integers(1, 4))


@given(st.lists(VALUES, max_size=12), st.sampled_from([SMALL, BOTH]))
def test_the_front_is_what_a_comparison_of_all_pairs_finds(values, objective):
    fewer = objective.against == "parameters"
    records = [record(number, *pair) for number, pair in enumerate(values)]
    expected = {
        one.number for one in records if not any(beats(other, one, fewer) for other in records)
    }
    found = pareto(records, objective)
    assert {row["trial"] for row in found} == expected
    assert len(found) == len(expected)
    scores = [row["score"] for row in found]
    assert scores == sorted(scores, reverse=True)
    assert [row["against"] for row in found] == sorted(
        (row["against"] for row in found), reverse=fewer
    )


RECORDS = [
    record(0, 0.5, 900.0),
    record(1, 0.75, 5000.0),
    record(2, 0.7, 6000.0),  # beaten by trial 1
    record(3, 0.125, 40.0),
    record(4, 0.99, 10.0, COLLAPSED),
    TrialRecord(5, "failed", {}, None, "non-finite loss"),
    TrialRecord(6, "stopped", {}, None, "collapsed", COLLAPSED),
    record(7, 0.5, 900.0),
]
FRONT = [(1, 0.75, 5000), (0, 0.5, 900), (7, 0.5, 900), (3, 0.125, 40)]


def test_what_is_beaten_failed_or_collapsed_is_no_trade_off():
    found = pareto(RECORDS, SMALL)
    assert [(row["trial"], row["score"], row["against"]) for row in found] == FRONT
    assert found[0]["searched"] == {"model.activation": "relu", "model.units": 1}
    assert all(type(row["against"]) is int for row in found)
    assert pareto(RECORDS[4:7], SMALL) == []


def confirmed(trial, score):
    return {"trial": trial, "score": score, "collapsed": score == 0}


def content(rows, against="parameters", test=True, won=1, score=0.75, again=None):
    validation = {"minority_f1": score}
    test = {"minority_f1": 0.5} if test else None
    return {
        "objective": {"metric": "minority_f1", "against": against},
        "pareto": rows,
        "confirmation": again and {"trials": [confirmed(*one) for one in again.items()]},
        "best": {"trial": won, "validation": validation, "test": test},
    }


def printed(told):
    console = Console(file=io.StringIO(), width=100, markup=False, highlight=False)
    print_pareto(console, told)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_the_terminal_shows_them_and_what_they_are_worth():
    lines = printed(content(pareto(RECORDS, SMALL)))
    assert lines == [
        "trial  validation minority_f1  parameters  activation",
        "    1  0.750                        5,000  relu",
        "    0  0.500                          900  relu",
        "    7  0.500                          900  relu",
        "    3  0.125                           40  relu",
        "trade-off of minority_f1 against parameters: 4 trials that no other beats in both",
        "the winner, trial 1, is the best by validation minority_f1 alone; the others have no test"
        " score",
        "each was picked for a high validation score: on new rows expect less, and another order"
        " where they lie close",
        "",
    ]


def test_a_score_is_shown_as_one_and_without_a_winner_none_is_named():
    rows = pareto([record(1, 0.5, 0.25)], BOTH)
    lines = printed(content(rows, "pr_auc", test=False, score=0.5))
    assert lines[0] == "trial  validation minority_f1  validation pr_auc  activation"
    assert lines[1].split() == ["1", "0.500", "0.250", "relu"]
    assert lines[2].endswith("against pr_auc: 1 trial that no other beats in both")
    assert lines[3] == "trial 1 is the best by validation minority_f1 alone"


def test_of_many_the_ends_and_what_lies_between_are_listed():
    many = [record(number, number / 100, float(10 + number)) for number in range(30)]
    lines = printed(content(pareto(many, SMALL)))
    assert [line.split()[0] for line in lines[1:9]] == ["29", "25", "21", "17", "12", "8", "4", "0"]
    assert lines[9] == "8 of 30 are listed; all are in results.json"


@pytest.mark.parametrize("rows", [None, []])
def test_without_trade_offs_nothing_is_said(rows):
    assert printed(content(rows)) == []


@pytest.mark.parametrize("objective", [SMALL, BOTH])
def test_the_picture_shows_the_front_and_what_it_is_measured_in(objective):
    rows = pareto(RECORDS, objective)
    figure = trade_off(RECORDS, rows, objective.model_dump())
    [axes] = figure.axes
    [front] = [line for line in axes.lines if line.get_label() == "best of both"]
    assert np.array_equal(front.get_xydata(), [(row["against"], row["score"]) for row in rows])
    assert axes.get_xscale() == ("log" if objective is SMALL else "linear")
    marks = {line.get_label(): len(line.get_xdata()) for line in axes.lines}
    assert marks == {"collapsed": 1, "trial": 5, "best of both": len(rows)}
    assert svg(figure, "trade-off", "told").startswith('<svg class="picture" role="img"')


def test_notes_name_both_objectives():
    [first, *_] = pareto_notes(content(pareto(RECORDS, SMALL)))
    assert first.startswith("trade-off of minority_f1 against parameters: 4 trials")


BEST = "is the best by validation minority_f1 alone"
BESIDE = ", and is not one of these trade-offs"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"won": 3, "score": 0.125, "again": {1: 0.25, 3: 0.5}},
         "trial 3, was chosen by its confirmed minority_f1, 0.500"),
        ({"won": 2, "score": 0.7, "again": {1: 0.25, 2: 0.5}},
         f"trial 2, was chosen by its confirmed minority_f1, 0.500{BESIDE}"),
        ({"won": 0, "score": 0.5, "again": {1: None}},
         f"trial 0, {BEST}, of those that were not trained again"),
        ({"won": 1, "again": {1: 0.0}}, f"trial 1, {BEST}"),
        ({"won": 2, "score": 0.7}, f"trial 2, {BEST}, of those that could be made{BESIDE}"),
        ({"won": 9, "score": 0.75}, f"trial 9, {BEST}{BESIDE}"),  # as good as trial 1, and larger
    ],
)  # fmt: skip
def test_the_winner_is_said_to_be_what_it_was_chosen_by(more, told):
    note = pareto_notes(content(pareto(RECORDS, SMALL), **more))[1]
    assert note == f"the winner, {told}; the others have no test score"
