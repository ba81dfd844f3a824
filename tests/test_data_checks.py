"""The data contract: each check tells what it is for, with the right numbers, and else nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.metrics import roc_auc_score

from tuner.data import Column, Finding, RawData, assemble, make_splits, number_columns
from tuner.data.checks import CHECKS, inspect_data
from tuner.data.checks.nearest import nearness
from tuner.data.checks.positives import half_width
from tuner.data.checks.predictors import area_under_roc
from tuner.study import DataSection


def section(**keys):
    return DataSection.model_validate({"source": "made", **keys})


def rng():
    return np.random.default_rng(7)


def rare(rows, every=5):
    return np.where(np.arange(rows) % every == 0, "ill", "well")


def found(features, labels=None, *, columns=None, seed=0, study=None, **roles):
    """The findings about made data, by their code."""
    study = study or section()
    labels = rare(len(features)) if labels is None else labels
    if columns is None and features.ndim == 2:
        columns = number_columns(f"c{i}" for i in range(features.shape[1]))
    raw = RawData(features, labels, columns=columns or (), **roles)
    dataset = assemble(raw, "made", "ill", impute=True, duplicates=study.duplicates)
    findings = inspect_data(dataset, make_splits(dataset, study.split, seed), study)
    assert all(finding.message.count("\n") == 0 for finding in findings)
    return {finding.code: finding for finding in findings}


def noise(rows=400, columns=4):
    return rng().normal(size=(rows, columns))


def test_clean_data_has_no_findings():
    assert found(noise(600, 6)) == {}


def test_every_check_is_listed_once_and_says_what_it_tells():
    assert len(CHECKS) == len(set(CHECKS)) == 12
    assert all(check.__doc__ for check in CHECKS)


# ---- few positives


def test_few_positives_are_told_with_wilsons_interval():
    told = found(noise(60), rare(60), study=section(split={"test": 0.25, "validation": 0.25}))
    assert told["few-positives"].message.startswith("2 validation rows of class 'ill'")
    assert "0.50 ± 0.41" in told["few-positives"].message
    assert "larger data.split.validation" in told["few-positives"].message


def test_minority_rows_are_counted_by_their_groups():
    groups = np.repeat(np.arange(40), 10)
    labels = np.where(groups % 5 == 0, "ill", "well")
    study = section(split={"test": 0.25, "validation": 0.25})
    message = found(noise(), labels, groups=groups, study=study)["few-positives"].message
    assert message.startswith("10 validation rows of class 'ill' (1 group): ")


@pytest.mark.parametrize(("count", "expected"), [(1, 0.4453), (10, 0.2634), (20, 0.2007)])
def test_half_the_width_of_wilsons_interval(count, expected):
    # From the formula of Wilson (1927) at a share of one half: (z / (1 + z²/n)) sqrt(¼/n + z²/4n²).
    z = 1.959964
    direct = z / (1 + z**2 / count) * np.sqrt(0.25 / count + z**2 / (4 * count**2))
    assert half_width(count) == pytest.approx(direct, abs=1e-6)
    assert half_width(count) == pytest.approx(expected, abs=1e-3)


# ---- near duplicates


def repeated(features, share=0.05, spread=1e-3):
    """The rows, and a share of them once more with a little noise."""
    draw = rng()
    rows = draw.choice(len(features), int(share * len(features)), replace=False)
    noise = draw.normal(size=(len(rows), features.shape[1])) * spread * features.std(axis=0)
    return np.concatenate([features, features[rows] + noise])


@pytest.mark.parametrize("features", [noise(3000, 10), load_breast_cancer().data], ids=len)
def test_rows_repeated_with_a_little_noise_are_told(features):
    assert "near-duplicates" not in found(features)
    message = found(repeated(features))["near-duplicates"].message
    count, checked = (int(word) for word in message.split(" checked")[0].split(" of "))
    # About one in twenty test rows has its twin among the development rows.
    assert 0.04 * checked < count < 0.12 * checked
    assert "'group'" in message


def test_the_nearest_pair_is_named_as_people_count():
    features = repeated(noise(1000, 8), share=0.05, spread=1e-4)
    message = found(features, first_row=1)["near-duplicates"].message
    first, second = (
        int(w) - 1 for w in message.split("pair is rows ")[1].split(";")[0].split(" and ")
    )
    assert np.abs(features[first] - features[second]).max() < 1e-3


def test_rows_of_one_subject_are_told_without_its_group_only():
    subjects = np.repeat(np.arange(150), 8)
    features = rng().normal(size=(150, 6))[subjects] + 0.1 * noise(1200, 6)
    assert "near-duplicates" in found(features)
    assert "near-duplicates" not in found(features, groups=subjects)


def test_neighbouring_slices_are_told():
    draw = rng()
    heads = np.cumsum(draw.normal(size=(60, 12, 24, 24)) * 0.1, axis=1) + draw.normal(
        size=(60, 1, 24, 24)
    )
    images = heads.reshape(-1, 24, 24)
    assert "near-duplicates" in found(images)
    assert "near-duplicates" not in found(images, groups=np.repeat(np.arange(60), 12))


@pytest.mark.parametrize(
    "features",
    [
        noise(20_000, 2),
        noise(2000, 30),
        rng().standard_t(2, size=(3000, 5)),
        np.exp(2 * noise(3000, 5)),
        np.cumsum(noise(3000, 6), axis=0),
        rng().integers(0, 12, (2000, 4)).astype(float),
        np.column_stack([rng().integers(0, 2, (4000, 9)), rng().normal(size=4000)]),
        load_digits().images,
        np.column_stack([noise(5000, 1)[:, 0], (12 * noise(5000, 1)[::-1, 0]).round()]),
        np.column_stack([rng().integers(0, 12, (3000, 2)), rng().normal(size=3000)]),
    ],
    ids=[
        *("dense", "wide", "heavy", "skewed", "walk", "codes", "cells", "digits"),
        *("rounded and not", "codes and not"),
    ],
)
def test_data_without_near_equal_rows_is_silent(features):
    assert "near-duplicates" not in found(features)


@settings(max_examples=15, deadline=None)
@given(columns=st.integers(2, 12), seed=st.integers(0, 10_000))
def test_the_chance_of_a_neighbour_is_no_smaller_than_it_should_be(columns, seed):
    draw = np.random.default_rng(seed)
    rows = draw.normal(size=(2400, columns)) * draw.uniform(0.5, 2.0, columns)
    near = nearness(rows[:400], rows[400:])
    # By chance 4 of 400 rows are below .01; 16 or more are so once in 100,000 times.
    assert (near.chance < 0.01).sum() < 16
    assert near.dimension < columns + 1.5


def test_nearness_finds_the_nearest_row():
    rows = noise(500, 3)
    near = nearness(rows[:50], rows[50:])
    direct = np.linalg.norm(rows[:50, None] - rows[None, 50:], axis=2)
    assert near.nearest.tolist() == direct.argmin(axis=1).tolist()


def test_nearness_says_nothing_of_few_or_equal_rows():
    assert nearness(noise(10), noise(30)) is None
    assert nearness(np.zeros((10, 2)), np.zeros((200, 2))) is None


# ---- columns that number the rows


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.arange(400), "unique, monotone"),
        (-1.5 * np.arange(400), "unique, monotone"),
        (np.cumsum(rng().uniform(0, 9, 400)), "unique, monotone"),
        (rng().permutation(400) + 1, "unique whole numbers from 1 to 400"),
        (rng().choice(2000, 400, replace=False), "unique whole numbers from "),
        (np.repeat(np.arange(390), [2] * 10 + [1] * 380), "390 different values in 400 rows"),
    ],
)
def test_a_column_that_numbers_rows_is_told(values, reason):
    features = np.column_stack([noise(), values])
    message = found(features)["id-like"].message
    assert message.startswith(f"column 'c4' looks like a row id ({reason}")
    assert message.endswith("; name it in ignore")


@pytest.mark.parametrize(
    "values",
    [
        rng().normal(size=400),
        np.round(rng().normal(size=400), 1),
        np.sort(np.round(rng().normal(size=400), 1)),
        rng().integers(18, 90, 400),
        rng().choice(10**9, 400, replace=False),
    ],
)
def test_a_measurement_is_no_row_id(values):
    assert "id-like" not in found(np.column_stack([noise(), values]))


def test_texts_that_differ_in_every_row_are_told():
    names = Column("name", tuple(f"n{i:03}" for i in range(400)))
    columns = (*number_columns("abcd"), names)
    told = found(np.column_stack([noise(), rng().permutation(400)]), columns=columns)
    assert "'name' looks like a row id (400 different texts in 400 rows)" in told["id-like"].message
    assert "many-categories" not in told


# ---- columns that know the class


def test_a_copy_of_the_target_is_told_with_its_area_and_chance():
    labels = rare(400)
    leak = (labels == "ill") + 0.001 * rng().normal(size=400)
    message = found(np.column_stack([noise(), leak]), labels)["single-predictor"].message
    assert "'c4' alone tells class 'ill': ROC AUC 1.000 on 300 development rows, 60 of" in message
    assert "p < 1e-15" in message


@pytest.mark.parametrize("sign", [1, -1])
def test_missing_where_the_class_is_rare_is_told(sign):
    labels = rare(400)
    values = np.where(labels == "ill", np.nan, sign * rng().uniform(1, 2, 400))
    assert "single-predictor" in found(np.column_stack([noise(), values]), labels)


def test_codes_without_an_order_are_told():
    labels = rare(400)
    codes = np.where(labels == "ill", 2, rng().choice([1, 3], 400))
    assert "single-predictor" in found(np.column_stack([noise(), codes]), labels)


def test_a_category_that_is_the_class_is_told_and_unique_ones_are_not():
    labels = rare(400)
    ward = np.where(labels == "ill", rng().integers(0, 3, 400), rng().integers(3, 9, 400))
    columns = (*number_columns("abcd"), Column("ward", tuple("ABCDEFGHI")))
    assert (
        "'ward'"
        in found(np.column_stack([noise(), ward]), labels, columns=columns)[
            "single-predictor"
        ].message
    )
    own = np.arange(400) // 2
    columns = (*number_columns("abcd"), Column("house", tuple(map(str, range(200)))))
    told = found(np.column_stack([noise(), own]), labels, columns=columns)
    assert "single-predictor" not in told


def test_a_perfect_column_with_few_rows_may_be_chance():
    labels = np.repeat(["ill", "well"], [4, 12])
    features = np.column_stack([noise(16), rng().permutation(16) * 0.1 + 9 * (labels == "ill")])
    assert "single-predictor" not in found(features, labels, study=section(split={"folds": 2}))


def test_labels_of_test_rows_do_not_matter_for_single_predictors():
    labels = rare(400)
    parts = np.where(np.arange(400) < 300, "train", "test")
    leak = (labels == "ill") + 0.001 * rng().normal(size=400)
    features = np.column_stack([noise(), leak])
    turned = labels.copy()
    turned[300:] = rng().permutation(labels[300:])
    before, after = (found(features, y, parts=parts)["single-predictor"] for y in (labels, turned))
    assert before == after


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=4, max_size=40))
def test_the_area_is_scikit_learns(pairs):
    scores, actual = (np.asarray(values) for values in zip(*pairs, strict=True))
    actual[:2] = [False, True]
    assert area_under_roc(scores, actual) == pytest.approx(roc_auc_score(actual, scores))


# ---- shape, constants, categories, parts, weights


def test_more_features_than_training_rows_are_told():
    labels = rare(60)
    study = section(split={"test": 0.2, "validation": 0.25})
    told = found(noise(60, 3000), labels, study=study)
    assert told["wide"].message.startswith("features (3000) > training rows (36)")
    assert "wide" not in found(noise(60, 36), labels, study=study)


def test_features_are_counted_after_categories_became_columns():
    words = Column("word", tuple(map(str, range(20))))
    columns = (*number_columns(["a"]), *(Column(f"w{i}", words.categories) for i in range(5)))
    codes = np.tile(np.arange(20), 5)[:, None] * np.ones((1, 5))
    parts = np.repeat(["train", "validation", "test"], [60, 20, 20])
    features = np.column_stack([noise(100, 1), codes])
    message = found(features, columns=columns, parts=parts)["wide"].message
    assert message.startswith("features (101) > training rows (60)")


def test_a_constant_column_is_named():
    told = found(np.column_stack([noise(), np.full(400, 3.0), np.full(400, 1.0)]))
    assert told["constant-columns"].message == (
        "columns 'c4', 'c5' are constant among development rows and are left out"
    )


def test_a_table_of_constants_is_an_error():
    parts = np.repeat(["train", "test"], [300, 100])
    features = np.column_stack([np.repeat([1.0, 2.0], [300, 100])] * 2)
    told = found(features, parts=parts, study=section(duplicates="separate"))
    assert told["constant-columns"].level == "error"


def test_columns_of_many_categories_are_told():
    city = np.minimum(rng().geometric(0.05, 400) - 1, 99)
    columns = (*number_columns("abcd"), Column("city", tuple(f"t{i}" for i in range(100))))
    told = found(np.column_stack([noise(), city]), columns=columns)
    distinct = int(told["many-categories"].message.split(" has ")[1].split(" categories")[0])
    assert 30 < distinct <= len(np.unique(city))
    assert "the 29 most frequent have a column each" in told["many-categories"].message


def test_categories_that_only_test_rows_have_are_counted():
    code = np.where(np.arange(400) < 300, np.arange(400) % 3, np.arange(400) % 5)
    columns = (*number_columns("abcd"), Column("site", tuple("ABCDE")))
    parts = np.repeat(["train", "test"], [300, 100])
    told = found(np.column_stack([noise(), code]), columns=columns, parts=parts)
    assert told["unseen-categories"].message.startswith(
        "column 'site': 40 of 100 test rows have a category that no training row has ('D', 'E')"
    )


def test_another_prevalence_in_the_test_part_is_told():
    parts = np.repeat(["train", "test"], [1000, 400])
    labels = np.concatenate([rare(1000, 20), rare(400, 5)])
    message = found(noise(1400), labels, parts=parts)["prevalence-shift"].message
    assert "5.0 % (50 of 1000) of the training rows" in message
    assert "20.0 % (80 of 400) of the test rows" in message
    assert "4.0 times apart" in message


def test_equal_prevalence_in_the_parts_is_silent():
    parts = np.repeat(["train", "validation", "test"], [1000, 200, 200])
    assert "prevalence-shift" not in found(noise(1400), rare(1400), parts=parts)


def test_equal_rows_on_both_sides_of_an_official_split_are_counted():
    features = noise()
    features[390:] = features[:10]
    parts = np.repeat(["train", "test"], [300, 100])
    message = found(features, parts=parts)["shared-rows"].message
    assert message.startswith("10 of 100 test rows equal a development row")
    assert "shared-rows" not in found(features)


def test_weights_that_few_rows_have_are_told_by_kish():
    labels = rare(400)
    weights = np.ones(400)
    parts = np.repeat(["train", "test"], [300, 100])
    weights[0] = 100.0
    message = found(noise(), labels, weights=weights, parts=parts)["uneven-weights"].message
    # 59 rows of weight 1 and one of 100: (159)² / (59 + 100²).
    assert f"the 60 development rows of class 'ill' the say of {159**2 / 10059:.1f} rows" in message
    assert "uneven-weights" not in found(noise(), labels, weights=np.ones(400))


def test_errors_come_first_and_what_loading_found_is_kept():
    early = Finding("warning", "left-out", "a column was left out")
    parts = np.repeat(["train", "test"], [300, 100])
    features = np.repeat([[1.0], [2.0]], [300, 100], axis=0)
    study = section(duplicates="separate")
    told = found(features, parts=parts, findings=(early,), study=study)
    assert next(iter(told)) == "constant-columns"
    assert told["left-out"] == early


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.floats(1e-6, 1e6))
def test_findings_do_not_depend_on_units_of_measurement(seed, scale):
    draw = np.random.default_rng(seed)
    features = repeated(draw.normal(size=(600, 5)))
    assert found(features).keys() == found(features * scale).keys()


def test_a_fold_in_which_nothing_varies_is_an_error():
    features = np.zeros((60, 1))
    features[3] = 1.0
    for seed in range(20):  # the row may be a test row
        told = found(features, seed=seed, study=section(duplicates="separate"))["constant-columns"]
        assert told.level == "error"
        if "development" not in told.message:
            break
    assert "constant in the training part of fold " in told.message
