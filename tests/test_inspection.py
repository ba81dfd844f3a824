"""What is found before a run is told at once, whichever part of the study it belongs to."""

import pytest

from tuner.errors import InputError
from tuner.inspection import inspect_study

STUDY = """\
name: s
data: {csv: rows.csv, target: y, categories: [x], duplicates: separate, split: {folds: 2}}
imbalance: {resampling: random_over, class_weight: {explicit: {rare: 2}}}
"""


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["same"] * 200, "every feature column is constant in the development part"),
        ([f"row{number}" for number in range(200)], "every feature column is constant"),
    ],
    ids=["one category", "a category for each row"],
)
def test_rows_that_cannot_be_preprocessed_hide_nothing_else(tmp_path, texts, told):
    rows = [f"{text},{'rare' if at % 6 == 0 else 'common'}" for at, text in enumerate(texts)]
    (tmp_path / "rows.csv").write_text("\n".join(["x,y", *rows]))
    (tmp_path / "s.yaml").write_text(STUDY)
    with pytest.raises(InputError) as raised:
        inspect_study(str(tmp_path / "s.yaml"))
    lines = str(raised.value).splitlines()
    assert [f"s.yaml:2:1: data: {told}" in line for line in lines].count(True) == 1
    assert sum("class 'common' has no weight" in line for line in lines) == 1
