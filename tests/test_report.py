"""What people read: console lines, the table, the page, the model card."""

import csv
import io
import re

import numpy as np
import pytest
from report_pages import (
    COLLAPSED,
    RECORDS,
    SCORES,
    STOPPED,
    page_of,
    pictures,
    results_in_full,
    results_of,
    some_rows,
)
from rich.console import Console

from tuner.data import RawData, assemble, make_splits
from tuner.data.summary import summary
from tuner.metrics.calibration import Isotonic, Platt
from tuner.report.card import model_card
from tuner.report.console import print_data, print_report
from tuner.report.lines import ending_line, last_line
from tuner.report.progress import ConsoleObserver
from tuner.report.results import to_text
from tuner.report.runs import side_by_side
from tuner.report.runs_page import runs_page
from tuner.report.table import trials_csv
from tuner.search.records import TrialRecord
from tuner.study import SplitSection


def plain_console():
    return Console(file=io.StringIO(), width=80, markup=False, highlight=False)


@pytest.fixture(scope="module")
def rows():
    return some_rows()


@pytest.fixture(scope="module")
def content(rows):
    return results_of(*rows)


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


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ({"failed": 1}, "2 of 2 trials, 1 failed"),
        ({"asked": 9}, "2 of 9 trials, 1 failed"),
        ({"finished": 2, "failed": 0}, None),
    ],
)
def test_a_search_that_has_said_why_it_ended_is_not_said_to_end_again(content, counts, line):
    console = plain_console()
    told = {**content, "trials": {**content["trials"], **counts}}
    print_report(console, told, "run", searched=True)
    printed = console.file.getvalue()
    assert "all trials are done" not in printed
    assert [one for one in printed.splitlines() if " trials" in one] == [line] * bool(line)


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


def test_a_stopped_trial_is_told_and_a_collapsed_one_is_never_the_best():
    console = plain_console()
    observer = ConsoleObserver(console)
    observer.search_begins(asked=4, done=0)
    for record in (COLLAPSED, RECORDS[0], STOPPED):
        observer.trial_ends(record)
    first, second, third = console.file.getvalue().splitlines()
    assert first.startswith("1 of 4, trial 3: 0.900 (collapsed), best so far none yet, about ")
    assert second.startswith("2 of 4, trial 0: 0.750, best so far 0.750, about ")
    assert third.startswith("3 of 4, trial 2: stopped: collapsed, best so far 0.750, about ")


def test_a_terminal_keeps_a_line_of_each_trial_without_a_score():
    console = Console(file=io.StringIO(), width=80, force_terminal=True, highlight=False)
    observer = ConsoleObserver(console)
    observer.search_begins(asked=4, done=0)
    for record in (*RECORDS, STOPPED):
        observer.trial_ends(record)
    observer.search_ends("trials")
    told = console.file.getvalue()
    assert "trial 1 failed: non-finite loss in epoch 3" in told
    assert "trial 2 stopped: collapsed" in told


def test_a_resumed_run_remembers_its_best_and_its_time_limit():
    console = plain_console()
    observer = ConsoleObserver(console)
    observer.search_begins(asked=900, done=3, best=0.9, seconds_left=0.0)
    observer.trial_ends(RECORDS[0])
    assert "4 of 900, trial 0: 0.750, best so far 0.900, about 0 s left" in console.file.getvalue()


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ({}, "30 of 30 trials: all trials are done"),
        ({"finished": 27, "failed": 3}, "30 of 30 trials, 3 failed: all trials are done"),
        ({"finished": 28, "stopped": 2}, "30 of 30 trials, 2 stopped: all trials are done"),
        (
            {"finished": 5, "failed": 1, "stopped": 2, "ended": "time_limit"},
            "8 of 30 trials, 1 failed, 2 stopped: time limit reached",
        ),
    ],
)
def test_stopped_trials_are_trials_too(counts, line):
    every = {"asked": 30, "finished": 30, "failed": 0, "stopped": 0, "ended": "trials"}
    assert ending_line({**every, **counts}) == line


def test_the_table_has_these_columns():
    header = trials_csv(RECORDS).splitlines()[0]
    assert header == (
        "trial,state,score,minority_f1,pr_auc,roc_auc,mcc,balanced_accuracy,gmean,precision,recall,brier,"
        "ece,threshold,best_epochs,parameters,collapsed,dead_units,reason,act,act.elu.alpha"
    )


