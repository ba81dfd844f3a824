"""The pictures of a page: the same each time, in the page's colours, saying what they show."""

import html
import re

import numpy as np
import pytest
from report_kinds import SPACES, learning, many

from tuner.metrics.reliability_bins import reliability_bins
from tuner.report.curves import curves_of_test
from tuner.report.pictures.bars import learned_ranges, scores_with_intervals, shortened
from tuner.report.pictures.decision import precision_recall, probability_histogram
from tuner.report.pictures.learning import learning_curves
from tuner.report.pictures.parallel import axes_of, parallel_coordinates, score_steps
from tuner.report.pictures.search import scores_by_option
from tuner.report.pictures.style import COLOURS
from tuner.report.pictures.svg import svg
from tuner.search.records import TrialRecord

ROWS = [("a $x$ <b>", 0.75, (0.5, 0.875), True), ("b", 0.5, (0.25, 0.75), False)]


def test_equal_pictures_are_equal_texts_in_the_colours_of_the_page():
    first, second = (svg(scores_with_intervals(ROWS), "runs", 'a "told" <one>') for _ in range(2))
    assert first == second
    assert 'role="img" aria-label="a &#34;told&#34; &lt;one&gt;"' in first
    assert set(re.findall(r"#[0-9a-f]{6}\b", first)) <= {"#000000", "#ffffff"}
    assert set(re.findall(r"var\(--([a-z0-9-]+)\)", first)) <= {*COLOURS.values()}
    assert "<style" not in first
    assert "metadata" not in first
    assert "font-family" not in first


def test_names_are_letters_and_no_formulas():
    text = svg(scores_with_intervals(ROWS), "runs", "told")
    assert "a $x$ &lt;b&gt;" in text


def test_what_a_picture_defines_is_named_after_it():
    drawn = svg(scores_with_intervals(ROWS), "runs", "told")
    defined = re.findall(r'\bid="([^"]+)"', drawn)
    assert defined
    assert all(name.startswith("runs-") for name in defined)
    used = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', drawn)
    assert {one or other for one, other in used} == set(defined)


@pytest.mark.parametrize(
    "name",
    [
        "col #1f6a94",
        'see id="abc" x',
        'href="#abc"',
        "url(#abc) font: 9px 'x'",
        'd="0.12345"',
        "癌",
    ],
)
def test_names_that_look_like_parts_of_a_picture_are_shown_as_they_are(name):
    told = svg(scores_with_intervals([(name, 0.5, (0.25, 0.75), False)]), "runs", "told")
    shown = [html.unescape(one) for one in re.findall(r"<text[^>]*>([^<]*)</text>", told)]
    assert [one for one in shown if not one.startswith(("0.", "1.", "test"))] == [name]


def test_the_style_of_the_calling_program_has_no_say():
    import matplotlib

    plain = svg(scores_with_intervals(ROWS), "runs", "told")
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "svg.fonttype": "path"}):
        assert svg(scores_with_intervals(ROWS), "runs", "told") == plain
        assert matplotlib.rcParams["font.size"] == 20


def test_the_curve_of_many_rows_is_short_and_says_the_same():
    rng = np.random.default_rng(0)
    actual = rng.random(200_000) < 0.05
    minority = np.clip(rng.normal(actual * 0.4 + 0.3, 0.15), 0, 1)
    told = curves_of_test(actual, minority, {"as_trained": minority}, actual)
    recall, precision = (np.array(told["curve"][name]) for name in ("recall", "precision"))
    assert len(recall) < 2000
    assert told["chance"] == pytest.approx(actual.mean())
    area = -np.sum(np.diff(recall) * precision[:-1])
    from sklearn.metrics import average_precision_score

    assert area == pytest.approx(average_precision_score(actual, minority), abs=0.005)
    counts = told["histogram"]
    assert sum(counts["minority"]) == actual.sum()
    assert sum(counts["others"]) == (~actual).sum()
    bins = reliability_bins(actual, minority)
    assert [one["found"] for one in told["reliability"]["as_trained"]] == [b.found for b in bins]


def test_the_threshold_lies_on_a_line_of_equal_f1():
    test = {"minority_f1": 0.5, "recall": 0.5, "precision": 0.5}
    best = {"threshold": 0.25, "test": test}
    [axes] = precision_recall({"recall": [1, 0], "precision": [0.1, 1]}, 0.1, best).axes
    equal, curve, _, dot = axes.lines
    recall, precision = equal.get_xydata().T
    assert 2 * recall * precision / (recall + precision) == pytest.approx(np.full(60, 0.5))
    assert curve.get_xydata().tolist() == [[1, 0.1], [0, 1]]
    assert dot.get_xydata().tolist() == [[0.5, 0.5]]
    nothing = {"threshold": 0.25, "test": dict.fromkeys(test, 0.0)}
    [axes] = precision_recall({"recall": [1, 0], "precision": [0.1, 1]}, 0.1, nothing).axes
    assert len(axes.lines) == 3


