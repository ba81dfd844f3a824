"""The ``imbalance`` section: how the rarity of the class is answered.

Class weights, losses and resampling are searched as a product of three places, or as one choice
between strategies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from tuner.errors import Path, Problem
from tuner.spaces import Alternative, Alternatives
from tuner.study.family import Family
from tuner.study.problems import raise_problems
from tuner.study.sections import Section
from tuner.study.strategies import NEUTRAL, Strategies, StrategiesPlace

__all__ = ["ImbalanceSection", "Listed"]


@dataclass(frozen=True)
class Listed:
    """An entry of a family where a study lists it.

    Attributes:
        path: From the root of the study to the entry.
        entry: With its spaces.
    """

    path: Path
    entry: Alternative


class ImbalanceSection(Section):
    """How the rarity of the class is answered."""

    class_weight: Annotated[Alternatives, Family("class weight")] = Field(
        "none",
        validate_default=True,
        description="Weight of each class in the training loss, from the rows after resampling.",
    )
    loss: Annotated[Alternatives, Family("loss")] = Field(
        "crossentropy", validate_default=True, description="What training minimises."
    )
    resampling: Annotated[Alternatives, Family("resampling")] = Field(
        "none",
        validate_default=True,
        description="What is done to the training rows of each fold, and never to rows that are"
        " scored.",
    )
    strategies: Annotated[Strategies | None, StrategiesPlace()] = Field(
        None,
        description="A list to choose one from, in place of the three keys above: `none`, or a"
        " mapping of some of them to one entry each.",
    )
    output_bias: Literal["prior", "zero"] = Field(
        "prior",
        description="Bias of the output layer before training: `prior` starts at the shares of the"
        " classes as the loss sees them.",
    )
    prior_correction: Annotated[bool, Field(strict=True)] = Field(
        True,
        description="Whether probabilities are mapped back to the true class shares after training"
        " with weights, resampling or a loss that moves them.",
    )
    calibration: Literal["none", "platt", "isotonic"] = Field(
        "none",
        description="Map from the winner's probabilities to calibrated ones, learned from"
        " validation rows; decisions do not change.",
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> ImbalanceSection:
        both = [part for part in NEUTRAL if part in self.model_fields_set]
        if self.strategies is not None and both:
            message = "give 'strategies' or '{}', not both; a strategy may hold several parts"
            raise_problems([Problem(message.format(part), (part,)) for part in both])
        return self

    @property
    def combinations(self) -> tuple[Mapping[str, tuple[Listed, ...]], ...]:
        """What may occur together in one trial, by part; one for each strategy, or all at once."""
        if self.strategies is None:
            return ({part: tuple(self._listed(part)) for part in NEUTRAL},)
        return tuple(
            {part: (Listed(one.path(part), entry),) for part, entry in one.parts.items()}
            for one in self.strategies.entries
        )

    def listed(self, part: str) -> list[Listed]:
        """Every entry of ``class_weight``, ``loss`` or ``resampling`` that a trial may have."""
        return [one for combination in self.combinations for one in combination.get(part, ())]

    def _listed(self, part: str) -> Iterator[Listed]:
        place: Alternatives = getattr(self, part)
        for entry in place.entries:
            yield Listed(("imbalance", part, *entry.place), entry)
