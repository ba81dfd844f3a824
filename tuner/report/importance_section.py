"""How much each place mattered to the search, in ``results.json``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tuner.evaluate.importance import RESAMPLES, importances
from tuner.search.places import places
from tuner.search.records import TrialRecord
from tuner.study import Study

__all__ = ["importance_section"]


def importance_section(study: Study, records: Sequence[TrialRecord]) -> dict[str, Any] | None:
    """The part of ``results.json``; None where nothing is searched.

    Args:
        study: What was searched.
        records: All trials.
    """
    known = places(study)
    if not any(place.searched for place in known.values()):
        return None
    found = asdict(importances(records, known, study.seed))
    return {"resamples": RESAMPLES, **found, "places": list(found["places"])}
