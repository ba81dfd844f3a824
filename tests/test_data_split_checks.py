"""What cannot be divided is refused, with what works instead."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tuner.data import RawData, assemble, load_data, make_splits
from tuner.errors import InputError
from tuner.study import SplitSection, load_study


def dataset(rare, common, group_size=None, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.repeat(["rare", "common"], [rare, common])
    groups = None
    if group_size:
        groups = np.arange(rare + common) // group_size
    features = rng.normal(size=(rare + common, 2))
    return assemble(RawData(features, labels, groups), "t", minority="rare")


def parts_of(splits):
    """The three parts of every training."""
    return [(splits.test, fold.train, fold.validation) for fold in splits.folds]


@pytest.mark.parametrize(
    ("rare", "group_size", "section", "message"),
    [
        (3, None, SplitSection(folds=3), "3 rows, a test part and 3 folds need at least 4; "),
        (3, None, SplitSection(folds=3), "at most 2 folds work"),
        (10, None, SplitSection(folds=20), "at most 9 folds work"),
        (4, None, SplitSection(test=0.8, folds=4), "at most 3 folds work"),
        (2, None, SplitSection(validation=0.2), "2 rows, train, validation and test parts need"),
        (1, None, SplitSection(validation=0.2), "occurs in 1 row, train"),
        (8, 8, SplitSection(folds=2), "occurs in 1 group, train, validation and test parts need"),
        (16, 4, SplitSection(folds=4), "occurs in 4 groups, a test part and 4 folds need"),
    ],
)
def test_too_few_minority_rows_are_refused_with_what_works(rare, group_size, section, message):
    with pytest.raises(InputError) as caught:
        make_splits(dataset(rare, 80, group_size), section, 0)
    assert message in str(caught.value)
    assert caught.value.problems[0].path == ("data", "split")


@settings(max_examples=25, deadline=None)
@given(
    rare=st.integers(3, 20),
    group_size=st.sampled_from([None, 1, 2, 3]),
    test=st.sampled_from([0.1, 0.25, 0.5, 0.8]),
    seed=st.integers(0, 99),
)
def test_the_number_of_folds_that_is_said_to_work_is_the_largest(rare, group_size, test, seed):
    data = dataset(rare, 80, group_size)
    minority = data.is_minority()
    units = rare if group_size is None else len(np.unique(data.groups[minority]))
    assume(units >= 3)
    with pytest.raises(InputError, match=r"at most \d+ folds work") as caught:
        make_splits(data, SplitSection(test=test, folds=99), seed)
    most = int(re.search(r"at most (\d+)", str(caught.value))[1])
    assert most == units - 1
    for parts in parts_of(make_splits(data, SplitSection(test=test, folds=most), seed)):
        assert all(minority[rows].any() for rows in parts)
    with pytest.raises(InputError):
        make_splits(data, SplitSection(test=test, folds=most + 1), seed)


def test_a_class_of_one_row_is_refused_where_folds_cannot_train_on_it():
    labels = np.repeat(["a", "b", "d", "c"], [200, 1, 1, 9])
    data = assemble(RawData(np.arange(211)[:, None], labels), "t", "c")
    with pytest.raises(InputError) as caught:
        make_splits(data, SplitSection(folds=3), 0)
    assert [problem.message.split(",")[0] for problem in caught.value.problems] == [
        "class 'b' occurs in 1 row",
        "class 'd' occurs in 1 row",
    ]
    [fold] = make_splits(data, SplitSection(validation=0.3), 0).folds
    assert set(data.labels[fold.train]) == {0, 1, 2, 3}


def test_groups_that_equal_rows_join_count_as_one():
    # Three groups hold the minority, but two of them share a row.
    features = np.array([1, 2, 2, 3, 4, *range(10, 60)])[:, None]
    labels = np.repeat(["rare", "common"], [5, 50])
    groups = np.array([0, 0, 1, 1, 2, *range(10, 60)])
    data = assemble(RawData(features, labels, groups), "t")
    with pytest.raises(InputError, match="occurs in 3 groups that equal rows join to 2, train"):
        make_splits(data, SplitSection(validation=0.2), 0)
    separate = assemble(RawData(features, labels, groups), "t", duplicates="separate")
    assert len(make_splits(separate, SplitSection(validation=0.2), 0).folds) == 1


def test_equal_rows_count_as_one_row():
    labels = np.repeat(["rare", "common"], [9, 50])
    features = np.array([*[0] * 8, 1, *range(2, 52)])[:, None]
    data = assemble(RawData(features, labels), "t")
    with pytest.raises(InputError, match=r"in 2 different rows \(data.duplicates: separate"):
        make_splits(data, SplitSection(), 0)


OFFICIAL = np.repeat(["train", "val", "test"], [60, 20, 20])


def official(parts=OFFICIAL, groups=None, rare=4):
    labels = np.where(np.arange(len(parts)) % rare == 0, "rare", "common")
    features = np.arange(len(parts))[:, None]
    return assemble(RawData(features, labels, groups, parts=parts), "t", "rare")


def test_shares_that_contradict_an_official_split_are_all_told():
    groups = np.arange(100) // 7
    with pytest.raises(InputError) as caught:
        make_splits(official(groups=groups), SplitSection(test=0.2, validation=0.2), 0)
    assert [problem.path for problem in caught.value.problems] == [
        ("data", "split", "test"),
        ("data", "split", "validation"),
        ("data", "official_split"),
    ]


def test_an_official_validation_part_cannot_be_drawn_again():
    with pytest.raises(InputError, match="cannot be drawn again; give folds too") as error:
        make_splits(official(), SplitSection(repeats=2), 0)
    [problem] = error.value.problems
    assert problem.path == ("data", "split", "repeats")
    assert len(make_splits(official(), SplitSection(folds=2, repeats=2), 0).folds) == 4


def test_groups_that_an_official_split_divides_are_told():
    groups = np.arange(100) // 7  # rows 56 to 62 are group 8, rows 77 to 83 group 11
    with pytest.raises(InputError) as caught:
        make_splits(official(groups=groups), SplitSection(), 0)
    [problem] = caught.value.problems
    assert problem.path == ("data", "official_split")
    assert problem.message.startswith(
        "the official split divides 2 of 15 groups, the first is '11';"
    )
    assert len(make_splits(official(groups=np.arange(100) // 10), SplitSection(), 0).folds) == 1


def test_official_parts_without_the_minority_are_all_told():
    labels = np.where(np.arange(100) < 5, "rare", "common")
    raw = RawData(np.arange(100)[:, None], labels, parts=OFFICIAL)
    with pytest.raises(InputError) as caught:
        make_splits(assemble(raw, "t"), SplitSection(), 0)
    assert [problem.message.split(" has")[0] for problem in caught.value.problems] == [
        "the test part",
        "the validation part",
    ]
    assert all("correct the official split" in p.message for p in caught.value.problems)


def test_too_few_minority_rows_outside_an_official_test_part_are_told():
    labels = np.where(np.isin(np.arange(100), [3, 7, 50, 90]), "rare", "common")
    raw = RawData(np.arange(100)[:, None], labels, parts=OFFICIAL)
    data = assemble(raw, "t")
    with pytest.raises(InputError, match="3 rows outside the test part, 5 folds need at least 5; "):
        make_splits(data, SplitSection(folds=5), 0)
    with pytest.raises(InputError, match="at most 3 folds work"):
        make_splits(data, SplitSection(folds=5), 0)
    assert len(make_splits(data, SplitSection(folds=3), 0).folds) == 3


CASES = Path(__file__).parent / "cases"


def case(tmp_path, file, options=""):
    path = tmp_path / "study.yaml"
    text = f"data:\n  csv: {CASES / file}\n  target: label\n{options}"
    path.write_text(f"version: 1\nname: example\n{text}", encoding="utf-8")
    study = load_study(path)
    return load_data(study), study.data.split


def test_a_minority_in_one_subject_is_refused(tmp_path):
    data, section = case(tmp_path, "42_group_leakage/onegroup.csv", "  group: subject\n")
    with pytest.raises(InputError) as caught:
        make_splits(data, section, 0)
    [problem] = caught.value.problems
    assert problem.path == ("data", "split")
    assert problem.message == (
        "minority class '1' occurs in 1 group, train, validation and test parts need at least 3"
    )


def test_training_parts_need_rows_of_each_class_with_a_weight():
    labels = np.where(np.arange(100) % 4 == 0, "rare", "common")
    weights = np.where((OFFICIAL == "train") & (labels == "rare"), 0.0, 1.0)
    data = assemble(RawData(np.arange(100)[:, None], labels, parts=OFFICIAL, weights=weights), "t")
    with pytest.raises(InputError) as caught:
        make_splits(data, SplitSection(), 0)
    assert [problem.message for problem in caught.value.problems] == [
        "the training part has 0 rows with a weight above 0 of class 'rare'; "
        "correct the official split, or leave it out"
    ]
