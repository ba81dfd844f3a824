"""Splits: every row once, groups whole, the minority in every part."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.data import RawData, assemble, make_splits
from tuner.data.loaders import load_csv
from tuner.data.splits import inner_parts
from tuner.errors import InputError
from tuner.study import SplitSection


def dataset(rare, common, group_size=None, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.repeat(["rare", "common"], [rare, common])
    groups = None
    if group_size:
        groups = np.arange(rare + common) // group_size
    features = rng.normal(size=(rare + common, 2))
    return assemble(RawData(features, labels, groups), "t", minority="rare")


sections = st.one_of(
    st.builds(SplitSection, test=st.sampled_from([0.2, 0.25, 0.3]), folds=st.integers(2, 4)),
    st.builds(SplitSection, test=st.just(0.25), validation=st.sampled_from([0.2, 0.4])),
)


@settings(max_examples=60, deadline=None)
@given(
    rare=st.integers(12, 40),
    common=st.integers(41, 300),
    section=sections,
    group_size=st.sampled_from([None, 1, 2]),
    seed=st.integers(0, 2**40),
)
def test_parts_divide_the_rows_and_keep_groups_whole(rare, common, section, group_size, seed):
    data = dataset(rare, common, group_size)
    splits = make_splits(data, section, seed)
    everything = np.concatenate([splits.test, splits.development])
    assert sorted(everything) == list(range(len(data)))
    for fold in splits.folds:
        assert sorted([*fold.train, *fold.validation]) == sorted(splits.development)
        parts = (splits.test, fold.train, fold.validation)
        assert all((data.labels[rows] == 1).any() for rows in parts)
        if group_size:
            names = [set(data.groups[rows]) for rows in parts]
            assert sum(map(len, names)) == len(set.union(*names))
    if len(splits.folds) > 1:
        validations = np.concatenate([fold.validation for fold in splits.folds])
        assert sorted(validations) == sorted(splits.development)


@settings(max_examples=60, deadline=None)
@given(
    rare=st.integers(8, 60),
    common=st.integers(60, 400),
    folds=st.integers(2, 6),
    seed=st.integers(0, 99),
)
def test_each_fold_has_its_share_of_the_minority_within_one_row(rare, common, folds, seed):
    data = dataset(rare, common)
    splits = make_splits(data, SplitSection(test=0.25, folds=folds), seed)
    left = int((data.labels[splits.development] == 1).sum())
    assert abs(len(splits.test) - 0.25 * len(data)) <= 1
    assert abs((data.labels[splits.test] == 1).sum() - 0.25 * rare) <= 1
    for fold in splits.folds:
        assert abs((data.labels[fold.validation] == 1).sum() - left / folds) < 1


def test_a_seed_decides_the_split():
    data = dataset(20, 100)
    first, again, other = (make_splits(data, SplitSection(), seed) for seed in (0, 0, 1))
    assert first.test.tolist() == again.test.tolist()
    assert first.test.tolist() != other.test.tolist()


def test_a_file_sorted_by_class_is_shuffled_and_stratified():
    splits = make_splits(dataset(10, 90), SplitSection(test=0.2, validation=0.25), 0)
    [fold] = splits.folds
    minority = [int((rows < 10).sum()) for rows in (fold.train, fold.validation, splits.test)]
    assert minority == [6, 2, 2]


@pytest.mark.parametrize(
    ("rare", "group_size", "section", "message"),
    [
        (3, None, SplitSection(folds=3), "occurs in 3 rows, 2 outside the test part; 3 folds need"),
        (3, None, SplitSection(folds=3), "at most 2 folds work"),
        (10, None, SplitSection(folds=20), "at most 7 folds work"),
        (4, None, SplitSection(test=0.8, folds=3), "lower data.split.test"),
        (2, None, SplitSection(validation=0.2), "occurs in 2 rows, train, validation and test"),
        (8, 8, SplitSection(folds=2), "occurs in 1 group, train, validation and test parts need"),
    ],
)
def test_too_few_minority_rows_are_refused_with_what_works(rare, group_size, section, message):
    with pytest.raises(InputError) as caught:
        make_splits(dataset(rare, 80, group_size), section, 0)
    assert message in str(caught.value)


def test_what_is_said_to_work_works():
    assert len(make_splits(dataset(3, 80), SplitSection(folds=2), 0).folds) == 2


@settings(max_examples=30, deadline=None)
@given(rare=st.integers(6, 30), group_size=st.sampled_from([None, 2]), seed=st.integers(0, 99))
def test_inner_parts_cover_the_rows_in_two_parts_or_more(rare, group_size, seed):
    data = dataset(rare, 80, group_size)
    rows = np.arange(0, len(data), 2) if group_size is None else np.arange(len(data))
    parts = inner_parts(data, rows, seed)
    assert len(parts) == len(rows)
    assert len(np.unique(parts)) >= 2
    if group_size:
        of_group = {}
        for row, part in zip(rows, parts, strict=True):
            assert of_group.setdefault(data.groups[row], part) == part


CASES = Path(__file__).parent / "cases"


def case(file, **roles):
    return assemble(load_csv(location=file, folder=CASES, target="label", **roles), file, "1")


@pytest.mark.parametrize("seed", [0, 1, 7, 2**40])
def test_the_reported_sorted_file_has_the_minority_in_every_part(seed):
    data = case("14_val_without_minority_sorted/data.csv")
    assert (data.labels[-20:] == 0).all()
    splits = make_splits(data, SplitSection(test=0.2, validation=0.25), seed)
    [fold] = splits.folds
    sizes = [
        (len(r), int(data.labels[r].sum())) for r in (fold.train, fold.validation, splits.test)
    ]
    assert sizes == [(60, 6), (20, 2), (20, 2)]


@pytest.mark.parametrize(
    "section", [SplitSection(folds=3), SplitSection(test=0.2, validation=0.25)]
)
@pytest.mark.parametrize("seed", range(5))
def test_the_reported_subjects_stand_on_one_side(section, seed):
    data = case("42_group_leakage/data.csv", group="subject")
    assert data.feature_names == ("f0", "f1", "f2", "f3")
    splits = make_splits(data, section, seed)
    for fold in splits.folds:
        parts = [fold.train, fold.validation, splits.test]
        subjects = [set(data.groups[rows]) for rows in parts]
        assert sum(map(len, subjects)) == len(set.union(*subjects)) == 24
        assert all(data.labels[rows].any() for rows in parts)


def test_a_minority_in_one_subject_is_refused():
    data = case("42_group_leakage/onegroup.csv", group="subject")
    with pytest.raises(InputError) as caught:
        make_splits(data, SplitSection(validation=0.2), 0)
    [problem] = caught.value.problems
    assert problem.path == ("data", "split")
    assert problem.message == (
        "minority class '1' occurs in 1 group, train, validation and test parts need at least 3"
    )


def everything(splits):
    return [splits.test.tolist()] + [
        part.tolist() for fold in splits.folds for part in (fold.train, fold.validation)
    ]


@settings(max_examples=25, deadline=None)
@given(section=sections, group_size=st.sampled_from([None, 2]), seed=st.integers(0, 2**32))
def test_equal_seeds_split_alike_and_others_do_not(section, group_size, seed):
    data = dataset(20, 120, group_size)
    first = everything(make_splits(data, section, seed))
    assert everything(make_splits(data, section, seed)) == first
    assert everything(make_splits(data, section, seed + 1)) != first


@settings(max_examples=25, deadline=None)
@given(shift=st.integers(1, 60), seed=st.integers(0, 99))
def test_features_have_no_influence_on_a_split(shift, seed):
    data, other = dataset(20, 100), dataset(20, 100, seed=shift)
    assert data.fingerprint != other.fingerprint
    section = SplitSection(folds=2)
    assert everything(make_splits(data, section, seed)) == everything(
        make_splits(other, section, seed)
    )


@pytest.mark.parametrize(("rare", "group_size"), [(4, None), (5, None), (10, 2)])
def test_as_many_folds_as_are_said_to_work_do_work(rare, group_size):
    data = dataset(rare, 80, group_size)
    with pytest.raises(InputError, match=r"at most \d folds work") as caught:
        make_splits(data, SplitSection(folds=9), 0)
    folds = int(str(caught.value).split("at most ")[1][0])
    assert len(make_splits(data, SplitSection(folds=folds), 0).folds) == folds
    with pytest.raises(InputError):
        make_splits(data, SplitSection(folds=folds + 1), 0)


def test_several_rare_classes_are_in_every_training_part():
    labels = np.repeat(["a", "b", "c"], [200, 12, 9])
    data = assemble(RawData(np.zeros((221, 1)), labels), "t")
    for fold in make_splits(data, SplitSection(folds=3), 0).folds:
        assert set(data.labels[fold.train]) == {0, 1, 2}
