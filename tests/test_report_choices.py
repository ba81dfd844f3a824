"""Which entries did best: counts and scores by hand, and how a terminal shows them."""

import io

import pytest
from rich.console import Console

from tuner.report.choices import choices, default_section, searched_places
from tuner.report.rankings import default_line, print_leaders, print_rankings, ranking_note
from tuner.search.records import TrialRecord
from tuner.study import Study

COLLAPSED = {"health": {"collapsed": True}}
RECORDS = [
    TrialRecord(0, "finished", {"model.activation": "relu", "imbalance.loss": "focal"}, 0.5),
    TrialRecord(1, "finished", {"model.activation": "relu", "imbalance.loss": "ldam"}, 0.8),
    TrialRecord(2, "finished", {"model.activation": "relu", "imbalance.loss": "ldam"}, 0.6),
    TrialRecord(
        3, "finished", {"model.activation": "elu", "imbalance.loss": "ldam"}, 0.9, "", COLLAPSED
    ),
    TrialRecord(
        4, "stopped", {"model.activation": "elu", "imbalance.loss": "focal"}, None, "collapsed"
    ),
    TrialRecord(5, "failed", {"model.activation": "selu", "imbalance.loss": "focal"}, None, "x"),
    TrialRecord(6, "finished", {"model.activation": "swish", "imbalance.loss": "focal"}, 0.8),
    TrialRecord(7, "running", {"model.activation": "relu", "imbalance.loss": "focal"}),
]
PLACES = {"model.activation": ("relu", "elu", "selu", "swish", "gelu")}


def study(**sections):
    return Study.model_validate(
        {"name": "example", "data": {"csv": "data.csv", "target": "label"}, **sections}
    )


def row(value, trials, finished, failed, stopped, collapsed, best, middle, best_trial, over=None):
    return {
        "value": value,
        "trials": trials,
        "finished": finished,
        "failed": failed,
        "stopped": stopped,
        "collapsed": collapsed,
        "best": best,
        "median": middle,
        "best_trial": best_trial,
        "over_default": over,
        "over_random": None,
    }


def test_entries_are_ranked_by_their_best_score_and_ties_keep_the_order_of_the_study():
    assert choices(RECORDS, PLACES) == {
        "model.activation": [
            row("relu", 3, 3, 0, 0, 0, 0.8, 0.6, 1),
            row("swish", 1, 1, 0, 0, 0, 0.8, 0.8, 6),
            row("elu", 2, 1, 0, 1, 2, None, None, None),
            row("selu", 1, 0, 1, 0, 0, None, None, None),
            row("gelu", 0, 0, 0, 0, 0, None, None, None),
        ]
    }


def test_what_an_option_bought_is_its_best_score_over_that_of_the_default_configuration():
    ranked = choices(RECORDS, PLACES, 0.75)["model.activation"]
    over = {row["value"]: row["over_default"] for row in ranked}
    assert over["relu"] == over["swish"] == pytest.approx(0.05)
    assert (over["elu"], over["selu"], over["gelu"]) == (None, None, None)


def test_of_equal_scores_the_earliest_trial_is_named():
    records = [TrialRecord(n, "finished", {"imbalance.loss": "ldam"}, 0.5) for n in (2, 5, 9)]
    [ranked] = choices(records, {"imbalance.loss": ("ldam",)})["imbalance.loss"]
    assert (ranked["best"], ranked["median"], ranked["best_trial"]) == (0.5, 0.5, 2)


def test_a_score_of_zero_ranks_before_no_score():
    records = [TrialRecord(0, "finished", {"imbalance.loss": "ldam"}, 0.0)]
    ranked = choices(records, {"imbalance.loss": ("focal", "ldam")})["imbalance.loss"]
    assert [entry["value"] for entry in ranked] == ["ldam", "focal"]


def test_places_with_one_entry_are_no_choice():
    assert searched_places(study()) == {}


def test_places_with_several_entries_are_choices_in_the_order_of_the_study():
    several = study(
        model={"activation": ["selu", "relu"]},
        imbalance={"class_weight": ["balanced", "none"], "resampling": ["none", "smote"]},
    )
    assert searched_places(several) == {
        "model.activation": ("selu", "relu"),
        "imbalance.class_weight": ("balanced", "none"),
        "imbalance.resampling": ("none", "smote"),
    }


def test_a_choice_of_numbers_that_every_trial_has_is_a_choice_too():
    several = study(
        model={
            "units": {"choice": [8, 16]},
            "activation": ["relu", {"prelu": {"alpha_initializer": {"choice": [0.0, 0.25]}}}],
        }
    )
    assert searched_places(several) == {
        "model.activation": ("relu", "prelu"),
        "model.units": (8, 16),
    }


DEFAULT = {"model.units": 8, "model.activation": "relu", "training.learning_rate": 1e-3}


@pytest.mark.parametrize(
    ("state", "score", "outcome"),
    [("finished", 0.5, {}), ("finished", 0.25, COLLAPSED), ("failed", None, {})],
)
def test_the_trial_that_had_the_default_of_every_place_is_found(state, score, outcome):
    asked = study(
        model={"units": {"choice": [8, 16]}, "activation": ["relu", {"elu": {"alpha": 0.5}}]},
        training={"learning_rate": {"float": [1e-3, 1e-2], "log": True}},
    )
    records = [
        TrialRecord(0, "finished", {**DEFAULT, "model.units": 16}, 0.75),
        TrialRecord(1, "running", DEFAULT),
        TrialRecord(2, state, DEFAULT, score, "", outcome),
        TrialRecord(3, "finished", DEFAULT, 0.875),
    ]
    found = {"trial": 2, "score": score, "collapsed": bool(outcome)}
    assert default_section(asked, records[::-1]) == found
    assert default_section(asked, records[:2]) is None
    assert default_section(asked, []) is None


