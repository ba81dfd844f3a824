"""Resampling changes training rows only, and what it makes is never scored.

One unit is looked at with every resampler, then one whole study with several strategies.
"""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pandas as pd
import pytest

import tuner.ending
import tuner.evaluate.held_out
import tuner.search.pooling
import tuner.search.trainer
from tuner import RESAMPLERS, ImbalancedHyperModel
from tuner.cli import main
from tuner.data import Column, RawData, assemble, fit_preprocessor, make_splits
from tuner.inspection import inspect_study
from tuner.model.epoch_rows import epoch_rows
from tuner.search.trainer import fold_rows
from tuner.study import PreprocessingSection, SplitSection
from tuner.training import best_weights, engine
from tuner.training.engine import train_unit
from tuner.training.unit import LabelledRows, UnitResult

ROOT = Path(__file__).parent.parent


class Enough(Exception):
    """Nothing more is to be seen."""


@dataclass
class Spy:
    """What networks are trained on, what they predict, and what is scored, in the order of time."""

    fitted: list = field(default_factory=list)
    predicted: list = field(default_factory=list)
    scored: list = field(default_factory=list)

    def watch(self, monkeypatch):
        monkeypatch.setattr(keras.Model, "fit", self._fit(keras.Model.fit))
        monkeypatch.setattr(engine, "fit_fused", self._fused(engine.fit_fused))
        for module in (best_weights, engine, tuner.ending):
            monkeypatch.setattr(module, "predict", self._predict(module.predict))
        for module in (tuner.search.pooling, tuner.evaluate.held_out):
            monkeypatch.setattr(module, "score", self._score(module.score))

    def _fit(self, original):
        def fit(model, x, y=None, sample_weight=None, **kwargs):
            self.fitted.append(drawn(x) if y is None else (x, y, sample_weight))
            return original(model, x, y, sample_weight=sample_weight, **kwargs)

        return fit

    def _fused(self, original):
        def fit_fused(model, plan, rows, validation, **kwargs):
            order = epoch_rows(rows, kwargs["seed"], 0).order
            taken = order if rows.batch_ratio is not None else slice(None)
            self.fitted.append((rows.x[taken], rows.y[taken], rows.weights[taken]))
            self.predicted.append(validation)
            return original(model, plan, rows, validation, **kwargs)

        return fit_fused

    def _predict(self, original):
        def predict(model, x):
            self.predicted.append(x)
            return original(model, x)

        return predict

    def _score(self, original):
        def score(labels, probabilities, decisions):
            self.scored.append((labels, probabilities, decisions))
            return original(labels, probabilities, decisions)

        return score


def drawn(batches):
    """The rows of one epoch where rows are drawn for each."""
    listed = [batches[number] for number in range(len(batches))]
    return tuple(np.concatenate(part) for part in zip(*listed, strict=True))


def different(x):
    """The different rows of an array."""
    return {row.tobytes() for row in np.ascontiguousarray(x).reshape(len(x), -1)}


def digest(*arrays):
    """Changes with the first bit that changes."""
    return hashlib.sha256(b"".join(np.ascontiguousarray(one).tobytes() for one in arrays)).digest()


# ---- one unit, with every resampler

SECTIONS = [
    *({"resampling": name} for name in RESAMPLERS),
    {"resampling": {"random_over": {"ratio": 0.7}}, "class_weight": "balanced"},
    {"resampling": {"smote": {"ratio": 0.6}}, "loss": "logit_adjusted"},
]
PREPROCESSING = PreprocessingSection()


def some_data():
    """Three classes that overlap; some rows are equal."""
    rng = np.random.default_rng(0)
    codes = rng.permutation(np.repeat([0, 1, 2], [110, 50, 40]))
    features = rng.normal(size=(200, 3)) + 0.8 * codes[:, None]
    features[-8:], codes[-8:] = features[:8], codes[:8]
    columns = tuple(Column(f"f{at}") for at in range(3))
    raw = RawData(features, np.array(["much", "some", "rare"])[codes], columns=columns)
    return assemble(raw, "t")


DATA = some_data()
[FOLD] = make_splits(DATA, SplitSection(validation=0.3), 0).folds


def train(section, rows, validation, seed=3):
    hypermodel = ImbalancedHyperModel(
        (3,),
        DATA.classes,
        model={"layers": 1, "units": 4},
        imbalance=section,
        training={"epochs": 2, "batch_size": 32},
    )
    configuration = hypermodel.configure(keras_tuner.HyperParameters())
    return train_unit(hypermodel, configuration, rows, validation, seed)[0]


@dataclass(frozen=True)
class Unit:
    section: dict
    train: LabelledRows
    validation: LabelledRows
    before: bytes
    result: UnitResult
    spy: Spy

    def bits(self):
        return bits_of(self.train, self.validation)


def bits_of(*parts):
    own = (DATA.features, DATA.labels)
    return digest(*own, *(array for part in parts for array in (part.x, part.y)))


