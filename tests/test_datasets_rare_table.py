"""The synthetic table is what its definition says, at every call."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.neighbors import KNeighborsClassifier

from tuner.data import load_data
from tuner.study import load_study

FOLDER = Path(__file__).parent.parent / "datasets"
generate = runpy.run_path(str(FOLDER / "rare_table.py"))["generate"]


@pytest.fixture(scope="module")
def table():
    return generate()


def test_it_has_the_rows_columns_and_share_that_it_says(table):
    assert table["features"].shape == (11_000, 6)
    assert np.isfinite(table["features"]).all()
    assert np.unique(table["labels"], return_counts=True)[1].tolist() == [10_747, 253]
    assert table["feature_names"] == ["x1", "x2", "x3", "x4", "x5", "x6"]
    assert len(np.unique(table["features"], axis=0)) == 11_000


def test_every_call_gives_the_same_table_and_another_seed_another_one(table):
    again, other = generate(), generate(seed=1)
    assert np.array_equal(again["features"], table["features"])
    assert np.array_equal(again["labels"], table["labels"])
    assert not np.array_equal(other["features"], table["features"])


@pytest.mark.parametrize(("rows", "share", "rare"), [(2_000, 0.05, 100), (1_000, 0.5, 500)])
def test_size_and_share_can_be_set(rows, share, rare):
    labels = generate(rows=rows, share=share)["labels"]
    assert (len(labels), (labels == "rare").sum()) == (rows, rare)


def test_a_straight_line_does_not_divide_it_and_yet_there_is_something_to_learn(table):
    x, y = table["features"], table["labels"] == "rare"
    train = np.arange(len(y)) % 3 > 0
    reached = {
        type(model).__name__: average_precision_score(
            y[~train], model.fit(x[train], y[train]).predict_proba(x[~train])[:, 1]
        )
        for model in (LogisticRegression(), KNeighborsClassifier(15))
    }
    assert y.mean() < reached["LogisticRegression"] < 0.35
    assert 0.45 < reached["KNeighborsClassifier"] < 0.9


def test_a_study_finds_it_by_name(tmp_path, table):
    path = tmp_path / "study.yaml"
    path.write_text("version: 1\nname: example\ndata:\n  source: rare_table\n", encoding="utf-8")
    dataset = load_data(load_study(path))
    assert dataset.about.synthetic
    assert dataset.classes == ("common", "rare")
    assert [column.name for column in dataset.columns] == table["feature_names"]
    np.testing.assert_array_equal(dataset.features, table["features"])
