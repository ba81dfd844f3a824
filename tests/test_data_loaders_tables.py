"""One table means the same, whatever it is read from."""

import numpy as np
import pandas as pd
import pytest

from tuner.data.loaders import load_csv, load_parquet, load_tsv
from tuner.data.loaders.frame import raw_from_frame
from tuner.errors import InputError

ROLES = {"target": "label", "group": "subject", "weight": "w", "official_split": "part"}


def from_csv(folder, frame, **options):
    frame.to_csv(folder / "t.csv", index=False)
    return load_csv(location="t.csv", folder=folder, **options)


def from_european_csv(folder, frame, **options):
    frame.to_csv(folder / "t.csv", index=False, sep=";", decimal=",", encoding="utf-16")
    return load_csv(location="t.csv", folder=folder, **options)


def from_tsv(folder, frame, **options):
    frame.to_csv(folder / "t.tsv", index=False, sep="\t")
    return load_tsv(location="t.tsv", folder=folder, **options)


def from_parquet(folder, frame, **options):
    frame.to_parquet(folder / "t.parquet", index=False, row_group_size=7)
    return load_parquet(location="t.parquet", folder=folder, **options)


def from_frame(folder, frame, **options):
    return raw_from_frame(frame, **options)


LOADERS = [from_csv, from_european_csv, from_tsv, from_parquet, from_frame]
each_loader = pytest.mark.parametrize("load", LOADERS, ids=lambda load: load.__name__)


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    rows = 40
    return pd.DataFrame(
        {
            "x": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows)),
            "n": rng.integers(-5, 5, rows),
            "small": rng.normal(size=rows) * 1e-300,
            "colour": rng.choice(["rot", "blau", "grün"], rows),
            "size": pd.Categorical(rng.choice(["S", "L"], rows), categories=["S", "M", "L"]),
            "on": rng.random(rows) < 0.5,
            "code": rng.integers(0, 3, rows),
            "note": ["no number"] * rows,
            "subject": rng.integers(100, 110, rows),
            "w": rng.random(rows),
            "part": ["train"] * 30 + ["test"] * 10,
            "label": ["ok"] * 30 + ["bad"] * 10,
        }
    )


@each_loader
def test_a_table_is_the_same_from_every_source(tmp_path, frame, load):
    raw = load(tmp_path, frame, **ROLES, ignore=["note"], categories=["code"])
    assert [(column.name, column.categories) for column in raw.columns] == [
        ("x", None),
        ("n", None),
        ("small", None),
        ("colour", ("blau", "grün", "rot")),
        ("size", ("L", "S")),
        ("on", ("False", "True")),
        ("code", ("0", "1", "2")),
    ]
    expected = frame.assign(
        colour=frame["colour"].map({"blau": 0, "grün": 1, "rot": 2}),
        size=frame["size"].map({"L": 0, "S": 1}).astype(int),
    )
    assert np.array_equal(
        raw.features, expected[[c.name for c in raw.columns]].to_numpy(float), equal_nan=True
    )
    assert raw.labels.tolist() == frame["label"].tolist()
    assert raw.groups.tolist() == frame["subject"].astype(str).tolist()
    assert raw.weights.tolist() == frame["w"].tolist()
    assert raw.parts.tolist() == frame["part"].tolist()
    assert raw.findings == ()


@each_loader
@pytest.mark.parametrize(
    ("column", "value", "path", "fragment"),
    [
        ("label", None, ("target",), "column 'label' is empty in row "),
        ("subject", None, ("group",), "column 'subject' is empty in row "),
        ("w", -0.5, ("weight",), "weight is no finite number >= 0, first in row "),
        ("w", np.nan, ("weight",), "weight is no finite number >= 0, first in row "),
    ],
)
def test_a_fault_of_a_role_is_told_by_every_source(
    tmp_path, frame, load, column, value, path, fragment
):
    frame.loc[17, column] = value
    with pytest.raises(InputError) as caught:
        load(tmp_path, frame, **ROLES)
    [problem] = caught.value.problems
    text = load in (from_csv, from_european_csv, from_tsv)
    assert problem.path == path
    assert fragment + ("18" if text else "17") in problem.message


@each_loader
def test_dates_are_told_by_every_source(tmp_path, frame, load):
    frame["day"] = pd.date_range("2020-01-01", periods=len(frame))
    with pytest.raises(InputError, match=r"column 'day' holds .*2020-01-01.*'ignore'"):
        load(tmp_path, frame, **ROLES)
    assert load(tmp_path, frame, **ROLES, ignore=["day"]).features.shape == (40, 8)


@each_loader
def test_unknown_columns_are_told_by_every_source(tmp_path, frame, load):
    with pytest.raises(InputError) as caught:
        load(tmp_path, frame, target="lable", ignore=["on", "nope"])
    assert [problem.path for problem in caught.value.problems] == [("target",), ("ignore", 1)]
    assert "did you mean 'label'" in str(caught.value)


@each_loader
def test_a_saved_index_is_left_out_by_every_source(tmp_path, frame, load):
    frame.insert(0, "Unnamed: 0", np.arange(len(frame)) * 3)
    raw = load(tmp_path, frame, **ROLES)
    assert "Unnamed: 0" not in {column.name for column in raw.columns}
    [finding] = raw.findings
    assert "column 'Unnamed: 0' looks like a row number" in finding.message
    used = load(tmp_path, frame, **{**ROLES, "group": "Unnamed: 0"})
    assert used.groups.tolist()[:3] == ["0", "3", "6"]
    assert used.findings == ()


@each_loader
def test_texts_for_missing_values_are_known_to_every_source(tmp_path, load):
    frame = pd.DataFrame({"a": ["u", "?", "NA", "v"], "n": [1, -999, 2, 3], "label": list("xyxy")})
    raw = load(tmp_path, frame, target="label", missing=["?", "-999"])
    expected = [[0, 1], [np.nan, np.nan], [np.nan, 2], [1, 3]]
    assert np.array_equal(raw.features, np.asarray(expected, float), equal_nan=True)
    assert raw.columns[0].categories == ("u", "v")
