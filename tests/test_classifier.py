"""The search as a scikit-learn classifier."""

import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import own_models
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tuner import InputError, MinorityTunerClassifier, NoTrialSucceeded
from tuner.classifier import search as searching
from tuner.classifier.decision import decision_values
from tuner.metrics import decide
from tuner.search.run import SearchResult
from tuner.search.trainer import LocalTrainer
from tuner.study import EvaluationSection, SplitSection
from tuner.training.unit import TrainingFailed

ROOT = Path(__file__).parent.parent

SMALL = {
    "model": {"layers": 1, "units": 8, "activation": ["relu", "elu"]},
    "imbalance": {"class_weight": "balanced"},
    "training": {"epochs": 6, "batch_size": 32, "learning_rate": 0.03},
    "search": {"trials": 2, "algorithm": "grid"},
    "split": {"folds": 2},
    "evaluation": {"confirm": 0},
    "random_state": 0,
}

ONE = {
    **SMALL,
    "model": {**SMALL["model"], "activation": "relu"},
    "search": {"trials": 1},
    "split": {"validation": 0.3},
}


def small(**changes):
    return MinorityTunerClassifier(**{**SMALL, **changes})


def one(**changes):
    return MinorityTunerClassifier(**{**ONE, **changes})


def scans(rows=240, names=("healthy", "lesion"), seed=0):
    """Four numbers a row; a fifth of the rows are of the second class and lie apart."""
    rng = np.random.default_rng(seed)
    y = np.array(names)[(np.arange(rows) % 5 == 0).astype(int)]
    return rng.normal(size=(rows, 4)) + 1.2 * (y == names[1])[:, None], y


def frame_of(X):
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    frame["sex"] = pd.Categorical(np.where(np.arange(len(X)) % 3 == 0, "f", "m"))
    return frame


@pytest.fixture(scope="module")
def fitted():
    return small().fit(*scans())


class TestFitted:
    def test_it_finds_the_rarest_class(self, fitted):
        X, y = scans(seed=1)
        assert fitted.classes_.tolist() == ["healthy", "lesion"]
        assert fitted.minority_ == "lesion"
        assert f1_score(y, fitted.predict(X), pos_label="lesion") > 0.6

    def test_predictions_are_the_minority_from_the_threshold_on(self, fitted):
        X, _ = scans(seed=1)
        found = fitted.predict_proba(X)[:, 1] >= fitted.threshold_
        assert fitted.threshold_ != 0.5
        assert np.array_equal(fitted.predict(X) == "lesion", found)
        assert np.array_equal(fitted.decision_function(X) > 0, found)
        # Else another threshold would do as well.
        assert not np.array_equal(fitted.predict_proba(X)[:, 1] >= 0.5, found)

    def test_probabilities_are_those_of_the_winner(self, fitted, monkeypatch):
        kept = []

        def winner(*parts):
            kept.append(train(*parts))
            return kept[-1]

        train = searching.train_winner
        monkeypatch.setattr(searching, "train_winner", winner)
        X, y = scans()
        again = small().fit(X, y)
        [found] = kept
        x = found.preprocessor.transform(X, tuple(found_columns(4)))
        minority = np.asarray(found.model(x))[:, 0]
        assert np.array_equal(again.predict_proba(X)[:, 1], minority)
        assert again.threshold_ == found.threshold
        # And another fit with the same number is the same to the last bit.
        assert np.array_equal(again.predict_proba(X), fitted.predict_proba(X))

    def test_the_search_is_told(self, fitted):
        trials = fitted.trials_
        assert trials.trial.tolist() == [0, 1]
        assert set(trials["model.activation"]) == {"relu", "elu"}
        assert set(trials.state) == {"finished"}
        best = trials.score.idxmax()
        assert fitted.best_score_ == trials.score[best]
        assert fitted.best_params_ == {"model.activation": trials["model.activation"][best]}
        assert fitted.configuration_["model.units"] == 8
        assert fitted.confirmed_score_ is None

    def test_its_score_is_what_the_search_was_after(self, fitted):
        X, y = scans(seed=1)
        own = f1_score(y, fitted.predict(X), pos_label="lesion")
        assert fitted.score(X, y) == pytest.approx(own)
        with pytest.raises(ValueError, match="classes that fit has not seen"):
            fitted.score(X, np.where(y == "lesion", "other", y))

    def test_a_copy_of_a_fitted_one_is_not_fitted(self, fitted):
        assert clone(fitted).get_params() == fitted.get_params()
        assert not hasattr(clone(fitted), "classes_")

    def test_it_can_be_pickled(self, fitted):
        X, _ = scans(seed=1)
        again = pickle.loads(pickle.dumps(fitted))
        assert np.array_equal(again.predict_proba(X), fitted.predict_proba(X))
        assert np.array_equal(again.predict(X), fitted.predict(X))

    def test_a_pickle_holds_plain_values(self, fitted):
        plain = fitted.__getstate__()["_predictor"]
        kinds = {type(value) for value in plain.values()}
        assert kinds == {str, list, dict, float, type(None)}
        assert {type(weights) for weights in plain["weights"]} == {np.ndarray}

    def test_a_row_does_not_depend_on_the_rows_beside_it(self, fitted):
        X, _ = scans(seed=1)
        alone = np.vstack([fitted.predict_proba(row[None]) for row in X[:20]])
        assert alone == pytest.approx(fitted.predict_proba(X)[:20], rel=1e-5, abs=1e-7)


