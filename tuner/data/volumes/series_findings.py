"""What is told of DICOM series, once their slices are sorted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from tuner.data.findings import Finding, counted, shortened
from tuner.data.volumes.series import Slice
from tuner.data.volumes.unlike import (
    single_findings,
    spacing_findings,
    tilt_findings,
    way_findings,
)

__all__ = ["series_findings", "spacings"]

Stack = Sequence[Slice]

_GAP = 1.5
"""Between slices so many times as far apart as usual, one is missing."""

_BEND = 5.0
"""Degrees by which slices of one series may differ."""


def series_findings(stacks: Sequence[Stack], orientation: str) -> list[Finding]:
    """Everything that is told of series.

    Args:
        stacks: The used slices of each series, sorted by place.
        orientation: The plane that is asked for, or ``stored``.
    """
    names = [stack[0].name for stack in stacks]
    views = [stack[0].frame.view for stack in stacks]
    counts = [len(stack) for stack in stacks]
    return [
        *_same_places(stacks),
        *_gaps(stacks),
        *_bent(stacks),
        *_beside_each_other(stacks),
        *_unscaled(stacks),
        *_modalities(stacks),
        *way_findings([view.stored if view else "" for view in views], names, "dicom"),
        *tilt_findings([view.tilt if view else 0.0 for view in views], names, "dicom"),
        *_unlike_spacings(stacks),
        *([] if orientation == "stored" else single_findings(counts, names, "dicom")),
    ]


def spacings(stack: Stack) -> tuple[float, float, float]:
    """Millimetres between the slices, rows and columns of a series; 0 where unknown."""
    positions = sorted(set(_places(stack)))
    between = float(np.median(np.diff(positions))) if len(positions) > 1 else 0.0
    return (between, *_in_plane(stack[0]))


def _places(stack: Stack) -> list[float]:
    """Where slices lie, in millimetres; nearer ones than a thousandth are one place."""
    return [round(one.frame.view.position, 3) for one in stack if one.frame.view]


def _in_plane(one: Slice) -> tuple[float, float]:
    down, across = one.frame.spacing
    return (across, down) if one.frame.turn.exchange else (down, across)


def _unlike_spacings(stacks: Sequence[Stack]) -> list[Finding]:
    """Of every slice, since those of one series may differ too."""
    found = {stack[0].name: spacings(stack) for stack in stacks}
    known = {spacing[1:] for spacing in found.values()}
    for one in (one for stack in stacks for one in stack):
        if _in_plane(one) not in known:
            known.add(_in_plane(one))
            found[one.name] = (0.0, *_in_plane(one))
    return spacing_findings(list(found.values()), list(found), "dicom")


def _warning(code: str, message: str) -> Finding:
    return Finding("warning", code, message, ("data", "dicom"))


def _same_places(stacks: Sequence[Stack]) -> Iterator[Finding]:
    """Series that hold a place more than once: echoes, phases or copies."""
    twice = []
    for stack in stacks:
        places = _places(stack)
        if len(set(places)) < len(places):
            twice.append(stack[0].name)
    if twice:
        yield _warning(
            "same-place",
            f"{len(twice)} series hold several slices of one place (echoes, phases or copies); the"
            f" first files: {shortened(twice)}",
        )


def _gaps(stacks: Sequence[Stack]) -> Iterator[Finding]:
    """Series with slices that are further apart than the others, so that some are missing."""
    gaps = []
    for stack in stacks:
        usual = spacings(stack)[0]
        placed = [(one.frame.view.position, one.name) for one in stack if one.frame.view]
        for (below, name), (above, _) in pairwise(placed):
            if usual and above - below > _GAP * usual:
                gaps.append((above - below, usual, name))
                break
    if not gaps:
        return
    gap, usual, name = max(gaps)
    yield _warning(
        "missing-slices",
        f"slices are missing in {len(gaps)} series: {shortened(name for _, _, name in gaps)}; the"
        f" widest gap is {gap:.3g} mm behind '{name}', where others are {usual:.3g} mm apart",
    )


def _bent(stacks: Sequence[Stack]) -> Iterator[Finding]:
    """Series whose slices are not parallel, so that their order along one line means little."""
    bent = []
    for stack in stacks:
        normals = np.array([one.frame.view.normal for one in stack if one.frame.view])
        if len(normals) and (normals @ normals[0]).min() < np.cos(np.radians(_BEND)):
            bent.append(stack[0].name)
    if bent:
        yield _warning(
            "not-parallel",
            f"slices of {len(bent)} series are not parallel (ImageOrientationPatient differs by"
            f" more than {_BEND:g}°), so that their order is not sure; the first files:"
            f" {shortened(bent)}; move those elsewhere that are of another scan",
        )


def _beside_each_other(stacks: Sequence[Stack]) -> Iterator[Finding]:
    """Folders with several series of one subject, such as two contrasts."""
    series: dict[tuple[str, str], int] = {}
    for stack in stacks:
        key = (stack[0].name.rpartition("/")[0], stack[0].subject)
        series[key] = series.get(key, 0) + 1
    several = [folder for (folder, _), count in series.items() if count > 1]
    if several:
        yield _warning(
            "several-series",
            f"{counted(len(several), 'folder')} with several series of one subject:"
            f" {shortened(several)}; all are read, so move those elsewhere that are not meant",
        )


def _unscaled(stacks: Sequence[Stack]) -> Iterator[Finding]:
    """Files that do not say what their numbers mean, beside others that do."""
    without = {one.name: None for stack in stacks for one in stack if not one.frame.scaled}
    scaled = any(one.frame.scaled for stack in stacks for one in stack)
    if without and scaled:
        yield _warning(
            "intensity-scale",
            f"{counted(len(without), 'file')} without RescaleSlope, which the others have:"
            f" {shortened(without)}; the same number may mean another intensity there",
        )


def _modalities(stacks: Sequence[Stack]) -> Iterator[Finding]:
    """Series of several kinds of devices, whose numbers have nothing in common."""
    first: dict[str, str] = {}
    for stack in stacks:
        first.setdefault(stack[0].frame.modality, stack[0].name)
    first.pop("", None)
    if len(first) > 1:
        listed = ", ".join(f"{kind} (first '{name}')" for kind, name in first.items())
        yield _warning(
            "mixed-modality",
            f"series of several modalities: {listed}; their numbers do not compare, so move those"
            " elsewhere that are not meant",
        )
