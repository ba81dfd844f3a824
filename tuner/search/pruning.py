"""Trials that their first fold shows to be behind are stopped while it is trained, or after it.

What is compared is the best validation average precision so far, by epoch: the weights of the best
epoch are the ones that are kept. Only the first fold is looked at, since the same epoch of
different folds is another training on other rows; what further folds say is for
`tuner.search.racing`. A fold that ended early keeps what it reached in all later epochs.

The curves lie among Optuna's intermediate values and every decision is made from them alone, so
that a resumed run decides as an unbroken one would, and another process sees them.

The rules are those of Optuna's pruners, and tests hold them to these. The pruners themselves do not
fit: they judge a trial that is trained again after a kill by epochs that it has yet to reach,
successive halving does not judge it again at a rung that it came to before, and a fold that ended
early drops out of all comparisons.
"""

from __future__ import annotations

import math
import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import median

from optuna.trial import FrozenTrial, TrialState

from tuner.search.store import Store

__all__ = [
    "PRUNERS",
    "Curve",
    "Hyperband",
    "Median",
    "Pruner",
    "Rule",
    "SuccessiveHalving",
    "make_pruner",
    "make_rule",
]

_BRACKETS = "search"
"""Decides with the trial's number on its bracket, so that this is the same in every run folder."""


@dataclass(frozen=True)
class Curve:
    """What the first fold of a trial has reached.

    Attributes:
        number: The trial's number.
        finished: Whether the trial has a score.
        values: Best value so far by epoch, from 1; the last epoch of the study where the fold ended
            before it.
    """

    number: int
    finished: bool
    values: Mapping[int, float]

    def at(self, epoch: int) -> float | None:
        """The best value up to an epoch; None where the fold has not come so far."""
        if not self.values or max(self.values) < epoch:
            return None
        return max((value for at, value in self.values.items() if at <= epoch), default=None)


class Rule(ABC):
    """Decides from curves alone."""

    @abstractmethod
    def stops(self, number: int, epoch: int, value: float, others: Sequence[Curve]) -> bool:
        """Whether trial `number`, which has reached `value` in `epoch`, is to be stopped.

        Args:
            number: The trial's number.
            epoch: Epochs that its first fold was trained for.
            value: Its best value so far; higher is better.
            others: The curves of all other trials that have not failed.
        """


@dataclass(frozen=True)
class Median(Rule):
    """Stops a trial that is below the median of finished trials at the same epoch.

    The rule of Golovin et al., *Google Vizier* (2017), as in ``optuna.pruners.MedianPruner``.

    Attributes:
        warmup: Epochs before any is stopped; the first ones say little.
        startup: Finished trials before any is stopped.
    """

    warmup: int
    startup: int = 5

    def stops(self, number: int, epoch: int, value: float, others: Sequence[Curve]) -> bool:
        """Whether the value is below the median."""
        if epoch < self.warmup:
            return False
        rivals = _at(epoch, [curve for curve in others if curve.finished])
        return len(rivals) >= self.startup and value < median(rivals)


