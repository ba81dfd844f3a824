"""Comparisons in the terminal, on the page and in a picture."""

import io

import numpy as np
import pytest
from rich.console import Console

from tuner.evaluate.comparison.results import FactorComparison
from tuner.report.comparison import (
    VERDICTS,
    comparison_notes,
    comparison_rows,
    context_places,
    print_comparisons,
    verdict_lines,
)
from tuner.report.page import environment
from tuner.report.pictures.ranks import critical_difference
from tuner.report.sections.mattered import compared as compared_part
from tuner.search.compare import Compared
from tuner.search.factors import Factor

CONTEXTS = ({"model.layers": 2, "training.batch_size": 32}, {"model.layers": 3})

THREE = (("relu", "elu", "swish"),)


def compared(
    means,
    names=("model.activation",),
    levels=(("relu", "elu", "swish"),),
    noise=0.02,
    sound=None,
    divisions=2,
):
    factor = Factor(names, levels)
    rng = np.random.default_rng(0)
    contributions = np.array(means)[:, None, None] + rng.normal(0, noise, (len(means), 2, 6))
    scores = contributions.reshape(len(means), 2, 2, 3).mean(axis=3)
    if sound is None:
        sound = np.ones((len(means), 2), bool)
        sound[0, 0] = False  # the one that failed
    found = Compared(
        factor, CONTEXTS, scores, contributions, 0.5, sound, ("non-finite loss",), 1, divisions
    )
    return FactorComparison(found, repeats=2, rope=0.01).to_json()


@pytest.fixture(scope="module")
def one():
    return compared([0.6, 0.8, 0.799], noise=0.004)


def content(*entries):
    return {
        "comparison": list(entries),
        "objective": {"metric": "minority_f1"},
        "evaluation": {"rope": 0.01},
    }


def test_values_stand_in_order_with_the_lead_of_the_best(one):
    rows = comparison_rows(one)
    assert [row["name"] for row in rows] == ["elu", "swish", "relu"]
    assert rows[0]["ahead"] is None
    for row in rows[1:]:
        ahead = row["ahead"]
        assert ahead["difference"] == pytest.approx(rows[0]["mean"] - row["mean"])
        low, high = ahead["ci95"]
        assert (low + high) / 2 == pytest.approx(ahead["difference"])
        assert ahead["better"] > ahead["worse"]
    assert rows[2]["ahead"]["verdict"] == "better"
    # The pair itself is told from the side of the value that comes first in the study.
    assert one["pairs"][0]["verdict"] == "worse"


def test_contexts_that_tell_nothing_are_left_out():
    sound = np.array([[True, False], [True, False], [False, False]])
    told = compared([0.6, 0.8, 0.79], sound=sound)
    assert told["left_out"] == [1]
    assert told["collapsed"] == 3  # one of the four that are not sound failed
    notes = comparison_notes(told)
    assert notes[-2:] == [
        "3 of 6 configurations collapsed: they say the same of every row, and count with the score "
        "of that",
        "1 context left out, in which no value was trained to anything",
    ]
    means = {row["value"]: row["mean"] for row in told["values"]}
    assert means == {row["value"]: pytest.approx(row["by_context"][0]) for row in told["values"]}


def test_nothing_is_said_where_nothing_was_trained():
    told = compared([0.2, 0.2], levels=(("relu", "elu"),), noise=0, sound=np.zeros((2, 2), bool))
    assert told["verdict"].startswith("nothing can be said: every network failed, or says the same")
    assert (told["pairs"], told["left_out"]) == ([], [0, 1])
    assert [row["ahead"] for row in comparison_rows(told)] == [None, None]
    console = Console(file=io.StringIO(), width=80)
    print_comparisons(console, content(told))
    assert "nothing can be said" in page(told).lower()