@pytest.fixture(scope="module", params=SECTIONS, ids=str)
def unit(request):
    rows, validation = fold_rows(DATA, FOLD, PREPROCESSING)
    before, spy = bits_of(rows, validation), Spy()
    with pytest.MonkeyPatch.context() as patch:
        spy.watch(patch)
        result = train(request.param, rows, validation)
    return Unit(request.param, rows, validation, before, result, spy)


def test_no_bit_of_the_data_changes(unit):
    assert unit.bits() == unit.before


def test_only_the_validation_rows_are_predicted_all_of_them_and_in_order(unit):
    assert len(unit.spy.predicted) >= 2  # one for each epoch
    assert {digest(x) for x in unit.spy.predicted} == {digest(unit.validation.x)}
    assert unit.result.probabilities.shape == (len(FOLD.validation), 3)


def test_no_validation_row_is_trained_on(unit):
    [(x, _, weights)] = unit.spy.fitted
    assert len(x) == len(weights)
    assert different(x) & different(unit.validation.x) == set()


MAKE_ROWS = {"smote", "borderline_smote", "svm_smote", "adasyn", "smote_tomek", "smote_enn"}


def test_what_is_trained_on_is_a_training_row_with_its_class_or_is_made_where_rows_are(unit):
    [(x, y, _)] = unit.spy.fitted
    own = different(np.column_stack([unit.train.x, unit.train.y]))
    made = different(np.column_stack([x, y])) - own
    assert bool(made) == (name_of(unit.section["resampling"]) in MAKE_ROWS)


def name_of(entry):
    return entry if isinstance(entry, str) else next(iter(entry))


def garbled_validation():
    """The data with other features and labels of the validation rows."""
    rng = np.random.default_rng(9)
    features, labels = DATA.features.copy(), DATA.labels.copy()
    features[FOLD.validation] = rng.normal(1e6, 1e9, (len(FOLD.validation), 3))
    labels[FOLD.validation] = rng.permutation(labels[FOLD.validation])
    return replace(DATA, features=features, labels=labels)


def test_validation_rows_have_no_say_in_what_is_trained_on(unit, monkeypatch):
    spy = Spy()

    def seen(*rows, **kwargs):
        raise Enough

    monkeypatch.setattr(keras.Model, "fit", seen)
    monkeypatch.setattr(engine, "fit_fused", seen)
    spy.watch(monkeypatch)
    rows, validation = fold_rows(garbled_validation(), FOLD, PREPROCESSING)
    assert digest(validation.x) != digest(unit.validation.x)
    with pytest.raises(Enough):
        train(unit.section, rows, validation)
    [fitted], [expected] = spy.fitted, unit.spy.fitted
    assert digest(*fitted) == digest(*expected)


# ---- a whole study, with several strategies

STUDY = """\
version: 1
name: s
seed: 17  # gives every strategy a trial, and SMOTE the win
data: {csv: rows.csv, target: label, official_split: part, minority: rare, split: {folds: 2}}
model: {layers: 1, units: 4, activation: [relu, elu]}
imbalance:
  strategies:
    - none
    - resampling: {smote: {ratio: {float: [0.4, 1.0]}}}
    - resampling: {balanced_batches: {ratio: {float: [0.4, 1.0]}}}
    - {resampling: {random_over: {ratio: {float: [0.4, 0.8]}}}, class_weight: balanced}
  calibration: platt
training: {epochs: 2, batch_size: 32}
search: {trials: 4, algorithm: random}
evaluation: {confirm: 0, baselines: false}  # networks are watched
"""
TRIALS, FOLDS = 4, 2


def table():
    rng = np.random.default_rng(0)
    rare = rng.random(220) < 0.3
    return pd.DataFrame(
        {
            "a": rng.normal(size=220) + rare,
            "b": rng.normal(size=220) - rare,
            "site": rng.choice(["x", "y", "z"], 220),
            "label": np.where(rare, "rare", "common"),
            "part": np.where(np.arange(220) < 160, "train", "test"),
        }
    )


def with_garbled_tests(rows):
    """Test rows with other numbers, categories and labels."""
    rng = np.random.default_rng(1)
    tested = rows.index[rows.part == "test"]
    rows = rows.copy()
    rows.loc[tested, "a"] = rng.normal(1e6, 1e9, len(tested))
    rows.loc[tested, "site"] = rng.choice(["A", "zz"], len(tested))
    rows.loc[tested, "label"] = rng.permutation(rows.loc[tested, "label"].to_numpy())
    return rows


def written(folder, rows):
    rows.to_csv(folder / "rows.csv", index=False)
    (folder / "study.yaml").write_text(STUDY)
    return folder


def command(folder):
    return ["run", str(folder / "study.yaml"), "--runs-dir", str(folder)]


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """The folder of a finished run, and what was seen of it."""
    folder, spy = written(tmp_path_factory.mktemp("watched"), table()), Spy()
    with pytest.MonkeyPatch.context() as patch:
        spy.watch(patch)
        assert main(command(folder)) == 0
    return folder, spy


