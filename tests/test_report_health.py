"""What the report says of training health: numbers by hand, lines only where they say something."""

import pytest

from tuner.report.health import collapsed_line, health_section, health_warnings
from tuner.report.winner_health import winner_health
from tuner.search.records import TrialRecord


def health(dead, ratio, share=0.5, collapsed=False, layers=0, saturated=0.0):
    return {
        "health": {
            "collapsed": collapsed,
            "collapsed_networks": 0,
            "dead_layers": layers,
            "dead_units": dead,
            "saturated_units": saturated,
            "first_to_last": ratio,
            "minority_gradient": share,
            "start": {},
        }
    }


RELU, ELU = {"model.activation": "relu"}, {"model.activation": "elu"}
RECORDS = [
    TrialRecord(0, "finished", RELU, 0.5, "", health(0.25, 1.0, 0.25, layers=2, saturated=0.5)),
    TrialRecord(1, "finished", RELU, 0.04, "", health(0.75, 100.0, 0.5, collapsed=True, layers=1)),
    TrialRecord(2, "stopped", RELU, None, "collapsed", health(None, 3.0, None)),
    TrialRecord(3, "failed", RELU, None, "non-finite loss in epoch 1", {"seconds": 1.0}),
    TrialRecord(4, "failed", ELU, None, "non-finite loss in epoch 1", {"seconds": 1.0}),
    TrialRecord(5, "running", ELU),
]


def test_a_stopped_trial_counts_as_collapsed_though_not_all_its_networks_did():
    assert [record.collapsed for record in RECORDS] == [False, True, True, *[False] * 3]


def test_health_is_told_by_activation():
    assert health_section(RECORDS, ["elu", "relu"]) == {
        "collapsed": {"relu": 2},
        "by_activation": [
            {
                "activation": "elu",
                "trials": 1,
                "collapsed": 0,
                "dead_units": None,
                "dead_layers": None,
                "saturated_units": None,
                "first_to_last": None,
                "minority_gradient": None,
            },
            {
                "activation": "relu",
                "trials": 4,
                "collapsed": 2,
                "dead_units": 0.5,  # of the two trials that have it
                "dead_layers": 1.0,
                "saturated_units": pytest.approx(0.5 / 3),
                "first_to_last": 3.0,
                "minority_gradient": 0.375,
            },
        ],
    }


def test_the_only_activation_need_not_be_among_the_searched_values():
    records = [TrialRecord(0, "finished", {}, 0.5, "", health(0.25, 1.0))]
    [row] = health_section(records, ["selu"])["by_activation"]
    assert (row["activation"], row["trials"], row["dead_units"]) == ("selu", 1, 0.25)


def test_collapsed_trials_are_one_line_and_without_any_there_is_none():
    rows = [
        {"activation": "relu", "trials": 10},
        {"activation": "elu", "trials": 4},
        {"activation": "selu", "trials": 3},
    ]
    line = collapsed_line({"collapsed": {"relu": 3, "elu": 1}, "by_activation": rows})
    assert line == "collapsed: 3 of 10 trials with relu, 1 of 4 with elu"
    assert collapsed_line({"collapsed": {}, "by_activation": rows}) == ""


def ledgers(*collapsed):
    return [{"start": {}, "end": {"collapsed": value}} for value in collapsed]


def test_a_winner_that_collapsed_is_warned_of():
    records = [
        TrialRecord(0, "finished", {}, 0.04, "", health(0.0, 1.0, collapsed=True)),
        TrialRecord(1, "stopped", {}, None, "collapsed", health(0.0, 1.0)),
    ]
    [warning] = health_warnings(records, {"trial": 0, "health": []})
    assert warning.startswith("every finished trial collapsed: ")
    assert "the score is that of calling all rows one class; lower training.learning" in warning


def test_a_winner_that_collapsed_where_others_did_not_is_not_said_to_be_all():
    [warning] = health_warnings(RECORDS, {"trial": 1, "health": []})
    assert warning.startswith("trial 1, the winner, collapsed: ")
    assert warning.endswith("the score is that of calling all rows one class")


def test_networks_of_the_winner_that_say_the_same_of_every_row_are_warned_of():
    best = {"trial": 0, "health": ledgers(True, False, True)}
    [warning] = health_warnings(RECORDS, best)
    assert warning.startswith("of the winner's networks, 2 of 3 say the same of every row")


def test_a_sound_winner_and_no_winner_need_no_warning():
    assert list(health_warnings(RECORDS, {"trial": 0, "health": ledgers(False, False)})) == []
    assert list(health_warnings(RECORDS, {"trial": 0, "health": []})) == []
    assert list(health_warnings(RECORDS, None)) == []


def network(dead, norms, share):
    return {
        "layers": [
            {"dead": dead, "saturated": 0.0, "mean": 1.0, "spread": None},
            {"dead": 2 * dead, "saturated": 0.5, "mean": -1.0, "spread": 2.0},
        ],
        "gradient_norms": norms,
        "first_to_last": norms[0] / norms[-1],
        "minority_gradient": share,
        "collapsed": False,
    }


def test_the_winners_networks_are_taken_together_layer_by_layer():
    found = winner_health(
        [
            {"start": network(0.0, [1.0, 2.0], 0.5), "end": network(0.25, [4.0, 2.0], 0.25)},
            {"start": network(0.5, [3.0, 2.0], 0.7), "end": network(0.25, [6.0, 2.0], 0.75)},
        ]
    )
    assert found["networks"] == 2
    first, second = found["layers"]
    assert first["start"] == {"dead": 0.25, "saturated": 0.0, "mean": 1.0, "spread": None}
    assert second["end"] == {"dead": 0.5, "saturated": 0.5, "mean": -1.0, "spread": 2.0}
    assert found["gradients"] == [{"start": 2.0, "end": 5.0}, {"start": 2.0, "end": 2.0}]
    assert found["first_to_last"] == {"start": 1.0, "end": 2.5}
    assert found["minority_gradient"] == {"start": pytest.approx(0.6), "end": 0.5}
