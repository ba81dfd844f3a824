"""YAML as people mean it: numbers, words, places, and no key twice."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.errors import InputError, Problem
from tuner.study.document import parse_scalar, read_yaml, read_yaml_text, to_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1.0e-3", 0.001),
        ("1E-3", 0.001),
        (".5", 0.5),
        ("12", 12),
        ("-3", -3),
        ("1.0e3", 1000.0),
        ("1e+3", 1000.0),
        ("5.", 5.0),
        ("-0.5", -0.5),
        ("0", 0),
        ("00", "00"),
        ("01.5", "01.5"),
        ("0o7", "0o7"),
        ("0x10", "0x10"),
        ("1e", "1e"),
        ("1.2.3", "1.2.3"),
        ("on", "on"),
        ("On", "On"),
        ("True", True),
        ("tRue", "tRue"),
        ("null", None),
        ("", None),
        ("-.inf", -math.inf),
        ("nan", "nan"),
        ("2026-01-01", "2026-01-01"),
        ("010", "010"),
        ("08", "08"),
        ("1_000", "1_000"),
        ("yes", "yes"),
        ("no", "no"),
        ("off", "off"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("12:30", "12:30"),
        (".inf", math.inf),
    ],
)
def test_a_scalar_is_read_as_written(text, value):
    got = parse_scalar(text)
    assert got == value
    assert type(got) is type(value)


def test_not_a_number_is_read():
    assert math.isnan(parse_scalar(".nan"))


def test_keys_and_marked_places_keep_their_text():
    document = read_yaml_text(
        "010: 1\nno: 2\nname: 010\nnumber: 10", keep_text=lambda p: p == ("name",)
    )
    assert document.content == {"010": 1, "no": 2, "name": "010", "number": 10}


def test_quotes_make_text():
    assert read_yaml_text("a: '1e-3'\nb: \"true\"").content == {"a": "1e-3", "b": "true"}


def test_every_value_has_a_place():
    document = read_yaml_text("a:\n  - x\n  - b: {c: 1}\n")
    assert document.places[("a", 1, "b", "c")] == (3, 9)
    assert document.places[("a", 0)] == (2, 5)


@pytest.mark.parametrize(
    ("text", "line", "fragment"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "given twice, first in line 1"),
        ("a: [1, 2\nb: 3\n", 2, "not valid YAML"),
        ("? [1, 2]\n: 3\n", 1, "a key must be plain text"),
        ("a:\n  b: 1\n  b: 2\n", 3, "given twice, first in line 2"),
        ("a: *b\n", 1, "undefined alias 'b'"),
        ("a: 1\nb: &c [1, *c]\n", 2, "must not stand inside its own anchor"),
        ("a: 1\nb: \x01\n", 2, "special characters are not allowed"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("a:\n\tb: 1\n", 2, "cannot start any token"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_line(text, line, fragment):
    with pytest.raises(InputError) as caught:
        read_yaml_text(text)
    [problem] = caught.value.problems
    assert problem.line == line
    assert fragment in problem.message
    assert "\n" not in problem.message


def test_a_file_must_be_utf_8_and_exist(tmp_path):
    (tmp_path / "latin.yaml").write_bytes("name: bénin".encode("latin-1"))
    with pytest.raises(InputError, match=r"not UTF-8 text \(byte 7\)"):
        read_yaml(tmp_path / "latin.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        read_yaml(tmp_path / "none.yaml")


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="ascii", categories=("L", "N", "P", "Z")), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abcdefgh", min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(plain)
def test_what_is_written_is_read_back(content):
    assert read_yaml_text(to_yaml({"content": content})).content == {"content": content}


def test_the_column_of_a_fault_is_that_of_the_second_key():
    with pytest.raises(InputError) as caught:
        read_yaml_text("x: {a: 1, b: 2, a: 3, b: 4}\n", "f.yaml")
    assert [str(problem) for problem in caught.value.problems] == [
        "f.yaml:1:17: x.a: given twice, first in line 1",
        "f.yaml:1:23: x.b: given twice, first in line 1",
    ]


def test_a_problem_is_located_at_the_nearest_place_that_exists():
    document = read_yaml_text("a:\n  b: 1\n", "f.yaml")
    deep = document.locate(Problem("wrong", ("a", "b", "c", 0)))
    outside = document.locate(Problem("wrong", ("z",)))
    assert (str(deep), str(outside)) == ("f.yaml:2:3: a.b.c[0]: wrong", "f.yaml:1:1: z: wrong")


def test_problems_come_in_the_order_of_the_file():
    document = read_yaml_text("a: 1\nb: {c: 2, d: 3}\n")
    error = document.error([Problem("", path) for path in (("b", "d"), ("b", "c"), ("a",))])
    assert [(p.line, p.column) for p in error.problems] == [(1, 1), (2, 5), (2, 11)]


def test_an_alias_repeats_what_its_anchor_holds():
    assert read_yaml_text("a: &x [1, 2]\nb: *x\n").content == {"a": [1, 2], "b": [1, 2]}


def test_a_tag_makes_no_object_and_calls_nothing():
    text = "a: !!python/object/apply:os.system ['exit 1']\nb: !!int '3'\n"
    assert read_yaml_text(text).content == {"a": ["exit 1"], "b": "3"}


@pytest.mark.parametrize(
    "text", ["1e-3", "1E5", "12e03", "010", ".5", "yes", "~", "true", "\x85", ""]
)
def test_a_text_that_looks_like_something_else_is_written_as_text(text):
    content = {text: [text, {"a": text}]}
    assert read_yaml_text(to_yaml(content)).content == content


@given(
    st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
)
def test_any_text_is_read_back(content):
    assert read_yaml_text(to_yaml(content)).content == content
