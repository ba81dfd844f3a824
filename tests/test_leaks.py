"""Nothing about the test rows reaches the search, the winner or its threshold."""

import json

import keras
import numpy as np
import pandas as pd
import pytest

from tuner.cli import main
from tuner.inspection import inspect_study
from tuner.search.trainer import fold_rows

STUDY = """\
version: 1
name: s
data:
  csv: rows.csv
  target: label
  weight: importance
  official_split: part
  {more}
  minority: rare
  split: {{folds: 2}}
  preprocessing: {{impute: median, scale: robust, max_categories: 4}}
model: {{layers: 1, units: 4, activation: [relu, elu]}}
imbalance: {{class_weight: [none, balanced]}}
training: {{epochs: 2, batch_size: 32}}
search: {{trials: 2, algorithm: tpe}}
"""


def table(seed=0):
    """Rows with every kind of column; some are repeated, also in another part."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {
            "number": rng.normal(size=240),
            "count": rng.integers(0, 9, 240),
            "gap": np.where(rng.random(240) < 0.1, np.nan, rng.normal(size=240)),
            "still": 1.5,
            "site": rng.choice(["a", "b", "c", "d", "e"], 240),
            "group": np.arange(240) // 2,
            "importance": rng.uniform(0.5, 2, 240),
            "label": rng.permutation(np.repeat(["rare", "common", "other"], [60, 120, 60])),
            "part": rng.permuted(np.repeat(["train", "test"], [90, 30])).repeat(2),
        }
    )
    learnt, tested = np.flatnonzero(rows.part == "train"), np.flatnonzero(rows.part == "test")
    features = ["number", "count", "gap", "still", "site"]
    for one, other in ((tested[:6], learnt[-6:]), (learnt[:4], learnt[-10:-6])):
        rows.loc[one, features] = rows.loc[other, features].to_numpy()
    return rows


def garbled(rows):
    """Test rows with other values, categories, gaps, weights, and labels."""
    rng = np.random.default_rng(1)
    tested = rows.index[rows.part == "test"]
    rows = rows.copy()
    rows.loc[tested, "number"] = rng.normal(1e6, 1e9, len(tested))
    rows.loc[tested, "count"] = rng.integers(-900, 900, len(tested))
    rows.loc[tested, "gap"] = np.where(rng.random(len(tested)) < 0.5, np.nan, 1e20)
    rows.loc[tested, "still"] = rng.normal(size=len(tested))
    rows.loc[tested, "site"] = rng.choice(["A", "x", "zz"], len(tested))
    rows.loc[tested, "importance"] = 1000.0
    rows.loc[tested, "label"] = rng.permutation(rows.loc[tested, "label"].to_numpy())
    return rows


def written(folder, rows, more):
    folder.mkdir()
    rows.to_csv(folder / "rows.csv", index=False)
    (folder / "study.yaml").write_text(STUDY.format(more=more))
    return folder / "study.yaml"


@pytest.mark.parametrize("more", ["group: group", "ignore: [group]", "duplicates: separate"])
def test_folds_and_what_networks_see_of_them_do_not_depend_on_test_rows(tmp_path, more):
    seen = []
    for name, rows in (("as_is", table()), ("garbled", garbled(table()))):
        found = inspect_study(str(written(tmp_path / name, rows, more)))
        section = found.study.data.preprocessing
        seen.append(
            [(fold, fold_rows(found.dataset, fold, section)) for fold in found.splits.folds]
        )
    for (fold, sides), (other, others) in zip(*seen, strict=True):
        assert np.array_equal(fold.train, other.train)
        for rows, same in zip(sides, others, strict=True):
            assert np.array_equal(rows.x, same.x)
            assert np.array_equal(rows.y, same.y)
            assert np.array_equal(rows.weights, same.weights)


def test_trials_threshold_and_model_are_the_same_to_the_last_bit(tmp_path):
    made = []
    for name, rows in (("as_is", table()), ("garbled", garbled(table()))):
        study = written(tmp_path / name, rows, "ignore: [group]")
        assert main(["run", str(study), "--runs-dir", str(tmp_path / name)]) == 0
        run = tmp_path / name / "s"
        model = keras.models.load_model(run / "best_model" / "model.keras")
        texts = [
            (run / file).read_text()
            for file in ("trials.csv", "best_model/decision.json", "best_model/preprocessing.json")
        ]
        made.append((texts, model.get_weights(), json.loads((run / "results.json").read_text())))
    (texts, weights, content), (other_texts, others, other) = made
    assert texts == other_texts
    assert all(np.array_equal(*pair) for pair in zip(weights, others, strict=True))
    assert content["best"]["trial"] == other["best"]["trial"]
    assert content["best"]["validation"] == other["best"]["validation"]
    assert content["best"]["test"] != other["best"]["test"]
    models = zip(content["baselines"]["models"], other["baselines"]["models"], strict=True)
    for one, same in models:
        keys = ("name", "state", "reason", "threshold", "validation")
        assert {key: one[key] for key in keys} == {key: same[key] for key in keys}