def found_columns(count):
    from tuner.data import number_columns

    return number_columns(range(count))


def test_a_layer_that_keras_lacks_comes_back_in_another_process(tmp_path):
    """There nothing is printed, TensorFlow waits for `fit`, and numbers are the same."""
    X, y = scans(60)
    model = {"layers": 1, "units": 4, "activation": "swish_beta"}
    settings = {**ONE, "model": model}
    own = MinorityTunerClassifier(**settings).fit(X, y)
    np.savez(tmp_path / "rows.npz", X=X, y=y, told=own.predict_proba(X))
    (tmp_path / "here.pickle").write_bytes(pickle.dumps(own))
    code = f"""
import sys, os, pickle, tempfile
import numpy as np
from tuner import MinorityTunerClassifier
classifier = MinorityTunerClassifier(**{settings!r})
assert not {{"tensorflow", "keras"}} & set(sys.modules)
rows = np.load("rows.npz")
with open("here.pickle", "rb") as file:
    here = pickle.load(file)
assert np.array_equal(here.predict_proba(rows["X"]), rows["told"])
os.mkdir("temporary")
tempfile.tempdir = "temporary"
classifier.fit(rows["X"], rows["y"])
assert np.array_equal(classifier.predict_proba(rows["X"]), rows["told"])
assert not os.listdir("temporary")
"""
    command = [sys.executable, "-W", "error::UserWarning", "-c", code]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(tmp_path / "home")}
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    left = {path.name for path in tmp_path.iterdir()}
    assert left - {"home"} == {"rows.npz", "here.pickle", "temporary"}


class TestOwnNetwork:
    def test_it_is_searched_trained_and_pickled(self, tmp_path, monkeypatch):
        X, y = scans(80)
        model = {"python": f"{own_models.write(tmp_path, own_models.REGISTERED)}:build"}
        own = one(model=model, training={"epochs": 2, "batch_size": 32}).fit(X, y)
        assert set(own.best_params_) == {"model.units"}
        kept, told = pickle.dumps(own), own.predict_proba(X)
        assert np.array_equal(pickle.loads(kept).predict_proba(X), told)
        monkeypatch.delitem(sys.modules, "_minority_tuner_model_net")
        with pytest.raises(InputError, match="module 'net'; import it before the classifier is"):
            pickle.loads(kept)
        monkeypatch.setitem(sys.modules, "net", object())
        assert np.array_equal(pickle.loads(kept).predict_proba(X), told)

    @pytest.mark.parametrize(
        ("code", "changes", "told"),
        [
            ("net.py:built", {}, r"^model.python: no hypermodel or function 'built' in net.py"),
            ("none.py:build", {}, r"^model.python: no such file"),
            ("net.py:build", {"search": {"start_with": [{"model.unit": 4}]}}, r"model\.unit\b"),
            ("net.py:build", {"search": {"algorithm": "grid"}}, "^model.rate: a grid search needs"),
        ],
    )
    def test_what_is_wrong_with_it_is_told(self, tmp_path, monkeypatch, code, changes, told):
        monkeypatch.chdir(tmp_path)
        own_models.write(tmp_path, OWN)
        with pytest.raises(ValueError, match=told):
            one(model={"python": code}, **changes).fit(*scans(80))


