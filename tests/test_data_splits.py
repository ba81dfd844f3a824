"""Splits: every row once, groups and equal rows whole, the minority in every part."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tuner.data import RawData, assemble, load_data, make_splits
from tuner.data.splits import inner_parts
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


def everything(splits):
    return [rows.tolist() for parts in parts_of(splits) for rows in parts]


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
    for parts in parts_of(splits):
        assert sorted(np.concatenate(parts)) == list(range(len(data)))
        assert all(np.array_equal(rows, np.sort(rows)) for rows in parts)
        assert all(data.is_minority(rows).any() for rows in parts)
        if group_size:
            names = [set(data.groups[rows]) for rows in parts]
            assert sum(map(len, names)) == len(set.union(*names))
    if len(splits.folds) > 1:
        validations = np.concatenate([fold.validation for fold in splits.folds])
        assert sorted(validations) == sorted(splits.development)


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.integers(0, 9), min_size=60, max_size=120),
    section=sections,
    seed=st.integers(0, 99),
)
def test_equal_rows_stand_on_one_side(values, section, seed):
    features = np.asarray(values)[:, None]
    labels = np.where(np.arange(len(values)) % 5 == 0, "rare", "common")
    data = assemble(RawData(features, labels), "t", "rare")
    assume(len(np.unique(features[data.is_minority()])) > (section.n_folds or 2))
    for parts in parts_of(make_splits(data, section, seed)):
        seen = [set(features[rows, 0].tolist()) for rows in parts]
        assert sum(map(len, seen)) == len(set.union(*seen))


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
    left = int(data.is_minority(splits.development).sum())
    assert abs(len(splits.test) - 0.25 * len(data)) <= 1
    if left > folds:  # else the folds need more rows than the share leaves them
        assert abs(data.is_minority(splits.test).sum() - 0.25 * rare) < 1
    for fold in splits.folds:
        assert abs(data.is_minority(fold.validation).sum() - left / folds) < 1
        assert abs(len(fold.validation) - len(splits.development) / folds) <= 1


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


def test_the_test_part_does_not_depend_on_what_the_rest_is_divided_into():
    data = dataset(30, 200, 2)
    tests = [
        make_splits(data, SplitSection(**rest), 3).test.tolist()
        for rest in ({"folds": 2}, {"folds": 5}, {"validation": 0.2})
    ]
    assert tests[0] == tests[1] == tests[2]


def test_a_file_sorted_by_class_is_shuffled_and_stratified():
    splits = make_splits(dataset(10, 90), SplitSection(test=0.2, validation=0.25), 0)
    [fold] = splits.folds
    minority = [int((rows < 10).sum()) for rows in (fold.train, fold.validation, splits.test)]
    assert minority == [6, 2, 2]


@settings(max_examples=150, deadline=None)
@given(
    sizes=st.lists(st.sampled_from([1, 2, 3, 50]), min_size=3, max_size=9),
    negatives=st.lists(st.sampled_from([1, 4, 60]), min_size=2, max_size=5),
    section=st.sampled_from(
        [
            SplitSection(folds=2),
            SplitSection(test=0.05, folds=2),
            SplitSection(test=0.8, folds=2),
            SplitSection(validation=0.05),
            SplitSection(test=0.6, validation=0.9),
        ]
    ),
    seed=st.integers(0, 999),
)
def test_three_groups_with_the_minority_are_enough_for_three_parts(sizes, negatives, section, seed):
    # Groups with minority rows only, of very different sizes, beside groups with none.
    groups = np.repeat(np.arange(len(sizes) + len(negatives)), [*sizes, *negatives])
    labels = np.where(groups < len(sizes), "rare", "common")
    features = np.arange(len(labels))[:, None]
    data = assemble(RawData(features, labels, groups), "t", "rare")
    for parts in parts_of(make_splits(data, section, seed)):
        assert all(data.is_minority(rows).any() for rows in parts)
        assert not data.is_minority(parts[1]).all()


@pytest.mark.parametrize("seed", range(8))
def test_a_class_of_two_rows_is_in_every_training_part(seed):
    labels = np.repeat(["a", "b", "c"], [200, 2, 9])
    data = assemble(RawData(np.arange(211)[:, None], labels), "t", "c")
    for section in (SplitSection(folds=3), SplitSection(test=0.5, validation=0.5)):
        for fold in make_splits(data, section, seed).folds:
            assert set(data.labels[fold.train]) == {0, 1, 2}


@settings(max_examples=30, deadline=None)
@given(rare=st.integers(6, 30), group_size=st.sampled_from([None, 2]), seed=st.integers(0, 99))
def test_inner_parts_cover_the_rows_and_each_has_minority_rows(rare, group_size, seed):
    data = dataset(rare, 80, group_size)
    rows = np.arange(0, len(data), 2) if group_size is None else np.arange(len(data))
    parts = inner_parts(data, rows, seed)
    assert len(parts) == len(rows)
    minority = data.is_minority(rows)
    units = minority.sum() if group_size is None else len(np.unique(data.groups[rows][minority]))
    assert set(parts) == set(parts[minority]) == set(range(max(2, min(5, units))))
    if group_size:
        of_group = {}
        for row, part in zip(rows, parts, strict=True):
            assert of_group.setdefault(data.groups[row], part) == part


def test_inner_parts_of_rows_without_the_minority_are_two():
    data = dataset(6, 40)
    assert set(inner_parts(data, np.arange(6, 46), 0)) == {0, 1}


OFFICIAL = np.repeat(["train", "val", "test"], [60, 20, 20])


def official(parts=OFFICIAL, groups=None, rare=4):
    labels = np.where(np.arange(len(parts)) % rare == 0, "rare", "common")
    features = np.arange(len(parts))[:, None]
    return assemble(RawData(features, labels, groups, parts=parts), "t", "rare")


def test_an_official_split_is_taken_as_it_is():
    splits = make_splits(official(), SplitSection(), 5)
    [fold] = splits.folds
    assert fold.train.tolist() == list(range(60))
    assert fold.validation.tolist() == list(range(60, 80))
    assert splits.test.tolist() == list(range(80, 100))


def test_folds_that_the_study_asks_for_divide_the_official_train_and_validation_rows():
    splits = make_splits(official(), SplitSection(folds=4), 5)
    assert splits.test.tolist() == list(range(80, 100))
    validations = np.concatenate([fold.validation for fold in splits.folds])
    assert sorted(validations) == list(range(80))
    assert [int(official().is_minority(f.validation).sum()) for f in splits.folds] == [5] * 4


@pytest.mark.parametrize(("section", "count"), [({}, 3), ({"validation": 0.25}, 1)])
def test_an_official_split_without_validation_rows_is_completed(section, count):
    parts = np.repeat(["Training", "TEST "], [80, 20])
    splits = make_splits(official(parts), SplitSection(**section), 5)
    assert splits.test.tolist() == list(range(80, 100))
    assert len(splits.folds) == count
    for fold in splits.folds:
        assert sorted([*fold.train, *fold.validation]) == list(range(80))


CASES = Path(__file__).parent / "cases"


def case(tmp_path, file, options=""):
    path = tmp_path / "study.yaml"
    text = f"data:\n  csv: {CASES / file}\n  target: label\n{options}"
    path.write_text(f"version: 1\nname: example\n{text}", encoding="utf-8")
    study = load_study(path)
    return load_data(study), study.data.split


SHARES = "  split: {test: 0.2, validation: 0.25}\n"


@pytest.mark.parametrize("seed", [0, 1, 7, 2**40])
def test_the_reported_sorted_file_has_the_minority_in_every_part(tmp_path, seed):
    data, section = case(tmp_path, "14_val_without_minority_sorted/data.csv", SHARES)
    assert not data.is_minority()[-20:].any()
    [parts] = parts_of(make_splits(data, section, seed))
    sizes = [(len(rows), int(data.is_minority(rows).sum())) for rows in parts]
    assert sizes == [(20, 2), (60, 6), (20, 2)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("file", ["data", "conflict"])
def test_the_reported_duplicates_stand_on_one_side(tmp_path, file, seed):
    data, section = case(tmp_path, f"41_duplicates_across_split/{file}.csv", "  minority: 1\n")
    for parts in parts_of(make_splits(data, section, seed)):
        seen = [set(map(tuple, data.features[rows].tolist())) for rows in parts]
        assert sum(map(len, seen)) == len(set.union(*seen)) == 100


@pytest.mark.parametrize("shares", ["", SHARES])
@pytest.mark.parametrize("seed", range(5))
def test_the_reported_subjects_stand_on_one_side(tmp_path, shares, seed):
    data, section = case(tmp_path, "42_group_leakage/data.csv", "  group: subject\n" + shares)
    assert [column.name for column in data.columns] == ["f0", "f1", "f2", "f3"]
    for parts in parts_of(make_splits(data, section, seed)):
        subjects = [set(data.groups[rows]) for rows in parts]
        assert sum(map(len, subjects)) == len(set.union(*subjects)) == 24
        assert all(data.is_minority(rows).any() for rows in parts)


def division_exists(has, section):
    """Whether any division of units gives every part what it needs, by trying all."""
    count = 1 + (section.n_folds or 2)
    for parts in itertools.product(range(count), repeat=len(has)):
        held = np.zeros((count, has.shape[1]), dtype=bool)
        np.logical_or.at(held, list(parts), has)
        if section.n_folds is None:
            trained = held[1]
        else:
            trained = np.all([np.delete(held[1:], f, 0).any(axis=0) for f in range(count - 1)], 0)
        if held[:, -1].all() and trained.all():
            return True
    return False


@pytest.mark.parametrize("seed", range(8))
def test_a_division_is_found_wherever_one_exists(seed):
    rng = np.random.default_rng(seed)
    outcomes = []
    for _ in range(40):
        classes, count = int(rng.choice([2, 3])), int(rng.integers(3, 7))
        groups = np.repeat(np.arange(count), rng.choice([1, 2, 3, 30], count))
        shares = rng.dirichlet(np.full(classes, 0.7), count)
        labels = np.array([rng.choice(classes, p=shares[group]) for group in groups])
        if len(np.unique(labels)) < classes:
            continue
        data = assemble(RawData(np.arange(len(labels))[:, None], labels, groups), "t", "0")
        has = np.zeros((count, classes), dtype=bool)
        has[groups, data.labels] = True
        section = SplitSection(**[{"folds": 2}, {"folds": 3}, {"validation": 0.2}][rng.integers(3)])
        try:
            make_splits(data, section, seed)
            outcomes.append(True)
        except InputError:
            outcomes.append(False)
        assert outcomes[-1] == division_exists(has, section)
    assert {True, False} == set(outcomes)


@settings(max_examples=25, deadline=None)
@given(folds=st.integers(2, 5), repeats=st.integers(2, 4), seed=st.integers(0, 99))
def test_each_repeat_divides_the_same_rows_in_another_way(folds, repeats, seed):
    data = dataset(20, 120, 2)
    section = SplitSection(test=0.25, folds=folds, repeats=repeats)
    splits = make_splits(data, section, seed)
    once = make_splits(data, SplitSection(test=0.25, folds=folds), seed)
    named = [(fold.repeat, fold.fold) for fold in splits.folds]
    assert named == [(r, f) for r in range(repeats) for f in range(folds)]
    divisions = set()
    for repeat in range(repeats):
        own = [fold for fold in splits.folds if fold.repeat == repeat]
        validations = [fold.validation for fold in own]
        assert sorted(np.concatenate(validations)) == sorted(splits.development)
        for fold in own:
            assert not set(data.groups[fold.train]) & set(data.groups[fold.validation])
        divisions.add(tuple(sorted(tuple(rows) for rows in validations)))
    assert len(divisions) == repeats
    # The first repeat, and the test rows, are those of a study without repeats.
    for one, other in zip(once.folds, splits.folds, strict=False):
        assert np.array_equal(one.validation, other.validation)
    assert np.array_equal(once.test, splits.test)


@pytest.mark.parametrize(
    ("section", "names"),
    [
        ({"folds": 2}, ["fold 0", "fold 1"]),
        ({"validation": 0.3}, [""]),
        ({"validation": 0.3, "repeats": 2}, ["repeat 0", "repeat 1"]),
        ({"folds": 2, "repeats": 2}, [f"fold {f} of repeat {r}" for r in (0, 1) for f in (0, 1)]),
    ],
)
def test_folds_are_called_by_what_tells_them_apart(section, names):
    splits = make_splits(dataset(20, 120, None), SplitSection(**section), 0)
    assert [splits.called(fold) for fold in splits.folds] == names
    assert len(splits.named()) == 1 + 2 * len(names)
