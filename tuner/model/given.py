"""Sections of a study as a hypermodel is given them: mappings, sections, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from tuner.errors import InputError, Problem
from tuner.model.activations import check_activations
from tuner.model.backbones import check_backbone
from tuner.model.class_weights import check_class_names
from tuner.model.corrections import check_corrections
from tuner.model.own_backbone import OwnModelSection, own_model_section
from tuner.registry import UnknownName
from tuner.study import ImbalanceSection, TrainingSection
from tuner.study.model_base import ModelSection
from tuner.study.model_section import DEFAULT_FAMILY, BackboneSection, model_section
from tuner.study.problems import problems_of
from tuner.study.sections import tunable_section
from tuner.study.strategies import each_alone

__all__ = ["check_sections", "given_section"]

_KINDS = {"model": ModelSection, "imbalance": ImbalanceSection, "training": TrainingSection}


def given_section(name: str, given: Any, own_backbone: bool = False) -> Any:
    """A checked section; what can be tuned is where nothing is given.

    Args:
        name: ``model``, ``imbalance`` or ``training``.
        given: A mapping as in a study file, a section, or None.
        own_backbone: Whether the network is a person's own, which has no keys in the section.

    Raises:
        InputError: With everything that is wrong, and its key.
    """
    if name == "model" and own_backbone:
        return own_model_section(given)
    if isinstance(given, _KINDS[name]):
        return given
    named = given if isinstance(given, Mapping) else {}
    family = named.get("family", DEFAULT_FAMILY)
    try:
        kind: Any = model_section(str(family)) if name == "model" else _KINDS[name]
    except UnknownName as error:
        raise InputError(str(error), (name, "family")) from None
    if given is None:
        return _everything(name, kind)
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        problems = problems_of(error, kind)
        raise InputError([problem.under(name) for problem in problems]) from None


def check_sections(
    model: ModelSection,
    imbalance: ImbalanceSection,
    classes: Sequence[str],
    shape: Sequence[int | None],
) -> list[Problem]:
    """What is wrong with a study beyond its single values.

    Args:
        model: The network.
        imbalance: Answers to rarity.
        classes: Label of each code, as the data has them.
        shape: Shape of one row.
    """
    return [
        *_check_model(model, shape),
        *check_class_names(imbalance.listed("class_weight"), classes),
        *check_corrections(imbalance),
    ]


def _check_model(model: ModelSection, shape: Sequence[int | None]) -> list[Problem]:
    if not isinstance(model, BackboneSection):
        return []  # the person's own code, which is built to find out
    problems = check_activations(model.activation)
    if isinstance(model, OwnModelSection):
        return problems
    parts = (model.family, shape, model.backbone_parameters, model.files)
    return [*check_backbone(*parts), *problems]


def _everything(name: str, kind: Any) -> Any:
    if name == "imbalance":
        return ImbalanceSection(strategies=each_alone("class_weight", "loss"))
    fixed = {"kernel_initializer": "auto", "l2": 0.0} if name == "model" else {}
    return tunable_section(kind, **fixed)
