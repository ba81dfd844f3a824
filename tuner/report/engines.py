"""Which engine trained the networks, and why not the fused one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tuner.search.records import TrialRecord

__all__ = ["engine_line", "engine_section"]


def engine_section(records: Sequence[TrialRecord]) -> dict[str, Any]:
    """How many trials each engine trained, as plain values; failed trials tell of none.

    Args:
        records: All trials.

    Returns:
        ``trials`` by engine, and ``reasons`` why Keras trained any, each with its trials.
    """
    told = [record.outcome["engine"] for record in records if "engine" in record.outcome]
    reasons = Counter(one["reason"] for one in told if one["reason"])
    return {
        "trials": dict(Counter(one["name"] for one in told)),
        "reasons": dict(reasons.most_common()),
    }


def engine_line(section: Mapping[str, Any]) -> str:
    """What trained the networks, in one line; empty where no trial got so far.

    Example:
        >>> engine_line({"trials": {"fused": 30}, "reasons": {}})
        'trained by the fused engine'
        >>> engine_line({"trials": {"keras": 2}, "reasons": {"the study asks for it": 2}})
        'trained by Keras: the study asks for it'
    """
    fused, keras = (section["trials"].get(name, 0) for name in ("fused", "keras"))
    why = "; ".join(section["reasons"])
    if not fused:
        return f"trained by Keras: {why}" if keras else ""
    if not keras:
        return "trained by the fused engine"
    return f"trained by the fused engine ({fused} trials) and by Keras ({keras}: {why})"
