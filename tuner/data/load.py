"""A study's data section becomes a `Dataset`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import Dataset, RawData, as_text
from tuner.data.loaders import LOADERS
from tuner.errors import InputError, Problem, did_you_mean
from tuner.study import DataDefinition, DataSection, Study

__all__ = ["assemble", "load_data"]


def load_data(study: Study) -> Dataset:
    """Reads and checks the data of a study.

    Raises:
        InputError: The source cannot be read, or does not hold what the study says; with the place
            in the study or in the data definition.
    """
    definition = study.definition
    source: DataSection | DataDefinition = definition or study.data
    folder = definition.folder if definition else study.folder
    try:
        raw = LOADERS[source.loader](source.options, location=source.location, folder=folder)
        title = definition.title if definition else source.location
        synthetic = definition.synthetic if definition else False
        one_vs_rest = study.data.one_vs_rest or source.one_vs_rest
        minority = study.data.minority
        if minority is None and study.data.one_vs_rest is None:
            minority = source.minority
        return assemble(raw, title, minority, one_vs_rest, synthetic=synthetic)
    except InputError as error:
        raise _located(error, study) from error.__cause__


def assemble(
    raw: RawData,
    title: str,
    minority: str | None = None,
    one_vs_rest: str | None = None,
    *,
    synthetic: bool = False,
) -> Dataset:
    """Checks what a loader returned and codes its labels.

    Args:
        raw: The loader's arrays.
        title: What the data is.
        minority: Class to find; the rarest unless given.
        one_vs_rest: Class to set against all others.
        synthetic: Whether the data is generated.

    Raises:
        InputError: With a path that starts at the data section.
    """
    features = _checked_features(raw)
    _check_names(raw.labels, "label", len(features))
    if raw.groups is not None:
        _check_names(raw.groups, "group", len(features))
    labels = as_text(raw.labels)
    if one_vs_rest is not None:
        labels = _against_rest(labels, one_vs_rest)
        minority = minority or one_vs_rest
    classes, codes = _code(labels, minority)
    groups = None if raw.groups is None else as_text(raw.groups)
    return Dataset(title, features, codes, classes, groups, raw.feature_names, synthetic)


def _checked_features(raw: RawData) -> NDArray[np.float32]:
    features = raw.features
    if features.dtype.kind not in "fiub" or features.ndim < 2 or 0 in features.shape[1:]:
        raise InputError(
            f"features must be numbers of shape (rows, …), got {features.dtype} {features.shape}"
        )
    with np.errstate(over="ignore"):
        features = np.ascontiguousarray(features, dtype=np.float32)
    bad = np.argwhere(~np.isfinite(features))
    if len(bad):
        row, *rest = (int(step) for step in bad[0])
        column = f"'{raw.feature_names[rest[0]]}'" if raw.feature_names else rest
        raise InputError(
            f"{len(bad)} feature values are not finite, first in row {row}, column {column}"
        )
    return features


def _check_names(values: NDArray[Any], what: str, rows: int) -> None:
    """Labels and groups: one for each row, and none missing."""
    if values.ndim != 1 or not len(values):
        raise InputError(f"{what}s must have shape (rows,) and hold some, got shape {values.shape}")
    if len(values) != rows:
        raise InputError(f"{rows} rows of features but {len(values)} {what}s")
    if values.dtype.kind == "f":
        missing = ~np.isfinite(values)
    else:
        missing = np.asarray([value is None or value in ("", b"") for value in values.tolist()])
    if (where := np.flatnonzero(missing)).size:
        row = int(where[0])
        raise InputError(f"the {what} of row {row} is missing or no name ({values[row]!r})")


def _against_rest(labels: NDArray[np.str_], positive: str) -> NDArray[np.str_]:
    if positive not in labels:
        hint = did_you_mean(positive, set(labels.tolist()))
        raise InputError(f"no row of class '{positive}'; {hint}", ("one_vs_rest",))
    return np.where(labels == positive, positive, "rest")


def _code(
    labels: NDArray[np.str_], minority: str | None
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    names, counts = np.unique(labels, return_counts=True)
    if len(names) < 2:
        raise InputError(
            f"all {len(labels)} rows are of class '{names[0]}'; two classes are needed"
        )
    if minority is None:
        rarest = names[counts == counts.min()]
        if len(rarest) > 1:
            tied = ", ".join(f"'{name}'" for name in rarest)
            raise InputError(
                f"classes {tied} are equally rare ({counts.min()} rows); say which is the minority",
                ("minority",),
            )
        minority = str(rarest[0])
    elif minority not in names:
        hint = did_you_mean(minority, names.tolist())
        raise InputError(f"no row of class '{minority}'; {hint}", ("minority",))
    classes = (*(str(name) for name in names if name != minority), minority)
    code_of = {name: code for code, name in enumerate(classes)}
    return classes, np.asarray([code_of[label] for label in labels.tolist()], dtype=np.int64)


def _located(error: InputError, study: Study) -> InputError:
    """Adds the place in whichever file says what was wrong."""
    definition = study.definition
    located: list[Problem] = []
    for problem in error.problems:
        in_study = problem.under("data")
        if definition is None or study.document.places.get(in_study.path):
            located.append(study.document.locate(in_study))
        else:
            located.append(definition.document.locate(problem))
    return InputError(located)
