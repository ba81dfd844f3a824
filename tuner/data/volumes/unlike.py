"""What is told of scans that are not like the others."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence

from tuner.data.findings import Finding, counted, shortened

__all__ = ["mask_findings", "single_findings", "spacing_findings", "tilt_findings", "way_findings"]

_TOLERANCE = 1.1
_TILTED = 10.0
"""Degrees from which an oblique scan is told."""

_MASK = re.compile(r"(?:^|[_\-. ])(?:mask|d?seg|aseg|labels?|roi)(?:[_\-. ]|$)", re.IGNORECASE)
"""Words in the names of files that say where something is, and not what it looks like."""


def spacing_findings(
    spacings: Sequence[tuple[float, ...]], names: Sequence[str], key: str
) -> list[Finding]:
    """A warning where a pixel means another length in one scan than in another.

    Args:
        spacings: Millimetres between slices, rows and columns of each scan; 0 where unknown.
        names: What messages call the scans.
        key: Key of the study that names the folder.
    """
    found = []
    for axis, what in enumerate(("slices", "rows", "columns")):
        known = [(spacing[axis], name) for spacing, name in zip(spacings, names, strict=True)]
        known = [pair for pair in known if pair[0] > 0]
        if not known:
            continue
        (low, narrow), (high, wide) = min(known), max(known)
        if high > low * _TOLERANCE:
            message = (
                f"the distance of {what} differs between scans: {low:.3g} mm in '{narrow}',"
                f" {high:.3g} mm in '{wide}'; the same pixel count shows different lengths"
            )
            found.append(Finding("warning", "spacing", message, ("data", key)))
    return found


def single_findings(counts: Sequence[int], names: Sequence[str], key: str) -> list[Finding]:
    """A warning where some scans have one slice only, and others more.

    Args:
        counts: Slices of each scan.
        names: What messages call the scans.
        key: Key of the study that names the folder.
    """
    single = [name for count, name in zip(counts, names, strict=True) if count == 1]
    if not single or len(single) == len(counts):
        return []
    have = "scan has" if len(single) == 1 else "scans have"
    message = (
        f"{len(single)} {have} one slice only, others up to {max(counts)}: {shortened(single)};"
        " check that they are whole scans"
    )
    return [Finding("warning", "single-slice", message, ("data", key))]


def way_findings(ways: Sequence[str], names: Sequence[str], key: str) -> list[Finding]:
    """A warning where scans store their axes in several ways, which reading brought to one.

    Args:
        ways: Where the stored axes of each scan point, such as ``RAS``; empty where unknown.
        names: What messages call the scans.
        key: Key of the study that names the folder.
    """
    counts = Counter(way for way in ways if way)
    if len(counts) < 2:
        return []
    forms = [f"{way} in {n} (first '{names[ways.index(way)]}')" for way, n in counts.most_common(5)]
    more = f" and {len(counts) - 5} more" if len(counts) > 5 else ""
    message = (
        f"scans store their axes in several ways: {', '.join(forms)}{more}; all are turned to one"
        " view, as their headers say"
    )
    return [Finding("warning", "mixed-orientation", message, ("data", key))]


def tilt_findings(tilts: Sequence[float], names: Sequence[str], key: str) -> list[Finding]:
    """A warning of oblique scans, which are cut along their own axes.

    Args:
        tilts: Degrees between the axes of each scan and the nearest ones of the body.
        names: What messages call the scans.
        key: Key of the study that names the folder.
    """
    pairs = [(tilt, name) for tilt, name in zip(tilts, names, strict=True) if tilt > _TILTED]
    if not pairs:
        return []
    most, name = max(pairs)
    are = "scan is" if len(pairs) == 1 else "scans are"
    message = (
        f"{len(pairs)} {are} oblique by more than {_TILTED:g}° ({most:.0f}° in '{name}'); slices"
        " follow the axes of the scan, and are not resampled"
    )
    return [Finding("warning", "oblique", message, ("data", key))]


def mask_findings(two_valued: Sequence[bool], names: Sequence[str], key: str) -> list[Finding]:
    """A warning of volumes that look like masks beside scans.

    Args:
        two_valued: Whether each volume holds no more than two different numbers.
        names: What messages call the volumes.
        key: Key of the study that names the folder.
    """
    alike = [
        name
        for two, name in zip(two_valued, names, strict=True)
        if two or _MASK.search(os.path.basename(name))
    ]
    if not alike or len(alike) == len(names):
        return []
    looks = "looks like a mask" if len(alike) == 1 else "look like masks"
    message = (
        f"{counted(len(alike), 'volume')} {looks}, by the name or by two different numbers at most:"
        f" {shortened(alike)}; move what is no scan elsewhere"
    )
    return [Finding("warning", "mask", message, ("data", key))]
