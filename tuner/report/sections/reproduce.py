"""How to make the same run again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner.report.curves import Curves
from tuner.report.engines import engine_line
from tuner.report.sections.section import Section, sentence

__all__ = ["reproduce"]


def reproduce(content: Mapping[str, Any], curves: Curves) -> Section:
    """The section."""
    given = {
        "engine": sentence(engine_line(content["engine"])),
        # Runs of before it was told have no such key.
        "in_memory": content["data"].get("in_memory", False),
    }
    return Section("reproduce", "How to reproduce", given)
