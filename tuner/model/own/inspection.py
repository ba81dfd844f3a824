"""A study learns what a network of the person's own searches, before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tuner.data import Dataset, Finding, Splits, fit_preprocessor
from tuner.data.preprocessing import network_rows
from tuner.devices import use_threads
from tuner.errors import InputError, Problem
from tuner.model.own.code import Surroundings
from tuner.model.own.discovery import Discovery, discover
from tuner.study import Study
from tuner.study.python_section import Declared, PythonSection

__all__ = ["declared_study"]

_PATH = ("model", "python")


def declared_study(
    study: Study, dataset: Dataset, splits: Splits
) -> tuple[Study, tuple[Finding, ...]]:
    """The study with what its code declares, and configurations that cannot be built.

    A study whose network is not the person's own, or that knows it already, is returned as it is.

    Args:
        study: Read from its file.
        dataset: All rows.
        splits: Rows are preprocessed as those of the winner are.

    Raises:
        InputError: The code cannot be used, or other sections ask for what such a network has not.
    """
    section = study.model
    if not isinstance(section, PythonSection) or section.declared is not None:
        return study, ()
    use_threads(study.training.threads)  # before a network is built
    shape = _row_shape(study, dataset, splits)
    around = Surroundings(shape, dataset.classes, study.imbalance, study.training)
    try:
        found = discover(section, around)
    except InputError as error:
        raise study.document.error(
            [replace(one, path=("model", *one.path)) for one in error.problems]
        ) from error
    if problems := list(_misfits(study, found.declared)):
        raise study.document.error(problems)
    known = study.model_copy(update={"model": section.declaring(found.declared)})
    return known, (*map(_told, found.failed), *_doubts(found, study))


def _row_shape(study: Study, dataset: Dataset, splits: Splits) -> tuple[int, ...]:
    preprocessor = fit_preprocessor(dataset, splits.development, study.data.preprocessing)
    shape: tuple[int, ...] = network_rows(dataset, splits.development[:1], preprocessor).shape[1:]
    return shape


def _told(reason: str) -> Finding:
    message = f"a configuration cannot be built, and trials like it will fail: {reason}"
    return Finding("warning", "trial-failed", message, _PATH)


def _doubts(found: Discovery, study: Study) -> Iterator[Finding]:
    """Why the space may not be what the person meant it to be."""
    if found.limited:
        message = (
            f"after {found.limited} networks there were more values that could show"
            " hyperparameters; what is declared with these alone is not searched, and its trials"
            " will fail: declare it whatever the other values are, or under hp.conditional_scope"
        )
        yield Finding("warning", "space-unexplored", message, _PATH)


def _misfits(study: Study, declared: Declared) -> Iterator[Problem]:
    """Keys of other sections that would do nothing."""
    if declared.loss != "study":
        yield from _left_to_the_code(study, declared)
    if declared.fits:
        yield from _left_to_fit(study)


def _left_to_the_code(study: Study, declared: Declared) -> Iterator[Problem]:
    where, way = ("fit", "") if declared.fits else ("compile", ", or do not compile in build")
    told = f"is set by the {where} of {study.model.family} code; take it out{way}"
    for key in ("optimizer", "learning_rate"):
        if key in study.training.model_fields_set:
            yield Problem(f"the {key.replace('_', ' ')} {told}", ("training", key))
    section = study.imbalance
    listed = section.listed("loss") if section.strategies else []
    paths = [one.path for one in listed]
    if "loss" in section.model_fields_set:
        paths = [("imbalance", "loss")]
    for path in paths:
        yield Problem(f"the loss {told}", path)


def _left_to_fit(study: Study) -> Iterator[Problem]:
    for one in study.imbalance.listed("resampling"):
        if one.entry.name == "balanced_batches":
            told = "batches are drawn by the model's own fit; resample rows instead"
            yield Problem(told, one.path)
    if study.training.augmentation.used:
        told = "pictures are augmented between epochs, which are the model's own fit here"
        yield Problem(told, ("training", "augmentation"))
    if study.training.engine == "fused":
        told = "the model has a fit of its own; set engine: auto or keras"
        yield Problem(told, ("training", "engine"))