OWN = """
def build(hp, input_shape):
    inputs = keras.Input(input_shape)
    x = keras.layers.Dropout(hp.Float("rate", 0.1, 0.5))(inputs)
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))
"""


class TestClasses:
    def test_the_minority_may_come_first_and_be_the_larger_class(self):
        X, y = scans(names=("b", "a"))  # 'a' is rare and stands first in classes_
        own = one().fit(X, y)
        assert (own.classes_.tolist(), own.minority_) == (["a", "b"], "a")
        found = own.predict_proba(X)[:, 0] >= own.threshold_
        assert np.array_equal(own.predict(X) == "a", found)
        assert np.array_equal(own.decision_function(X) > 0, ~found)
        other = one(minority="b").fit(X, y)
        assert other.minority_ == "b"
        assert np.array_equal(
            other.predict(X) == "b", other.predict_proba(X)[:, 1] >= other.threshold_
        )

    def test_of_equally_rare_classes_the_last_is_the_minority(self):
        X, _ = scans(60)
        own = one().fit(X, np.repeat([3, 5], 30))
        assert own.minority_ == 5

    def test_three_classes(self):
        X, y = scans(names=(0, 2))
        y = np.where((y == 0) & (X[:, 0] < -0.5), 7, y)  # the minority stands in the middle
        own = one().fit(X, y)
        assert own.classes_.tolist() == [0, 2, 7]
        assert own.minority_ == 2
        told, decided = own.predict_proba(X), own.predict(X)
        assert told.shape == (len(X), 3)
        assert told.sum(axis=1) == pytest.approx(np.ones(len(X)), abs=1e-6)
        rest = np.where(told[:, 0] >= told[:, 2], 0, 7)
        assert np.array_equal(decided, np.where(told[:, 1] >= own.threshold_, 2, rest))
        values = own.decision_function(X)
        assert np.array_equal(own.classes_[values.argmax(axis=1)], decided)
        assert own.score(X, y) == pytest.approx(f1_score(y == 2, decided == 2))


@given(
    told=arrays(np.float32, (20, 3), elements=st.floats(0, 1, width=32)),
    threshold=st.one_of(st.floats(0.0, 1.0), st.sampled_from([0.0, 0.25, 1e-40, 1.0])),
    columns=st.sampled_from([2, 3]),
)
@settings(max_examples=200, deadline=None)
def test_decision_values_decide_as_the_threshold_does(told, threshold, columns):
    told = told[:, :columns]
    told[0, -1] = np.float32(threshold)  # near the threshold, or on it
    values = decision_values(told, threshold)
    if columns == 2:
        assert np.array_equal(values[:, 1] > 0, decide(told, threshold) == 1)
    else:
        assert np.array_equal(values.argmax(axis=1), decide(told, threshold))


