"""YAML as people mean it: numbers, words, places, and no key twice."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.errors import InputError
from tuner.study.document import parse_scalar, read_yaml, read_yaml_text, to_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1.0e-3", 0.001),
        ("1E-3", 0.001),
        ("1e+3", 1000.0),
        (".5", 0.5),
        ("12", 12),
        ("-3", -3),
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
    ],
)
def test_what_cannot_be_meant_is_told_with_its_line(text, line, fragment):
    with pytest.raises(InputError) as caught:
        read_yaml_text(text)
    [problem] = caught.value.problems
    assert problem.line == line
    assert fragment in problem.message


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
