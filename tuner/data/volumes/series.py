"""The slices of DICOM series, sorted by their place in the body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tuner.data.findings import counted, shortened
from tuner.data.volumes.dicom import Frame
from tuner.data.volumes.slices import Keep, check_kept, kept
from tuner.errors import Problem

__all__ = ["Slice", "other_planes", "stacked", "unclear_subjects"]


@dataclass(frozen=True, slots=True)
class Slice:
    """A frame and the file that it is in.

    Attributes:
        member: Number of the file.
        label: Its class.
        name: Its path from the top folder.
        subject: Whom the picture shows.
        frame: What the file says of the picture.
    """

    member: int
    label: str
    name: str
    subject: str
    frame: Frame

    @property
    def stack(self) -> tuple[str, str, str]:
        """What slices of one series have in common; without a name it is a folder."""
        series = self.frame.series or self.name.rpartition("/")[0]
        return self.label, self.subject, series

    @property
    def place(self) -> tuple[float, int, str, int]:
        """What slices of one series are sorted by."""
        position = self.frame.view.position if self.frame.view else 0.0
        return position, self.frame.instance, self.name, self.frame.number


def unclear_subjects(slices: Sequence[Slice]) -> list[Problem]:
    """A problem where files do not say whom they show, or all say the same."""
    advice = "state group: a regular expression on the path, like '^([^/]+)/'"
    names = list(dict.fromkeys(one.name for one in slices if not one.subject))
    if names:
        message = f"no PatientID in {counted(len(names), 'file')}: {shortened(names)}; {advice}"
        return [Problem(message, ("dicom",))]
    subjects = {one.subject for one in slices}
    if len(subjects) == 1 and len({one.stack for one in slices}) > 1:
        message = f"all files have PatientID '{subjects.pop()}', so nothing divides them; {advice}"
        return [Problem(message, ("dicom",))]
    return []


def other_planes(slices: Sequence[Slice], orientation: str) -> list[Problem]:
    """A problem for each plane but the one that is asked for."""
    planes: dict[str, dict[str, None]] = {}
    for one in slices:
        plane = one.frame.view.plane if one.frame.view else ""
        planes.setdefault(plane, {})[one.name] = None
    problems = []
    for plane, names in planes.items():
        files = counted(len(names), "file")
        if not plane:
            message = (
                f"{files} without a place in the body (ImageOrientationPatient and"
                f" ImagePositionPatient): {shortened(names)}; move them elsewhere, or state"
                " orientation: stored, which takes pictures as they are"
            )
            problems.append(Problem(message, ("dicom",)))
        elif plane != orientation:
            message = (
                f"expected {orientation} slices, but {files} with {plane} ones: {shortened(names)};"
                f" move them elsewhere, or state orientation: {plane}"
            )
            problems.append(Problem(message, ("dicom",)))
    return problems


def stacked(slices: list[Slice], keep: Keep) -> list[list[Slice]]:
    """The kept slices of each series, sorted by class, subject, series and place."""
    stacks: dict[tuple[str, str, str], list[Slice]] = {}
    for one in sorted(slices, key=lambda one: (one.stack, one.place)):
        stacks.setdefault(one.stack, []).append(one)
    chosen = [stack[kept(len(stack), keep)] for stack in stacks.values()]
    pairs = zip(stacks.values(), chosen, strict=True)
    check_kept([stack[0].name for stack, left in pairs if not left], keep)
    return chosen