def test_repeats_that_divide_alike_are_told_and_promise_nothing():
    told = compared([0.7, 0.74], levels=(("relu", "elu"),), noise=0.05, divisions=1)
    assert "divided 2 times in 1 way, else with other seeds only" in comparison_notes(told)[0]
    assert told["pairs"][0]["more_repeats"] is None
    # Nor does an official validation part, of which there is one however often it is trained for.
    factor, ones = Factor(("a",), ((1, 2),)), np.ones((2, 4), bool)
    few = np.array([0.0, 0.005])[:, None, None] + np.random.default_rng(0).normal(
        0, 0.01, (2, 4, 5)
    )
    for divisible in (True, False):
        known = Compared(factor, ({},) * 4, few, few, 0.01, ones, divisible=divisible)
        comparison = FactorComparison(known, repeats=1, rope=0.001)
        assert (comparison.to_json()["pairs"][0]["more_repeats"] is not None) == divisible


def test_intervals_stay_where_differences_can_be():
    told = compared([0.1, 0.9], levels=(("relu", "elu"),), noise=3.0)
    assert told["pairs"][0]["ci95"] == [-1.0, 1.0]


@pytest.mark.parametrize("width", [60, 80])
def test_nothing_is_cut_in_a_narrow_terminal(one, width):
    console = Console(file=io.StringIO(), width=width)
    print_comparisons(console, content(one))
    assert "…" not in console.file.getvalue()


def test_the_terminal_has_a_table_and_says_how_it_was_measured(one):
    console = Console(file=io.StringIO(), width=100)
    print_comparisons(console, content(one))
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    assert lines[1].split() == ["activation", "mean", "behind", "95", "%", "CI", "P", "verdict"]
    assert lines[4].startswith("relu ")
    assert lines[4].endswith("  better")
    assert lines[5:] == comparison_notes(one)
    assert lines[-1] == (
        "1 of 6 configurations could not be trained and count as 0: non-finite loss"
    )
    assert verdict_lines(content(one)) == [f"verdict on activation: {one['verdict']}"]
    print_comparisons(console, content())
    assert verdict_lines(content()) == []


def page(*entries):
    template = environment().get_template("mattered.html")
    shown = [compared_part(entry, at) for at, entry in enumerate(entries)]
    own = {"comparisons": shown, "verdicts": VERDICTS}
    return template.render(content=content(*entries), own=own)


def test_the_page_has_verdict_picture_and_what_each_context_said(one):
    text = page(one)
    assert one["verdict"][1:] in text.replace("&#39;", "'")
    assert '<svg class="picture" role="img" aria-label="Mean ranks' in text
    # What one context has and another has not differs too.
    assert context_places(one) == ["model.layers", "training.batch_size"]
    assert '<tr><th scope="row" class="n">1</th><td>2</td><td>32</td>' in text
    assert '<tr><th scope="row" class="n">2</th><td>3</td><td></td>' in text


def test_one_context_is_shown_as_it_is():
    assert context_places({"contexts": [{"model.layers": 2}]}) == ["model.layers"]


def test_values_that_read_alike_are_two():
    told = compared([0.6, 0.8], ("training.learning_rate",), ((0.1234567, 0.1234568),))
    [axes] = critical_difference(told).axes
    assert len(axes.texts) == 2


def test_two_places_are_told_together():
    names, levels = ("model.activation", "model.layers"), (("relu", "elu"), (2, 3))
    both = compared([0.6, 0.7, 0.7, 0.9], names, levels, noise=0.002)
    text = page(both)
    assert "activation × model.layers" in text
    assert "elu with 3" in text
    assert "What two values do together" in text
    assert both["verdict"].startswith("they depend on each other: ")


@pytest.mark.parametrize("means", [[0.7, 0.7], [0.9, 0.5, 0.1], np.linspace(0.1, 0.9, 12)])
def test_every_value_and_bar_is_in_the_picture(means):
    names = tuple(f"value{number}" for number in range(len(means)))
    told = compared(means, levels=(names,), noise=0.05)
    [axes] = critical_difference(told).axes
    shown = {text.get_text().split(" ")[0] for text in axes.texts}
    assert shown == set(names)
    bars = [line for line in axes.lines if line.get_linewidth() == 4]
    assert len(bars) == len(told["not_told_apart"])
    low = axes.get_ylim()[0]
    assert all(text.get_position()[1] > low for text in axes.texts)
