"""The registry of losses, and what an entry declares beside its parameters.

An entry returns a `RareClassLoss`. Marks tell the rest of the package what it does:

    @LOSSES.register("class_balanced", beta=Float(0.9, 0.9999, default=0.999, ge=0.0, lt=1.0))
    @corrects("frequency", unless=("beta", 0.0))
    @estimates(class_balanced_prior)
    def class_balanced(beta: float, *, classes: int, minority: int) -> RareClassLoss: ...
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tuner.model.losses.frequencies import checked_counts
from tuner.registry import Registry
from tuner.spaces import Alternative, Choice, Chosen, Fixed, Float, Int, Space, Value

if TYPE_CHECKING:
    from tuner.model.losses.base import RareClassLoss

__all__ = [
    "LOSSES",
    "belongs_to_batch",
    "corrects",
    "effective_prior",
    "estimates",
    "fixed_correction",
    "make_loss",
    "may_correct",
    "of_batches",
]

P = ParamSpec("P")
R = TypeVar("R")

LOSSES: Registry[RareClassLoss] = Registry("loss")


def corrects(
    what: str, unless: tuple[str, Value] | None = None, *, by: str = "counts"
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Marks an entry that makes up for something, so that a study does not make up for it twice.

    Args:
        what: Such as ``frequency``, how often the classes occur.
        unless: A parameter and the value at which nothing is corrected.
        by: ``counts`` of the training rows, or ``numbers`` that a study gives.
    """

    def mark(function: Callable[P, R]) -> Callable[P, R]:
        function.corrects = what  # type: ignore[attr-defined]
        function.unless = unless  # type: ignore[attr-defined]
        function.by = by  # type: ignore[attr-defined]
        return function

    return mark


def estimates(
    prior: Callable[..., NDArray[np.float64] | None],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Marks an entry with the prior that its optimum belongs to; see `effective_prior`.

    Args:
        prior: Takes the entry's parameters and, keyword-only, what it asks for of ``counts`` and
            ``minority``. Returns numbers in proportion to the prior, or None.
    """

    def mark(function: Callable[P, R]) -> Callable[P, R]:
        function.prior = prior  # type: ignore[attr-defined]
        return function

    return mark


def of_batches(function: Callable[P, R]) -> Callable[P, R]:
    """Marks an entry whose loss belongs to a batch and is no mean over its rows."""
    function.of_batches = True  # type: ignore[attr-defined]
    return function


def belongs_to_batch(name: str) -> bool:
    """Whether an entry is marked so.

    Example:
        >>> belongs_to_batch("soft_f1"), belongs_to_batch("focal")
        (True, False)
    """
    return getattr(LOSSES[name].function, "of_batches", False)


def make_loss(chosen: Chosen, classes: int, minority: int) -> RareClassLoss:
    """A new loss of the chosen kind; call its `adapt` before training.

    Args:
        chosen: Name and parameters.
        classes: How many there are; two for one sigmoid unit.
        minority: Code of the minority class.

    Example:
        >>> loss = make_loss(Chosen("class_balanced", {"beta": 0.99}), classes=2, minority=1)
        >>> loss.adapt([90, 10])
    """
    return LOSSES[chosen.name](chosen.parameters, classes=classes, minority=minority)


def effective_prior(
    chosen: Chosen, counts: ArrayLike, minority: int = -1
) -> NDArray[np.float64] | None:
    """The class prior whose posterior the trained network's probabilities estimate.

    Args:
        chosen: Name and parameters of the loss.
        counts: Rows of each class that the network is trained on, weighted where rows are.
        minority: Code of the minority class; the last unless given.

    Returns:
        Shares that sum to 1, shape ``(classes,)``; None where the loss has no known one.

    Raises:
        InputError: A class has no row.

    Example:
        >>> effective_prior(Chosen("logit_adjusted", {"tau": 1.0}), [900, 100])
        array([0.5, 0.5])
    """
    prior = getattr(LOSSES[chosen.name].function, "prior", None)
    if prior is None:
        return None
    context = {"counts": checked_counts(counts), "minority": minority}
    wanted = inspect.signature(prior).parameters
    passed = {name: value for name, value in context.items() if name in wanted}
    found: NDArray[np.float64] | None = prior(**chosen.parameters, **passed)
    return None if found is None else found / found.sum()


def may_correct(loss: Chosen | Alternative, what: str = "frequency") -> bool:
    """Whether the loss makes up for `what`, at its values or at any value of its spaces.

    Example:
        >>> may_correct(Chosen("ldam", {"reweight_after": 1.0}))
        False
    """
    function = LOSSES[loss.name].function
    if getattr(function, "corrects", None) != what:
        return False
    unless: tuple[str, Value] | None = function.unless  # type: ignore[attr-defined]
    return unless is None or not _is_only(loss.parameters[unless[0]], unless[1])


def fixed_correction(loss: Chosen | Alternative, what: str = "frequency") -> bool:
    """Whether the loss makes up for `what` by numbers of the study, whatever the rows are.

    Example:
        >>> fixed_correction(Chosen("focal", {"gamma": 2.0, "alpha": 0.9}))
        True
    """
    return may_correct(loss, what) and LOSSES[loss.name].function.by == "numbers"  # type: ignore[attr-defined]


def _is_only(given: Space | Value, value: Value) -> bool:
    if isinstance(given, Fixed | Choice | Int | Float):
        return given.grid() == (value,)
    return given == value
