"""Resamplers against imbalanced-learn called directly, and against the rule of their ratio."""

import warnings

import imblearn.combine
import imblearn.over_sampling
import imblearn.under_sampling
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.data.resamplers import (
    RESAMPLERS,
    Block,
    Layout,
    ResamplingFailed,
    prior_after,
    resample,
)
from tuner.data.resamplers.smote import SvmSmote
from tuner.errors import InputError
from tuner.spaces import Chosen

OVER, UNDER, BOTH = imblearn.over_sampling, imblearn.under_sampling, imblearn.combine
CLASSES = ("a", "b", "c", "d")


def rows(counts, width=3, seed=0, apart=1.0):
    """Rows in mixed order whose classes overlap."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    x = rng.normal(size=(len(y), width)) + apart * y[:, None]
    return x.astype(np.float32), y


def numbers(width):
    return Layout(tuple(Block(f"n{at}", at, at + 1, False) for at in range(width)))


def run(name, x, y, weights=None, layout=None, seed=0, **parameters):
    entry = RESAMPLERS[name]
    values = {key: space.default for key, space in entry.spaces.items()} | parameters
    if layout is None and x.ndim == 2:
        layout = numbers(x.shape[1])
    classes = CLASSES[: int(y.max()) + 1]
    return resample(Chosen(name, values), x, y, weights, layout, classes, seed)


def smote(ratio, k, seed=0):
    return OVER.SMOTE(sampling_strategy=ratio, k_neighbors=k, random_state=seed)


GOLDEN = [
    (
        "random_over",
        {"ratio": 0.5},
        lambda: OVER.RandomOverSampler(sampling_strategy=0.5, random_state=0),
    ),
    (
        "random_under",
        {"ratio": 0.5},
        lambda: UNDER.RandomUnderSampler(sampling_strategy=0.5, random_state=0),
    ),
    ("smote", {"ratio": 0.7, "k_neighbors": 3}, lambda: smote(0.7, 3)),
    (
        "borderline_smote",
        {"k_neighbors": 4},
        lambda: OVER.BorderlineSMOTE(k_neighbors=4, random_state=0),
    ),
    (
        "svm_smote",
        {"ratio": 0.9},
        lambda: OVER.SVMSMOTE(sampling_strategy=0.9, random_state=0),
    ),
    (
        "adasyn",
        {"ratio": 0.8, "k_neighbors": 7},
        lambda: OVER.ADASYN(sampling_strategy=0.8, n_neighbors=7, random_state=0),
    ),
    (
        "smote_tomek",
        {"ratio": 0.6, "k_neighbors": 2},
        lambda: BOTH.SMOTETomek(sampling_strategy=0.6, smote=smote(0.6, 2)),
    ),
    (
        "smote_enn",
        {"ratio": 0.6, "k_neighbors": 2},
        lambda: BOTH.SMOTEENN(sampling_strategy=0.6, smote=smote(0.6, 2)),
    ),
    *(
        (
            "near_miss",
            {"ratio": 0.5, "version": version},
            lambda version=version: UNDER.NearMiss(sampling_strategy=0.5, version=version),
        )
        for version in (1, 2, 3)
    ),
]


def test_the_table_has_a_row_for_each_entry():
    assert {name for name, *_ in GOLDEN} | {"none", "balanced_batches"} == set(RESAMPLERS)


def in_order(x, y):
    """Rows in one order, whatever the order was."""
    both = np.column_stack([x, y])
    return both[np.lexsort(both.T)]


def spelled(value):
    """A name that is the same in every process, as a function's address is not."""
    return getattr(value, "__name__", str(value)[:30])


@pytest.mark.parametrize(("name", "parameters", "reference"), GOLDEN, ids=spelled)
def test_rows_are_those_of_imbalanced_learn(name, parameters, reference):
    x, y = rows([160, 40])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of the samples", UserWarning)
        expected = reference().fit_resample(x, y)
    done = run(name, x, y, **parameters)
    assert len(done.y) != len(y)
    np.testing.assert_array_equal(in_order(done.x, done.y), in_order(*expected))
    assert done.x.dtype == np.float32
    assert done.y.dtype == np.int64


@pytest.mark.parametrize("name", list(RESAMPLERS))
def test_each_row_says_where_it_comes_from(name):
    x, y = rows([120, 60, 30])
    done = run(name, x, y)
    old = done.origin >= 0
    np.testing.assert_array_equal(done.x[old], x[done.origin[old]])
    np.testing.assert_array_equal(done.y[old], y[done.origin[old]])
    assert old.all() == (not RESAMPLERS[name](_defaults(name)).makes_rows)
    assert (done.y[~old] > 0).all()  # the largest class gets no new rows
    assert not (done.x[~old][:, None] == x).all(axis=2).any()
    kept = done.origin[old]
    first = kept[np.sort(np.unique(kept, return_index=True)[1])]
    assert (np.diff(first) > 0).all()


