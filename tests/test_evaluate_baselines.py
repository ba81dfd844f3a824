"""Simple models beside the winner: as by hand with scikit-learn, on the same splits."""

import ast
import dataclasses
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from tuner.data import Column, RawData, assemble, make_splits
from tuner.evaluate.baselines import BASELINES, Baseline
from tuner.evaluate.baselines.binned import Binned
from tuner.evaluate.baselines.compare import Comparison
from tuner.evaluate.baselines.registry import Constant
from tuner.evaluate.baselines.rows import prepared, row_notes, sampled
from tuner.evaluate.ensemble import mean_probabilities, mean_threshold
from tuner.evaluate.intervals import score_intervals
from tuner.metrics import best_threshold, decide
from tuner.study import PreprocessingSection, SplitSection, Study

SEED = 3


def table(classes=("common", "rare"), rows=150, **more):
    """Rows of three numbers that tell something of the class; the last is the minority."""
    rng = np.random.default_rng(0)
    share = [1.0] * (len(classes) - 1) + [0.35]
    codes = rng.permutation(
        np.resize(np.repeat(np.arange(len(classes)), np.multiply(share, 40).astype(int)), rows)
    )
    features = rng.normal(size=(rows, 3)) * [1, 10, 0.1] + codes[:, None] * [2.0, 10.0, 0.0]
    columns = tuple(Column(name) for name in "abc")
    raw = RawData(features, np.array(classes)[codes], columns=columns, **more)
    return assemble(raw, "t", minority=classes[-1])


def study(*names, **sections):
    data = {"csv": "rows.csv", "target": "label"}
    asked = {"evaluation": {"baselines": list(names) or True}}
    return Study.model_validate({"name": "s", "seed": SEED, "data": data, **asked, **sections})


def compare(dataset, *names, section=None, **sections):
    splits = make_splits(dataset, section or SplitSection(), SEED)
    comparison = Comparison(study(*names, **sections), dataset, splits)
    return {one.name: one for one in comparison.results()}, splits, comparison


def by_hand(dataset, splits, fit):
    """Probabilities of validation rows of each fold and of the test rows, by scikit-learn alone."""
    told = []
    for number, fold in enumerate(splits.folds):
        scaler = StandardScaler().fit(dataset.features[fold.train])
        parts = [
            scaler.transform(dataset.features[rows]).astype(np.float32)
            for rows in (fold.train, fold.validation, splits.test)
        ]
        seed = int(np.random.SeedSequence([SEED, number, 0]).generate_state(1)[0])
        model = fit(parts[0], dataset.labels[fold.train], seed)
        told.append([model.predict_proba(part)[:, 1] for part in parts[1:]])
    return [one[0] for one in told], [one[1] for one in told]


def logistic(x, y, seed):
    return LogisticRegression(max_iter=1000, class_weight="balanced").fit(x, y)


def boosting(x, y, seed):
    return HistGradientBoostingClassifier(early_stopping=False, random_state=seed).fit(x, y)


def forest(x, y, seed):
    return RandomForestClassifier(100, random_state=seed).fit(x, y)


def smote_forest(x, y, seed):
    return forest(*SMOTE(k_neighbors=5, random_state=seed).fit_resample(x, y), seed)


def mean_odds(values):
    clipped = np.clip(np.asarray(values), 1e-7, 1 - 1e-7)
    return 1 / (1 + np.exp(-np.log(clipped / (1 - clipped)).mean(axis=0)))


@pytest.mark.parametrize(
    ("name", "fit", "mean"),
    [
        ("logistic_regression", logistic, mean_odds),
        ("gradient_boosting", boosting, mean_odds),
        ("random_forest", forest, lambda values: np.mean(values, axis=0)),
        ("random_forest_smote", smote_forest, lambda values: np.mean(values, axis=0)),
    ],
)
def test_a_model_is_fitted_and_scored_as_by_hand(name, fit, mean):
    dataset = table()
    results, splits, _ = compare(dataset, name)
    validation, test = by_hand(dataset, splits, fit)
    truths = [dataset.labels[fold.validation] for fold in splits.folds]
    thresholds = [best_threshold(y == 1, p) for y, p in zip(truths, validation, strict=True)]
    called, others = [], range(len(truths))
    for own in others:
        rest = [number for number in others if number != own]
        chosen = best_threshold(
            np.concatenate([truths[number] for number in rest]) == 1,
            np.concatenate([validation[number] for number in rest]),
        )
        called.append(validation[own] >= chosen)
    result, truth = results[name], dataset.labels[splits.test]
    assert (result.state, result.reason, result.notes) == ("finished", "", ())
    assert result.threshold == pytest.approx(mean(thresholds), rel=1e-5)
    expected = f1_score(np.concatenate(truths), np.concatenate(called))
    assert result.validation.minority_f1 == pytest.approx(expected)
    told = mean(test)
    assert result.test.minority_f1 == pytest.approx(f1_score(truth, told >= result.threshold))
    assert result.test.pr_auc == pytest.approx(average_precision_score(truth, told))
    assert 0.3 < result.test.minority_f1 < 1


