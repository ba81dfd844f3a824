"""Data that other libraries fetch; no network is used here."""

from urllib.error import URLError

import imblearn.datasets
import numpy as np
import pandas as pd
import pytest
import sklearn.datasets
from sklearn.utils import Bunch

from tuner.data import load_data
from tuner.errors import InputError
from tuner.study import load_study


def data_of(folder, data):
    path = folder / "study.yaml"
    path.write_text(f"version: 1\nname: example\ndata:\n{data}", encoding="utf-8")
    return load_data(load_study(path))


@pytest.fixture
def no_network(monkeypatch):
    def without(fetch):
        def fail(**_):
            raise URLError("no name server")

        fail.__doc__ = fetch.__doc__
        return fail

    for module, names in (
        (sklearn.datasets, ("fetch_covtype", "fetch_olivetti_faces", "fetch_openml")),
        (imblearn.datasets, ("fetch_datasets",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, without(getattr(module, name)))


@pytest.mark.parametrize(
    "data", ["sklearn: covtype", "sklearn: olivetti_faces", "openml: diabetes", "imblearn: ecoli"]
)
def test_a_missing_network_is_told_in_one_line(tmp_path, no_network, data):
    with pytest.raises(InputError) as caught:
        data_of(tmp_path, f"  {data}\n")
    [problem] = caught.value.problems
    key, name = data.split(": ")
    assert problem.path == ("data", key)
    assert problem.message.startswith(f"'{name}' cannot be fetched (URLError: ")
    assert "no name server" in problem.message
    assert "\n" not in problem.message


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        ("sklearn: covtyp", "did you mean 'covtype'?"),
        ("imblearn: ecol", "did you mean 'ecoli'?"),
        ("imblearn: xyz", "mammography"),
    ],
)
def test_an_unknown_name_is_answered_without_a_network(tmp_path, no_network, data, hint):
    with pytest.raises(InputError, match="unknown") as caught:
        data_of(tmp_path, f"  {data}\n")
    assert hint in str(caught.value)


def test_a_set_of_imbalanced_learn_has_a_minority_and_a_majority(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    bunch = Bunch(data=rng.normal(size=(40, 7)), target=np.repeat([1, -1], [5, 35]))

    def fetch(filter_data):
        """Notes: |1 |ecoli   | UCI |"""
        return dict.fromkeys(filter_data, bunch)

    monkeypatch.setattr(imblearn.datasets, "fetch_datasets", fetch)
    dataset = data_of(tmp_path, "  imblearn: ecoli\n")
    assert (dataset.minority, dataset.counts.tolist()) == ("minority", [35, 5])
    assert dataset.labels[:5].tolist() == [1] * 5


def test_forest_cover_keeps_its_numbers_as_classes(tmp_path, monkeypatch):
    bunch = Bunch(
        data=np.random.default_rng(0).normal(size=(30, 2)),
        target=np.repeat([1, 2, 7], [15, 10, 5]),
        target_names=["Cover_Type"],
        feature_names=["Elevation", "Slope"],
    )
    monkeypatch.setattr(sklearn.datasets, "fetch_covtype", lambda: bunch)
    dataset = data_of(tmp_path, "  sklearn: covtype\n")
    assert dataset.classes == ("1", "2", "7")
    assert [column.name for column in dataset.columns] == ["Elevation", "Slope"]


def test_faces_keep_their_shape(tmp_path, monkeypatch):
    images = np.random.default_rng(0).random((20, 6, 5)).astype(np.float32)
    bunch = Bunch(images=images, data=images.reshape(20, -1), target=np.repeat([0, 1], [14, 6]))
    monkeypatch.setattr(sklearn.datasets, "fetch_olivetti_faces", lambda: bunch)
    dataset = data_of(tmp_path, "  sklearn: olivetti_faces\n")
    assert np.array_equal(dataset.features, images)


@pytest.mark.parametrize(
    ("data", "called"),
    [
        ("  openml: diabetes\n  release: 1\n", {"name": "diabetes", "version": 1}),
        ("  openml: 37\n", {"data_id": 37}),
        ("  openml: diabetes\n  target: test\n", {"version": "active", "target_column": "test"}),
    ],
)
def test_a_table_of_openml_is_read_with_its_roles(tmp_path, monkeypatch, data, called):
    asked = {}
    frame = pd.DataFrame(
        {
            "age": np.arange(20.0),
            "sex": pd.Categorical(["f", "m"] * 10),
            "class": pd.Categorical(["no"] * 14 + ["yes"] * 6),
            "test": ["a"] * 15 + ["b"] * 5,
        }
    )

    def fetch(**arguments):
        asked.update(arguments)
        target = arguments.get("target_column", "class")
        return Bunch(frame=frame, target=frame[target])

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch)
    dataset = data_of(tmp_path, data + "  ignore: [age]\n")
    assert called.items() <= asked.items()
    target = asked.get("target_column", "class")
    assert dataset.minority == {"class": "yes", "test": "b"}[target]
    features = [column.name for column in dataset.columns]
    assert features == [name for name in ("sex", "class", "test") if name != target]
    assert dataset.columns[0].categories == ("f", "m")