def _defaults(name):
    return {key: space.default for key, space in RESAMPLERS[name].spaces.items()}


@pytest.mark.parametrize("name", list(RESAMPLERS))
def test_training_rows_are_not_changed_and_the_same_seed_gives_the_same_rows(name):
    x, y = rows([120, 60, 30])
    before = x.tobytes(), y.tobytes()
    one, same, other = (run(name, x, y, seed=seed) for seed in (5, 5, 6))
    assert (x.tobytes(), y.tobytes()) == before
    np.testing.assert_array_equal(one.x, same.x)
    np.testing.assert_array_equal(one.y, same.y)
    np.testing.assert_array_equal(one.origin, same.origin)
    drawn = name not in ("none", "balanced_batches", "near_miss")
    assert drawn == (one.x.shape != other.x.shape or bool((one.x != other.x).any()))


@pytest.mark.parametrize("name", list(RESAMPLERS))
def test_no_value_of_a_held_out_row_is_seen(name):
    # All rows stand in one array, as in a data set: held-out ones must neither change nor matter.
    x, y = rows([160, 60, 30])
    held = np.arange(len(y)) % 4 == 0
    results = []
    for factor in (1.0, 1e6):
        everything = x.copy()
        everything[held] *= factor
        before = everything.tobytes(), y.tobytes()
        results.append(run(name, everything[~held], y[~held]))
        assert (everything.tobytes(), y.tobytes()) == before
    np.testing.assert_array_equal(results[0].x, results[1].x)


@pytest.mark.parametrize(
    "name", ["smote", "borderline_smote", "adasyn", "smote_tomek", "smote_enn"]
)
def test_a_new_row_lies_between_two_training_rows_of_its_class(name):
    x, y = rows([90, 30, 12])
    done = run(name, x, y, k_neighbors=3)
    new = done.origin < 0
    assert new.any()
    for point, code in zip(done.x[new].astype(np.float64), done.y[new], strict=True):
        own = x[y == code].astype(np.float64)
        away = own - point
        length = np.linalg.norm(away, axis=1)
        # On a segment, the distances to both ends add up to its length.
        detour = length[:, None] + length - np.linalg.norm(own[:, None] - own, axis=2)
        np.fill_diagonal(detour, np.inf)
        assert detour.min() < 1e-5


COUNTS = st.lists(st.integers(6, 40), min_size=2, max_size=4)


@settings(max_examples=60, deadline=None)
@given(counts=COUNTS, ratio=st.floats(0.05, 1.0), name=st.sampled_from(["random_over", "smote"]))
def test_over_sampling_raises_every_class_to_the_ratio(counts, ratio, name):
    x, y = rows(counts)
    got = np.bincount(run(name, x, y, ratio=ratio).y)
    least = ratio * max(counts)
    for before, after in zip(counts, got, strict=True):
        assert after == before or before < after <= least + 1e-6
        assert after > least - 1


@settings(max_examples=60, deadline=None)
@given(
    counts=COUNTS, ratio=st.floats(0.05, 1.0), name=st.sampled_from(["random_under", "near_miss"])
)
def test_under_sampling_cuts_every_class_to_the_ratio(counts, ratio, name):
    x, y = rows(counts)
    got = np.bincount(run(name, x, y, ratio=ratio).y)
    most = min(counts) / ratio
    for before, after in zip(counts, got, strict=True):
        assert after == before or before > after > most - 1
        assert after <= most + 1e-6


@settings(max_examples=15, deadline=None)
@given(
    counts=st.lists(st.integers(12, 40), min_size=2, max_size=3),
    ratio=st.floats(0.5, 1.0),
    apart=st.floats(0.0, 3.0),
    seed=st.integers(0, 9),
)
def test_the_other_samplers_keep_the_ratio_or_say_why_not(counts, ratio, apart, seed):
    x, y = rows(counts, seed=seed, apart=apart)
    wanted = np.maximum(counts, np.floor(ratio * max(counts) + 1e-6))
    for name in ("borderline_smote", "svm_smote", "adasyn"):
        try:
            got = np.bincount(run(name, x, y, seed=seed, ratio=ratio).y)
        except ResamplingFailed:
            continue
        slack = np.divide(counts, 2) if name == "adasyn" else 0
        assert (np.abs(got - wanted) <= slack).all()


@pytest.mark.parametrize(("ratio", "rare"), [(0.29, 29), (0.1, 10), (0.7, 70), (1.0, 100)])
def test_a_ratio_that_binary_numbers_miss_loses_no_row(ratio, rare):
    x, y = rows([100, 5])
    assert np.bincount(run("random_over", x, y, ratio=ratio).y).tolist() == [100, rare]