def test_what_says_the_same_of_all_rows_calls_all_of_them_minority():
    dataset = table()
    results, splits, _ = compare(dataset, "always_minority", "prior")
    share = dataset.is_minority(splits.test).mean()
    for one in results.values():
        assert one.test.minority_f1 == pytest.approx(2 * share / (1 + share))
        assert one.validation.recall == 1
    assert results["always_minority"].test.pr_auc == pytest.approx(share)
    fixed, _, _ = compare(dataset, "always_minority", "prior", objective={"threshold": 0.5})
    assert fixed["always_minority"].test.recall == 1
    assert (fixed["prior"].test.recall, fixed["prior"].threshold) == (0, 0.5)


def garbled(dataset, rows):
    rng = np.random.default_rng(1)
    features, labels = dataset.features.copy(), dataset.labels.copy()
    features[rows] = rng.normal(1e6, 1e9, features[rows].shape)
    labels[rows] = rng.permutation(labels[rows])
    return dataclasses.replace(dataset, features=features, labels=labels)


def test_test_rows_have_no_say_in_models_and_thresholds():
    dataset = table()
    splits = make_splits(dataset, SplitSection(), SEED)
    seen = []
    for data in (dataset, garbled(dataset, splits.test)):
        results = Comparison(study(), data, splits).results()
        seen.append({one.name: one for one in results})
    assert set(seen[0]) == set(BASELINES)
    for name, one in seen[0].items():
        other = seen[1][name]
        assert one.state == "finished"
        assert (one.threshold, one.validation) == (other.threshold, other.validation)
        assert name in ("always_minority", "prior") or one.test != other.test


def test_the_same_seed_gives_the_same_and_models_come_in_the_order_of_the_registry():
    dataset = table()
    first, second = (compare(dataset)[0] for _ in range(2))
    assert list(first) == list(BASELINES)
    same = [dataclasses.replace(one, seconds=0.0) for one in first.values()]
    assert same == [dataclasses.replace(one, seconds=0.0) for one in second.values()]
    assert all(one.seconds > 0 for one in first.values())


class Loud(Constant):
    def fit(self, x, y, sample_weight=None):
        warnings.warn("did not converge\nsee the manual", UserWarning, stacklevel=1)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        return self


class Broken(Constant):
    def fit(self, x, y, sample_weight=None):
        raise RuntimeError("no such thing\nat all")


class Infinite(Constant):
    def predict_proba(self, x):
        return super().predict_proba(x) * np.nan


def test_a_model_that_fails_is_told_and_a_warning_is_a_note(registries):
    @BASELINES.register("broken")
    def broken(*, shares):
        """Breaks."""
        return Baseline("a broken model", Broken(shares))

    @BASELINES.register("infinite")
    def infinite(*, shares):
        """Is not finite."""
        return Baseline("an infinite model", Infinite(shares))

    @BASELINES.register("loud")
    def loud(*, shares):
        """Warns."""
        return Baseline("a loud model", Loud(shares), mean="shares")

    results, _, _ = compare(table(), "loud", "broken", "infinite")
    failed, undefined, told = results.values()
    assert (failed.label, failed.state) == ("a broken model", "failed")
    assert (failed.reason, failed.test) == ("RuntimeError: no such thing", None)
    assert undefined.reason == "ValueError: its probabilities are not finite"
    assert (told.state, told.notes) == ("finished", ("did not converge",))
    assert failed.to_json()["test"] is None


def test_rows_that_cannot_be_prepared_fail_every_model(monkeypatch):
    from tuner.evaluate.baselines import compare as module

    def fails(*_):
        raise MemoryError("too much")

    monkeypatch.setattr(module, "prepared", fails)
    results, _, comparison = compare(table(), "prior", "random_forest")
    assert [one.reason for one in results.values()] == ["MemoryError: too much"] * 2
    assert comparison.notes == []


def test_several_classes_and_the_minority_is_the_last():
    dataset = table(("much", "some", "rare"), rows=260)
    results, splits, _ = compare(dataset)
    for one in results.values():
        assert one.state == "finished"
        assert np.sum(one.test.confusion) == len(splits.test)
        assert np.shape(one.test.confusion) == (3, 3)
    assert results["gradient_boosting"].test.mcc > 0.3


