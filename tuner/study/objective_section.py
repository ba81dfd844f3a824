"""What a search is after: one score, or a score and what it is traded against."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

from tuner.errors import Problem, did_you_mean
from tuner.study.problems import raise_problems
from tuner.study.sections import Section

__all__ = ["Direction", "KOfN", "ObjectiveSection"]

Score = Literal["minority_f1", "pr_auc", "roc_auc", "mcc", "balanced_accuracy", "gmean"]
Against = Literal[
    "parameters", "minority_f1", "pr_auc", "roc_auc", "mcc", "balanced_accuracy", "gmean"
]

Direction = Literal["maximize", "minimize"]


def _threshold(raw: Any) -> Any:
    number = isinstance(raw, int | float) and not isinstance(raw, bool) and 0 < raw < 1
    if raw == "tuned" or number:
        return raw
    raise PydanticCustomError("threshold", "Expected 'tuned' or a number between 0 and 1")


class KOfN(Section):
    """So many of a group's rows, or all where it has fewer."""

    k_of_n: Annotated[int, Field(strict=True, ge=1)] = Field(
        description="Rows of a group that must reach the threshold."
    )


def _group_rule(raw: Any) -> Any:
    number = raw.get("k_of_n") if isinstance(raw, dict) and set(raw) == {"k_of_n"} else None
    whole = isinstance(number, int) and not isinstance(number, bool) and number >= 1
    if raw in ("maximum", "mean") or whole or isinstance(raw, KOfN):
        return raw
    told = "Expected maximum, mean, or {k_of_n: 2} with a whole number from 1 on"
    raise PydanticCustomError("group_rule", told)


class ObjectiveSection(Section):
    """What the search is after, on validation rows: a score, and what it is traded against.

    A list of two names is short for ``metric`` and ``against``: ``[minority_f1, parameters]``.
    """

    metric: Score = Field(
        "minority_f1",
        description="The score of a trial; higher is better for each of them. It ranks trials and"
        " chooses the winner.",
    )
    against: Against | None = Field(
        None,
        description="What the score is traded against: `parameters`, the trainable numbers of the"
        " network, of which fewer are better, or another score. Nothing if not given.",
    )
    threshold: Annotated[
        Literal["tuned"] | float,
        BeforeValidator(_threshold, json_schema_input_type=Literal["tuned"] | float),
    ] = Field(
        "tuned",
        description="Probability from which a row is called minority; `tuned` chooses the one with"
        " the best minority F1 on other validation rows than those it is scored on.",
    )
    level: Literal["row", "group"] = Field(
        "row",
        description="What is scored and has the threshold: every row, or every group of rows, such"
        " as a subject with all its slices. The winner is told of both where there are groups.",
    )
    group_rule: Annotated[Literal["maximum", "mean"] | KOfN, BeforeValidator(_group_rule)] = Field(
        "maximum",
        description="What calls a group minority: that one of its rows reaches the threshold"
        " (`maximum`), their mean probability, or k of its rows (`{k_of_n: 2}`).",
    )

    @property
    def places(self) -> int | None:
        """How many rows of a group must reach a threshold; None where their mean must."""
        if isinstance(self.group_rule, KOfN):
            return self.group_rule.k_of_n
        return 1 if self.group_rule == "maximum" else None

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Where each objective goes, the score first."""
        if self.against is None:
            return ("maximize",)
        return "maximize", "minimize" if self.against == "parameters" else "maximize"

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, raw: Any) -> Any:
        if not isinstance(raw, list | tuple):
            return raw
        if len(raw) != 2:
            told = f"expected two names, such as [minority_f1, parameters], got {len(raw)}"
            raise_problems([Problem(f"{told}; for one score give metric: and its name")])
        known = (get_args(Score), get_args(Against))
        raise_problems(
            [
                Problem(f"unknown name {name!r}; {did_you_mean(str(name), names)}", (index,))
                for index, (name, names) in enumerate(zip(raw, known, strict=True))
                if name not in names
            ]
        )
        return {"metric": raw[0], "against": raw[1]}

    @model_validator(mode="after")
    def _two_things(self) -> ObjectiveSection:
        if self.against == self.metric:
            told = f"'{self.metric}' cannot be traded against itself"
            raise_problems([Problem(f"{told}; give parameters or another score")])
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The JSON schema for editors: keys with values, or a list of two names."""
        names = [{"enum": list(get_args(one))} for one in (Score, Against)]
        listed = {"type": "array", "prefixItems": names, "items": False, "minItems": 2}
        return {"anyOf": [handler(core_schema), listed]}
