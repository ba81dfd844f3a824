"""The sections of a study file, one frozen model each, with a sentence for each key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from tuner.errors import Problem
from tuner.registry import FAMILIES
from tuner.spaces import Choice, Fixed, Float, Int, Space, Value
from tuner.study.augmentation_section import AugmentationSection
from tuner.study.family import Family, everything
from tuner.study.problems import raise_problems
from tuner.study.section import Section
from tuner.study.tunable import Tunable

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "PreprocessingSection",
    "SearchSection",
    "Section",
    "Share",
    "SplitSection",
    "TrainingSection",
    "parse_duration",
    "tunable_section",
]

Count = Annotated[int, Field(strict=True, ge=1)]
Share = Annotated[float, Field(strict=True, gt=0.0, lt=1.0)]

AnySection = TypeVar("AnySection", bound="Section")

_DURATION = r"([0-9]+(?:\.[0-9]+)?)\s*([smhd])"
Duration = Annotated[str, Field(pattern=f"^{_DURATION}$")]
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def tunable_section(kind: type[AnySection], **fixed: Any) -> AnySection:
    """A section in which everything that can be searched is, over its declared range.

    Args:
        kind: The section's model.
        fixed: Values that are not searched.
    """
    values: dict[str, Any] = {}
    for name, field in kind.model_fields.items():
        for mark in field.metadata:
            if isinstance(mark, Tunable):
                values[name] = mark.declared
            elif isinstance(mark, Family):
                values[name] = everything(FAMILIES[mark.family])
    return kind.model_validate({**values, **fixed})


class SplitSection(Section):
    """How rows are divided: test rows first, then folds or one validation part of the rest.

    Splits are stratified by class; rows of one group never stand on two sides.
    """

    test: Share = Field(0.25, description="Share of rows locked away until the winner is scored.")
    folds: Annotated[int, Field(strict=True, ge=2)] | None = Field(
        None, description="Number of cross-validation folds; 3 unless `validation` is given."
    )
    validation: Share | None = Field(
        None, description="Share of the remaining rows held out once, instead of folds."
    )
    repeats: Count = Field(
        1, description="How often the remaining rows are divided, each time in another way."
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> SplitSection:
        if self.folds is not None and self.validation is not None:
            raise_problems([Problem("give 'folds' or 'validation', not both", ("validation",))])
        return self

    @property
    def n_folds(self) -> int | None:
        """The number of folds, or None where one validation part is held out."""
        return None if self.validation is not None else self.folds or 3


class PreprocessingSection(Section):
    """What happens to features; everything is learned from the training rows of each fold only."""

    impute: Literal["none", "median", "mean"] = Field(
        "none",
        description="What fills missing numbers in tables, beside a column that says which were"
        " missing; a missing category is a category. `none` refuses missing values.",
    )
    scale: Literal["standard", "robust"] = Field(
        "standard",
        description="`standard` subtracts the mean and divides by the standard deviation, `robust`"
        " uses median and interquartile range.",
    )
    max_categories: Annotated[int, Field(strict=True, ge=2)] = Field(
        30,
        description="Columns that one category column becomes at most; rarer categories share one.",
    )


class TrainingSection(Section):
    """How one network is trained."""

    engine: Literal["auto", "fused", "keras"] = Field(
        "auto",
        description="`fused` compiles whole epochs, `keras` is `model.fit`; `auto` is `fused`"
        " wherever it can train the network.",
    )
    epochs: Count = Field(40, description="Largest number of passes over the training rows.")
    patience: Count = Field(
        8,
        description="Epochs without a better validation average precision before training stops;"
        " the best weights are kept.",
    )
    batch_size: Annotated[Space, Tunable(Int(32, 256, sampling="log", default=128, ge=1))] = Field(
        Fixed(128), description="Rows in a gradient step."
    )
    optimizer: Annotated[
        Space, Tunable(Choice(("adam", "adamw", "nadam", "rmsprop", "sgd"), default="adam"))
    ] = Field(Fixed("adam"), description="Keras name of the optimizer.")
    threads: Count = Field(
        1,
        description="Cores that the training of a network uses. Another number changes sums in"
        " their last digits, and with them scores.",
    )
    precision: Literal["float32", "mixed_bfloat16"] = Field(
        "float32",
        description="Numbers that hidden layers compute with; `mixed_bfloat16` keeps weights and"
        " the output in float32, and is for GPUs that are fast at it.",
    )
    learning_rate: Annotated[
        Space, Tunable(Float(1e-4, 1e-2, sampling="log", default=1e-3, gt=0.0))
    ] = Field(Fixed(1e-3), description="Step size of the optimizer.")
    augmentation: AugmentationSection = Field(
        AugmentationSection(), description="How pictures are changed anew in each epoch."
    )


def parse_duration(raw: Any) -> Any:
    """Reads seconds from a number or from texts such as ``90s``, ``10m``, ``1.5h``."""
    if raw is None:
        return None
    match = re.fullmatch(_DURATION, raw) if isinstance(raw, str) else None
    if match:
        raw = float(match[1]) * _UNITS[match[2]]
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 < raw < float("inf"):
        raise PydanticCustomError("duration", "Expected a time such as 90s, 10m or 1.5h")
    return float(raw)


@dataclass(frozen=True)
class Algorithm:
    """What a name of ``search.algorithm`` stands for.

    Attributes:
        sampler: What suggests configurations.
        pruner: What stops trials early, unless the study says otherwise.
        objectives: How many objectives it can follow.
    """

    sampler: str
    pruner: str = "none"
    objectives: frozenset[int] = frozenset({1, 2})


AlgorithmName = Literal[
    "tpe", "random", "grid", "gp", "cmaes", "qmc", "nsga2", "bayesian", "hyperband"
]

ALGORITHMS: Mapping[AlgorithmName, Algorithm] = MappingProxyType(
    {
        "tpe": Algorithm("tpe"),
        "random": Algorithm("random"),
        "grid": Algorithm("grid"),
        "gp": Algorithm("gp"),
        "cmaes": Algorithm("cmaes", objectives=frozenset({1})),
        "qmc": Algorithm("qmc"),
        "nsga2": Algorithm("nsga2", objectives=frozenset({2})),
        # Keras Tuner's names.
        "bayesian": Algorithm("tpe"),
        "hyperband": Algorithm("tpe", pruner="hyperband"),
    }
)
"""The search algorithms by name, Keras Tuner's names included."""


