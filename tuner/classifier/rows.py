"""What scikit-learn hands to `fit` and `predict` becomes rows that the house knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    _check_y,
    check_consistent_length,
    column_or_1d,
    validate_data,
)

from tuner.data import About, Dataset, RawData, assemble, number_columns
from tuner.data.dataset import as_text
from tuner.data.loaders.frame import raw_from_frame
from tuner.errors import InputError, Problem
from tuner.search.run_folder import ELSEWHERE

__all__ = ["Labelled", "WrongInput", "as_value_errors", "checked_rows", "labelled_rows"]

_HERE = {
    "data.duplicates: separate": "duplicates='separate'",
    "; name it in 'ignore'": "; leave it out",
    ", or name the text in 'missing'": "",
    ", or name the column in 'ignore' or 'categories'": ", texts or categories, or leave it out",
    ELSEWHERE: "directory",
    "set 'validation' instead of 'folds'": "give split={'validation': …}",
}
"""What messages advise that is written otherwise here than in a study."""


class WrongInput(InputError, ValueError):
    """The data or an argument is wrong; scikit-learn expects a `ValueError` then."""


@contextmanager
def as_value_errors() -> Iterator[None]:
    """Tells what is wrong as scikit-learn expects it, with the names of arguments."""
    try:
        yield
    except InputError as error:
        raise WrongInput([_renamed(problem) for problem in error.problems]) from None


def _renamed(problem: Problem) -> Problem:
    message, path = problem.message, problem.path
    for there, here in _HERE.items():
        message = message.replace(there, here)
    return replace(problem, message=message, path=path[1:] if path[:1] == ("data",) else path)


@dataclass(frozen=True)
class Labelled:
    """Rows to learn from.

    Attributes:
        dataset: The rows; those of weight 0 are left out.
        classes: As scikit-learn wants them: labels as they were given, sorted.
        order: Place in `classes` of each code of the data set.
    """

    dataset: Dataset
    classes: NDArray[Any]
    order: NDArray[np.int64]


def checked_rows(estimator: Any, X: Any, y: Any = None, *, reset: bool) -> tuple[Any, Any]:
    """Rows and labels after scikit-learn's own checks; a pandas frame stays one.

    Args:
        estimator: Remembers number and names of columns, or knows them.
        X: Frame, or anything that makes an array of shape ``(rows, columns)`` or ``(rows, height,
            width[, channels])``.
        y: Labels; None where rows are to be predicted.
        reset: Whether the columns are remembered, and not compared.

    Raises:
        ValueError: As scikit-learn has it.
    """
    learned = {} if y is None and not reset else {"y": y}
    if isinstance(X, pd.DataFrame):
        # Categories are no numbers yet; the cells of a frame are checked where they are read.
        validate_data(estimator, X, reset=reset, skip_check_array=True, **learned)
        if learned:
            y = _check_y(y, estimator=estimator)
            check_consistent_length(X, y)
        return X, y
    missing = "allow-nan" if estimator.__sklearn_tags__().input_tags.allow_nan else True
    settings = {"allow_nd": True, "ensure_all_finite": missing, "dtype": "numeric"}
    checked = validate_data(estimator, X, reset=reset, **settings, **learned)
    return checked if learned else (checked, None)


def labelled_rows(
    X: Any,
    y: NDArray[Any],
    *,
    groups: Any,
    sample_weight: Any,
    minority: Any,
    impute: bool,
    duplicates: Any,
) -> Labelled:
    """Rows to learn from, as a data set.

    Args:
        X: As `checked_rows` gives it.
        y: Labels, shape ``(rows,)``.
        groups: Group of each row, or None.
        sample_weight: Weight of each row, or None.
        minority: A label; None for the rarest class, of equally rare ones the last.
        impute: Whether missing values are allowed.
        duplicates: As in a study.

    Raises:
        InputError: Something of it cannot be learned from.
        ValueError: As scikit-learn has it.
    """
    check_classification_targets(y)
    groups = None if groups is None else column_or_1d(groups)
    check_consistent_length(X, y, groups)
    weights = None
    if sample_weight is not None:
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        kept = np.flatnonzero(weights > 0)
        X, y, weights = _taken(X, kept), y[kept], weights[kept]
        groups = None if groups is None else groups[kept]
    classes, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    if len(classes) < 2:
        raise InputError(f"two classes or more are needed, got 1 class, {classes[0]!s}")
    names = as_text(classes)
    rare = names[_minority(minority, classes, counts)]
    raw = replace(_raw(X, names[codes]), groups=groups, weights=weights)
    about = About("the rows that fit was given")
    dataset = assemble(raw, about, rare, impute=impute, duplicates=duplicates)
    place = {name: number for number, name in enumerate(names.tolist())}
    return Labelled(dataset, classes, np.asarray([place[name] for name in dataset.classes]))


def _taken(X: Any, rows: NDArray[np.int64]) -> Any:
    return X.iloc[rows] if isinstance(X, pd.DataFrame) else X[rows]


def _minority(asked: Any, classes: NDArray[Any], counts: NDArray[np.int64]) -> int:
    if asked is None:
        return int(np.flatnonzero(counts == counts.min())[-1])
    found = np.flatnonzero(classes == asked)
    if len(found) != 1:
        known = ", ".join(repr(one) for one in classes.tolist())
        raise InputError(f"no row of class {asked!r}; known: {known}", ("minority",))
    return int(found[0])


def _raw(X: Any, labels: NDArray[np.str_]) -> RawData:
    if not isinstance(X, pd.DataFrame):
        columns = number_columns(range(X.shape[1])) if X.ndim == 2 else ()
        return RawData(X, labels, columns=columns)
    target = "target"
    while target in {str(name) for name in X.columns}:
        target += "_"
    return raw_from_frame(X.assign(**{target: labels}), target, place="the frame")
