"""What a study asks to compare, checked against its space before anything is trained."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tuner.errors import Problem, did_you_mean
from tuner.search.places import Place, places
from tuner.spaces import Value
from tuner.study import Study

__all__ = ["Factor", "factor_problems", "factors"]

_MOST = 12
"""Values of one place that are compared: each takes networks of its own."""

_MOST_CELLS = 48
"""Pairs of values of two places that are compared."""


@dataclass(frozen=True)
class Factor:
    """One place whose values are compared, or two whose values are compared together.

    Attributes:
        names: The places.
        levels: The values of each.
    """

    names: tuple[str, ...]
    levels: tuple[tuple[Value, ...], ...]

    @property
    def cells(self) -> tuple[tuple[Value, ...], ...]:
        """What is compared, one value for each place; the last place changes first."""
        return tuple(itertools.product(*self.levels))


def factors(study: Study) -> tuple[Factor, ...]:
    """What ``evaluation.compare`` asks for.

    Raises:
        InputError: With everything in it that cannot be compared.
    """
    if problems := factor_problems(study):
        raise study.document.error(problems)
    known = places(study)
    return tuple(
        Factor(names, tuple(tuple(known[name].space.grid() or ()) for name in names))
        for names in study.evaluation.compare
    )


def factor_problems(study: Study) -> list[Problem]:
    """Everything that is wrong with ``evaluation.compare``, each with its path."""
    known, asked = places(study), study.evaluation
    problems = [
        problem.under("evaluation", "compare", index)
        for index, names in enumerate(asked.compare)
        for problem in _problems(names, known)
    ]
    if asked.compare and asked.contexts == 1 and study.data.split.n_folds is None:
        told = (
            "with one context and one validation part, each value is a single network, and what "
            "its seed did cannot be told from what the value did; give 2 contexts at least, or "
            "data.split.folds"
        )
        problems.append(Problem(told, ("evaluation", "contexts")))
    return problems


def _problems(names: tuple[str, ...], known: Mapping[str, Place]) -> Iterator[Problem]:
    refused = False
    for name in names:
        if name not in known:
            named = [one.name for one in known.values() if one.searched and _always(one, known)]
            yield Problem(f"unknown key '{name}'; {did_you_mean(name, named)}")
            refused = True
        elif reason := _refusal(known[name], known):
            yield Problem(f"'{name}' {reason}")
            refused = True
    if not refused:
        cells = math.prod(len(known[name].space.grid() or ()) for name in names)
        if cells > _MOST_CELLS:
            yield Problem(
                f"{' and '.join(names)} have {cells} pairs of values, and at most {_MOST_CELLS} "
                "are compared; give them as choices of a few"
            )


def _always(place: Place, known: Mapping[str, Place]) -> bool:
    """Whether every configuration has the place."""
    return not place.parent or not known[place.parent].searched


def _refusal(place: Place, known: Mapping[str, Place]) -> str:
    """Why the values of a place cannot be compared; empty where they can."""
    if not _always(place, known):
        return (
            f"exists with '{place.entry}' only, so that there is nothing to set beside it; compare "
            f"'{place.parent}'"
        )
    if not place.searched:
        return "has one value only, so that there is nothing to compare; give it several"
    grid = place.space.grid()
    if grid is None or len(grid) > _MOST:
        many = "infinitely many" if grid is None else str(len(grid))
        return f"has {many} values, and at most {_MOST} are compared; give it as a choice of a few"
    return ""
