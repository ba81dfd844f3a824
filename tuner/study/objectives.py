"""Whether a search can follow the objectives of its study."""

from __future__ import annotations

from tuner.errors import Problem
from tuner.study.objective_section import ObjectiveSection
from tuner.study.sections import ALGORITHMS, SearchSection

__all__ = ["objective_problems"]

_EXAMPLE = "objective: [minority_f1, parameters]"


def objective_problems(objective: ObjectiveSection, search: SearchSection) -> list[Problem]:
    """What of a search does not go with the number of objectives, each with its path.

    What stops trials early goes by the score alone, and would stop a small network that belongs on
    the front.
    """
    count = len(objective.directions)
    problems = []
    if count not in ALGORITHMS[search.algorithm].objectives:
        problems.append(_wrong_algorithm(search.algorithm, count))
    if count > 1 and search.pruning != "none":
        problems.append(_wrong_pruner(search))
    if count > 1 and search.racing:
        told = "stops trials by their score alone, which two objectives forbid; leave it out"
        problems.append(Problem(told, ("search", "racing")))
    return problems


def _wrong_algorithm(algorithm: str, count: int) -> Problem:
    path = ("search", "algorithm")
    able = [name for name, one in ALGORITHMS.items() if count in one.objectives]
    if count == 1:
        told = f"'{algorithm}' needs two objectives, such as {_EXAMPLE}"
        return Problem(f"{told}; for one score take {', '.join(able)}", path)
    able = [name for name in able if ALGORITHMS[name].pruner == "none"]
    told = f"'{algorithm}' follows one objective, and the study has two"
    return Problem(f"{told}; take one of {', '.join(able)}", path)


def _wrong_pruner(search: SearchSection) -> Problem:
    key = "algorithm" if search.pruner is None else "pruner"
    told = f"'{search.pruning}' stops trials by their score alone, which two objectives forbid"
    way = "take another algorithm, or pruner: none" if key == "algorithm" else "take none"
    return Problem(f"{told}; {way}", ("search", key))