@pytest.mark.parametrize("name", list(RESAMPLERS))
def test_classes_at_the_ratio_stay_as_they_are(name):
    x, y = rows([30, 30, 30])
    done = run(name, x, y)
    np.testing.assert_array_equal(done.x, x)
    np.testing.assert_array_equal(done.origin, np.arange(90))


def test_svm_smote_makes_all_rows_where_every_support_vector_is_safe():
    # Imbalanced-learn makes about half of them then.
    x, y = rows([100, 20], apart=6.0)
    settings = {"sampling_strategy": {1: 100}, "random_state": 0}
    stock = SvmSmote("svm_smote", 1.0, 5).sampler(**settings).fit_resample(x, y)[1]
    assert np.bincount(stock)[1] < 90
    assert np.bincount(run("svm_smote", x, y).y).tolist() == [100, 100]


def scattered():
    """Rare rows far from each other in the midst of frequent ones."""
    centres = np.arange(8)
    x, y = rows([800, 8], width=2)
    x *= 0.1
    x[y == 0] += np.repeat(centres, 100)[:, None]
    x[y == 1] = centres[:, None]
    return x, y


def alternating():
    """Classes that take turns on a line, so that the nearest row is of the other class."""
    at = np.arange(101)
    return at[:, None].astype(np.float32), at % 2


FAILING = [
    ("adasyn", rows([100, 20], apart=50.0), {}, "none is of another class"),
    ("adasyn", rows([100, 98], apart=0.0), {}, "round to none"),
    ("borderline_smote", rows([100, 20], apart=50.0), {}, "no row of class 'b' is at the border"),
    ("svm_smote", scattered(), {}, "support vector"),
    ("smote_enn", alternating(), {"k_neighbors": 1}, "all rows of class 'a'"),
]


@pytest.mark.parametrize(("name", "data", "parameters", "told"), FAILING)
def test_rows_that_do_not_suit_fail_with_the_reason_and_another_way(name, data, parameters, told):
    with pytest.raises(ResamplingFailed) as caught:
        run(name, *data, **parameters)
    assert told in str(caught.value)
    assert "use smote" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["smote", "near_miss"])
def test_a_number_beyond_float32_fails_with_its_reason(name):
    x, y = rows([30, 10])
    x[3, 1] = np.inf
    with pytest.raises(ResamplingFailed, match="1 of 40 training rows hold a number beyond"):
        run(name, x, y)


@pytest.mark.parametrize("name", ["random_over", "random_under", "none", "balanced_batches"])
def test_images_and_weights_go_with_their_rows(name):
    x, y = rows([20, 6], width=8 * 8 * 2)
    images = x.reshape(-1, 8, 8, 2)
    weights = np.arange(26.0)
    done = run(name, images, y, weights=weights, layout=None)
    np.testing.assert_array_equal(done.x, images[done.origin])
    np.testing.assert_array_equal(done.weights, weights[done.origin])


def test_near_miss_keeps_the_weights_of_its_rows():
    x, y = rows([20, 6])
    weights = np.arange(26.0)
    done = run("near_miss", x, y, weights=weights)
    np.testing.assert_array_equal(done.weights, weights[done.origin])


@pytest.mark.parametrize("name", ["smote", "adasyn", "smote_enn"])
def test_a_new_row_of_weighted_data_is_refused(name):
    x, y = rows([20, 8])
    with pytest.raises(InputError, match="use random_over, balanced_batches or class weights"):
        run(name, x, y, weights=np.ones(28))


def test_a_class_without_rows_is_refused():
    x, y = rows([20, 0, 8])
    with pytest.raises(InputError, match="class 'b' has 0 training rows"):
        run("random_under", x, y)


def test_many_classes_with_few_rows_are_no_regression():
    y = np.arange(30) % 18
    classes = [str(code) for code in range(18)]
    images = np.zeros((30, 2, 2), np.float32)
    done = resample(Chosen("random_over", {"ratio": 1.0}), images, y, None, None, classes, 0)
    assert np.bincount(done.y).tolist() == [2] * 18


def test_a_layout_of_other_rows_is_a_fault_of_the_caller():
    x, y = rows([20, 8])
    with pytest.raises(ValueError, match="the layout has 2 columns"):
        run("smote", x, y, layout=numbers(2))


def test_the_prior_is_that_of_what_the_network_sees():
    x, y = rows([80, 20])
    over = run("random_over", x, y, ratio=0.5)
    np.testing.assert_allclose(prior_after(over.y, 2, over.batch_ratio), [2 / 3, 1 / 3])
    batches = run("balanced_batches", x, y, ratio=0.5)
    np.testing.assert_allclose(prior_after(batches.y, 2, batches.batch_ratio), [2 / 3, 1 / 3])
    np.testing.assert_allclose(prior_after(y, 3), [0.8, 0.2, 0.0])