def test_strategies_are_one_choice_and_their_parts_are_none():
    both = {"resampling": "smote", "class_weight": "balanced"}
    strategies = ["none", {"loss": "focal"}, both]
    assert searched_places(study(imbalance={"strategies": strategies})) == {
        "imbalance.strategy": ("none", "loss=focal", "class_weight=balanced + resampling=smote")
    }


def printed(print_what, *arguments):
    console = Console(file=io.StringIO(), width=100, markup=False, highlight=False)
    print_what(console, *arguments)
    return console.file.getvalue()


def test_strategies_and_activations_are_ranked_in_the_terminal_and_nothing_else():
    rows = choices(RECORDS, {**PLACES, "imbalance.loss": ("focal", "ldam")})
    rows["imbalance.strategy"] = [row("loss=focal", 3, 3, 0, 0, 0, 0.75, 0.5, 1)]
    lines = [line.split() for line in printed(print_rankings, rows).splitlines()]
    assert lines[:3] == [
        ["strategy", "trials", "best", "median"],
        ["loss=focal", "3", "0.750", "0.500"],
        [],
    ]
    assert lines[3:6] == [
        ["activation", "trials", "best", "median", "collapsed"],
        ["relu", "3", "0.800", "0.600", "0"],
        ["swish", "1", "0.800", "0.800", "0"],
    ]
    assert ["elu", "2", "–", "–", "2"] in lines
    assert not any(line[:1] == ["ldam"] for line in lines)
    assert printed(print_rankings, rows).rstrip().endswith("no test of a difference")


def test_what_options_bought_over_the_default_is_a_column_where_it_is_known():
    default = {"trial": 0, "score": 0.75, "collapsed": True}
    rows = choices(RECORDS, PLACES, default["score"])
    lines = [line.split() for line in printed(print_rankings, rows, default).splitlines()]
    assert lines[0] == ["activation", "trials", "best", "over", "default", "median", "collapsed"]
    assert lines[1] == ["relu", "3", "0.800", "+0.050", "0.600", "0"]
    assert ["gelu", "0", "–", "–", "–", "0"] in lines
    told = (
        "over default: more than trial 0, the default of every place, which has 0.750 (collapsed)"
    )
    assert " ".join(lines[7]) == told


def test_a_column_that_is_not_there_is_not_explained():
    records = [TrialRecord(0, "finished", {"model.activation": "relu"}, 0.75)]
    rows = choices(records, PLACES, 0.75)
    told = printed(print_rankings, rows, {"trial": 0, "score": 0.75, "collapsed": False})
    assert told.splitlines()[0].split() == ["activation", "trials", "best", "median"]
    assert "default" not in told


@pytest.mark.parametrize("default", [None, {"trial": 0, "score": None, "collapsed": False}])
def test_a_default_configuration_without_a_score_is_not_compared_with(default):
    assert default_line(default) == ""
    assert "default" not in printed(print_rankings, choices(RECORDS, PLACES), default)


@pytest.mark.parametrize("path", ["imbalance.loss", "imbalance.class_weight"])
def test_without_strategies_and_activations_no_ranking_is_printed(path):
    assert printed(print_rankings, {path: [row("a", 3, 3, 0, 0, 0, 0.75, 0.5, 1)]}) == ""
    assert printed(print_rankings, {}) == ""


def test_the_note_says_that_trials_differ_only_where_they_do():
    equal = [{"trials": 3}, {"trials": 3}]
    assert ranking_note([equal]).startswith("trials differ by chance")
    assert ranking_note([equal, [{"trials": 3}, {"trials": 2}]]).startswith("trials per value diff")


def leaders(*searched):
    return {
        "objective": {"metric": "mcc"},
        "confirmation": None,
        "best": {"trial": 7, "test": None},
        "leaders": [
            {"trial": 7 - place, "score": 0.5, "collapsed": place > 0, "searched": values}
            for place, values in enumerate(searched)
        ],
    }


def test_leaders_show_every_place_that_was_searched():
    content = leaders(
        {
            "imbalance.resampling": "smote",
            "imbalance.resampling.smote.ratio": 0.3,
            "imbalance.loss": "focal",
            "imbalance.class_weight": "none",
            "model.activation": "elu",
            "training.learning_rate": 0.1,
        }
    )
    head, first = printed(print_leaders, content).splitlines()
    columns = ["trial", "validation", "mcc", "activation", "class", "weight", "loss", "resampling"]
    assert head.split() == columns
    assert first.split() == ["7", "0.500", "elu", "none", "focal", "smote"]


@pytest.mark.parametrize(("trial", "rows"), [(6, 2), (2, 3)])
def test_the_winner_is_marked_among_the_leaders_and_follows_them_if_it_is_none(trial, rows):
    content = leaders({"model.activation": "elu"}, {"model.activation": "relu"})
    best = {"trial": trial, "test": {"mcc": 0.2}, "validation": {"mcc": 0.25}}
    content["best"] = {**best, "searched": {"model.activation": "selu"}}
    _, *lines = printed(print_leaders, content).splitlines()
    assert len(lines) == rows
    [won] = [line for line in lines if line.endswith("  yes")]
    assert won.split()[0] == str(trial)
    assert lines[-1] == won
    assert ("selu" in won) == (rows == 3)


def test_leaders_show_the_strategy_and_mark_what_collapsed():
    strategy = {"imbalance.strategy": "loss=focal"}
    head, first, second = printed(print_leaders, leaders(strategy, strategy)).splitlines()
    assert head.split() == ["trial", "validation", "mcc", "strategy"]
    assert first.split() == ["7", "0.500", "loss=focal"]
    assert second.split() == ["6", "0.500", "(collapsed)", "loss=focal"]