@dataclass(frozen=True)
class SuccessiveHalving(Rule):
    """Lets one trial in `factor` go on at each rung, by what came to the rung so far.

    Rungs are the epochs ``first * factor**k`` below the last epoch. A trial is stopped where its
    value is not among the best ``max(n // factor, 1)`` of the `n` trials, itself included, that
    have come to the rung and have not failed. The asynchronous rule of Li et al., *A system for
    massively parallel hyperparameter tuning* (2020), without promotion of those stopped, as in
    ``optuna.pruners.SuccessiveHalvingPruner``.

    Attributes:
        first: Epoch of the first rung.
        epochs: Last epoch of a study.
        factor: See above.
    """

    first: int
    epochs: int
    factor: int

    def stops(self, number: int, epoch: int, value: float, others: Sequence[Curve]) -> bool:
        """Whether the epoch is a rung and the value not among the best there."""
        if epoch not in self.rungs():
            return False
        rivals = sorted([*_at(epoch, others), value], reverse=True)
        return value < rivals[max(len(rivals) // self.factor, 1) - 1]

    def rungs(self) -> list[int]:
        """The epochs of the rungs."""
        rungs, rung = [], self.first
        while rung < self.epochs:
            rungs.append(rung)
            rung *= self.factor
        return rungs


@dataclass(frozen=True)
class Hyperband(Rule):
    """Successive halving in brackets, each beginning one rung later than the one before.

    A trial belongs to the bracket that its number says, and is compared within it. Earlier brackets
    get more trials: bracket `b` of `B` gets ``ceil(B * factor**s / (s + 1))`` parts, ``s = B - 1 -
    b``. From Li et al., *Hyperband* (2018), as in ``optuna.pruners.HyperbandPruner``.

    Attributes:
        first: Epoch of the first rung of the first bracket.
        epochs: Last epoch of a study.
        factor: See `SuccessiveHalving`.
    """

    first: int
    epochs: int
    factor: int

    def stops(self, number: int, epoch: int, value: float, others: Sequence[Curve]) -> bool:
        """Whether the trial's bracket stops it."""
        bracket = self.bracket(number)
        begins = self.first * self.factor**bracket
        rivals = [curve for curve in others if self.bracket(curve.number) == bracket]
        halving = SuccessiveHalving(begins, self.epochs, self.factor)
        return halving.stops(number, epoch, value, rivals)

    def bracket(self, number: int) -> int:
        """The bracket of a trial, from 0; drawn with its number by Optuna's formula."""
        parts = self._parts()
        ends = list(accumulate(parts))
        place = zlib.crc32(f"{_BRACKETS}_{number}".encode()) % ends[-1]
        return next(bracket for bracket, end in enumerate(ends) if place < end)

    def _parts(self) -> list[int]:
        count = math.floor(math.log(self.epochs / self.first, self.factor)) + 1
        return [math.ceil(count * self.factor**s / (s + 1)) for s in reversed(range(count))]


class Pruner:
    """Keeps the curves of first folds in Optuna's tables and says which trials go on.

    Args:
        store: Holds the trials.
        name: One of `PRUNERS`.
        rule: Decides.
        epochs: Largest number of epochs of a fold.
    """

    def __init__(self, store: Store, name: str, rule: Rule, epochs: int) -> None:
        self._store = store
        self._name = name
        self._rule = rule
        self._epochs = epochs

    def goes_on(self, number: int, epoch: int, value: float) -> bool:
        """Keeps the best value so far of an epoch, from 1, and says whether the trial goes on.

        Raises:
            StoreError: The database cannot be written.
        """
        trials = self._store.trials()
        self._store.keep_curve(trials[number], {epoch: value})
        return not self._rule.stops(number, epoch, value, _others(trials, number))

    def goes_on_after_fold(self, number: int, history: Sequence[float]) -> bool:
        """Completes the curve of a trained fold and says whether further folds are worth it.

        A fold that ended early is judged in later epochs by what it reached. It may have been
        trained by a process that was killed before it could say so; nothing is kept twice.

        Args:
            number: The trial's number.
            history: Validation average precision by epoch.

        Raises:
            StoreError: The database cannot be written.
        """
        curve = dict(enumerate(accumulate(history, max), start=1))
        reached = curve[self._epochs] = max(history)
        trials = self._store.trials()
        self._store.keep_curve(trials[number], curve)
        others = _others(trials, number)
        left = range(len(history), self._epochs + 1)
        return not any(self._rule.stops(number, epoch, reached, others) for epoch in left)

    def reason(self, epoch: int, fold: int) -> str:
        """Why a trial has no score that was stopped in an epoch of its first fold.

        Example:
            >>> Pruner(None, "median", make_rule("median", 40), 40).reason(7, 0)
            'pruned in epoch 7 of fold 0 by median'
        """
        return f"pruned in epoch {epoch} of fold {fold} by {self._name}"


PRUNERS = ("none", "median", "successive_halving", "hyperband")
"""Values of ``search.pruner``."""


def make_pruner(name: str, store: Store, epochs: int) -> Pruner | None:
    """The pruner of a study's ``search.pruner``; None for ``none``."""
    if name == "none":
        return None
    return Pruner(store, name, make_rule(name, epochs), epochs)


def make_rule(name: str, epochs: int) -> Rule:
    """The rule with numbers that lost little in trainings of rare classes; see docs/stopping.md."""
    if name == "median":
        return Median(math.ceil(epochs / 4))
    if name == "successive_halving":
        return SuccessiveHalving(math.ceil(epochs / 4), epochs, factor=2)
    return Hyperband(math.ceil(epochs / 8), epochs, factor=2)


def _others(trials: Sequence[FrozenTrial], number: int) -> list[Curve]:
    # What a trial reached before it failed is no bar for those that may win.
    return [
        Curve(trial.number, trial.state is TrialState.COMPLETE, trial.intermediate_values)
        for trial in trials
        if trial.number != number
        and trial.state is not TrialState.FAIL
        and trial.intermediate_values
    ]


def _at(epoch: int, curves: Sequence[Curve]) -> list[float]:
    return [value for curve in curves if (value := curve.at(epoch)) is not None]