def test_the_table_tells_what_collapsed():
    rows = list(csv.DictReader(io.StringIO(trials_csv([*RECORDS, STOPPED, COLLAPSED]))))
    assert [row["collapsed"] for row in rows] == ["", "", "True", "True"]
    assert [row["dead_units"] for row in rows] == ["", "", "0.75", "1.0"]
    assert [row["state"] for row in rows] == ["finished", "failed", "stopped", "finished"]
    assert [row["ece"] for row in rows] == ["0.0375", "", "", ""]


def test_inactive_parameters_are_blank_in_the_table():
    rows = list(csv.DictReader(io.StringIO(trials_csv(RECORDS))))
    assert [row["act.elu.alpha"] for row in rows] == ["0.5", ""]
    assert [row["score"] for row in rows] == ["0.75", ""]
    assert rows[0]["minority_f1"] == "0.8125"
    assert rows[1]["reason"] == "non-finite loss in epoch 3"


def test_the_page_is_one_file_and_escapes_what_it_shows(content, rows):
    page = page_of(content, rows, pictured=True)
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "t &amp; t" in page
    assert pictures(page) == 5
    assert re.findall(r'(?:src|href)="(?!#|data:)', page) == []
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/", "")
    assert last_line(content)[1:].replace("<b>", "&lt;b&gt;").replace("'", "&#39;") in page


def test_the_page_of_an_interrupted_run_promises_no_test_score(content, rows):
    best = {**content["best"], "test": None, "test_at_half": None}
    interrupted = {**content, "best": best, "status": "interrupted"}
    page = page_of(interrupted, rows)
    assert "Interrupted: best validation minority_f1 so far 0.838, trial 0; no test score" in page
    assert headings(page) & {"All scores", "Confusion matrix of the test rows"} == set()


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
    page = page_of(known, rows)
    assert "Known minority F1 on such test rows: 0.593 PCA &amp; LR." in page
    assert "Caveat: drawn in &lt;one&gt; ward" in page
    assert "features (3) &gt; rows" in page


def test_the_card_names_known_scores_caveat_and_findings(known):
    scores, limits = model_card(known).split("## Limits")
    assert "Known minority F1 on such test rows: 0.593 PCA & LR." in scores
    assert "- drawn in <one> ward\n- features (3) > rows\n" in limits


def test_nothing_is_said_of_scores_that_are_not_known(content, rows):
    assert "nown minority F1" not in model_card(content)
    assert "nown minority F1" not in page_of(content, rows)


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


@pytest.fixture
def full(content):
    return results_in_full(content)


def printed(content, folder="run"):
    console = plain_console()
    print_report(console, content, folder)
    return console.file.getvalue().splitlines()


def test_what_is_known_is_said_in_one_line_each(full):
    lines = printed(full)
    assert lines[0] == "4 of 4 trials, 1 failed, 1 stopped: all trials are done"
    for line in (
        "collapsed: 1 of 4 trials with relu",
        "trials per value differ, and more trials make a higher best: no test of a difference",
        "Brier score as trained 0.25, corrected to the true class shares 0.125, calibrated 0.0625"
        " (test)",
        "learned: prelu slope, p_re_lu: mean 0.21, 0.05 to 0.43, 64 values",
    ):
        assert lines.count(line) == 1
    [score] = [line.split() for line in lines if line.startswith("calibration error")]
    assert score == ["calibration", "error", "0.037", "0.037", "0.037"]
    assert lines[-1] == last_line(full)


def test_where_nothing_happened_nothing_is_said(content):
    told = "\n".join(printed(content))
    for word in (
        "trade-off",
        "collapsed",
        "stopped",
        "learned",
        "as trained",
        "no test of a",
        "median",
    ):
        assert word not in told


def test_without_a_winner_it_is_still_said_what_collapsed(full):
    lines = printed({**full, "best": None})
    assert lines[-1] == "collapsed: 1 of 4 trials with relu"


