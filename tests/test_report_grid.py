"""Tables of the terminal at every width, and sentences."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from tuner.report.grid import Column, print_grid
from tuner.report.prose import print_prose


def printed(columns, rows, width, encoding="utf-8"):
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
    console = Console(file=file, width=width, markup=False, highlight=False)
    print_grid(console, columns, rows)
    return raw.getvalue().decode(encoding).splitlines()


COLUMNS = [Column("activation"), Column("test F1", number=True), Column("95 % CI", number=True)]
ROWS = [["leaky relu of a long name", "0.812", "0.74–0.87"], ["elu", "1.000", "0.90–1.00"]]


def test_a_wide_table_has_a_line_for_each_row_and_nothing_behind_it():
    assert printed(COLUMNS, ROWS, 80) == [
        "activation                 test F1    95 % CI",
        "leaky relu of a long name    0.812  0.74–0.87",
        "elu                          1.000  0.90–1.00",
    ]


def test_words_give_way_and_numbers_do_not():
    assert printed(COLUMNS, ROWS, 32) == [
        "activation    test F1    95 % CI",
        "leaky relu      0.812  0.74–0.87",
        "of a long",
        "name",
        "elu             1.000  0.90–1.00",
    ]


def test_where_not_even_words_fit_each_row_is_lines():
    assert printed(COLUMNS, ROWS, 20) == [
        "leaky relu of a long name",
        "  test F1: 0.812",
        "  95 % CI: 0.74–0.87",
        "elu",
        "  test F1: 1.000",
        "  95 % CI: 0.90–1.00",
    ]


def test_a_key_stays_whole_and_lists_are_cut_first():
    columns = [Column("key", whole=True), Column("holds", cut=True)]
    rows = [["model.activation.leaky_relu", "'a' 12, 'b' 7, 'c' 5 and 3 more"]]
    assert printed(columns, rows, 40)[1] == "model.activation.leaky_relu  'a' 12, 'b…"
    assert printed(columns, rows, 40, "ascii")[1] == "model.activation.leaky_relu  'a' 12, ..."


def test_signs_that_cannot_be_shown_are_measured_as_they_are_spelled():
    columns = [Column("factor"), Column("5–95 %", number=True)]
    assert printed(columns, [["a ± b", "0.1–0.2"], ["c", "0.3"]], 80, "ascii") == [
        "factor    5-95 %",
        "a +/- b  0.1-0.2",
        "c            0.3",
    ]


WORDS = st.lists(st.text("abcdé漢_", min_size=1, max_size=12), max_size=4).map(" ".join)
NUMBERS = st.floats(-9, 9).map("{:.3f}".format)


@given(st.lists(st.tuples(WORDS, NUMBERS, WORDS), min_size=1, max_size=4), st.integers(12, 80))
def test_nothing_is_cut_whatever_the_width(rows, width):
    columns = [Column("name"), Column("mean", number=True), Column("what it was")]
    lines = printed(columns, rows, width)
    told = " ".join(lines).split()
    for name, number, what in rows:
        assert number in told
        assert set(f"{name} {what}".split()) <= set(told)
    if lines[0].startswith("name"):
        assert max(map(cell_len, lines)) <= width


@pytest.mark.parametrize("terminal", [True, False])
def test_sentences_are_folded_between_words_on_a_terminal_only(terminal):
    file = io.StringIO()
    console = Console(file=file, width=30, force_terminal=terminal, no_color=True)
    path = "/home/somebody/runs/a_name_that_is_longer_than_a_line"
    print_prose(console, f"best minority-class F1: 0.8125 (report: {path})", "bold")
    lines = file.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    whole = ["best minority-class F1: 0.8125", "(report:", f"{path})"]
    assert lines == (whole if terminal else [" ".join(whole)])


def test_a_warning_has_a_colour_where_there_are_colours():
    file = io.StringIO()
    print_prose(Console(file=file, force_terminal=True), "warning: few rows")
    print_prose(Console(file=file, force_terminal=True, no_color=True), "warning: few rows")
    assert file.getvalue() == "\x1b[33mwarning: few rows\x1b[0m\nwarning: few rows\n"
