"""Whether the rows can be divided as a study says, and what works instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import Dataset
from tuner.data.findings import counted, shortened
from tuner.errors import InputError, Problem
from tuner.study import SplitSection

__all__ = ["check_official", "check_units", "count_units", "lacking_parts"]

_PATH = ("data", "split")


def count_units(dataset: Dataset, rows: NDArray[np.int64]) -> int:
    """How many things the rows can be divided into: units where there are any, else rows."""
    return len(rows) if dataset.units is None else len(np.unique(dataset.units[rows]))


def check_official(dataset: Dataset, section: SplitSection) -> None:
    """An official split must not contradict what else the study says.

    Raises:
        InputError: The study gives the share of a part that the split has, or groups that the split
            divides.
    """
    if dataset.parts is None:
        return
    problems = []
    if "test" in section.model_fields_set:
        message = "the data has an official split; leave the share out"
        problems.append(Problem(message, (*_PATH, "test")))
    if section.validation is not None and (dataset.parts == "validation").any():
        message = "the official split has a validation part; leave it out"
        problems.append(Problem(message, (*_PATH, "validation")))
    official_validation = section.folds is None and (dataset.parts == "validation").any()
    if section.repeats > 1 and official_validation:
        message = "the validation part of the official split cannot be drawn again; give folds too"
        problems.append(Problem(message, (*_PATH, "repeats")))
    if dataset.groups is not None and len(divided := _divided(dataset.groups, dataset.parts)):
        message = (
            f"the official split divides {len(divided)} of {len(np.unique(dataset.groups))} groups,"
            f" the first is '{divided[0]}'; leave out 'group' or 'official_split'"
        )
        problems.append(Problem(message, ("data", "official_split")))
    if problems:
        raise InputError(problems)


def _divided(groups: NDArray[np.str_], parts: NDArray[np.str_]) -> NDArray[np.str_]:
    """Groups with rows in more than one part."""
    names, of_row = np.unique(groups, return_inverse=True)
    part_names, of_part = np.unique(parts, return_inverse=True)
    seen = np.zeros((len(names), len(part_names)), dtype=bool)
    seen[of_row, of_part] = True
    divided: NDArray[np.str_] = names[seen.sum(axis=1) > 1]
    return divided


def check_units(dataset: Dataset, section: SplitSection, *, test: bool = True) -> None:
    """There must be enough rows of each class, or groups with them, for every part.

    Args:
        dataset: The rows.
        section: Shares and number of folds.
        test: Whether there is a test part, drawn or official.

    Raises:
        InputError: With the largest number of folds that works.
    """
    problems = [
        *_minority_problems(dataset, section, test),
        *(_other_problems(dataset) if section.n_folds is not None else ()),
    ]
    if problems:
        raise InputError(problems)


def _minority_problems(dataset: Dataset, section: SplitSection, test: bool) -> Iterator[Problem]:
    official = dataset.parts is not None
    drawn = test and not official
    units = count_units(dataset, _development(dataset, len(dataset.classes) - 1))
    where = f"{_units_of(dataset, len(dataset.classes) - 1)}{' outside the test part' * official}"
    told = f"minority class '{dataset.minority}' occurs in {where}, "
    folds = section.n_folds or 2
    if units < 2 + drawn:
        parts = "train, validation and test parts" if drawn else "train and validation parts"
        yield Problem(f"{told}{parts} need at least {2 + drawn}", _PATH)
    elif units < folds + drawn:
        parts = f"a test part and {folds} folds" if drawn else f"{folds} folds"
        yield Problem(
            f"{told}{parts} need at least {folds + drawn}; at most {units - drawn} folds work",
            _PATH,
        )


def _other_problems(dataset: Dataset) -> Iterator[Problem]:
    for code, name in enumerate(dataset.classes[:-1]):
        if count_units(dataset, _development(dataset, code)) < 2:
            where = " outside the test part" if dataset.parts is not None else ""
            yield Problem(
                f"class '{name}' occurs in {_units_of(dataset, code)}{where}, the training parts "
                "of folds need at least 2; leave the class out, join it with another, or set "
                "'validation' instead of 'folds'",
                _PATH,
            )


def _development(dataset: Dataset, code: int) -> NDArray[np.int64]:
    """Rows of a class that may be trained on."""
    of_class = dataset.labels == code
    if dataset.parts is not None:
        of_class &= dataset.parts != "test"
    return np.flatnonzero(of_class)


def _units_of(dataset: Dataset, code: int) -> str:
    """The number of units with a class, as people call them."""
    rows = _development(dataset, code)
    units = count_units(dataset, rows)
    if dataset.groups is not None:
        groups = len(np.unique(dataset.groups[rows]))
        joined = f" that equal rows join to {units}" * (groups != units)
        return f"{counted(groups, 'group')}{joined}"
    if units == len(rows):
        return counted(units, "row")
    return f"{counted(units, 'different row')} (data.duplicates: separate would count all)"


def lacking_parts(dataset: Dataset, parts: Mapping[str, NDArray[np.int64]]) -> list[Problem]:
    """Parts without minority rows, and training parts without rows of some class to learn from.

    Args:
        dataset: Holds the labels.
        parts: Rows by what the part is called.
    """
    advice = "use fewer folds or a larger share"
    if dataset.parts is not None:
        advice = "correct the official split, or leave it out"
    problems = []
    for name, rows in parts.items():
        training, what = "training" in name, "rows"
        if training and dataset.weights is not None:
            rows, what = rows[dataset.weights[rows] > 0], "rows with a weight above 0"
        counts = np.bincount(dataset.labels[rows], minlength=len(dataset.classes))
        missing = np.flatnonzero(counts == 0)
        if not training:
            missing = missing[missing == len(counts) - 1]
        if len(missing):
            classes = shortened(dataset.classes[code] for code in missing)
            problems.append(Problem(f"{name} has 0 {what} of class {classes}; {advice}", _PATH))
    return problems