@dataclass(frozen=True)
class View:
    """Rows as the networks of one fold see them."""

    train: LabelledRows
    validation: LabelledRows
    test: LabelledRows


@pytest.fixture(scope="module")
def views(watched):
    """For each network in the order of training: the search, then the winner."""
    found = inspect_study(str(watched[0] / "study.yaml"))
    dataset, splits = found.dataset, found.splits
    section = found.study.data.preprocessing

    def view(fold, fitted_on):
        preprocessor = fit_preprocessor(dataset, fitted_on, section)
        parts = (fold.train, fold.validation, splits.test)
        return View(*(LabelledRows.of(dataset, part, preprocessor) for part in parts))

    searched = [view(fold, fold.train) for fold in splits.folds]
    return searched * TRIALS + [view(fold, splits.development) for fold in splits.folds]


def content(folder):
    return json.loads((folder / "s" / "results.json").read_text())


def test_every_strategy_had_a_trial_and_one_that_makes_rows_won(watched):
    found = content(watched[0])
    choices = found["choices"]["imbalance.strategy"]
    assert [choice["finished"] for choice in choices] == [1] * TRIALS
    assert found["best"]["searched"]["imbalance.strategy"] == "resampling=smote"


def test_no_network_is_trained_on_what_it_is_scored_on(watched, views):
    _, spy = watched
    assert len(spy.fitted) == len(views)
    for (x, _, _), view in zip(spy.fitted, views, strict=True):
        assert different(x) & different(view.train.x)
        assert different(x) & (different(view.validation.x) | different(view.test.x)) == set()


def test_no_row_is_predicted_but_the_data_has_it_and_test_rows_at_the_end(watched, views):
    _, spy = watched
    predicted = [digest(x) for x in spy.predicted]
    tests = digest(views[-1].test.x)
    assert set(predicted) == {digest(view.validation.x) for view in views} | {tests}
    # By the winner, and then by each of its networks alone.
    assert predicted.count(tests) == 1 + FOLDS
    assert predicted[-1 - FOLDS :] == [tests] * (1 + FOLDS)


def test_scores_are_those_of_all_own_rows_and_no_others(watched, views):
    _, spy = watched
    folds = [view.validation.y for view in views[:FOLDS]]
    trial = [np.concatenate(folds), *folds]  # together, and each for racing
    # Tuned, at one half, and of each of the winner's networks alone.
    expected = trial * TRIALS + [views[-1].test.y] * (2 + FOLDS)
    assert len(spy.scored) == len(expected)
    for (labels, probabilities, decisions), own in zip(spy.scored, expected, strict=True):
        assert np.array_equal(labels, own)
        assert probabilities.shape == (len(own), 2)
        assert len(decisions) == len(own)


def test_a_probability_is_stored_for_each_validation_row_and_class(watched, views):
    query = "select fold, classes, length(probabilities) from minority_tuner_units"
    with closing(sqlite3.connect(watched[0] / "s" / "study.db")) as connection:
        units = connection.execute(query).fetchall()
    assert len(units) == TRIALS * FOLDS
    sizes = [len(view.validation.y) for view in views[:FOLDS]]
    assert all((classes, size) == (2, 4 * 2 * sizes[fold]) for fold, classes, size in units)


RUN_FILES = (
    "trials.csv",
    "best_model/decision.json",
    "best_model/preprocessing.json",
)


def texts(folder):
    return [(folder / "s" / file).read_text() for file in RUN_FILES]


def learned(folder):
    model = keras.models.load_model(folder / "s" / "best_model" / "model.keras")
    return digest(*model.get_weights())


@pytest.mark.slow
def test_test_rows_change_no_bit_of_trials_threshold_calibration_and_weights(watched, tmp_path):
    assert main(command(written(tmp_path, with_garbled_tests(table())))) == 0
    assert texts(tmp_path) == texts(watched[0])
    assert learned(tmp_path) == learned(watched[0])
    best, other = content(watched[0])["best"], content(tmp_path)["best"]
    same = ("trial", "threshold", "validation", "calibration", "priors", "health")
    assert {key: best[key] for key in same} == {key: other[key] for key in same}
    assert best["reliability"]["validation"] == other["reliability"]["validation"]
    assert best["test"] != other["test"]


@pytest.mark.slow
def test_an_interrupted_study_ends_as_an_unbroken_one_in_another_process(
    watched, tmp_path, monkeypatch
):
    trained, calls = tuner.search.trainer.train_unit, []

    def pressed(*arguments, **settings):
        calls.append(None)
        if len(calls) == 6:  # the second fold of the third trial
            raise KeyboardInterrupt
        return trained(*arguments, **settings)

    monkeypatch.setattr(tuner.search.trainer, "train_unit", pressed)
    assert main(command(written(tmp_path, table()))) == 130
    assert content(tmp_path)["trials"]["finished"] == 2
    done = subprocess.run(
        [sys.executable, "run_search.py", *command(tmp_path)[1:]],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert texts(tmp_path) == texts(watched[0])
    assert learned(tmp_path) == learned(watched[0])
