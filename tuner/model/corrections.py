"""Combinations that would make up for the rarity of the class twice.

Class weights and losses that go by the number of rows reckon with the rows after resampling, so
that resampling takes nothing away from them and they add nothing to it: balanced weights after
resampling to equal classes are all 1. What remains are two corrections by the same count, class
weights and a loss, and numbers fixed by hand on top of resampling.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping

from tuner.errors import Problem
from tuner.model.class_weights import CLASS_WEIGHTS, weighs_alike
from tuner.model.losses import fixed_correction, may_correct
from tuner.study import ImbalanceSection
from tuner.study.imbalance_section import Listed

__all__ = ["check_corrections"]

_WAY = "leave one of them out, or make each a strategy of its own under 'strategies'"


def check_corrections(section: ImbalanceSection) -> list[Problem]:
    """What a study combines though either part alone makes up for the rarity."""
    return [problem for parts in section.combinations for problem in _problems(parts)]


def _problems(parts: Mapping[str, tuple[Listed, ...]]) -> Iterator[Problem]:
    weights = [one for one in parts.get("class_weight", ()) if not weighs_alike(one.entry)]
    losses = [one for one in parts.get("loss", ()) if may_correct(one.entry)]
    resamplers = [one for one in parts.get("resampling", ()) if one.entry.name != "none"]
    if weights:
        named = _named(weights)
        for one in losses:
            message = f"'{one.entry.name}' weighs rare classes itself, and so do class weights"
            yield Problem(f"{message} ({named}); {_WAY}", one.path)
    if resamplers:
        named = _named(resamplers)
        for one in [*filter(_weights_are_fixed, weights), *filter(_loss_is_fixed, losses)]:
            message = f"'{one.entry.name}' weighs by fixed numbers, on top of resampling"
            hint = "weights that follow the rows, such as 'balanced', are computed after it"
            yield Problem(f"{message} ({named}); {_WAY}; {hint}", one.path)


def _named(listed: list[Listed]) -> str:
    return ", ".join(one.entry.name for one in listed)


def _weights_are_fixed(one: Listed) -> bool:
    return "counts" not in inspect.signature(CLASS_WEIGHTS[one.entry.name].function).parameters


def _loss_is_fixed(one: Listed) -> bool:
    return fixed_correction(one.entry)
