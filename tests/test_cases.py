"""Every data case from a public bug report, through the command that a person would use."""

import json
from pathlib import Path

import pytest

from tuner.cli import main

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
