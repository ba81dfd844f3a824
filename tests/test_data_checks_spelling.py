"""Classes, groups and categories that people read as the same are told, and stay different."""

import numpy as np
import pytest

from tuner.data import Column, RawData, assemble, make_splits
from tuner.data.checks.spelling import alike_names
from tuner.data.tables.spelled_alike import alike
from tuner.study import DataSection

SECTION = DataSection.model_validate({"source": "made"})


def told(labels, groups=None, categories=("a", "b")):
    codes = np.arange(len(labels)) % len(categories)
    columns = (Column("x"), Column("c", categories))
    features = np.column_stack([np.arange(len(labels)), codes])
    dataset = assemble(RawData(features, labels, groups, columns), "made", minority="yes")
    return [
        f.message for f in alike_names(dataset, make_splits(dataset, SECTION.split, 0), SECTION)
    ]


@pytest.mark.parametrize(
    ("names", "sets"),
    [
        (["yes", "no", "yes ", "\tYES"], [["yes", "yes ", "\tYES"]]),
        (["1", "1.0", "01", "+1", "10", "1 0"], [["1", "1.0", "01", "+1"]]),
        (["a b", "a  b", "ab"], [["a b", "a  b"]]),
        (["01", "08", "010", "x1", "x01", ""], []),
    ],
)
def test_blanks_case_and_forms_of_numbers_do_not_make_another_name(names, sets):
    assert alike(names) == sets


def test_classes_groups_and_categories_are_looked_at():
    labels = np.repeat(["no", "yes", "Yes"], [60, 30, 30])
    groups = np.asarray([f"{'0' * (row % 2)}{row // 2}" for row in range(120)])
    classes, pairs, categories = told(labels, groups, ("f", "m", "m "))
    assert classes.startswith("classes 'Yes', 'yes' differ in blanks, case or the form of a number")
    assert pairs.startswith("groups '0', '00' (and 59 more such sets) differ")
    assert categories.startswith("categories of column 'c' 'm', 'm ' differ")
    assert told(np.repeat(["no", "yes"], [60, 30])) == []