def test_each_class_is_drawn_in_percent_of_itself():
    counts = {"minority": [0, 3, 1], "others": [90, 10, 0]}
    [axes] = probability_histogram(counts, "ill", 0.4).axes
    others, minority = axes.patches
    assert others.get_data().values.tolist() == [90, 10, 0]
    assert minority.get_data().values.tolist() == [0, 75, 25]


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("_ill", "‘_ill’"),
        ("a" * 39, f"‘{'a' * 17}…’"),
        ("癌" * 10, f"‘{'癌' * 8}…’"),
        ("$x$", "‘$x$’"),
    ],
)
def test_the_minority_stands_in_the_legend_whatever_it_is_called(name, told):
    figure = probability_histogram({"minority": [0, 3], "others": [9, 1]}, name, 0.4)
    [legend] = figure.legends
    assert [one.get_text() for one in legend.get_texts()] == ["all others", told, "threshold"]
    assert html.escape(told) in svg(figure, "spread", "told")
    assert legend.get_window_extent().width < figure.bbox.width


def test_places_are_axes_in_the_order_of_the_study_with_values_where_they_lie():
    records = many(60)
    axes = {axis.name: axis for axis in axes_of(SPACES, records)}
    assert list(axes) == list(SPACES)
    assert axes["model.layers"].marks == ((0.0, "2"), (1.0, "5"))
    rate = axes["training.learning_rate"]
    assert rate.at(3e-4) == 0
    assert rate.at(float(np.sqrt(3e-4 * 1e-2))) == pytest.approx(0.5)
    units = axes["model.units"]
    assert [units.at(value) for value in (32, 64, 128)] == [0, 0.5, 1]
    assert [text for _, text in units.marks] == ["32", "64", "128"]


def test_booleans_are_not_the_numbers_that_they_equal():
    one, other = ({"a": value} for value in (True, 1))
    records = [TrialRecord(0, "finished", one, 0.5), TrialRecord(1, "finished", other, 0.5)]
    [axis] = axes_of({"a": {"space": {"choice": [True]}}}, records)
    assert [text for _, text in axis.marks] == ["true", "1"]
    assert axis.at(True) != axis.at(1)


def test_a_line_goes_through_all_values_and_beside_those_that_are_not_used():
    records = many(12)
    axes = axes_of(SPACES, records)
    [drawn] = parallel_coordinates(axes, records, "minority_f1", records[3].number).axes
    thick = max(drawn.lines, key=lambda line: line.get_linewidth())
    places = thick.get_xdata()[:-1]
    for axis, at in zip(axes, places, strict=False):
        value = records[3].values.get(axis.name)
        assert at == (1.07 if value is None else axis.at(value))
    points = sum(len(line.get_xdata()) for line in drawn.lines if line.get_linewidth() < 1)
    assert points == len(records) * (len(axes) + 2)


def test_scores_have_five_colours_from_the_worst_to_the_best():
    assert score_steps([0.0, 0.1, 0.5, 0.9, 1.0]) == [0, 0, 2, 4, 4]
    assert score_steps([0.5, 0.5]) == [0, 0]


def test_learning_curves_mark_the_epoch_that_was_kept():
    above, below = learning_curves(learning(2), 1).axes
    for axes in (above, below):
        dots = [line for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata())]
        assert [line.get_xdata()[0] for line in dots] == [7, 7, 7]


def test_options_stand_in_their_order_with_the_median():
    [axes] = scores_by_option({"elu": [0.5, 0.75, 0.25], "relu": [0.5]}, "minority_f1").axes
    dots, median, *_ = axes.lines
    assert sorted(dots.get_xdata()) == [0.25, 0.5, 0.75]
    assert list(median.get_xdata()) == [0.5, 0.5]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["elu", "relu"]


def test_learned_values_go_from_the_smallest_to_the_largest():
    place = {"layer": "p_re_lu", "min": -0.5, "max": 0.75, "mean": 0.25}
    [axes] = learned_ranges([place]).axes
    [[[start, end]]] = [[[a[0], b[0]] for a, b in axes.collections[0].get_segments()]]
    assert (start, end) == (-0.5, 0.75)


def test_long_names_keep_their_end():
    assert shortened("model.units") == "model.units"
    short = shortened("imbalance.class_weight.effective_number.beta")
    assert short == "…effective_number.beta"
    assert shortened("x" * 40) == "…" + "x" * 26
    assert html.escape(short) == short


def test_options_and_places_of_any_length_leave_room_for_the_lines():
    long = "class_weight=balanced + resampling=random_over, once more and once again"
    places = {f"model.{'a' * 70}.b": {"space": {"choice": [long, "none"]}}}
    records = [
        TrialRecord(number, "finished", {next(iter(places)): option}, 0.5 + number / 4)
        for number, option in enumerate([long, "none"])
    ]
    assert long[:20] in svg(
        parallel_coordinates(axes_of(places, records), records, "minority_f1", 0), "p", "told"
    )
