"""The ``evaluation`` section: how the winner is chosen, and what it is compared with."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from tuner.errors import Problem, did_you_mean
from tuner.registry import FAMILIES
from tuner.study.place import Place
from tuner.study.problems import raise_problems
from tuner.study.sections import Count, Section, Share

__all__ = ["EvaluationSection"]


class _Baselines(Place):
    """Annotates a field that takes true, false, or names of simple models."""

    def schema(self) -> dict[str, Any]:
        """The JSON schema for editors."""
        names = {"enum": list(FAMILIES["baseline"])}
        return {
            "anyOf": [{"type": "boolean"}, {"type": "array", "items": names, "minItems": 1}],
        }

    def validate(self, raw: Any) -> bool | tuple[str, ...]:
        """The checked value; names in the order of the registry."""
        if isinstance(raw, bool):
            return raw
        if not isinstance(raw, list | tuple) or not raw:
            raise_problems([Problem(f"expected true, false or a list of names, got {raw!r}")])
        known = FAMILIES["baseline"]
        raise_problems(
            [
                Problem(f"unknown name {name!r}; {did_you_mean(str(name), known)}", (index,))
                for index, name in enumerate(raw)
                if not isinstance(name, str) or name not in known
            ]
        )
        asked = {known[name].name for name in raw}  # which may be given by an alias
        return tuple(name for name in known if name in asked)


class _Comparisons(Place):
    """Annotates a field that takes names of searched places, alone or as pairs."""

    def schema(self) -> dict[str, Any]:
        """The JSON schema for editors."""
        name = {"type": "string"}
        pair = {"type": "array", "items": name, "minItems": 2, "maxItems": 2}
        return {"type": "array", "items": {"anyOf": [name, pair]}}

    def validate(self, raw: Any) -> tuple[tuple[str, ...], ...]:
        """What is compared, each a tuple of one or two names; `factor_problems` knows them."""
        if not isinstance(raw, list | tuple):
            raise_problems([Problem(f"expected a list of keys, got {raw!r}")])
        asked = [(one,) if isinstance(one, str) else one for one in raw]
        raise_problems(
            [
                Problem(f"expected a key, or a list of two different keys, got {raw[at]!r}", (at,))
                for at, one in enumerate(asked)
                if not _are_keys(one)
            ]
        )
        return tuple(dict.fromkeys(tuple(one) for one in asked))


def _are_keys(asked: Any) -> bool:
    if not isinstance(asked, list | tuple) or not all(isinstance(name, str) for name in asked):
        return False
    return len(asked) in (1, 2) and len(set(asked)) == len(asked)


class EvaluationSection(Section):
    """What is done with the best trials, and beside them; it changes nothing about the search."""

    confirm: Annotated[int, Field(strict=True, ge=0)] = Field(
        3, description="Best trials that are trained again, with other seeds and folds."
    )
    repeats: Count = Field(
        1,
        description="How often the rows are divided for that, and for comparisons, each time in"
        " another way.",
    )
    compare: Annotated[tuple[tuple[str, ...], ...], _Comparisons()] = Field(
        (),
        description="Searched places whose values are compared, such as `model.activation`: each"
        " value with the same other values, folds and seeds. A list of two places compares what"
        " their values do together.",
    )
    contexts: Annotated[int, Field(strict=True, ge=1, le=1024)] = Field(
        4,
        description="How many sets of other values, spread over the space, each value is compared"
        " in; multiples of four spread best.",
    )
    rope: Share = Field(
        0.01,
        description="Region of practical equivalence: a difference of the score up to this does"
        " not matter.",
    )
    random_search: Annotated[int, Field(strict=True, ge=0, le=100)] = Field(
        0,
        description="Random configurations that are trained after the search, on its folds, to see"
        " what its choosing was worth: this many times as many as it had trials. 0 trains none.",
    )
    baselines: Annotated[bool | tuple[str, ...], _Baselines()] = Field(
        True,
        description="Simple models that are fitted on the same splits and reported beside the"
        " winner: all of them (`true`), none (`false`), or a list of names.",
    )

    @property
    def trains(self) -> bool:
        """Whether networks are trained on further folds after the search."""
        return bool(self.confirm or self.compare)

    @property
    def names(self) -> tuple[str, ...]:
        """The simple models that are asked for, in the order of the registry."""
        if isinstance(self.baselines, bool):
            return tuple(FAMILIES["baseline"]) if self.baselines else ()
        return self.baselines