class TestRows:
    def test_a_frame_with_categories(self):
        X, y = scans()
        own = one().fit(frame_of(X), y)
        assert own.feature_names_in_.tolist() == ["a", "b", "c", "d", "sex"]
        told = own.predict_proba(frame_of(X))
        other = frame_of(X).assign(sex="m")
        assert not np.array_equal(own.predict_proba(other), told)
        assert np.array_equal(own.predict_proba(frame_of(X).astype({"sex": str})), told)
        with pytest.raises(ValueError, match="feature names should match"):
            own.predict(frame_of(X)[["b", "a", "c", "d", "sex"]])
        with pytest.raises(ValueError, match="column 'a' holds 240 values of type text"):
            own.predict(frame_of(X).assign(a="x"))

    def test_a_frame_of_numbers_is_as_its_array(self):
        X, y = scans(120)
        named = one().fit(frame_of(X).drop(columns="sex"), pd.Series(y))
        told = one().fit(X, y).predict_proba(X)
        assert np.array_equal(named.predict_proba(frame_of(X).drop(columns="sex")), told)
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            assert np.array_equal(named.predict_proba(X), told)

    def test_columns_may_be_named_by_numbers(self):
        X, y = scans(120)
        frame = pd.DataFrame({0: X[:, 0], 1: np.where(X[:, 1] > 0, "f", "m")})
        own = one().fit(frame, y)
        told = own.predict_proba(frame)
        assert np.array_equal(own.predict_proba(frame[[1, 0]]), told)
        with pytest.raises(ValueError, match="column '1'"):
            own.predict(frame.rename(columns={1: 2}))
        of_array = one().fit(X, y)
        named = pd.DataFrame(X, columns=range(7, 11))
        assert np.array_equal(of_array.predict(named), of_array.predict(X))

    def test_missing_values_are_refused_unless_they_are_filled(self):
        X, y = scans(120)
        X[3, 0] = np.nan
        frame = pd.DataFrame(X, columns=list("abcd"))
        with pytest.raises(ValueError, match="NaN"):
            one().fit(X, y)
        with pytest.raises(ValueError, match=r"column 'a' has 1 missing value.*impute"):
            one().fit(frame, y)
        filling = one(preprocessing={"impute": "median"})
        assert np.isfinite(filling.fit(X, y).predict_proba(X)).all()
        assert np.isfinite(filling.fit(frame, y).predict_proba(frame)).all()
        X[4, 0] = np.inf
        with pytest.raises(ValueError, match="infinity"):
            filling.fit(X, y)

    def test_pictures(self):
        X, y = scans(120)
        pictures = np.clip(X * 40 + 100, 0, 255).astype(np.uint8).reshape(-1, 2, 2)
        own = one().fit(pictures, y)
        assert own.predict_proba(pictures).shape == (120, 2)
        with pytest.raises(ValueError, match="expected pictures of shape"):
            own.predict(np.zeros((3, 2, 5), np.uint8))

    def test_a_row_of_weight_0_is_as_if_it_were_not_there(self):
        X, y = scans(160)
        weights = (np.arange(160) % 4 != 0) * (1.0 + (y == "lesion"))
        kept = weights > 0
        told = one().fit(X, y, sample_weight=weights).predict_proba(X)
        alone = one().fit(X[kept], y[kept], sample_weight=weights[kept])
        assert np.array_equal(told, alone.predict_proba(X))
        assert not np.array_equal(told, one().fit(X[kept], y[kept]).predict_proba(X))

    def test_rows_of_a_group_stay_in_one_fold(self, monkeypatch):
        seen = []

        def folds(dataset, section, seed):
            splits = divide(dataset, section, seed)
            seen.extend((dataset.groups, fold) for fold in splits.folds)
            raise InputError("enough")

        divide = searching.make_folds
        monkeypatch.setattr(searching, "make_folds", folds)
        X, y = scans()
        with pytest.raises(ValueError, match="enough"):
            one(split={"folds": 2}).fit(X, y, groups=np.arange(240) // 10)
        assert len(seen) == 2
        for groups, fold in seen:
            assert not set(groups[fold.train]) & set(groups[fold.validation])
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            one().fit(X, y, groups=[1, 2])


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"model": {"layer": 1}}, r"^model.layer: unknown key; did you mean 'layers'\?$"),
            ({"imbalance": {"loss": "focl"}}, r"^imbalance.loss: unknown name 'focl'"),
            ({"split": {"test": 0.2}}, r"^split.test: there is no test part here"),
            ({"split": {"fold": 2}}, r"^split.fold: unknown key; did you mean 'folds'\?$"),
            ({"split": {"folds": 1}}, r"^split.folds: input should be"),
            ({"split": {"folds": 99}}, r"^split: .* in 48 rows, 99 .* at most 48 folds work$"),
            ({"evaluation": {"baselines": True}}, r"^evaluation.baselines: is for the report"),
            ({"duplicates": "no"}, r"^duplicates: expected one of together"),
            ({"minority": "cyst"}, r"^minority: no row of class 'cyst'; known: 'healthy'"),
            ({"random_state": -1}, r"^random_state: expected a number from 0 on"),
            ({"search": {"algorithm": "nsga2"}}, r"^search.algorithm: .* needs two objectives"),
            ({"objective": {"level": "group"}}, r"^objective.level: "),
        ],
    )
    def test_a_wrong_argument_is_told_before_anything_is_trained(self, changes, told):
        with pytest.raises(ValueError, match=told) as caught:
            small(**changes).fit(*scans())
        assert isinstance(caught.value, InputError)

    def test_all_wrong_arguments_are_told_at_once(self):
        with pytest.raises(ValueError, match="epochs") as caught:
            small(training={"epochs": 0}, search={"trials": 0}).fit(*scans())
        assert len(caught.value.problems) == 2

    def test_advice_is_what_can_be_done_here(self):
        X, y = scans()
        frame = frame_of(X)
        with pytest.raises(ValueError, match=r"^column 'e' is empty; leave it out$"):
            one(preprocessing={"impute": "mean"}).fit(frame.assign(e=np.nan), y)
        twice = np.repeat(X[:6], 20, axis=0)
        with pytest.raises(ValueError, match=r"\(duplicates='separate' would count all\)"):
            one().fit(twice, np.repeat([0, 0, 0, 0, 0, 1], 20))

    def test_a_directory_that_cannot_be_written_is_named_as_the_argument(self, tmp_path):
        (tmp_path / "file").touch()
        told = r"^cannot write to .*file.*: .*; give another directory$"
        with pytest.raises(ValueError, match=told):
            one(directory=tmp_path / "file").fit(*scans())

    def test_one_class_is_too_few(self):
        with pytest.raises(ValueError, match="got 1 class, healthy"):
            one().fit(scans()[0], ["healthy"] * 240)

    def test_sections_as_objects_are_as_mappings(self):
        own = small(split=SplitSection(folds=2), evaluation=EvaluationSection(compare=()))
        with pytest.raises(ValueError, match=r"^evaluation.compare: is for the report"):
            own.fit(*scans())

    def test_few_rows_of_the_minority_make_two_folds_unless_more_are_asked_for(self):
        X, y = scans(40)
        y[5:] = "healthy"
        y[6] = "lesion"  # with row 0, the second
        own = one(split=None).fit(X, y)
        assert own.trials_.state.tolist() == ["finished"]
        with pytest.raises(ValueError, match="3 folds need at least 3; at most 2 folds work"):
            one(split={"folds": 3}).fit(X, y)
        y[6] = "healthy"
        with pytest.raises(ValueError, match="occurs in 1 row, train and validation parts need"):
            one(split=None).fit(X, y)


