"""``report.html``: one file that needs nothing else, readable without knowing the program."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Mapping
from typing import Any

import jinja2
from markupsafe import Markup

from tuner.report.comparison import value_name
from tuner.report.curves import Curves
from tuner.report.sections.activations import activations
from tuner.report.sections.answer import answer
from tuner.report.sections.calibration import calibration
from tuner.report.sections.data import data
from tuner.report.sections.decisions import decisions
from tuner.report.sections.mattered import mattered
from tuner.report.sections.reproduce import reproduce
from tuner.report.sections.trials import trials
from tuner.report.values import spelled_value

__all__ = ["environment", "render", "report_page"]

_SECTIONS = (answer, decisions, mattered, activations, trials, calibration, data, reproduce)
"""In the order of the page."""


def report_page(content: Mapping[str, Any], curves: Curves) -> str:
    """The page as text; the same for the same results.

    Args:
        content: The content of ``results.json``.
        curves: That of ``curves.json``.
    """
    told = (section(content, curves) for section in _SECTIONS)
    return render("report.html", content=content, sections=[one for one in told if one])


def render(template: str, **given: Any) -> str:
    """A page of a template, with style and script inside and nothing allowed to come from outside.

    Args:
        template: Its name.
        given: What it needs.
    """
    made = environment()
    script = made.get_template("script.js").render()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    # Names of classes and columns are the data's own: no script but this one may ever run.
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    )
    safe = {"script": Markup(script), "policy": Markup(policy)}
    return made.get_template(template).render(**given, **safe)


@functools.cache
def environment() -> jinja2.Environment:
    """Where templates come from, and how they write values."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("tuner.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "named": value_name,
        "fixed": _fixed,
        "two": _two,
        "short": _short,
        "spelled": spelled_value,
        "share": _share,
        "signed": _signed,
        "count": _count,
    }
    return made


def _fixed(number: float | None) -> str:
    return "–" if number is None else f"{number:.3f}"


def _two(number: float) -> str:
    return f"{number:.2f}"


def _signed(number: float | None) -> str:
    return "–" if number is None else f"{number:+.3f}"


def _short(value: Any) -> str:
    """Four digits of a number, or a mark where there is none."""
    return "–" if value is None else spelled_value(value)


def _share(number: float | None) -> str:
    return "–" if number is None else f"{100 * number:.1f} %"


def _count(number: int) -> str:
    return f"{number:,}"