def test_the_best_so_far_comes_with_its_warnings_and_no_test_score(full):
    unknown = {"test": None, "test_at_half": None, "priors": None, "calibration": None}
    reliability = {"validation": full["best"]["reliability"]["validation"], "test": None}
    best = {**full["best"], **unknown, "reliability": reliability, "health": [], "learned": []}
    told = {"status": "interrupted", "warnings": ["every finished trial collapsed"]}
    lines = printed({**full, **told, "best": best})
    assert lines[-2:] == [
        "warning: every finished trial collapsed",
        "interrupted: best validation minority_f1 so far 0.838, trial 0; no test score yet",
    ]


def test_long_names_are_never_cut(full):
    key, value = f"imbalance.strategy.{'long_' * 8}end", "class_weight=balanced + " * 4 + "loss=x"
    lines = printed({**full, "best": {**full["best"], "hyperparameters": {key: value}}})
    assert any(line.startswith(key) for line in lines)
    assert "…" not in "".join(lines)


def test_names_of_many_places_are_never_cut(full):
    values = {"class_weight": "effective_number", "resampling": "balanced_batches"}
    searched = {f"imbalance.{place}": value for place, value in values.items()}
    searched |= {"imbalance.loss": "logit_adjusted", "model.activation": "leaky_relu"}
    leader = {"trial": 0, "score": 0.75, "collapsed": True, "searched": searched}
    row = {"value": "resampling=" + "own_" * 20, "trials": 1, "collapsed": 1, "best": None}
    choices = {
        "imbalance.strategy": [{**row, "median": None, "over_default": None, "over_random": None}]
    }
    assert "…" not in "".join(printed({**full, "leaders": [leader], "choices": choices}))


HEADINGS = {
    "Probabilities",
    "What the activations learned",
    "Ranking of choices",
    "Training health by activation",
    "Health of the winner",
}


def headings(page):
    return set(re.findall(r"<h[23][^>]*>(.*?)</h[23]>", page))


@pytest.fixture
def traded(full):
    """Results of a search for two objectives."""
    searched = {"act": "elu", "act.elu.<alpha>": 0.5}
    front = [
        {"trial": 0, "score": 0.75, "against": 12345, "searched": searched},
        {"trial": 4, "score": 0.25, "against": 67, "searched": {"act": "relu"}},
    ]
    objective = {**full["objective"], "against": "parameters"}
    return {**full, "objective": objective, "pareto": front}


def test_trade_offs_stand_in_terminal_and_page(traded, rows):
    records = [
        TrialRecord(0, "finished", {"act": "elu"}, 0.75, "", {"scores": SCORES}, 12345.0),
        TrialRecord(4, "finished", {"act": "relu"}, 0.25, "", {"scores": SCORES}, 67.0),
    ]
    page = drawn(traded, rows, records)
    assert "Trade-offs" in headings(page)
    assert pictures(page) == 4
    assert '<td class="n">12,345</td><td>elu</td><td>0.5</td>' in page
    assert "act.elu.&lt;alpha&gt;" in page
    note = "rade-off of minority_f1 against parameters: 2 trials that no other beats in both"
    assert f"<p>T{note}.</p>" in page
    assert f"t{note}" in printed(traded)


def drawn(content, rows, records=RECORDS):
    return page_of(content, rows, records)


@pytest.fixture
def weighed(full):
    """Results that say what each place explains."""
    row = {"share": 0.75, "low": 0.5, "high": 0.875, "chance": 0.25, "trials": 4}
    places = [
        {**row, "place": "act", "parent": "", "entry": ""},
        {**row, "place": "act.<elu>.alpha", "parent": "act", "entry": "<elu>"},
    ]
    left_out = {"units": "all trials have the same value"}
    told = {"resamples": 24, "places": places, "trials": 4, "reason": "", "left_out": left_out}
    return {**full, "importance": told}


def test_importance_stands_in_terminal_and_page(weighed, rows):
    page = drawn(weighed, rows)
    assert "Importance of places" in headings(page)
    assert pictures(page) == 3
    assert '<th scope="row">act.&lt;elu&gt;.alpha, of 4 trials with &lt;elu&gt;</th>' in page
    assert '<td class="n">0.500 to 0.875</td>' in page
    assert "<li>Not judged: units: all trials have the same value.</li>" in page
    assert any(line.startswith("above chance: act, act.<elu>.alpha") for line in printed(weighed))


