"""Every data case from a public bug report, through the command that a person would use."""

import json
import shutil
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tuner.cli import main
from tuner.data.assemble import assemble
from tuner.data.loaders.npz import load_npz
from tuner.inspection import inspect_study
from tuner.model.activations import make_activation
from tuner.model.losses import make_loss
from tuner.search.trainer import fold_rows, make_hypermodel
from tuner.spaces import Chosen

CASES = Path(__file__).parent / "cases"
SPLIT = "  split: {test: 0.2, validation: 0.25}\n"


@pytest.fixture
def checked(tmp_path, monkeypatch, capsys):
    """Status and document of `check --json` for a case's data section."""
    monkeypatch.chdir(tmp_path)

    def check(loader, file, more="", study=""):
        text = f"version: 1\nname: case\ndata:\n  {loader}: {CASES / file}\n{more}{study}"
        (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
        status = main(["check", "study.yaml", "--no-trial", "--json"])
        return status, json.loads(capsys.readouterr().out)

    return check


TARGET = "  target: label\n" + SPLIT
CATEGORIES = TARGET + "  categories: [colour, code]\n"
WEIGHT = TARGET + "  weight: w\n"


def answer(text):
    """The end of a study: one answer to rarity."""
    return f"imbalance: {{{text}}}\n"


def strategy(text):
    """The same as the second of two strategies."""
    return f"imbalance: {{strategies: [none, {{{text}}}]}}\n"


EXPLICIT = "class_weight: {explicit: {%s}}"

FOUND = [
    ("csv", "01_labels_start_at_1/data.csv", TARGET, {"1": 90, "2": 10}),
    ("csv", "01_labels_start_at_1/gaps.csv", TARGET, {"3": 80, "7": 15, "11": 5}),
    ("npz", "03_onehot_target_npz/onehot.npz", SPLIT, {"0": 70, "1": 20, "2": 10}),
    ("npz", "03_onehot_target_npz/col.npz", SPLIT, {"0": 70, "1": 20, "2": 10}),
    ("npz", "03_onehot_target_npz/int.npz", SPLIT, {"0": 70, "1": 20, "2": 10}),
    ("csv", "14_val_without_minority_sorted/data.csv", TARGET, {"0": 90, "1": 10}),
    ("csv", "36_csv_latin1/data.csv", TARGET + "  encoding: latin-1\n", None),
    ("npz", "46_npz_pickle/uni.npz", SPLIT, {"neg": 42, "pos": 8}),
    ("csv", "53_yaml_booleans_and_octal/data.csv", TARGET, {"no": 80, "yes": 20}),
    ("csv", "53_yaml_booleans_and_octal/codes.csv", TARGET, {"01": 80, "08": 15, "010": 5}),
    ("csv", "53_yaml_booleans_and_octal/bool.csv", TARGET, {"False": 80, "True": 20}),
    (
        "csv",
        "06_effective_number_weights/data.csv",
        TARGET + answer("class_weight: {effective_number: {beta: 0.999}}"),
        {"0": 500, "1": 30, "2": 20},
    ),
    (
        "csv",
        "21_smote_too_few/data.csv",
        TARGET + strategy("resampling: {smote: {k_neighbors: 3}}"),
        {"0": 57, "1": 7},
    ),
    (
        "csv",
        "21_smote_too_few/one.csv",
        TARGET + strategy("resampling: random_over"),
        {"0": 60, "1": 3},
    ),
    (
        "csv",
        "23_smote_categorical/data.csv",
        CATEGORIES + answer("resampling: smote"),
        {"0": 45, "1": 15},
    ),
    (
        "csv",
        "23_smote_categorical/allcat.csv",
        CATEGORIES + strategy("resampling: smote"),
        {"0": 45, "1": 15},
    ),
    (
        "images",
        "24_smote_images/images",
        SPLIT + strategy("resampling: random_over"),
        {"healthy": 20, "lesion": 6},
    ),
]


@pytest.mark.parametrize(("loader", "file", "more", "classes"), FOUND, ids=lambda v: str(v)[:30])
def test_classes_are_counted_under_their_own_names(checked, loader, file, more, classes):
    status, found = checked(loader, file, more)
    assert status == 0
    if classes is None:
        assert set(found["data"]["classes"]) == {"bénin", "malin"}
    else:
        assert found["data"]["classes"] == classes
        assert found["data"]["minority"] == list(classes)[-1]


REFUSED = [
    ("npz", "03_onehot_target_npz/bad.npz", "", ["row 17", "sum 2"]),
    ("csv", "08_multiclass_minority_definition/tie.csv", TARGET, ["equally rare", "'B', 'C'"]),
    ("csv", "36_csv_latin1/data.csv", TARGET, ["data.csv", "byte 19", "encoding"]),
    ("csv", "38_nan_inf_features/data.csv", TARGET, ["'f1'", "1 missing", "row 4", "impute"]),
    ("csv", "38_nan_inf_features/inf.csv", TARGET, ["'f2'", "infinite", "row 6"]),
    ("csv", "38_nan_inf_features/text.csv", TARGET, ["'f0'", "'?', 'missing'", "row 8"]),
    ("csv", "38_nan_inf_features/allnan.csv", TARGET, ["'f3' is empty", "ignore"]),
    ("npz", "46_npz_pickle/obj.npz", "", ["y in obj.npz has dtype object; save it as str or int"]),
    ("npz", "46_npz_pickle/keys.npz", "", ["no array 'X'", "it holds: a, b"]),
    ("npz", "46_npz_pickle/len.npz", "", ["X has 50, y has 49"]),
    (
        "csv",
        "42_group_leakage/onegroup.csv",
        TARGET + "  group: subject\n",
        ["occurs in 1 group", "at least 3"],
    ),
    ("images", "49_images_mixed_channels/images", "", ["channels: 1 or 3", "[height, width]"]),
    ("csv", "44_id_index_column_leak/data.csv", "  target: [label, label2]\n", ["label2"]),
    (
        "csv",
        "44_id_index_column_leak/data.csv",
        TARGET + answer(EXPLICIT % "label: {0: 1, 1: 9}, label2: {0: 1, 1: 1}"),
        ["class_weight.explicit.label: expected a value", "explicit.label2: expected a value"],
    ),
    (
        "csv",
        "05_class_weight_with_sample_weight/data.csv",
        WEIGHT + strategy("resampling: smote"),
        ["strategies[1].resampling.smote: smote makes new rows", "have weights"],
    ),
    (
        "csv",
        "06_effective_number_weights/data.csv",
        TARGET + answer("class_weight: {effective_number: {beta: 1.0}}"),
        ["effective_number.beta: expected a finite number >= 0 and < 1, got 1.0"],
    ),
    (
        "csv",
        "06_effective_number_weights/data.csv",
        TARGET + strategy("loss: {class_balanced: {beta: 1}}"),
        ["strategies[1].loss.class_balanced.beta: expected a finite number >= 0 and < 1, got 1"],
    ),
    (
        "csv",
        "21_smote_too_few/data.csv",
        TARGET + answer("resampling: smote") + "seed: 7\n",
        [
            "resampling.smote.k_neighbors: class '1' has 4 training rows, smote k_neighbors=5 needs"
            " at least 6; use k_neighbors<=3, random oversampling (random_over) or class weights"
        ],
    ),
    (
        "csv",
        "21_smote_too_few/one.csv",
        TARGET + strategy("resampling: {smote: {k_neighbors: 1}}"),
        ["strategies[1].resampling.smote: class '1' has 1 training row, smote needs at least 2"],
    ),
    (
        "csv",
        "23_smote_categorical/data.csv",
        CATEGORIES + answer("resampling: [smote, adasyn]"),
        ["resampling[1].adasyn: ", "('colour', 'code')", "use smote, which takes them"],
    ),
    (
        "images",
        "24_smote_images/images",
        SPLIT + answer("resampling: [none, smote]"),
        ["resampling[1].smote: smote applies to tables only", "class weights", "random_over"],
    ),
    (
        "images",
        "24_smote_images/images",
        SPLIT + strategy("resampling: {smote: {ratio: 0.5}}"),
        ["strategies[1].resampling.smote: ", "images; use class weights, random oversampling"],
    ),
]


@pytest.mark.parametrize(("loader", "file", "more", "told"), REFUSED, ids=lambda v: str(v)[:30])
def test_a_fault_is_an_error_that_says_what_to_do(checked, loader, file, more, told):
    status, found = checked(loader, file, more)
    assert (status, found["data"]) == (2, None)
    assert {finding["level"] for finding in found["findings"]} == {"error"}
    messages = "\n".join(finding["message"] for finding in found["findings"])
    assert [fragment for fragment in told if fragment not in messages] == []


WARNED = [
    ("csv", "41_duplicates_across_split/data.csv", TARGET, "duplicates", ["40 rows", "40 sets"]),
    (
        "csv",
        "41_duplicates_across_split/conflict.csv",
        TARGET,
        "conflicting-labels",
        ["1 set of equal rows"],
    ),
    ("csv", "44_id_index_column_leak/data.csv", TARGET, "row-id", ["'Unnamed: 0'"]),
    ("parquet", "44_id_index_column_leak/data.parquet", TARGET, "row-id", ["row number"]),
    (
        "images",
        "49_images_mixed_channels/images",
        "  channels: 1\n  size: [8, 8]\n" + SPLIT,
        "image-modes",
        ["L: 5, P: 4, RGB: 5, RGBA: 4", "grey"],
    ),
    (
        "images",
        "49_images_mixed_channels/images",
        "  channels: 3\n  size: [8, 8]\n" + SPLIT,
        "images-resized",
        ["2 of 18", "8×8", "6×10: 2"],
    ),
]


@pytest.mark.parametrize(
    ("loader", "file", "more", "code", "told"), WARNED, ids=lambda v: str(v)[:30]
)
def test_an_oddity_is_a_warning_with_its_numbers(checked, loader, file, more, code, told):
    status, found = checked(loader, file, more)
    assert status == 0
    [message] = [f["message"] for f in found["findings"] if f["code"] == code]
    assert [fragment for fragment in told if fragment not in message] == []


def test_a_sorted_file_is_shuffled_and_every_part_has_its_share(checked):
    _, found = checked("csv", "14_val_without_minority_sorted/data.csv", TARGET)
    parts = {name: part["minority"] for name, part in found["data"]["splits"].items()}
    assert parts == {"test": 2, "development": 8, "validation": 2}


def test_a_row_number_is_no_feature(checked):
    for loader, file in (("csv", "data.csv"), ("parquet", "data.parquet")):
        _, found = checked(loader, f"44_id_index_column_leak/{file}", TARGET)
        assert found["data"]["shape"] == [4]


def test_a_european_table_has_four_number_columns(checked):
    for more in ("", '  separator: ";"\n  decimal: ","\n'):
        _, found = checked("csv", "34_csv_semicolon_decimal_comma/data.csv", TARGET + more)
        assert found["data"]["columns"] == {"number": 4, "category": 0, "missing_cells": 0}


def test_a_missing_cell_is_filled_where_the_study_says_so(checked):
    more = TARGET + "  preprocessing: {impute: median}\n"
    status, found = checked("csv", "38_nan_inf_features/data.csv", more)
    assert (status, found["data"]["columns"]["missing_cells"]) == (0, 1)


def test_a_constant_column_is_named(checked):
    _, found = checked("csv", "39_constant_column/data.csv", TARGET)
    [message] = [f["message"] for f in found["findings"] if f["code"] == "constant-columns"]
    assert "'const'" in message


def test_groups_are_counted_and_are_no_feature(checked):
    more = TARGET + "  group: subject\n"
    _, found = checked("csv", "42_group_leakage/data.csv", more)
    assert found["data"]["groups"] == 24
    assert "subject" not in [column["name"] for column in found["columns"]]
    parts = found["data"]["splits"].values()
    assert all(part["minority"] > 0 for part in parts)


def test_sixteen_bits_are_kept(checked):
    _, found = checked("images", "48_images_16bit_png/images", SPLIT)
    pixels = found["data"]["images"]
    assert (pixels["dtype"], pixels["min"]) == ("uint16", 200)
    assert pixels["max"] > 1200


def test_a_row_weight_is_no_feature(checked):
    more = TARGET + "  weight: w\n"
    _, found = checked("csv", "05_class_weight_with_sample_weight/data.csv", more)
    assert found["data"]["weighted"]
    assert "w" not in [column["name"] for column in found["columns"]]


@pytest.fixture
def learnt_from(tmp_path):
    """Data set, training rows of the only fold, and what becomes of them before training."""

    def prepare(loader, file, more):
        text = f"version: 1\nname: case\ndata:\n  {loader}: {CASES / file}\n{more}"
        (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
        found = inspect_study(str(tmp_path / "study.yaml"))
        [fold] = found.splits.folds
        rows, _ = fold_rows(found.dataset, fold, found.study.data.preprocessing)
        hypermodel = make_hypermodel(found.study, found.dataset)
        done = hypermodel.training_rows(
            hypermodel.configuration({}), rows.x, rows.y, rows.weights, layout=rows.layout, seed=7
        )
        return found.dataset, rows, done

    return prepare


BALANCED = answer("class_weight: balanced")
YAML = "53_yaml_booleans_and_octal"
WEIGHED = [
    ("csv", "01_labels_start_at_1/data.csv", BALANCED, {"1": 0.555556, "2": 5.0}),
    (
        "csv",
        "01_labels_start_at_1/gaps.csv",
        BALANCED,
        {"3": 0.416667, "7": 2.222222, "11": 20 / 3},
    ),
    ("npz", "03_onehot_target_npz/onehot.npz", BALANCED, {"0": 0.47619, "1": 5 / 3, "2": 10 / 3}),
    ("npz", "03_onehot_target_npz/col.npz", BALANCED, {"0": 0.47619, "1": 5 / 3, "2": 10 / 3}),
    ("npz", "03_onehot_target_npz/int.npz", BALANCED, {"0": 0.47619, "1": 5 / 3, "2": 10 / 3}),
    ("csv", f"{YAML}/data.csv", answer(EXPLICIT % "yes: 9, no: 1"), {"yes": 9, "no": 1}),
    ("csv", f"{YAML}/bool.csv", answer(EXPLICIT % "True: 4, False: 1"), {"True": 4, "False": 1}),
    (
        "csv",
        f"{YAML}/codes.csv",
        answer(EXPLICIT % "01: 1, 010: 9, 08: 3"),
        {"01": 1, "08": 3, "010": 9},
    ),
]


@pytest.mark.parametrize(("loader", "file", "section", "expected"), WEIGHED, ids=str)
def test_classes_have_the_weights_of_their_own_names(learnt_from, loader, file, section, expected):
    where = SPLIT if loader == "npz" else TARGET
    dataset, _, done = learnt_from(loader, file, where + section)
    weights = {
        name: float(done.weights[done.y == code].mean())
        for code, name in enumerate(dataset.classes)
    }
    # Weights are scaled to a mean of 1 over the training rows.
    counts = dict(zip(dataset.classes, np.bincount(done.y), strict=True))
    mean = sum(counts[name] * weight for name, weight in expected.items()) / len(done.y)
    scaled = {name: weight / mean for name, weight in expected.items()}
    assert weights == pytest.approx(scaled, rel=1e-5)
    if section == BALANCED:
        assert weights == pytest.approx(expected, rel=1e-5)


def test_effective_numbers_are_those_of_training_rows(learnt_from):
    section = answer("class_weight: {effective_number: {beta: 0.999}}")
    file = "06_effective_number_weights/data.csv"
    _, rows, done = learnt_from("csv", file, TARGET + section)
    counts = np.bincount(rows.y)
    assert counts.tolist() == [300, 18, 12]
    expected = (1 - 0.999) / (1 - 0.999**counts)
    weights = np.bincount(done.y, done.weights) / counts
    np.testing.assert_allclose(weights / weights[0], expected / expected[0], rtol=1e-5)


def test_a_beta_too_small_for_the_counts_is_told(checked):
    section = answer("class_weight: {effective_number: {beta: 0.1}}")
    _, found = checked("csv", "06_effective_number_weights/data.csv", TARGET + section)
    told = [finding["message"] for finding in found["findings"]] + found["notes"]
    assert any("beta" in message for message in told)


def test_row_weights_and_class_weights_are_multiplied_once(learnt_from):
    section = answer(EXPLICIT % "0: 0.5, 1: 2")
    file = "05_class_weight_with_sample_weight/data.csv"
    _, rows, done = learnt_from("csv", file, WEIGHT + section)
    expected = rows.weights * np.array([0.5, 2.0])[rows.y]
    np.testing.assert_allclose(done.weights, expected / expected.mean(), rtol=1e-5)
    assert len(np.unique(rows.weights)) > 1


def test_the_loss_is_weighted_in_training_and_not_where_it_is_compared(learnt_from):
    probe = pd.read_csv(CASES / "10_loss_vs_val_loss" / "probe.csv")
    loss = make_loss(Chosen("crossentropy", {"label_smoothing": 0.0}), 2, 1)
    y, p = probe[["y"]].to_numpy(), probe[["p"]].to_numpy("float32")
    balanced = np.where(probe.y == 1, 10 / 2 / 1, 10 / 2 / 9)
    assert float(loss(y, p)) == pytest.approx(0.395108, rel=1e-5)
    assert float(loss(y, p, sample_weight=balanced)) == pytest.approx(0.508432, rel=1e-5)


@pytest.mark.parametrize("seed", range(20))
def test_too_few_rows_for_smote_are_told_whatever_the_seed(checked, seed):
    more = TARGET + strategy("resampling: smote") + f"seed: {seed}\n"
    status, found = checked("csv", "21_smote_too_few/data.csv", more)
    [finding] = found["findings"]
    assert status == 2
    assert finding["key"] == "imbalance.strategies[1].resampling.smote.k_neighbors"
    # A fifth of 7 rows, and a quarter of what remains, is a whole number of rows either way.
    count = next(count for count in (4, 5) if f"has {count} training rows" in finding["message"])
    assert f"needs at least 6; use k_neighbors<={count - 1}, random" in finding["message"]


@pytest.mark.parametrize("file", ["data.csv", "allcat.csv"])
def test_new_rows_have_categories_that_there_are(learnt_from, file):
    more = CATEGORIES + strategy("resampling: smote").replace("none, ", "")
    _, rows, done = learnt_from("csv", f"23_smote_categorical/{file}", more)
    assert np.bincount(done.y).tolist() == [np.bincount(rows.y).max()] * 2
    for block in rows.layout.categories:
        own = np.unique(rows.x[:, block.start : block.stop], axis=0)
        assert {one.tobytes() for one in done.x[:, block.start : block.stop]} == {
            one.tobytes() for one in own
        }
        assert np.array_equal(own.sum(axis=1), np.ones(3))


def test_images_are_repeated_as_they_are(learnt_from):
    section = answer("resampling: random_over")
    _, rows, done = learnt_from("images", "24_smote_images/images", SPLIT + section)
    counts = np.bincount(rows.y)
    assert np.bincount(done.y).tolist() == [counts.max()] * 2
    learnt, given = np.asarray(done.x), np.asarray(rows.x)
    assert {x.tobytes() for x in learnt} == {x.tobytes() for x in given}


CONV = "model: {family: conv, blocks: 1, filters: 8, units: 16, activation: prelu}\n"


@pytest.fixture
def built(tmp_path):
    """The data set and the network of a study of case 25's images."""

    def build(folder, more=SPLIT):
        text = f"version: 1\nname: case\ndata:\n  images: {folder}\n{more}{CONV}"
        (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
        found = inspect_study(str(tmp_path / "study.yaml"))
        hypermodel = make_hypermodel(found.study, found.dataset)
        return found.dataset, hypermodel.build(keras_tuner.HyperParameters())

    return build


PRELU = CASES / "25_prelu_shared_axes" / "images"


def test_slopes_after_a_convolution_are_one_for_each_channel(built):
    dataset, model = built(PRELU)
    slopes = [one.count_params() for one in model.layers if isinstance(one, keras.layers.PReLU)]
    assert dataset.features.shape == (24, 28, 28)
    assert slopes == [8, 16]  # and not 28 × 28 × 8 for the first
    convolution, dense, output = 3 * 3 * 8 + 8, 8 * 16 + 16, 16 + 1
    assert model.count_params() == convolution + 8 + dense + 16 + output


def test_slopes_of_channels_need_no_known_size():
    layer = make_activation(Chosen("prelu", {"alpha_initializer": 0.25, "shared": False}), (1, 2))
    assert layer(keras.Input((None, None, 8))).shape == (None, None, None, 8)
    assert layer.count_params() == 8


def test_slopes_do_not_tie_a_network_to_one_size_of_pictures(built, tmp_path):
    _, model = built(PRELU)
    _, other = built(PRELU, "  size: [20, 36]\n" + SPLIT)
    other.set_weights(model.get_weights())
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    pictures = np.random.default_rng(0).normal(size=(2, 28, 28)).astype("float32")
    np.testing.assert_array_equal(again(pictures), model(pictures))
    assert other(np.zeros((2, 20, 36), "float32")).shape == model(pictures).shape


def test_a_picture_of_another_size_is_named_and_then_resized_where_a_size_is_stated(
    built, checked, tmp_path
):
    shutil.copytree(PRELU, tmp_path / "images")
    Image.new("L", (40, 30), 9).save(tmp_path / "images" / "lesion" / "large.png")
    status, found = checked("images", tmp_path / "images", SPLIT)
    [finding] = found["findings"]
    assert status == 2
    assert "28×28 in 24" in finding["message"]
    assert "30×40 in 1 (first 'lesion/large.png')" in finding["message"]
    dataset, model = built(tmp_path / "images", "  size: [28, 28]\n" + SPLIT)
    assert dataset.features.shape == (25, 28, 28)
    assert model.input_shape == (None, 28, 28)


def test_one_hot_labels_columns_and_numbers_are_the_same_data():
    hot, column, number = (
        load_npz(location=f"{name}.npz", folder=CASES / "03_onehot_target_npz")
        for name in ("onehot", "col", "int")
    )
    fingerprints = {assemble(raw, "case").fingerprint for raw in (hot, column, number)}
    assert len(fingerprints) == 1
