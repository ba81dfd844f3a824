"""The parts that tables are read with: cells, blocks of rows, dialects, roles."""

import csv
import io
import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tuner.data.tables import text_file
from tuner.data.tables.blocks import blocks, count_rows
from tuner.data.tables.cells import MISSING, as_number, is_date, is_missing, looks_numeric
from tuner.data.tables.columns import spelled
from tuner.data.tables.dialect import Wanted, find_dialect
from tuner.data.tables.roles import TableRoles, check_unique, column_names, is_unnamed
from tuner.data.tables.text_file import examine
from tuner.errors import InputError


def silent(what, done, total):
    pass


@given(st.floats(allow_nan=False), st.sampled_from([".", ","]))
def test_a_number_is_read_as_python_reads_it(number, decimal):
    text = repr(number).replace(".", decimal)
    assert as_number(f" {text} ", decimal) == number


@pytest.mark.parametrize("text", ["", "x", "1,5", "1_000", "0x1F", "1e", "1 2", "nan", "--1", "٣"])
def test_a_word_is_no_number(text):
    assert as_number(text) is None


@pytest.mark.parametrize("text", ["1,5", "-1.234,56", "1,234.5", "12 %", "$5", "€ 1.50", "1 000",
                                  "1'000", "1_000", "5 €", "(5)", ",5", "1,5e3"])  # fmt: skip
def test_people_read_these_as_numbers(text):
    assert looks_numeric(text)


@pytest.mark.parametrize("text", ["B12", "10-20", "<5", "1.2.3", "2020-01-02", "01:30", "", "1/2"])
def test_people_read_these_as_words(text):
    assert not looks_numeric(text)


def test_dates_are_known_in_their_common_spellings():
    known = ["2020-01-31", "31.01.2020", "1/31/2020", "2020-01-31T12:00:00Z"]
    assert [is_date(text) for text in [*known, "2020", "Q1-2020", "1.5"]] == [True] * 4 + [
        False
    ] * 3


def test_a_missing_value_may_stand_between_blanks_and_a_point_is_none():
    assert is_missing(" NA ", MISSING)
    assert not is_missing(".", MISSING)
    assert is_missing(".", MISSING | {"."})


def test_whole_numbers_are_spelled_without_a_point():
    codes, texts = spelled(np.array([1e15, -0.0, np.nan, 0.25]))
    assert [texts[code] if code >= 0 else None for code in codes] == [
        "1000000000000000",
        "0",
        None,
        "0.25",
    ]


cells = st.text('ab1",; \n', max_size=5)


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=20),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    piece=st.integers(1, 60),
)
@example(rows=[('"', "\n", '""')] * 3, quoting=csv.QUOTE_MINIMAL, piece=2)
def test_blocks_hold_whole_rows_and_all_of_them(tmp_path_factory, rows, quoting, piece):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=quoting).writerows([("x", "y", "z"), *rows])
    path = tmp_path_factory.mktemp("blocks") / "t.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_file, "_PIECE", piece)
        file = examine(path, None, "csv", silent)
        found = list(blocks(file, ",", 1))
        counts = [count_rows(block, ",", 3, file) for block in found]
    read = [
        tuple(row)
        for block in found
        for row in csv.reader(io.StringIO(block.content.decode(), newline=""))
    ]
    assert read == rows
    assert sum(counts) == len(rows) <= file.lines
    lines = text.getvalue().split("\n")
    starts = [block.content.decode().split("\n")[0] for block in found]
    assert [lines[block.line - 1] for block in found] == starts


def dialect(text, **known):
    roles = TableRoles("label", ignore=known.pop("ignore", ()))
    return find_dialect(text, True, Wanted("t.csv", "csv", roles, **known))


@pytest.mark.parametrize(
    ("text", "separator", "decimal"),
    [
        ("a,b;c,label\n1,2,x\n", ",", "."),
        ("a,b;label;d,e\n1,5;2;x\n", ";", ","),
        ('"a;b",label\n"1;2",x\n', ",", "."),
        ("a\tlabel\n1.5\tx\n", "\t", "."),
        ("a|label\n0,125|x\n-1,500|x\n", "|", ","),
        ("label\nx\n", ",", "."),
    ],
)
def test_separator_and_decimal_mark_are_found(text, separator, decimal):
    found = dialect(text)
    assert (found.separator, found.decimal) == (separator, decimal)


def test_columns_that_are_no_features_have_no_say_in_the_decimal_mark():
    text = "version;a;label\n1.5;2,5;x\n"
    assert dialect(text, ignore=("version",)).decimal == ","
    with pytest.raises(InputError, match=r"'2,5' in column 'a'.*'1.5' in column 'version'"):
        dialect(text)


@pytest.mark.parametrize(
    ("word", "separator"), [("tab", "\t"), ("\\t", "\t"), ("comma", ","), (":", ":"), ("bar", "|")]
)
def test_a_separator_may_be_named(word, separator):
    text = f"a{separator}label\n1{separator}x\n"
    assert dialect(text, separator=word).names == ("a", "label")


def test_a_column_without_a_name_is_called_by_its_place():
    assert column_names(["", "a", " "]) == ("Unnamed: 0", "a", "Unnamed: 2")
    assert [is_unnamed(name) for name in ("Unnamed: 0", "__index_level_1__", "Unnamed")] == [
        True,
        True,
        False,
    ]


def test_names_are_compared_in_a_time_that_grows_like_their_number():
    names = [str(number) for number in range(200_000)]
    started = time.process_time()
    check_unique(names, "t", ())
    TableRoles(names[-1], ignore=tuple(names[:50_000])).check(names, "t")
    assert time.process_time() - started < 10  # all pairs would take minutes
    with pytest.raises(InputError, match="more than one column '7'; rename all but one"):
        check_unique([*names, "7"], "t", ())