def test_without_numbers_the_page_says_why(weighed, rows):
    told = {**weighed["importance"], "places": [], "reason": "3 trials have a score"}
    page = drawn({**weighed, "importance": told}, rows)
    assert "<p>Importance of places: not told, 3 trials have a score.</p>" in page
    assert pictures(page) == 2


def test_what_was_bought_over_the_default_stands_on_the_page(full, rows):
    assert "over default" not in drawn(full, rows)
    [ranked, last] = full["choices"]["imbalance.strategy"]
    choices = {"imbalance.strategy": [{**ranked, "over_default": 0.125}, last]}
    default = {"trial": 0, "score": 0.625, "collapsed": False}
    page = drawn({**full, "choices": choices, "default": default}, rows)
    assert '<td class="n">+0.125</td>' in page
    assert "more than trial 0, the default of every place, which has 0.625." in page


def test_what_was_bought_over_random_configurations_stands_in_terminal_and_page(full, rows):
    [ranked, last] = full["choices"]["imbalance.strategy"]
    beside = {"configurations": 6, "failed": 0, "collapsed": 0, "score": 0.875, "searched": {}}
    told = {
        **full,
        "choices": {"imbalance.strategy": [{**ranked, "over_random": -0.125}, last]},
        "random_search": {**beside, "best_collapsed": False, "confirmed": None},
    }
    page = drawn(told, rows)
    assert '<td class="n">-0.125</td>' in page
    line = "andom search: the best of 6 configurations has 0.875, the best of the search's "
    line += "4 trials "
    assert f"R{line}".replace("'", "&#39;") in page
    assert any(one.startswith(f"r{line}0.750") for one in printed(told))
    assert "over random" not in drawn(full, rows)


def test_values_are_spelled_as_in_a_study_wherever_they_stand(full, rows):
    values = {"norm": True, "skip": False, "warm": None, "rate": 0.00123456}
    spelled = {"norm": "true", "skip": "false", "warm": "none", "rate": "0.001235"}
    best = {**full["best"], "hyperparameters": values, "searched": values}
    [ranked, _] = full["choices"]["imbalance.strategy"]
    told = {**full, "best": best, "choices": {"norm": [{**ranked, "value": True}]}}
    page = drawn(told, rows, [TrialRecord(0, "finished", values, 0.5)])
    for name, value in spelled.items():
        assert f"<dt>{name}</dt><dd>{value}</dd>" in page
        assert f'<th scope="row">{name}</th><td>{value}</td>' in page
        assert f"<td>{value}</td>" in page.partition("trials-table")[2]
        assert [name, value] in [line.split() for line in printed(told)]
    assert '<th scope="row">true</th>' in page
    card = model_card(told)
    assert "- `norm`: true\n- `skip`: false\n- `warm`: none\n- `rate`: 0.00123456\n" in card
    runs = runs_page(side_by_side([("a", told), ("b", told)]))
    for name, value in spelled.items():
        assert f'<th scope="row">{name}</th><td class="wrap">{value}</td>' in runs


def test_a_choice_of_numbers_has_its_path_as_title(full, rows):
    [ranked, _] = full["choices"]["imbalance.strategy"]
    page = drawn({**full, "choices": {"model.units": [{**ranked, "value": 64}]}}, rows)
    assert '<th scope="col">model.units</th>' in page
    assert '<th scope="row">64</th>' in page


def test_the_page_has_a_section_for_each_part(full, rows):
    page = page_of(full, rows, [*RECORDS, STOPPED, COLLAPSED], pictured=True)
    assert headings(page) >= HEADINGS
    assert pictures(page) == 6
    assert "loss=&lt;focal&gt;" in page
    assert "Training saw 50 % of class &#39;&lt;b&gt;&#39;, and 25 % are true" in page
    for cell in ("0.0625", "12.5 %", "37.5 %", "0.43", "finished, collapsed", "p_re_lu"):
        assert re.search(f"<t[hd][^>]*>{cell}</t[hd]>", page)
    assert "4 of 4 trials, 1 failed, 1 stopped: all trials are done." in page
    assert "None" not in page