def test_means_of_several_classes_keep_the_minoritys_odds():
    rng = np.random.default_rng(0)
    told = rng.dirichlet([2, 2, 1], size=(4, 9))
    mean = mean_probabilities(list(told))
    assert mean.sum(axis=1) == pytest.approx(np.ones(9))
    alone = [mean_threshold(told[:, row, -1]) for row in range(9)]
    assert mean[:, -1] == pytest.approx(alone)
    ratio = np.exp(np.log(told[:, :, 0] / told[:, :, 1]).mean(axis=0))
    assert mean[:, 0] / mean[:, 1] == pytest.approx(ratio)


def test_groups_are_drawn_whole():
    dataset = table(groups=np.repeat(np.arange(30), 5))
    results, splits, _ = compare(dataset, "logistic_regression")
    _, test = by_hand(dataset, splits, logistic)
    told = np.column_stack([1 - mean_odds(test), mean_odds(test)])
    result = results["logistic_regression"]
    decisions, labels = decide(told, result.threshold), dataset.labels[splits.test]
    units = dataset.units[splits.test]
    assert len(np.unique(units)) < len(units)
    ends = score_intervals(labels, told, decisions, units, seed=SEED)
    assert result.intervals["minority_f1"] == ends["minority_f1"]
    alone = score_intervals(labels, told, decisions, seed=SEED)
    assert result.intervals["minority_f1"] != alone["minority_f1"]


def test_row_weights_are_used_and_smote_is_left_out():
    weights = np.random.default_rng(5).uniform(0.1, 3, 150)
    dataset = table(weights=weights)

    def weighted(x, y, seed):
        # The weights of a fold are those of its training rows; the mean is 1.
        [fold] = [
            one
            for one in splits.folds
            if len(one.train) == len(y) and np.array_equal(dataset.labels[one.train], y)
        ]
        own = weights[fold.train] * (len(y) / (2 * np.bincount(y)))[y]
        return LogisticRegression(max_iter=1000).fit(x, y, sample_weight=own / own.mean())

    results, splits, _ = compare(dataset, "logistic_regression", "gradient_boosting_smote")
    _, test = by_hand(dataset, splits, weighted)
    truth = dataset.labels[splits.test]
    result = results["logistic_regression"]
    assert result.test.pr_auc == pytest.approx(average_precision_score(truth, mean_odds(test)))
    plain, _, _ = compare(table(), "logistic_regression")
    assert plain["logistic_regression"].threshold != result.threshold
    left = results["gradient_boosting_smote"]
    assert (left.state, left.test) == ("left out", None)
    assert "the rows of this data have weights" in left.reason
    assert "; use" not in left.reason


def test_categories_go_through_the_resampler_of_the_networks():
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1], [110, 40])
    features = np.column_stack([rng.normal(size=150) + codes, rng.integers(0, 3, 150)])
    columns = (Column("number"), Column("site", ("x", "y", "z")))
    dataset = assemble(RawData(features, np.array(["a", "b"])[codes], columns=columns), "t")
    results, _, _ = compare(dataset, "random_forest_smote")
    assert results["random_forest_smote"].state == "finished"


