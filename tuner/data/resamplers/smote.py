"""SMOTE and its kin: new rows of rare classes, made between rows that are near each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tuner.data.resamplers.resampler import (
    RESAMPLERS,
    Facts,
    Refusal,
    Resampler,
    ResamplingFailed,
    Task,
)
from tuner.data.resamplers.synthetic import K_NEIGHBORS, SIMPLER, New, Synthetic
from tuner.data.resamplers.targets import RATIO, raised, strategy

__all__ = ["Adasyn", "BorderlineSmote", "Smote", "SvmSmote"]

_NEIGHBOURS = 10
"""How many rows of any class tell whether a row is near the border; imbalanced-learn's own."""

_MOST_CATEGORICAL = 10_000
"""SMOTEN holds some matrices of all distances within a class: 0.8 GB each for so many rows."""

_ATTEMPTS = 10


@dataclass(frozen=True)
class Smote(Synthetic):
    """SMOTE where all columns are numbers, SMOTENC where some are categories, SMOTEN where all are.

    A one-hot block goes in as one category and comes out with one of the categories that training
    rows have, so that no row is between two categories.
    """

    takes_categories: ClassVar[bool] = True

    def make(self, task: Task, wanted: Mapping[int, int]) -> New:
        """New rows, made as the kinds of columns ask for."""
        layout = task.layout
        if layout is None or not layout.categories:
            return super().make(task, wanted)
        numbers = len(layout.numbers)
        collapsed = layout.collapse(task.x)
        settings = {
            "sampling_strategy": dict(wanted),
            "random_state": task.seed,
            "k_neighbors": self.k_neighbors,
        }
        sampler = _mixed(range(numbers, collapsed.shape[1]), settings)
        x, y = sampler.fit_resample(collapsed, task.y)
        return layout.expand(x[len(task.y) :]), y[len(task.y) :]

    def sampler(self, **settings: Any) -> Any:
        """SMOTE for numbers."""
        from imblearn.over_sampling import SMOTE

        return SMOTE(k_neighbors=self.k_neighbors, **settings)

    def lacks(self, facts: Facts) -> Iterator[Refusal]:
        """Also classes with so many rows that the distances between them fill the memory."""
        yield from super().lacks(facts)
        if facts.layout is None or facts.layout.numbers or not facts.layout.categories:
            return
        for code in strategy(facts.counts, raised(facts.counts, self.ratio)):
            if (count := int(facts.counts[code])) > _MOST_CATEGORICAL:
                rows = f"class '{facts.classes[code]}' has {count} training rows{facts.where}"
                yield Refusal(
                    f"{rows}, {self.name} of categories alone takes at most {_MOST_CATEGORICAL}; "
                    f"use {SIMPLER}",
                    f"many {code}",
                    count,
                )


def _mixed(categories: range, settings: dict[str, Any]) -> Any:
    from imblearn.over_sampling import SMOTEN, SMOTENC

    if categories.start == 0:
        return SMOTEN(**settings)
    return SMOTENC(list(categories), **settings)


@dataclass(frozen=True)
class BorderlineSmote(Synthetic):
    """Borderline-SMOTE 1: new rows only from rows with other classes around them."""

    least: ClassVar[int] = _NEIGHBOURS + 1

    def sampler(self, **settings: Any) -> Any:
        """Borderline-SMOTE of the first kind."""
        from imblearn.over_sampling import BorderlineSMOTE

        return BorderlineSMOTE(
            k_neighbors=self.k_neighbors, m_neighbors=_NEIGHBOURS, kind="borderline-1", **settings
        )

    def explain(self, name: str) -> str:
        """No row is near the border; imbalanced-learn says nothing then."""
        return (
            f"{self.name}: no row of class '{name}' is at the border, where half or more, but not "
            f"all, of the {_NEIGHBOURS} nearest rows are of other classes; use smote or random_over"
        )