def test_a_step_that_only_the_winner_took_has_no_validation_numbers(full, rows):
    # A resampler may find rows to remove with the winner's preprocessing and none in the search.
    reliability = full["best"]["reliability"]
    validation = {"as_trained": reliability["validation"]["as_trained"]}
    best = {**full["best"], "reliability": {**reliability, "validation": validation}}
    page = drawn({**full, "best": best}, rows)
    line = page.partition('<th scope="row">corrected to the true class shares</th>')[2].partition(
        "</tr>"
    )[0]
    assert [cell.partition("</td>")[0] for cell in line.split('<td class="n">')[1:]] == [
        "0.125",
        "–",
        "0.1",
        "–",
    ]


def test_the_page_leaves_out_what_says_nothing(content, rows):
    page = drawn(content, rows)
    assert headings(page) & {*HEADINGS, "Trade-offs"} == {"Probabilities"}
    assert "They are not calibrated." in page


def test_the_page_of_an_interrupted_run_ranks_and_says_nothing_of_a_winner(full, rows):
    unknown = {"test": None, "test_at_half": None, "priors": None, "calibration": None}
    reliability = {"validation": full["best"]["reliability"]["validation"], "test": None}
    best = {**full["best"], **unknown, "reliability": reliability, "health": [], "learned": []}
    interrupted = {**full, "best": best, "status": "interrupted"}
    page = page_of(interrupted, rows)
    assert headings(page) & HEADINGS == {"Ranking of choices", "Training health by activation"}


def test_the_page_without_any_winner_is_drawn(full, rows):
    page = page_of({**full, "best": None}, rows, [RECORDS[1], STOPPED])
    assert "No trial succeeded" in page
    assert "<li>non-finite loss (1)</li>" in page
    assert pictures(page) == 0
    assert "<td>stopped</td>" in page


def test_the_card_of_a_corrected_and_calibrated_model(full):
    scores, use = model_card(full).split("## Use")
    use, limits = use.split("## Limits")
    assert "| Brier score | 0.100 | 0.100 |\n| calibration error | 0.037 | 0.037 |" in scores
    assert "| Brier score, calibrated | 0.062 | 0.062 |" in scores
    assert "| calibration error, calibrated | 0.013 | 0.013 |" in scores
    assert "`import tuner.model.learned_layers` before" in use
    assert "1 / (1 + exp(-(slope * log(p / (1 - p)) + intercept)))" in use
    assert "calibration changes no decision" in use
    assert "corrected to the true shares. A map of kind 'platt'" in limits


def test_the_card_of_a_model_as_trained(content):
    card = model_card(content)
    assert "- Training saw the true class shares, so probabilities need no correction" in card
    assert "They are not calibrated." in card
    assert "\npredictor = tuner.load_model(" in card
    for word in ("learned_layers", "slope", "calibrated |", "at, becomes"):
        assert word not in card


def test_the_card_of_an_isotonic_map_says_how_to_apply_it(full):
    card = model_card({**full, "best": {**full["best"], "calibration": "isotonic"}})
    assert "`numpy.interp(p, at, becomes)`" in card


@pytest.mark.parametrize(
    ("classes", "rule", "given"),
    [
        (["well", "ill"], "else\n`well`.", "gives the probability of `ill`."),
        (
            ["well", "hurt", "ill"],
            "else\nthe likeliest of the other classes.",
            "gives the probability of each class, the last that of `ill`.",
        ),
    ],
)
def test_the_card_says_what_other_rows_are_called(full, classes, rule, given):
    data = {**full["data"], "classes": dict.fromkeys(classes, 9), "minority": "ill"}
    priors = {**full["best"]["priors"], "true": {"ill": 0.25}, "trained": {"ill": 0.5}}
    card = model_card({**full, "data": data, "best": {**full["best"], "priors": priors}})
    assert f"from a probability of 0.25 on (`decision.json`), {rule}" in card
    assert given in card
    assert ("other classes share what is left" in card) == (len(classes) == 3)