def images(side):
    rng = np.random.default_rng(0)
    codes = rng.permutation(np.repeat([0, 1], [90, 40]))
    pixels = rng.normal(size=(130, side, side)).astype(np.float32)
    pixels[:, : side // 2, : side // 2] += 1.0 * codes[:, None, None]
    return assemble(RawData(pixels, np.array(["a", "b"])[codes]), "t")


def test_images_are_lines_of_pixels_and_smote_is_left_out():
    dataset = images(6)
    results, splits, comparison = compare(dataset)
    for name, one in results.items():
        smote = name.endswith("_smote")
        assert one.state == ("left out" if smote else "finished")
        assert not smote or one.reason == "smote applies to tables only, and these rows are images"
    assert results["logistic_regression"].test.minority_f1 > 0.7
    assert comparison.notes == []
    [rows, *_] = prepared(dataset, splits, PreprocessingSection(), 0)
    assert rows.test.shape == (len(splits.test), 36)


def test_large_images_are_means_of_blocks():
    dataset = images(70)
    splits = make_splits(dataset, SplitSection(), 0)
    rows = prepared(dataset, splits, PreprocessingSection(), 0)
    pixels = dataset.features[rows[0].fold.train].astype(np.float64)
    scaled = (dataset.features[splits.test] - pixels.mean()) / pixels.std()
    first = scaled[:, :3, 3:6].mean(axis=(1, 2))  # 24 blocks of 3 pixels on an edge, of 70
    assert rows[0].test.shape == (len(splits.test), 23 * 23)
    assert rows[0].test[:, 1] == pytest.approx(first, rel=1e-4, abs=1e-5)
    assert row_notes(dataset, rows) == ["simple models see the means of 3 × 3 pixels"]


def test_many_rows_are_sampled_minority_first_and_others_stand_for_those_left_out(monkeypatch):
    from tuner.evaluate.baselines import rows as module

    monkeypatch.setattr(module, "_ROWS", 40)
    dataset = table(("much", "some", "rare"), rows=260)
    splits = make_splits(dataset, SplitSection(), 0)
    rows = prepared(dataset, splits, PreprocessingSection(), 0)
    for one in rows:
        counts = np.bincount(dataset.labels[one.fold.train])
        kept = np.bincount(one.train.y)
        assert kept[-1] == min(counts[-1], 20)
        assert kept[0] / kept[1] == pytest.approx(counts[0] / counts[1], rel=0.2)
        assert np.bincount(one.train.y, one.stands_for) == pytest.approx(counts)
        assert 40 <= len(one.train.y) <= 42
    [note] = row_notes(dataset, rows)
    total = max(len(one.fold.train) for one in rows)
    assert note.startswith(f"simple models learn from {len(rows[0].train.y)} of the {total} train")
    results, _, _ = compare(dataset, "gradient_boosting", "gradient_boosting_smote", "prior")
    assert {one.state for one in results.values()} == {"finished"}


def test_few_rows_are_all_taken_and_many_by_the_seed():
    labels = np.repeat([0, 1], [900, 100])
    assert np.array_equal(sampled(labels, 1000, [0]), np.arange(1000))
    one, again, other = (sampled(labels, 300, [seed]) for seed in (0, 0, 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert (len(one), (labels[one] == 1).sum()) == (300, 100)
    assert len(np.unique(one)) == 300


@pytest.mark.parametrize("bins", [255, 16])
def test_boosting_on_bins_is_scikit_learns(bins):
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=(600, 3)), rng.integers(0, 9, 600)]).astype(np.float32)
    y = (x[:, 0] + rng.normal(size=600) > 1).astype(int)
    new = rng.normal(size=(200, 4)).astype(np.float32)
    settings = {"early_stopping": False, "random_state": 0, "max_bins": bins, "max_iter": 20}
    with threadpool_limits(1):
        plain = HistGradientBoostingClassifier(**settings).fit(x, y)
        ours = Binned(HistGradientBoostingClassifier(**settings)).fit(x, y)
    assert np.array_equal(ours.predict_proba(new), plain.predict_proba(new))


def test_an_interruption_leaves_what_is_done():
    calls = []

    def pressed():
        calls.append(None)
        if len(calls) == 6:  # before each model and each of its three fits
            raise KeyboardInterrupt

    dataset = table()
    splits = make_splits(dataset, SplitSection(), SEED)
    results = Comparison(study(), dataset, splits, pressed).results()
    assert next(results).name == "always_minority"
    with pytest.raises(KeyboardInterrupt):
        next(results)


def test_all_is_fitted_on_one_thread_from_the_first_on():
    code = """
import numpy as np
from threadpoolctl import threadpool_info
from tuner import BASELINES, Baseline, Study
from tuner.data import RawData, assemble, make_splits
from tuner.data.dataset import number_columns
from tuner.evaluate.baselines.compare import Comparison
from tuner.evaluate.baselines.registry import Constant

class Counting(Constant):
    def fit(self, x, y, sample_weight=None):
        from sklearn.ensemble import HistGradientBoostingClassifier
        print({one["filepath"]: one["num_threads"] for one in threadpool_info()})
        return self

BASELINES.register("first")(lambda *, shares: Baseline("first", Counting(shares)))
data = {"csv": "x.csv", "target": "y", "split": {"validation": 0.3}}
study = Study.model_validate({"name": "s", "data": data, "evaluation": {"baselines": ["first"]}})
raw = RawData(np.arange(120.0)[:, None], np.arange(120) % 5 == 0, columns=number_columns("a"))
dataset = assemble(raw, "t")
list(Comparison(study, dataset, make_splits(dataset, study.data.split, 0)).results())
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "OMP_NUM_THREADS": "3"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    told = ast.literal_eval(done.stdout.strip())
    assert any("scikit_learn" in path for path in told)
    assert set(told.values()) == {1}


def test_every_fold_of_every_repeat_has_a_model():
    dataset, calls = table(), []
    splits = make_splits(dataset, SplitSection(folds=2, repeats=2), SEED)
    comparison = Comparison(study("prior"), dataset, splits, lambda: calls.append(None))
    [result] = comparison.results()
    assert len(calls) == 1 + 4
    assert np.sum(result.validation.confusion) == 2 * len(splits.development)


def test_a_single_validation_part_will_do():
    results, _, _ = compare(table(), "logistic_regression", section=SplitSection(validation=0.3))
    assert results["logistic_regression"].validation.minority_f1 > 0.3


def test_what_is_written_are_plain_values():
    import json

    results, _, _ = compare(table(), "logistic_regression")
    told = results["logistic_regression"].to_json()
    assert json.loads(json.dumps(told)) == told
    assert told["test"]["ci95"] == told["test"]["intervals"]["minority_f1"]
    assert "brier" not in told["test"]
