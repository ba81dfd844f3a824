"""What cannot be resampled is told before training, with the numbers and what works."""

from pathlib import Path

import numpy as np
import pytest

from tuner.data import LOADERS, Column, Fold, RawData, Splits, assemble, make_splits
from tuner.data.resamplers import RESAMPLERS, Block, Layout, check_resampling, resample
from tuner.errors import InputError
from tuner.spaces import Alternative, Choice, Chosen, Fixed, Float, Int
from tuner.study import PreprocessingSection, SplitSection
from tuner.study.imbalance_section import Listed

CASES = Path(__file__).parent / "cases"
PATH = ("imbalance", "resampling")


def listed(*entries):
    """Entries of a study's list, with defaults where one is only a name."""
    found = []
    for position, entry in enumerate(entries):
        name, given = entry if isinstance(entry, tuple) else (entry, {})
        spaces = {key: Fixed(space.default) for key, space in RESAMPLERS[name].spaces.items()}
        found.append(Listed((*PATH, position, name), Alternative(name, spaces | given)))
    return found


def table(counts, columns=None, weights=None, features=None):
    labels = np.repeat([f"c{code}" for code in range(len(counts))], counts)
    if features is None:
        features = np.random.default_rng(0).normal(size=(len(labels), 2))
    columns = columns or (Column("f0"), Column("f1"))
    raw = RawData(features, labels, columns=columns, weights=weights)
    return assemble(raw, "t", impute=True)


def every_row(dataset, folds=1):
    """Splits whose training parts are all rows, or all but some of the minority."""
    rows = np.arange(len(dataset))
    rare = np.flatnonzero(dataset.is_minority())
    none = rows[:0]
    parts = (Fold(n, 0, np.setdiff1d(rows, rare[:n]), rare[:n]) for n in range(folds))
    return Splits(none, rows, tuple(parts))


def layout():
    return Layout((Block("f0", 0, 1, False), Block("f1", 1, 2, False)))


def check(dataset, *entries, folds=1, splits=None, **section):
    place, section = listed(*entries), PreprocessingSection(**section)
    return check_resampling(place, dataset, splits or every_row(dataset, folds), section)


def case(name, file):
    dataset = assemble(
        LOADERS["csv"]({"target": "label"}, location=file, folder=CASES / name), "t", minority="1"
    )
    return dataset, make_splits(dataset, SplitSection(test=0.2, validation=0.25), 7)


def test_too_few_rows_for_the_neighbours_are_told_with_what_works():
    dataset, splits = case("21_smote_too_few", "data.csv")
    [problem] = check(dataset, "smote", splits=splits)
    assert problem.message == (
        "class '1' has 4 training rows, smote k_neighbors=5 needs at least 6; use k_neighbors<=3, "
        "random oversampling (random_over) or class weights"
    )
    assert problem.path == (*PATH, 0, "smote", "k_neighbors")
    assert not check(dataset, ("smote", {"k_neighbors": Fixed(3)}), "random_over", splits=splits)


def test_one_row_has_no_neighbour():
    dataset, splits = case("21_smote_too_few", "one.csv")
    [problem] = check(dataset, ("smote", {"k_neighbors": Fixed(1)}), splits=splits)
    assert problem.message == (
        "class '1' has 1 training row, smote needs at least 2; use random oversampling "
        "(random_over) or class weights"
    )
    assert problem.path == (*PATH, 0, "smote")


@pytest.mark.parametrize("name", ["smote", "adasyn", "near_miss", "smote_tomek"])
def test_images_are_refused_with_the_alternatives(name):
    raw = LOADERS["images"]({}, location="images", folder=CASES / "24_smote_images")
    dataset = assemble(raw, "t")
    [problem] = check(dataset, name, "random_over", "random_under", "balanced_batches", "none")
    assert problem.message.startswith(f"{name} applies to tables only, and these rows are images; ")
    for other in ("class weights", "random_over", "balanced_batches"):
        assert other in problem.message
    assert problem.path == (*PATH, 0, name)


def test_images_of_the_case_can_be_over_sampled():
    raw = LOADERS["images"]({}, location="images", folder=CASES / "24_smote_images")
    dataset = assemble(raw, "t")
    x = dataset.features.astype(np.float32)
    done = resample(
        Chosen("random_over", {"ratio": 1.0}), x, dataset.labels, None, None, dataset.classes, 0
    )
    assert np.bincount(done.y).tolist() == [20, 20]
    np.testing.assert_array_equal(done.x, x[done.origin])


@pytest.mark.parametrize(
    ("k_neighbors", "told"),
    [
        (Fixed(8), 8),
        (Int(1, 9), 9),
        (Choice((2, 7, 6)), 7),
        (Int(1, 4), None),
        (Choice((1, 4)), None),
    ],
)
def test_a_range_is_judged_by_its_largest_value(k_neighbors, told):
    problems = check(table([30, 5]), ("smote", {"k_neighbors": k_neighbors}))
    messages = [problem.message for problem in problems]
    assert len(messages) == (told is not None)
    assert all(f"k_neighbors={told} needs at least {told + 1}" in text for text in messages)


