"""What is told of the importance of places, in results, terminal and page."""

import io

import pytest
from rich.console import Console

from tuner.evaluate.importance import RESAMPLES
from tuner.report.importance import (
    importance_lines,
    of_trials,
    print_importance,
)
from tuner.report.importance_section import importance_section
from tuner.report.pictures.bars import importance_bars
from tuner.search.records import TrialRecord
from tuner.study import Study


def study(**sections):
    return Study.model_validate(
        {"name": "example", "data": {"csv": "data.csv", "target": "label"}, **sections}
    )


SEARCHED = study(
    seed=3, model={"units": {"choice": [8, 16]}, "layers": {"int": [1, 3]}, "activation": "relu"}
)
RECORDS = [
    TrialRecord(
        n, "finished", {"model.units": (8, 16)[n % 2], "model.layers": 1 + n % 3}, 0.1 * (n % 3)
    )
    for n in range(30)
]


def row(place, share, chance, entry=""):
    return {
        "place": place,
        "share": share,
        "low": share / 2,
        "high": share,
        "chance": chance,
        "trials": 40,
        "parent": "model.activation" if entry else "",
        "entry": entry,
    }


def section(*rows, reason="", left_out=None):
    return {
        "resamples": RESAMPLES,
        "places": rows,
        "trials": 60,
        "reason": reason,
        "left_out": left_out or {},
    }


TOLD = section(
    row("training.learning_rate", 0.75, 0.125),
    row("model.units", 0.25, 0.375),
    row("model.activation.elu.alpha", 0.5, 0.25, "elu"),
)


def printed(told):
    console = Console(file=io.StringIO(), width=100, markup=False, highlight=False)
    print_importance(console, told)
    return console.file.getvalue()


def test_the_section_holds_what_each_place_explains():
    found = importance_section(SEARCHED, RECORDS)
    assert set(found) == {"resamples", "places", "trials", "reason", "left_out"}
    assert (found["resamples"], found["trials"], found["reason"], found["left_out"]) == (
        RESAMPLES, 30, "", {},
    )  # fmt: skip
    layers, units = found["places"]
    assert set(layers) == set(row("", 0, 0))
    assert (layers["place"], units["place"]) == ("model.layers", "model.units")
    assert layers["share"] + units["share"] == pytest.approx(1)


def test_where_nothing_is_searched_there_is_no_section():
    assert importance_section(study(), RECORDS) is None
    assert printed(None) == ""


def test_few_trials_are_said_instead_of_numbers():
    found = importance_section(SEARCHED, RECORDS[:12])
    assert found["places"] == []
    assert printed(found).rstrip() == (
        "importance of places: not told, it takes 20 trials with a score that did not collapse; "
        "there are 12"
    )


def test_no_trial_at_all_is_said_as_well():
    assert "there are 0" in printed(importance_section(SEARCHED, []))


def test_the_table_has_shares_spread_and_chance_and_the_line_what_is_above_it():
    lines = printed(TOLD).splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["importance", "share", "5–95", "%", "by", "chance"],
        ["training.learning_rate", "0.75", "0.38–0.75", "0.12"],
        ["model.units", "0.25", "0.12–0.25", "0.38"],
    ]
    assert "model.activation.elu.alpha, of 40 trials with elu" in lines[3]
    assert "of the scores of 60 trials (fANOVA)" in lines[4]
    assert lines[5] == "above chance: training.learning_rate, model.activation.elu.alpha"


def test_when_no_place_is_above_chance_that_is_said():
    assert (
        importance_lines(section(row("model.units", 1.0, 1.25)))[-1] == "no place is above chance"
    )


def test_a_terminal_lists_the_first_places_only_and_a_page_all():
    many = section(*(row(f"model.place_{number}", 0.1, 0.2) for number in range(12)))
    assert printed(many).count("model.place_") == 8
    assert printed(many).splitlines()[9] == "4 more in report.html"


def test_only_a_parameter_of_an_entry_is_said_to_be_of_some_trials():
    assert of_trials(row("model.units", 0.5, 0.25)) == ""
    assert of_trials(row("a", 0.5, 0.25, "elu")) == ", of 40 trials with elu"


def test_the_picture_has_a_bar_for_each_place_the_first_on_top_and_grey_below_chance():
    [axes] = importance_bars(TOLD["places"]).axes
    assert [bar.get_width() for bar in axes.patches] == [0.75, 0.25, 0.5]
    first, second, third = (bar.get_facecolor() for bar in axes.patches)
    assert first == third != second
    low, high = axes.get_ylim()
    assert low > high
