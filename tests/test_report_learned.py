"""Learned slopes and betas of all networks, place by place."""

from tuner.report.learned import learned_lines, learned_places


def layer(name, mean, low, high, count=2, kind="prelu slope"):
    return {
        "layer": name,
        "kind": kind,
        "count": count,
        "mean": mean,
        "min": low,
        "max": high,
        "values": [low, high],
    }


LEARNED = [
    layer("fold_0/p_re_lu", 0.25, 0.0, 0.5),
    layer("fold_0/swish_beta", 1.0, 1.0, 1.0, count=1, kind="swish beta"),
    layer("fold_1/p_re_lu", 0.75, -0.5, 2.0),
    layer("fold_1/swish_beta", 2.0, 2.0, 2.0, count=1, kind="swish beta"),
]


def test_layers_at_one_place_in_several_networks_are_taken_together():
    first, second = learned_places(LEARNED)
    assert first == {
        "layer": "p_re_lu",
        "kind": "prelu slope",
        "networks": 2,
        "count": 2,
        "mean": 0.5,
        "min": -0.5,
        "max": 2.0,
    }
    assert (second["layer"], second["mean"], second["min"], second["max"]) == (
        "swish_beta",
        1.5,
        1.0,
        2.0,
    )


def test_the_mean_goes_by_the_number_of_values():
    [place] = learned_places([layer("fold_0/a", 0.0, 0, 0, 3), layer("fold_1/a", 1.0, 1, 1, 1)])
    assert place["mean"] == 0.25


def test_each_place_is_a_line():
    assert learned_lines(LEARNED) == [
        "learned: prelu slope, p_re_lu: mean 0.5, -0.5 to 2, 2 values in each of 2 networks",
        "learned: swish beta, swish_beta: mean 1.5, 1 to 2, 1 value in each of 2 networks",
    ]


def test_of_one_network_the_values_are_counted_alone():
    assert learned_lines(LEARNED[:1]) == [
        "learned: prelu slope, p_re_lu: mean 0.25, 0 to 0.5, 2 values"
    ]


def test_there_are_six_lines_at_most_and_one_that_says_what_is_left_out():
    deep = [layer(f"fold_0/p_re_lu_{place}", 0.25, 0.0, 0.5) for place in range(8)]
    lines = learned_lines(deep)
    assert len(lines) == 7
    assert lines[-1] == "learned: 2 more layers, in results.json"
    assert learned_lines(deep[:7])[-1] == "learned: 1 more layer, in results.json"
    assert len(learned_lines(deep[:6])) == 6


def test_where_nothing_was_learned_there_is_no_line():
    assert learned_lines([]) == []
