"""Values that were compared, in ``results.json``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tuner.evaluate.comparison.results import FactorComparison
from tuner.search.compare import Compared
from tuner.study import Study

__all__ = ["comparison_section"]


def comparison_section(study: Study, compared: Iterable[Compared]) -> list[dict[str, Any]]:
    """An entry for each factor that the study compares."""
    asked = study.evaluation
    reach = 2.0 if study.objective.metric == "mcc" else 1.0
    return [FactorComparison(one, asked.repeats, asked.rope, reach).to_json() for one in compared]
