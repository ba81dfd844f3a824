"""A figure as a part of the page: its colours follow the scheme, its letters are the page's own."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Set
from typing import Any

import matplotlib.figure
from markupsafe import Markup, escape

from tuner.report.pictures.style import COLOURS, styled

__all__ = ["svg"]

_TAG = re.compile(r"<[^<>]*>")
_HEAD = re.compile(r'<svg [^>]*?viewBox="([^"]+)"[^>]*>')
_LEFT_OUT = re.compile(r"<metadata>.*?</metadata>|<style .*?</style>|<!--.*?-->", re.DOTALL)
_NAMED = re.compile(r'\bid="([^"]+)"')
_MEANT = re.compile(r'(?:href="#|url\(#)([^")]+)')
_FAMILY = re.compile(r"; font-family: [^;\"]*|(?<=px) '[^;\"]*")
_FONT = re.compile(r"font: (?:(bold|[0-9]{3}) )?([0-9.]+px)")
_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
_PLACES = re.compile(r' (?:d|x|y|transform|points|style|width|height)="[^"]*"')
_DIGITS = re.compile(r"(-?\d+\.\d\d)\d+")
"""A hundredth of a point is less than any screen shows."""


@styled
def svg(figure: matplotlib.figure.Figure, name: str, told: str) -> Markup:
    """An ``svg`` element; the same figure gives the same text.

    Args:
        figure: Drawn in the colours of `style`.
        name: Of this picture in its page: what it defines is named after it.
        told: What the picture says, for those who do not see it.
    """
    text = _saved(figure)
    text = _LEFT_OUT.sub("", text[text.index("<svg ") :])
    used = {meant for tag in _TAG.findall(text) for meant in _MEANT.findall(tag)}
    # What stands between tags are names of classes and columns, which are shown as they are.
    text = _TAG.sub(lambda tag: _mended(tag[0], name, used), text)
    said = escape(told)
    head = rf'<svg class="picture" role="img" aria-label="{said}" viewBox="\1">'
    text = _HEAD.sub(lambda found: head.replace(r"\1", found[1]), text, count=1)
    return Markup(re.sub(r"\s*\n\s*", "\n", text).strip())


def _saved(figure: matplotlib.figure.Figure) -> str:
    with warnings.catch_warnings():
        # The page's letters are the reader's own fonts'; matplotlib's only measure them.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        if layout := figure.get_layout_engine():
            # Done here once: saving would draw all of it twice.
            layout.execute(figure)
            figure.set_layout_engine("none")
        out = io.StringIO()
        metadata: Any = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(out, format="svg", metadata=metadata)
    return out.getvalue()


def _mended(tag: str, name: str, used: Set[str]) -> str:
    """A tag in the colours and the font of the page, with no more digits than a screen shows."""
    tag = _FONT.sub(_size, _FAMILY.sub("", _named(tag, name, used)))
    tag = _COLOUR.sub(lambda found: _variable(found[0]), tag)
    return _PLACES.sub(lambda found: _DIGITS.sub(r"\1", found[0]), tag)


def _named(tag: str, name: str, used: Set[str]) -> str:
    """Names of what is used get the picture's name before them, the others go."""
    tag = _NAMED.sub(lambda one: f'id="{name}-{one[1]}"' if one[1] in used else "", tag)
    return _MEANT.sub(lambda one: one[0].replace(f"#{one[1]}", f"#{name}-{one[1]}"), tag)


def _size(found: re.Match[str]) -> str:
    """What is left of a font without its family: weight and size."""
    weight = f"font-weight: {found[1]}; " if found[1] else ""
    return f"{weight}font-size: {found[2]}"


def _variable(colour: str) -> str:
    return f"var(--{COLOURS[colour]})" if colour in COLOURS else colour
