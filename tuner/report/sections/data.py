"""The data and their division, and where the winner looks in pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner.report.attention import attention_lines, left_out_line, pointing_rows
from tuner.report.curves import Curves
from tuner.report.sections.section import Section, sentence

__all__ = ["data"]


def data(content: Mapping[str, Any], curves: Curves) -> Section:
    """The section."""
    return Section("data", "Data and splits", {"attention": _attention(content, curves)})


def _attention(content: Mapping[str, Any], curves: Curves) -> dict[str, Any] | None:
    section = content.get("attention")
    if not section:
        return None
    return {
        "kinds": curves.attention,
        "notes": [sentence(line) for line in attention_lines(section, content["data"])],
        "pointing": pointing_rows(section),
        "left_out": sentence(left_out_line(section)),
    }
