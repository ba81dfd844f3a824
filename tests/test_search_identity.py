"""What must be equal for a run to go on."""

import numpy as np
import pytest

from tuner.data import RawData, assemble, make_splits
from tuner.errors import InputError
from tuner.search.identity import check_identity, identity
from tuner.study import load_study

ROWS = np.random.default_rng(0).normal(size=(120, 3))
LABELS = np.where(np.arange(120) % 4 == 0, "rare", "common")
PARTS = np.repeat(["train", "validation", "test"], [60, 30, 30])


def identified(tmp_path, *overrides, **roles):
    path = tmp_path / "study.yaml"
    path.write_text("version: 1\nname: s\ndata: {csv: rows.csv, target: label}\n")
    study = load_study(path, overrides)
    dataset = assemble(RawData(ROWS, LABELS, **roles), "t", duplicates=study.data.duplicates)
    return identity(study, dataset), make_splits(dataset, study.data.split, study.seed)


@pytest.mark.parametrize(
    "change",
    [
        "data.preprocessing.scale=robust",
        "data.preprocessing.impute=median",
        "data.preprocessing.max_categories=5",
        "data.duplicates=drop",
        "data.split.folds=4",
        "data.split.validation=0.3",
    ],
)
def test_what_changes_the_meaning_of_a_score_is_refused(tmp_path, change):
    before, now = identified(tmp_path)[0], identified(tmp_path, change)[0]
    with pytest.raises(InputError, match=change.partition("=")[0]):
        check_identity(before, now, "runs/s")


@pytest.mark.parametrize(
    "role", [{"weights": np.ones(120)}, {"parts": PARTS}, {"groups": np.arange(120) // 2}]
)
def test_a_role_of_rows_is_content(tmp_path, role):
    before, now = identified(tmp_path)[0], identified(tmp_path, **role)[0]
    with pytest.raises(InputError, match="the data's content changed"):
        check_identity(before, now, "runs/s")


def test_folds_in_place_of_an_official_validation_part_are_another_division(tmp_path):
    given, one = identified(tmp_path, parts=PARTS)
    drawn, three = identified(tmp_path, "data.split.folds=3", parts=PARTS)
    assert (len(one.folds), len(three.folds)) == (1, 3)
    with pytest.raises(InputError, match=r"data\.split\.folds: None → 3"):
        check_identity(given, drawn, "runs/s")


def test_the_default_number_of_folds_may_be_spelled_out(tmp_path):
    check_identity(identified(tmp_path)[0], identified(tmp_path, "data.split.folds=3")[0], "runs/s")


def test_a_run_of_an_earlier_version_is_told_as_such(tmp_path):
    now = identified(tmp_path)[0]
    before = {key: value for key, value in now.items() if key != "format"} | {"data content": "x"}
    with pytest.raises(InputError) as caught:
        check_identity(before, now, "runs/s")
    message = str(caught.value)
    assert message.startswith("runs/s holds a run of another version of minority-tuner")
    assert "--fresh" in message
    assert "content" not in message