@pytest.mark.parametrize(
    ("ratio", "refused"), [(Fixed(0.5), ["c2"]), (Float(0.3, 1.0), ["c1", "c2"]), (Fixed(0.05), [])]
)
def test_only_classes_that_are_raised_need_neighbours(ratio, refused):
    dataset = table([20, 11, 5])
    entry = ("smote", {"ratio": ratio, "k_neighbors": Fixed(12)})
    messages = " ".join(problem.message for problem in check(dataset, entry))
    assert [name for name in ("c0", "c1", "c2") if f"class '{name}'" in messages] == refused


def test_the_fold_that_lacks_most_is_told():
    [problem] = check(table([30, 7]), "smote", folds=4)
    assert "class 'c1' has 4 training rows in fold 3, smote k_neighbors=5" in problem.message


@pytest.mark.parametrize("name", ["borderline_smote", "svm_smote"])
def test_too_few_rows_in_all_are_told(name):
    [problem] = check(table([6, 4]), (name, {"k_neighbors": Fixed(1)}))
    assert f"there are 10 training rows, {name} needs at least 11; use smote" in problem.message


@pytest.mark.parametrize(
    ("version", "refused"), [(Fixed(1), True), (Fixed(2), False), (Choice((2, 3)), True)]
)
def test_near_miss_needs_three_rare_rows_unless_it_looks_at_all(version, refused):
    problems = check(table([30, 2]), ("near_miss", {"version": version}))
    assert [problem.path for problem in problems] == [(*PATH, 0, "near_miss", "version")] * refused
    assert all("needs at least 3; use version=2" in problem.message for problem in problems)


def test_near_miss_of_two_rare_rows_works_where_it_is_not_refused():
    dataset = table([30, 2])
    x = dataset.features.astype(np.float32)
    assert not check(dataset, ("near_miss", {"version": Fixed(2)}))
    chosen = Chosen("near_miss", {"ratio": 1.0, "version": 2})
    done = resample(chosen, x, dataset.labels, None, layout(), dataset.classes, 0)
    assert np.bincount(done.y).tolist() == [2, 2]


def test_distances_that_would_fill_the_memory_are_refused():
    dataset = table([40_000, 9_000], features=np.zeros((49_000, 2)))
    dataset.features[::2] = 1
    [problem] = check(dataset, ("near_miss", {"version": Fixed(2)}))
    assert "version=2 takes at most 2500 where another class has 40000" in problem.message
    columns = (Column("f0", ("a", "b")), Column("f1", ("a", "b")))
    many = table([40_000, 11_000], columns, features=np.zeros((51_000, 2)))
    many.features[::2] = 1
    [problem] = check(many, "smote")
    assert "of categories alone takes at most 10000; use random oversampling" in problem.message


def test_row_weights_and_categories_are_told_at_once():
    columns = (Column("f0"), Column("site", ("x", "y")))
    features = np.column_stack([np.arange(40.0), np.arange(40) % 2])
    dataset = table([30, 10], columns, np.ones(40), features)
    problems = check(dataset, "adasyn", "smote", "random_over", "near_miss")
    told = [(problem.path[2:4], problem.message) for problem in problems]
    assert [where for where, _ in told] == [(0, "adasyn"), (0, "adasyn"), (1, "smote")]
    assert "categories ('site'); use smote" in told[0][1]
    assert "the rows of this data have weights" in told[1][1]
    assert "the rows of this data have weights" in told[2][1]


def test_missing_values_that_only_the_winner_sees_are_told_before_the_search():
    features = np.random.default_rng(0).normal(size=(40, 2))
    features[-1, 0] = np.nan
    dataset = table([30, 10], features=features)
    rows = np.arange(40)
    splits = Splits(rows[:0], rows, (Fold(0, 0, rows[:-1], rows[-1:]),))
    [problem] = check(dataset, "adasyn", splits=splits, impute="median")
    assert "categories ('f0 is missing')" in problem.message


def test_what_the_check_lets_pass_is_resampled_and_what_it_tells_is_refused():
    for rare in range(1, 8):
        dataset = table([30, rare])
        x = dataset.features.astype(np.float32)
        chosen = Chosen("smote", {"ratio": 1.0, "k_neighbors": 3})
        problems = check(dataset, ("smote", {"k_neighbors": Fixed(3)}))
        assert bool(problems) == (rare < 4)
        if problems:
            with pytest.raises(InputError) as caught:
                resample(chosen, x, dataset.labels, None, layout(), dataset.classes, 0)
            assert caught.value.problems[0].message == problems[0].message
        else:
            resample(chosen, x, dataset.labels, None, layout(), dataset.classes, 0)
