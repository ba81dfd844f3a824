"""Parquet files: types are kept, an index is left out, faults are told."""

import builtins
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tuner.data import assemble
from tuner.data.loaders import load_parquet
from tuner.errors import InputError

CASES = Path(__file__).parent / "cases"


def loaded(folder, frame, index=False, **options):
    frame.to_parquet(folder / "t.parquet", index=index)
    return load_parquet(location="t.parquet", folder=folder, **{"target": "label", **options})


def test_the_reported_index_is_left_out_and_told():
    raw = load_parquet(
        location="44_id_index_column_leak/data.parquet", folder=CASES, target="label"
    )
    assert [column.name for column in raw.columns] == ["f0", "f1", "f2", "f3"]
    [finding] = raw.findings
    assert finding.code == "row-id"
    assert "'__index_level_0__' looks like a row number and is left out" in finding.message


def test_a_named_index_is_left_out_unless_it_has_a_role(tmp_path):
    index = pd.Index(["p", "q", "p"], name="patient")
    frame = pd.DataFrame({"f": [1.0, 2, 3], "label": ["a", "b", "a"]}, index=index)
    raw = loaded(tmp_path, frame, index=True)
    assert raw.features.shape == (3, 1)
    told = raw.findings[0].message
    assert "column 'patient' is the index of its rows and is left out; to use it, make an" in told
    raw = loaded(tmp_path, frame, index=True, group="patient")
    assert raw.groups.tolist() == ["p", "q", "p"]
    assert raw.findings == ()


def test_far_more_columns_than_rows_are_read(tmp_path):
    noise = np.random.default_rng(0).normal(size=(60, 3000))
    frame = pd.DataFrame(noise, columns=[f"f{number}" for number in range(3000)])
    dataset = assemble(loaded(tmp_path, frame.assign(label=["a"] * 48 + ["b"] * 12)), "t")
    assert np.array_equal(dataset.features, noise)
    assert dataset.counts.tolist() == [48, 12]


def test_progress_hears_bytes_up_to_the_whole(tmp_path):
    frame = pd.DataFrame({"f": np.arange(3_000_000), "label": ["a", "b"] * 1_500_000})
    heard = []
    loaded(tmp_path, frame, progress=lambda *told: heard.append(told))
    size = (tmp_path / "t.parquet").stat().st_size
    assert len(heard) > 1
    assert heard[-1] == ("reading t.parquet", size, size)


@pytest.mark.parametrize(
    ("column", "fragment"),
    [
        ([[1], [2]], "column 'f' holds values of type ndarray"),
        (["1", "2.5"], "column 'f' holds numbers that are stored as text ('1', '2.5'"),
        (["1,5", "2,5"], "column 'f' holds numbers that are stored as text"),
        (["a", "2"], "column 'f' holds texts ('a', '2', first in row 0) and numbers ('2')"),
        (pd.to_timedelta([1, 2], unit="s"), "column 'f' holds values of type Timedelta"),
    ],
)
def test_a_column_of_another_kind_is_told(tmp_path, column, fragment):
    frame = pd.DataFrame({"f": column, "g": [1, 2], "label": ["a", "b"]})
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, frame)
    [problem] = caught.value.problems
    assert problem.path == ("parquet",)
    assert fragment in problem.message


@pytest.mark.parametrize("content", [b"", b"f0,label\n1,a\n", b"PAR1....PAR1"])
def test_another_file_is_told(tmp_path, content):
    (tmp_path / "t.parquet").write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_parquet(location="t.parquet", folder=tmp_path, target="label")
    [problem] = caught.value.problems
    assert problem.path == ("parquet",)
    assert "t.parquet cannot be read as Parquet" in problem.message
    assert "\n" not in problem.message


def test_a_missing_package_is_told_with_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *more):
        if name.partition(".")[0] == "pyarrow":
            raise ImportError(name)
        return real(name, *more)

    (tmp_path / "t.parquet").touch()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError) as caught:
        load_parquet(location="t.parquet", folder=tmp_path, target="label")
    assert "pip install 'minority-tuner[parquet]'" in str(caught.value)


def test_bytes_of_older_writers_are_texts(tmp_path):
    raw = loaded(tmp_path, pd.DataFrame({"f": [b"u", b"v"], "label": [b"ill", b"well"]}))
    assert (raw.columns[0].categories, raw.labels.tolist()) == (("u", "v"), ["ill", "well"])


def test_dates_as_weights_are_told_at_the_key_of_weights(tmp_path):
    frame = pd.DataFrame({"f": [1], "w": pd.to_datetime(["2020-01-01"]), "label": ["a"]})
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, frame, weight="w")
    [problem] = caught.value.problems
    assert problem.path == ("weight",)
    assert problem.message.endswith("('2020-01-01 00:00:00'); make numbers of them")
