"""A study's data section becomes a `Dataset`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tuner.data.assemble import assemble
from tuner.data.dataset import About, Dataset
from tuner.data.loaders import LOADERS
from tuner.data.loaders.registry import existing_file
from tuner.data.progress import Progress, silent
from tuner.errors import InputError, Problem
from tuner.study import DataDefinition, DataSection, Study

__all__ = ["load_data"]


def load_data(study: Study, progress: Progress = silent) -> Dataset:
    """Reads and checks the data of a study.

    Args:
        study: Says what is read.
        progress: Hears how far the reading is.

    Raises:
        InputError: The source cannot be read, or does not hold what the study says; with the place
            in the study or in the data definition.
    """
    definition = study.definition
    source: DataSection | DataDefinition = definition or study.data
    folder = definition.folder if definition else study.folder
    about = About(source.location)
    if definition:
        about = About(definition.title, definition.synthetic, definition.caveat, _references(study))
    minority = study.data.minority
    if minority is None and study.data.one_vs_rest is None:
        minority = source.minority
    try:
        if definition and definition.sha256:
            path = existing_file(source.location, folder, source.loader)
            _check_content(path, definition.sha256)
        raw = LOADERS[source.loader](
            source.options, location=source.location, folder=folder, progress=progress
        )
        try:
            return assemble(
                raw,
                about,
                minority,
                study.data.one_vs_rest or source.one_vs_rest,
                impute=study.data.preprocessing.impute != "none",
                duplicates=study.data.duplicates,
            )
        except InputError as error:
            # What is wrong with the rows as a whole is told at the source.
            raise InputError(
                replace(p, path=p.path or (source.loader,)) for p in error.problems
            ) from error
    except InputError as error:
        raise _located(error, study) from error.__cause__


def _check_content(path: Path, expected: str) -> None:
    """Refuses a file of the right name with another content."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected.lower():
        raise InputError(
            f"{path.name} is not the file that is meant: its SHA-256 is {found[:12]}…, expected "
            f"{expected[:12].lower()}…; get the file again, or leave the checksum out",
            ("sha256",),
        )


def _references(study: Study) -> Mapping[str, float]:
    """The definition's known scores; none where the study asks for another class."""
    definition, data = study.definition, study.data
    assert definition is not None
    asked = (data.minority or definition.minority, data.one_vs_rest or definition.one_vs_rest)
    return definition.references if asked == (definition.minority, definition.one_vs_rest) else {}


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