class TestEndings:
    def test_every_trial_may_fail(self, monkeypatch):
        def fails(self, task, goes_on=None):
            raise TrainingFailed("non-finite loss in epoch 1")

        monkeypatch.setattr(LocalTrainer, "train", fails)
        with pytest.raises(NoTrialSucceeded, match="the only trial failed: non-finite loss"):
            one().fit(*scans())

    def test_the_winner_may_fail_and_the_next_is_taken(self, monkeypatch):
        tried = []

        def fails(hypermodel, configuration, record, *rest):
            tried.append(record.number)
            if len(tried) == 1:
                raise TrainingFailed("non-finite loss in epoch 1")
            return train(hypermodel, configuration, record, *rest)

        train = searching.train_winner
        monkeypatch.setattr(searching, "train_winner", fails)
        own = small().fit(*scans())
        assert sorted(tried) == [0, 1]
        assert own.best_score_ == own.trials_.score.min()

    def test_an_interruption_ends_it(self, monkeypatch):
        monkeypatch.setattr(searching, "run_search", lambda *_: SearchResult((), "interrupted"))
        own = one()
        with pytest.raises(KeyboardInterrupt):
            own.fit(*scans())
        assert not hasattr(own, "classes_")

    def test_nothing_is_left_in_the_temporary_folder(self, monkeypatch, tmp_path):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        monkeypatch.setattr(LocalTrainer, "train", lambda *_: 1 / 0)
        with pytest.raises(NoTrialSucceeded):
            one().fit(*scans())
        assert not list(tmp_path.iterdir())

    def test_a_kept_fit_goes_on_where_it_was(self, tmp_path, monkeypatch):
        trained = []

        def counts(self, task, goes_on=None):
            trained.append(task.trial)
            return train(self, task, goes_on)

        train = LocalTrainer.train
        monkeypatch.setattr(LocalTrainer, "train", counts)
        X, y = scans(120)
        first = small(directory=tmp_path, search={"trials": 1}).fit(X, y)
        assert trained == [0, 0]
        more = small(directory=tmp_path, search={"trials": 2}).fit(X, y)
        assert trained == [0, 0, 1, 1]
        assert more.trials_.score[0] == first.trials_.score[0]
        small(directory=tmp_path, search={"trials": 2}).fit(X, y)
        assert len(trained) == 4
        small(directory=tmp_path, search={"trials": 1}).fit(X[:-1], y[:-1])  # other rows
        assert len(trained) == 6
        folders = [path for path in tmp_path.iterdir() if path.is_dir()]
        assert len(folders) == 2
        assert all((folder / "study.db").is_file() for folder in folders)

    def test_progress_is_shown_if_asked_for(self, capsys):
        one(verbose=1).fit(*scans())
        assert "1 of 1, trial 0" in capsys.readouterr().out