def _start_with(raw: Any) -> Any:
    if not isinstance(raw, list | tuple):
        raise_problems([Problem(f"expected a list of mappings of keys to values, got {raw!r}")])
    raise_problems(
        [
            Problem(f"expected keys with values, got {one!r}", (index,))
            for index, one in enumerate(raw)
            if not isinstance(one, dict) or not all(isinstance(key, str) for key in one)
        ]
    )
    return tuple(raw)


class SearchSection(Section):
    """Which configurations are tried."""

    algorithm: AlgorithmName = Field(
        "tpe",
        description="`tpe`, `gp` and `cmaes` learn from finished trials, `random` and `qmc` do not,"
        " `grid` tries all; `nsga2` is for two objectives. `bayesian` is `tpe`; `hyperband` is"
        " `tpe` that stops trials early.",
    )
    start_with: Annotated[
        tuple[dict[str, Any], ...],
        BeforeValidator(_start_with, json_schema_input_type=list[dict[str, Value]]),
    ] = Field(
        (),
        description="Configurations to try after the default one, each a mapping of paths such as"
        " `model.activation.elu.alpha` to values; what is not named has its default.",
    )
    trials: Count = Field(30, description="Number of different configurations to train.")
    time_limit: Annotated[
        float | None,
        BeforeValidator(parse_duration, json_schema_input_type=Duration | float | None),
    ] = Field(None, description="No trial starts after this time, such as 10m; none if not given.")
    target: Annotated[float, Field(gt=0.0, le=1.0)] | None = Field(
        None, description="Score of a finished trial at which the search ends; none if not given."
    )
    pruner: Literal["none", "median", "successive_halving", "hyperband"] | None = Field(
        None,
        description="What stops a trial that is behind others in the same epoch of its first fold;"
        " `none` unless the algorithm brings one.",
    )
    workers: Count | Literal["auto"] = Field(
        1,
        description="Processes that train trials side by side; `auto` takes as many as cores and"
        " memory allow.",
    )
    racing: Annotated[bool, Field(strict=True)] = Field(
        False,
        description="Whether a trial whose first folds are clearly behind those of the best one is"
        " not trained on the rest.",
    )
    stop_collapsed: Annotated[bool, Field(strict=True)] = Field(
        False,
        description="Whether a trial ends without a score once one of its networks says the same of"
        " every validation row.",
    )

    @property
    def sampler(self) -> str:
        """What suggests configurations; other names of one algorithm have the same."""
        return ALGORITHMS[self.algorithm].sampler

    @property
    def pruning(self) -> str:
        """What stops trials early: the study's pruner, or that of the algorithm."""
        return self.pruner or ALGORITHMS[self.algorithm].pruner
