"""Preprocessing is learned from training rows alone, and reloads to the same bits."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.data import (
    Column,
    RawData,
    assemble,
    fit_preprocessor,
    load_data,
    make_splits,
    number_columns,
    preprocessor_from_json,
)
from tuner.data.preprocessing import ImageScaler, TablePreprocessor
from tuner.errors import InputError
from tuner.search.trainer import fold_rows
from tuner.study import PreprocessingSection, SplitSection, load_study

TABLE = np.random.default_rng(0).normal([3, -2, 1e4], [1, 20, 300], (200, 3))


XYZ = number_columns("xyz")


def table(features=TABLE, columns=XYZ, **options):
    return TablePreprocessor.fit(features, columns, **options)


def with_gaps(seed=0, rows=200):
    rng = np.random.default_rng(seed)
    gaps = rng.normal([3, -2, 1e4], [1, 20, 300], (rows, 3))
    gaps[rng.random(gaps.shape) < [0.2, 0.05, 0.0]] = np.nan
    return gaps


CITIES = ("amsterdam", "berlin", "cairo", "delhi", "essen", "faro", "giza")


def mixed(rows, seed=0):
    rng = np.random.default_rng(seed)
    features = np.column_stack(
        [
            rng.normal(5, 3, rows),
            rng.integers(0, 4, rows),
            np.full(rows, 7.0),
            rng.exponential(2, rows),
            np.zeros(rows),
        ]
    )
    features[rng.random(rows) < 0.2, 0] = np.nan
    features[rng.random(rows) < 0.1, 1] = np.nan
    return features


MIXED = (
    Column("age"),
    Column("city", CITIES),
    Column("const"),
    Column("dose"),
    Column("ward", ("a",)),
)


def test_constant_columns_are_dropped_and_named():
    ours = table(mixed(50), MIXED, impute="median")
    assert ours.dropped == ("const", "ward")
    assert [part.name for part in ours.parts] == ["age", "city", "dose"]
    with pytest.raises(InputError, match="every feature column is constant"):
        table(np.full((9, 3), 0.1))


CASE = Path(__file__).parent / "cases/39_constant_column/data.csv"


def test_the_reported_constant_column_is_dropped_and_named(tmp_path):
    text = f"version: 1\nname: example\ndata:\n  csv: {CASE}\n  target: label\n"
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    study = load_study(tmp_path / "study.yaml")
    data = load_data(study)
    for fold in make_splits(data, study.data.split, study.seed).folds:
        ours = fit_preprocessor(data, fold.train, study.data.preprocessing)
        assert ours.dropped == ("const",)
        probe = np.repeat(data.features, 2, axis=0)
        probe[::2, -1] = 7.1
        assert np.abs(ours.transform(probe, data.columns)).max() < 1e3


def test_columns_are_found_by_name():
    train, later = mixed(80), mixed(20, 1)
    ours = table(train, MIXED, impute="mean")
    order = [3, 1, 0]
    columns = (*(MIXED[number] for number in order), Column("new"))
    moved = np.column_stack([later[:, order], np.full(20, 1e9)])
    assert np.array_equal(ours.transform(moved, columns), ours.transform(later, MIXED))


def test_columns_that_are_absent_or_of_another_kind_are_told():
    ours = table(mixed(80), MIXED, impute="mean")
    with pytest.raises(InputError, match="the data has no column 'age', 'dose'"):
        ours.transform(np.zeros((2, 1)), (MIXED[1],))
    with pytest.raises(InputError, match="column 'city' holds numbers; in training, categories"):
        ours.transform(np.zeros((2, 3)), number_columns(["age", "city", "dose"]))
    texts = (Column("age", ("a", "b")), MIXED[1], Column("dose"))
    with pytest.raises(InputError, match="column 'age' holds categories; in training, numbers"):
        ours.transform(np.zeros((2, 3)), texts)


PREPROCESSORS = {
    "table": (lambda: table(mixed(80), MIXED, impute="mean"), mixed(30, 1), MIXED),
    "robust": (lambda: table(with_gaps(), impute="median", scaling="robust"), with_gaps(2), XYZ),
    "images": (
        lambda: ImageScaler.fit(
            np.arange(64, dtype=np.uint8).reshape(4, 4, 4), "standard", {"size": [4, 4]}
        ),
        np.arange(32, dtype=np.uint8).reshape(2, 4, 4),
        (),
    ),
}


@pytest.mark.parametrize("name", PREPROCESSORS)
def test_saved_numbers_are_exact(name):
    fitted, later, columns = PREPROCESSORS[name]
    ours = fitted()
    content = json.dumps(ours.to_json(), allow_nan=False)
    again = preprocessor_from_json(json.loads(content))
    assert again == ours
    assert np.array_equal(again.transform(later, columns), ours.transform(later, columns))


ELSEWHERE = """
import json, sys
import numpy as np
from tuner.data import Column, preprocessor_from_json
content, rows, columns = json.load(sys.stdin)
columns = tuple(Column(name, texts and tuple(texts)) for name, texts in columns)
rows = np.array(rows, dtype=np.float64)
found = preprocessor_from_json(content).transform(rows, columns)
assert not {"tensorflow", "keras", "sklearn"} & set(sys.modules)
print(found.tobytes().hex())
"""


@pytest.mark.parametrize("name", ["table", "robust"])
def test_another_process_without_tensorflow_gets_the_same_bits(name):
    fitted, later, columns = PREPROCESSORS[name]
    ours = fitted()
    spelled = [(column.name, column.categories) for column in columns]
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        input=json.dumps([ours.to_json(), later.tolist(), spelled]),
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == ours.transform(later, columns).tobytes().hex()


def garbage(rng, rows):
    """Numbers, categories and gaps that no training row has."""
    spoiled = rng.choice([1e9, -1e-9, np.nan, 0.0], (rows, len(MIXED)))
    spoiled[:, 1] = rng.choice([4, 5, 6, np.nan], rows)
    spoiled[:, 4] = 0
    return spoiled


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    scale=st.sampled_from(["standard", "robust"]),
    impute=st.sampled_from(["median", "mean"]),
    validation=st.booleans(),
)
def test_other_rows_have_no_influence_on_training_rows(seed, scale, impute, validation):
    rng = np.random.default_rng(seed)
    features, labels = mixed(90, seed), np.repeat(["a", "b"], [60, 30])
    section = PreprocessingSection(scale=scale, impute=impute)
    data = assemble(RawData(features, labels, columns=MIXED), "t", impute=True)
    splits = make_splits(data, SplitSection(**({"validation": 0.3} if validation else {})), 0)
    for fold in splits.folds:
        spoiled = garbage(rng, len(features))
        spoiled[fold.train] = features[fold.train]
        other = assemble(RawData(spoiled, labels, columns=MIXED), "t", impute=True)
        first, second = (fit_preprocessor(d, fold.train, section) for d in (data, other))
        assert first == second
        train = fold_rows(data, fold, section)[0]
        assert np.array_equal(fold_rows(other, fold, section)[0].x, train.x)
        assert np.isfinite(train.x).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), scale=st.sampled_from(["standard", "robust"]))
def test_other_images_have_no_influence_on_training_images(seed, scale):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (40, 3, 3), dtype=np.uint8)
    rows = np.sort(rng.permutation(40)[:25])
    spoiled = np.full_like(images, 255)
    spoiled[rows] = images[rows]
    labels = np.repeat(["a", "b"], [30, 10])
    section = PreprocessingSection(scale=scale)
    scalers = [
        fit_preprocessor(assemble(RawData(x, labels), "t"), rows, section)
        for x in (images, spoiled)
    ]
    assert scalers[0] == scalers[1]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    cuts=st.lists(st.integers(0, 60), max_size=4),
    piece=st.integers(1, 70),
)
def test_rows_in_pieces_give_what_all_rows_give(seed, cuts, piece):
    ours = table(mixed(80, seed), MIXED, impute="mean")
    later = mixed(60, seed + 1)
    whole = ours.transform(later, MIXED)
    parts = [ours.transform(rows, MIXED) for rows in np.split(later, sorted(cuts))]
    assert np.array_equal(np.concatenate(parts), whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tuner.data.preprocessing.table._ROWS", piece)
        assert np.array_equal(ours.transform(later, MIXED), whole)