@dataclass(frozen=True)
class SvmSmote(Synthetic):
    """SVM-SMOTE: new rows from the support vectors, inwards or beyond them."""

    least: ClassVar[int] = _NEIGHBOURS + 1

    def make(self, task: Task, wanted: Mapping[int, int]) -> New:
        """New rows, as often as it takes.

        Where all support vectors of a class are near the border, or none is, imbalanced-learn makes
        only about half of the rows; the rest are made with the next seeds.
        """
        x, y = self.fit(task.x, task.y, wanted, task.seed)
        for attempt in range(1, _ATTEMPTS):
            made = np.bincount(y, minlength=len(task.counts))
            missing = {
                code: count - int(task.counts[code] + made[code]) for code, count in wanted.items()
            }
            missing = {code: count for code, count in missing.items() if count > 0}
            if not missing:
                break
            # Some more than is missing, of which the first are kept.
            more = {code: int(task.counts[code]) + 4 * count for code, count in missing.items()}
            more_x, more_y = self.fit(task.x, task.y, more, (task.seed + attempt) % 2**32)
            kept = _first(more_y, missing)
            x, y = np.concatenate([x, more_x[kept]]), np.concatenate([y, more_y[kept]])
        return x, y

    def fit(
        self, x: NDArray[Any], y: NDArray[np.int64], wanted: Mapping[int, int], seed: int
    ) -> New:
        """What the sampler adds."""
        try:
            return super().fit(x, y, wanted, seed)
        except ValueError as error:
            if "considered as noise" not in str(error):
                raise
            raise ResamplingFailed(
                f"{self.name}: every support vector of a class to be raised has only rows of other "
                "classes around it; use smote or random_over"
            ) from error

    def sampler(self, **settings: Any) -> Any:
        """SVM-SMOTE with a radial kernel."""
        from imblearn.over_sampling import SVMSMOTE

        return SVMSMOTE(k_neighbors=self.k_neighbors, m_neighbors=_NEIGHBOURS, **settings)


def _first(codes: NDArray[Any], most: Mapping[int, int]) -> NDArray[np.int64]:
    """Places of the first so many rows of each class."""
    places = [np.flatnonzero(codes == code)[:count] for code, count in most.items()]
    return np.concatenate(places)


@dataclass(frozen=True)
class Adasyn(Synthetic):
    """ADASYN: the more rows of other classes are around a row, the more new ones it gives."""

    exact: ClassVar[bool] = False

    def fit(
        self, x: NDArray[Any], y: NDArray[np.int64], wanted: Mapping[int, int], seed: int
    ) -> New:
        """What the sampler adds; by rounding, about as many rows as wanted."""
        try:
            return super().fit(x, y, wanted, seed)
        except RuntimeError as error:
            if "majority class" not in str(error):
                raise
            raise ResamplingFailed(
                f"{self.name}: among the {self.k_neighbors} nearest rows of a class to be raised "
                "none is of another class, so that there is nothing to adapt to; use smote or "
                "random_over"
            ) from error
        except ValueError as error:
            if "No samples will be generated" not in str(error):
                raise
            raise ResamplingFailed(
                f"{self.name}: the few rows that are missing, spread over all rows of their class, "
                "round to none; use smote or another ratio"
            ) from error

    def sampler(self, **settings: Any) -> Any:
        """ADASYN."""
        from imblearn.over_sampling import ADASYN

        return ADASYN(n_neighbors=self.k_neighbors, **settings)


@RESAMPLERS.register("smote", ratio=RATIO, k_neighbors=K_NEIGHBORS)
def smote(ratio: float, k_neighbors: int) -> Resampler:
    """SMOTE, with SMOTENC and SMOTEN for categories (Chawla et al., 2002).

    Args:
        ratio: What the rarest class is to have of the most frequent one.
        k_neighbors: Neighbours of its class that a new row may lie towards.
    """
    return Smote("smote", ratio, k_neighbors)


@RESAMPLERS.register("borderline_smote", ratio=RATIO, k_neighbors=K_NEIGHBORS)
def borderline_smote(ratio: float, k_neighbors: int) -> Resampler:
    """Borderline-SMOTE 1: new rows at the border of the class (Han et al., 2005).

    Args:
        ratio: What the rarest class is to have of the most frequent one.
        k_neighbors: Neighbours of its class that a new row may lie towards.
    """
    return BorderlineSmote("borderline_smote", ratio, k_neighbors)


@RESAMPLERS.register("svm_smote", ratio=RATIO, k_neighbors=K_NEIGHBORS)
def svm_smote(ratio: float, k_neighbors: int) -> Resampler:
    """SVM-SMOTE: new rows along the border that an SVM finds (Nguyen et al., 2011).

    Args:
        ratio: What the rarest class is to have of the most frequent one.
        k_neighbors: Neighbours of its class that a new row may lie towards.
    """
    return SvmSmote("svm_smote", ratio, k_neighbors)


@RESAMPLERS.register("adasyn", ratio=RATIO, k_neighbors=K_NEIGHBORS)
def adasyn(ratio: float, k_neighbors: int) -> Resampler:
    """ADASYN: more new rows where the class is hard to tell (He et al., 2008).

    Args:
        ratio: What the rarest class is to have of the most frequent one.
        k_neighbors: Neighbours of its class that a new row may lie towards.
    """
    return Adasyn("adasyn", ratio, k_neighbors)
