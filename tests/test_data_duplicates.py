"""Equal rows are found, and stay together, are dropped, or are divided."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import tuner.data.duplicates
from tuner.data import RawData, assemble, load_data
from tuner.data.duplicates import equal_rows, join, without_repeats
from tuner.study import load_study


def by_first_occurrence(rows):
    """What NumPy says of equal rows, numbered by first occurrence."""
    flat = rows.reshape(len(rows), -1)
    codes = np.unique(flat, axis=0, return_inverse=True)[1].reshape(-1)
    number = {code: rank for rank, code in enumerate(dict.fromkeys(codes.tolist()))}
    return [number[code] for code in codes.tolist()]


shapes = array_shapes(min_dims=2, max_dims=3, max_side=12)


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(
        arrays(np.int64, shapes, elements=st.integers(-1, 1)),
        arrays(np.uint8, shapes, elements=st.integers(0, 1)),
        arrays(np.uint16, shapes, elements=st.sampled_from([0, 1, 256])),
        arrays(np.float32, shapes, elements=st.sampled_from([0.0, 1.5, -1.5])),
        arrays(np.float64, shapes, elements=st.sampled_from([0.0, 1e-300, -1e300])),
    )
)
def test_equal_rows_are_those_that_numpy_finds(rows):
    assert equal_rows(rows).tolist() == by_first_occurrence(rows)


def test_rows_are_compared_over_the_pieces_they_are_hashed_in(monkeypatch):
    rows = np.random.default_rng(0).integers(0, 3, (500, 4)).astype(np.float64)
    monkeypatch.setattr(tuner.data.duplicates, "_BYTES", 64)
    assert equal_rows(rows).tolist() == by_first_occurrence(rows)


def test_zero_has_no_sign_and_missing_values_are_equal():
    odd = np.array([0x7FF8000000000001], dtype=np.uint64).view(np.float64)[0]
    rows = np.array([[0.0, np.nan], [-0.0, -np.nan], [0.0, odd], [np.nan, 0.0]])
    assert equal_rows(rows).tolist() == [0, 0, 0, 1]
    assert np.signbit(rows[1, 0])  # the rows themselves are left alone


@pytest.mark.parametrize(
    "rows",
    [
        [[1.0, 2.0], [-1.0, -2.0]],
        [[1.0, 2.0], [2.0, 1.0]],
        [[1.0, -1.0], [-1.0, 1.0]],
        [[0.0, 1.0], [1.0, 0.0]],
    ],
)
def test_signs_and_places_count(rows):
    assert equal_rows(np.array(rows)).tolist() == [0, 1]


def test_many_random_rows_are_all_different():
    bits = np.arange(2**16)[:, None] >> np.arange(16) & 1
    assert equal_rows((bits * 2 - 1).astype(np.float32)).max() == 2**16 - 1


def connected(groups, equal):
    """Units by following every link, one row after the other."""
    unit = list(range(len(equal)))
    changed = True
    while changed:
        changed = False
        for i in range(len(equal)):
            for j in range(i):
                linked = equal[i] == equal[j] or groups[i] == groups[j]
                if linked and unit[i] != unit[j]:
                    unit = [min(unit[i], unit[j]) if u in (unit[i], unit[j]) else u for u in unit]
                    changed = True
    return unit


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 9)), min_size=1, max_size=16))
def test_units_are_what_groups_and_equal_rows_connect(pairs):
    groups, values = np.array(pairs).T
    equal = np.unique(values, return_inverse=True)[1]
    units = join(groups, equal)
    assert len(set(zip(units, connected(groups, equal), strict=True))) == len(set(units))
    assert sorted(set(units)) == list(range(len(set(units))))
    assert len(set(units)) == len(set(connected(groups, equal)))


def test_rows_that_nothing_connects_are_no_units():
    assert join(None, np.arange(4)) is None
    assert join(None, None) is None
    assert join(np.array(["b", "a", "b"]), None).tolist() == [1, 0, 1]
    assert join(None, np.array([0, 1, 0])).tolist() == [0, 1, 0]


FEATURES = np.array([[1.0], [2.0], [1.0], [3.0], [1.0], [2.0], [4.0]])
LABELS = np.array(["a", "b", "a", "a", "b", "b", "a"])


def test_equal_rows_are_kept_together_unless_the_study_says_otherwise():
    data = assemble(RawData(FEATURES, LABELS), "t")
    assert data.units.tolist() == [0, 1, 0, 2, 0, 1, 3]
    repeated, conflict = data.findings
    assert (repeated.level, repeated.code) == ("warning", "duplicates")
    assert repeated.message == (
        "3 rows repeat the features of an earlier row (2 sets of equal rows); "
        "they stay in one part of every split that is drawn"
    )
    assert conflict.code == "conflicting-labels"
    assert conflict.message == (
        "1 set of equal rows with different labels; the first is rows 0, 2, 4 of classes "
        "'a', 'b'; check their labels"
    )


def test_dropped_rows_repeat_features_and_label():
    weights = np.arange(1.0, 8.0)
    raw = RawData(FEATURES, LABELS, LABELS, weights=weights, first_row=1)
    data = assemble(raw, "t", duplicates="drop")
    assert data.features[:, 0].tolist() == [1, 2, 3, 1, 4]
    assert [data.classes[code] for code in data.labels] == ["a", "b", "a", "b", "a"]
    assert data.weights.tolist() == [1, 2, 4, 5, 7]
    assert data.groups.tolist() == ["a", "b", "a", "b", "a"]
    assert data.findings[0].message.endswith("; 2 with its label too are dropped")
    assert "rows 1, 3, 5" in data.findings[1].message
    # The two rows with different labels still stand on one side.
    assert assemble(RawData(FEATURES, LABELS), "t", duplicates="drop").units.tolist() == [
        0,
        1,
        2,
        0,
        3,
    ]


def test_nothing_is_dropped_where_nothing_is_repeated():
    data = assemble(RawData(FEATURES[[0, 1, 3]], LABELS[:3]), "t", duplicates="drop")
    assert len(data) == 3
    assert data.findings == ()
    assert data.units is None


def test_separate_rows_are_divided_like_others():
    data = assemble(RawData(FEATURES, LABELS), "t", duplicates="separate")
    assert data.units is None
    assert "divided like other rows" in data.findings[0].message


def test_mostly_repeated_rows_are_asked_about():
    raw = RawData(np.repeat([1.0, 2.0], [5, 2])[:, None], LABELS)
    assert "set data.duplicates: separate" in assemble(raw, "t").findings[0].message
    assert "if equal" not in assemble(raw, "t", duplicates="drop").findings[0].message


def test_dropping_keeps_the_official_test_part_whatever_comes_first():
    parts = np.array(["train", "train", "test", "val", "test", "val", "train"])
    data = assemble(RawData(FEATURES, LABELS, parts=parts), "t", duplicates="drop")
    # Row 0 equals test rows, row 1 a validation row; the test rows have different labels.
    assert data.features[:, 0].tolist() == [1, 3, 1, 2, 4]
    assert data.parts.tolist() == ["test", "validation", "test", "validation", "train"]
    assert [data.classes[code] for code in data.labels] == ["a", "a", "b", "b", "a"]
    assert data.findings[0].message.endswith(
        "2 are dropped, from the training part where another part has such a row"
    )


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31))
def test_dropping_leaves_no_row_on_two_sides_and_test_labels_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    equal, codes = rng.integers(0, 8, 30), rng.integers(0, 3, 30)
    parts = rng.choice(["train", "validation", "test"], 30)
    kept = without_repeats(equal, codes, parts)
    for code in set(equal):
        assert len(set(parts[kept][equal[kept] == code])) == 1
    assert set(equal[parts == "test"]) == set(equal[kept][parts[kept] == "test"])
    others = np.where(parts == "test", rng.permutation(codes), codes)
    again = without_repeats(equal, others, parts)
    assert kept[parts[kept] != "test"].tolist() == again[parts[again] != "test"].tolist()


def test_official_test_rows_have_no_say_in_the_units_of_others():
    parts = np.repeat(["train", "test"], [4, 3])
    groups = np.array(["p", "q", "r", "r", "s", "s", "t"])
    equal = np.array([5, 6, 7, 8, 5, 6, 8])  # a chain of test rows leads from p to q
    units = join(groups, equal, parts)
    assert join(groups[:4], np.arange(4)).tolist() == [0, 1, 2, 2]
    assert np.unique(units[:4], return_inverse=True)[1].tolist() == [0, 1, 2, 2]
    assert not set(units[:4]) & set(units[4:])
    assert join(None, np.array([0, 1, 0]), np.array(["train", "test", "test"])) is None


CASE = Path(__file__).parent / "cases/41_duplicates_across_split"


def load(tmp_path, file, options=""):
    text = f"data:\n  csv: {CASE / file}\n  target: label\n  minority: 1\n{options}"
    path = tmp_path / "study.yaml"
    path.write_text(f"version: 1\nname: example\n{text}", encoding="utf-8")
    return load_data(load_study(path))


def test_the_reported_duplicates_are_counted(tmp_path):
    data = load(tmp_path, "data.csv")
    assert len(data) == 140
    assert len(np.unique(data.units)) == 100
    [found] = data.findings
    assert found.message.startswith(
        "40 rows repeat the features of an earlier row (40 sets of equal rows)"
    )
    assert len(load(tmp_path, "data.csv", "  duplicates: drop\n")) == 100


def test_the_reported_conflict_is_listed(tmp_path):
    found = [f for f in load(tmp_path, "conflict.csv").findings if f.code == "conflicting-labels"]
    assert len(found) == 1
    assert found[0].message.startswith("1 set of equal rows with different labels")
    assert len(load(tmp_path, "conflict.csv", "  duplicates: drop\n")) == 101