def test_a_map_is_applied_as_the_card_says():
    p = np.array([0.02, 0.3, 0.9])
    both = np.column_stack([1 - p, p])
    slope, intercept = 1.25, -0.5
    by_hand = 1 / (1 + np.exp(-(slope * np.log(p / (1 - p)) + intercept)))
    assert Platt(slope, intercept).apply(both)[:, 1] == pytest.approx(by_hand)
    ends = Platt(slope, intercept).apply(np.array([[1.0, 0.0], [1e-7, 1 - 1e-7], [0.0, 1.0]]))
    assert ends[0, 1] == pytest.approx(1 / (1 + np.exp(slope * np.log(1e7 - 1) - intercept)))
    assert ends[1, 1] == ends[2, 1]
    at, becomes = (0.1, 0.5), (0.0, 0.75)
    by_hand = np.interp(p, at, becomes)
    assert Isotonic(at, becomes).apply(both)[:, 1] == pytest.approx(by_hand)


def test_intervals_stand_beside_the_test_scores(content, rows):
    lines = "\n".join(printed(content))
    assert re.search(r"minority F1 +0\.812 +0\.74–0\.87 +0\.812 +0\.838", lines)
    assert re.search(r"Brier score +0\.100 +0\.100 +0\.100", lines)
    page = page_of(content, rows)
    assert '<td class="n">0.710 to 0.940</td>' in page
    assert "| recall | 0.825 (95 % interval 0.710 to 0.940) | 0.825 |" in model_card(content)


def model(label, f1, state="finished", reason=""):
    done = state == "finished"
    test = {**SCORES, "minority_f1": f1, "ci95": [f1 - 0.05, f1 + 0.05]}
    numbers = {"validation": SCORES, "test": test} if done else {"validation": None, "test": None}
    return {"label": label, "state": state, "reason": reason, "notes": [], "seconds": 1.5} | numbers


def test_simple_models_stand_before_the_end_and_what_is_better_right_before_the_answer(full, rows):
    models = [model("forest <1>", 0.875), model("boosting", 0.0, "failed", "no memory")]
    told = {**full, "baselines": {"models": models, "notes": ["rows were drawn"]}}
    lines = printed(told)
    assert lines[-1] == last_line(full)
    assert lines[-2] == (
        "forest <1> reaches 0.88 (95 % CI 0.82–0.93) on the same test rows, more than the "
        "network's 0.81 (validation 0.81 against 0.84)"
    )
    assert lines[-3].startswith("report and model: ")
    assert "boosting: failed: no memory" in lines
    page = drawn(told, rows)
    assert "Simple models on the same rows" in headings(page)
    assert '<th scope="row">forest &lt;1&gt;</th>' in page
    assert '<td colspan="4">failed</td>' in page
    assert "<p>Boosting: failed: no memory.</p>" in page
    assert "<li>Forest &lt;1&gt; reaches 0.88" in page
    assert "Simple models on the same rows" not in headings(drawn(full, rows))
    assert "reaches" not in "".join(printed(full))


def test_a_log_says_that_simple_models_are_fitted():
    console = plain_console()
    ConsoleObserver(console).baselines_begin(9)
    assert console.file.getvalue() == "fitting 9 simple models on the same splits\n"


class TestTheCardSaysOfTheData:
    @pytest.fixture
    def card(self, content):
        return model_card(content)

    def test_its_division_and_its_kinds(self, card, content):
        data = content["data"]
        for name, part in data["splits"].items():
            assert re.search(
                rf"^\| {name}.* \| {part['rows']} \| {part['minority']} \|", card, re.M
            )
        assert data["fingerprint"] in card
        assert "columns of numbers" in card

    def test_what_it_is_for_and_what_not(self, card, content):
        head = card.split("## Data")[0]
        assert f"finding class `{content['data']['minority']}` among rows" in head
        assert "It is not made for" in head
        assert "synthetic" not in head
        synthetic = {**content, "data": {**content["data"], "synthetic": True}}
        assert "made for trying things out" in model_card(synthetic)

    def test_pictures(self, content):
        images = {"dtype": "uint8", "min": 0, "max": 255, "found": {}}
        data = {
            **content["data"],
            "columns": None,
            "images": images,
            "shape": [28, 20],
            "groups": 7,
        }
        data["splits"] = {name: {**part, "groups": 3} for name, part in data["splits"].items()}
        card = model_card({**content, "data": data})
        assert "of 7 groups, none of which is divided" in card
        assert "Pictures of 28×20, uint8 from 0 to 255." in card
        assert " | groups |\n|---|---|---|---|\n" in card
