"""The ``training.augmentation`` section: how pictures are changed anew in each epoch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import Field, model_validator

from tuner.errors import Problem
from tuner.spaces import Choice, Fixed, Float, Space, ends
from tuner.study.problems import raise_problems
from tuner.study.section import Section
from tuner.study.tunable import Tunable

__all__ = ["AUGMENTATIONS", "AugmentationSection"]

AUGMENTATIONS: Mapping[str, Choice | Float] = MappingProxyType(
    {
        "flip": Choice(("none", "horizontal", "vertical", "both"), default="none"),
        "rotation": Float(0.0, 0.25, default=0.0, ge=0.0, le=0.5),
        "translation": Float(0.0, 0.3, default=0.0, ge=0.0, le=0.5),
        "zoom": Float(0.0, 0.5, default=0.0, ge=0.0, le=0.9),
        "contrast": Float(0.0, 0.5, default=0.0, ge=0.0, le=0.9),
        "noise": Float(0.0, 0.5, default=0.0, ge=0.0, le=10.0),
        "minority": Float(1.0, 3.0, default=1.0, ge=1.0, le=10.0),
        "mixup": Float(0.0, 1.0, default=0.0, ge=0.0, le=10.0),
        "cutmix": Float(0.0, 1.0, default=0.0, ge=0.0, le=10.0),
    }
)
"""What each key may hold. Flips are off unless asked for: left and right may mean something.

What is drawn for a kind goes by its place here, so that new ones stand at the end.
"""

_MIXES = ("mixup", "cutmix")


def _tunable(key: str) -> Tunable:
    return Tunable(AUGMENTATIONS[key])


class AugmentationSection(Section):
    """How pictures are changed anew in each epoch: training rows only, and nothing by default."""

    flip: Annotated[Space, _tunable("flip")] = Field(
        Fixed("none"),
        description="Mirrors half of the pictures left to right (`horizontal`), top to bottom"
        " (`vertical`), or each of both.",
    )
    rotation: Annotated[Space, _tunable("rotation")] = Field(
        Fixed(0.0), description="Turns by up to this share of a full turn, either way."
    )
    translation: Annotated[Space, _tunable("translation")] = Field(
        Fixed(0.0), description="Moves by up to this share of height and width, either way."
    )
    zoom: Annotated[Space, _tunable("zoom")] = Field(
        Fixed(0.0), description="Shows up to this share more or less of height and width."
    )
    contrast: Annotated[Space, _tunable("contrast")] = Field(
        Fixed(0.0),
        description="Multiplies differences from the picture's mean by 1 and up to this share more"
        " or less.",
    )
    noise: Annotated[Space, _tunable("noise")] = Field(
        Fixed(0.0), description="Standard deviation of noise, where that of all pixels is 1."
    )
    minority: Annotated[Space, _tunable("minority")] = Field(
        Fixed(1.0),
        description="Multiplies every strength but those of flips, mixup and cutmix for rows of the"
        " minority class, up to what the key may hold.",
    )
    mixup: Annotated[Space, _tunable("mixup")] = Field(
        Fixed(0.0),
        description="Blends each picture with another one, and their labels with them; the share is"
        " drawn from Beta(mixup, mixup).",
    )
    cutmix: Annotated[Space, _tunable("cutmix")] = Field(
        Fixed(0.0),
        description="Puts a box of another picture into each one, and mixes their labels by area;"
        " the share is drawn from Beta(cutmix, cutmix).",
    )

    @model_validator(mode="after")
    def _something_is_multiplied(self) -> AugmentationSection:
        strengths = [key for key in AUGMENTATIONS if key not in ("flip", "minority", *_MIXES)]
        if _can_differ(self, "minority") and not any(_can_differ(self, key) for key in strengths):
            raise_problems(
                [Problem(f"multiplies nothing; give one of {', '.join(strengths)}", ("minority",))]
            )
        return self

    @property
    def spaces(self) -> Mapping[str, Space]:
        """The space of each key."""
        return MappingProxyType({key: getattr(self, key) for key in AUGMENTATIONS})

    @property
    def used(self) -> bool:
        """Whether any picture may be changed."""
        return self.remakes or self.mixes

    @property
    def remakes(self) -> bool:
        """Whether any picture may be changed by itself: all are made anew for each epoch."""
        return any(_can_differ(self, key) for key in AUGMENTATIONS if key not in _MIXES)

    @property
    def mixes(self) -> bool:
        """Whether any picture may be mixed with another one."""
        return any(_can_differ(self, key) for key in _MIXES)


def _can_differ(section: AugmentationSection, key: str) -> bool:
    neutral = AUGMENTATIONS[key].default
    return any(value != neutral for value in ends(getattr(section, key)))