class TestRandomState:
    def test_a_number_is_the_seed_of_a_study(self, fitted):
        other = small(random_state=1).fit(*scans())
        X, _ = scans()
        assert not np.array_equal(other.predict_proba(X), fitted.predict_proba(X))

    def test_a_generator_goes_on_from_fit_to_fit(self):
        X, y = scans(60)
        told = []
        for state in (np.random.RandomState(3), np.random.RandomState(3)):
            own = one(random_state=state)
            told.append([own.fit(X, y).predict_proba(X) for _ in range(2)])
        assert np.array_equal(told[0][0], told[1][0])
        assert np.array_equal(told[0][1], told[1][1])
        assert not np.array_equal(told[0][0], told[0][1])


class TestInsideOthers:
    def test_cross_validation_of_a_pipeline(self):
        X, y = scans()
        scorer = make_scorer(f1_score, pos_label="lesion")
        steps = make_pipeline(StandardScaler(), one())
        scores = cross_val_score(steps, X, y, scoring=scorer, cv=2, error_score="raise")
        assert (scores > 0.5).all()
        own = cross_val_score(one(), X, y, cv=2, error_score="raise")
        assert (own > 0.5).all()

    def test_columns_that_others_have_coded(self):
        X, y = scans()
        coded = OneHotEncoder(sparse_output=False)
        columns = make_column_transformer((coded, ["sex"]), remainder="passthrough")
        steps = make_pipeline(columns, one()).fit(frame_of(X), y)
        assert steps[-1].n_features_in_ == 6
        assert set(steps.predict(frame_of(X))) == {"healthy", "lesion"}
        sparse = make_column_transformer((OneHotEncoder(), ["sex"]), sparse_threshold=1.0)
        with pytest.raises(TypeError, match=r"[Ss]parse"):
            make_pipeline(sparse, one()).fit(frame_of(X), y)

    def test_a_threshold_that_others_tune(self):
        X, y = scans()
        scorer = make_scorer(f1_score, pos_label="lesion")
        cv = StratifiedKFold(2)
        tuned = TunedThresholdClassifierCV(one(), scoring=scorer, cv=cv).fit(X, y)
        assert set(tuned.predict(X)) == {"healthy", "lesion"}
        assert tuned.best_score_ > 0.5

    def test_a_grid_over_a_section(self):
        X, y = scans(120)
        grid = {"imbalance": [{"class_weight": "none"}, {"class_weight": "balanced"}]}
        own = one()
        found = GridSearchCV(own, grid, cv=2, error_score="raise").fit(X, y)
        assert found.best_params_["imbalance"] in grid["imbalance"]
        assert found.best_estimator_.score(X, y) == found.score(X, y)

    def test_groups_can_be_asked_for_by_metadata_routing(self):
        from sklearn import config_context

        with config_context(enable_metadata_routing=True):
            own = one().set_fit_request(groups=True, sample_weight=True)
            assert own.get_metadata_routing().fit.requests == {
                "groups": True,
                "sample_weight": True,
            }
