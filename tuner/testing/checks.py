"""Which checks are for what, and the calls that make them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from tuner.errors import InputError
from tuner.lazy import LazyModule
from tuner.registry import Entry
from tuner.testing.activation_checks import ACTIVATION_CHECKS
from tuner.testing.backbone_checks import BACKBONE_CHECKS
from tuner.testing.class_weight_checks import CLASS_WEIGHT_CHECKS
from tuner.testing.entry_checks import ENTRY_CHECKS
from tuner.testing.failing import CheckFailed
from tuner.testing.hypermodel_checks import HYPERMODEL_CHECKS
from tuner.testing.hypermodel_item import HyperModelItem, hypermodel_item
from tuner.testing.imbalanced_checks import IMBALANCED_CHECKS
from tuner.testing.items import EntryItem, entry_item
from tuner.testing.loss_checks import LOSS_CHECKS
from tuner.testing.resampler_checks import RESAMPLER_CHECKS

keras_tuner: Any = LazyModule("keras_tuner")

__all__ = ["CHECKS", "check_entry", "check_hypermodel", "checks_of", "parametrize_with_checks"]

Check = Callable[[Any], None]

CHECKS: Mapping[str, tuple[Check, ...]] = MappingProxyType(
    {
        "activation": ENTRY_CHECKS + ACTIVATION_CHECKS,
        "class weight": ENTRY_CHECKS + CLASS_WEIGHT_CHECKS,
        "loss": ENTRY_CHECKS + LOSS_CHECKS,
        "resampling": ENTRY_CHECKS + RESAMPLER_CHECKS,
        "backbone": ENTRY_CHECKS + BACKBONE_CHECKS,
        "hypermodel": HYPERMODEL_CHECKS,
        "ImbalancedHyperModel": HYPERMODEL_CHECKS + IMBALANCED_CHECKS,
    }
)
"""The checks of each kind, in the order in which they are made."""


def checks_of(item: EntryItem | HyperModelItem) -> tuple[Check, ...]:
    """The checks for an item.

    Raises:
        InputError: There are none for its family.
    """
    if isinstance(item, HyperModelItem):
        own = hasattr(item.hypermodel, "has_own_backbone")
        return CHECKS["ImbalancedHyperModel" if own else "hypermodel"]
    if item.family not in CHECKS:
        raise InputError(f"there are no checks for the family '{item.family}'")
    return CHECKS[item.family]


def check_entry(entry: Entry[Any] | Callable[..., Any]) -> None:
    """Makes every check of a registry's entry.

    Args:
        entry: From a registry, ``ACTIVATIONS["mine"]``, or the function that was registered.

    Raises:
        CheckFailed: One line for each check that failed.
        InputError: No registry holds it, or its family has no checks.
    """
    _check_all(entry_item(entry))


def check_hypermodel(hypermodel: Any, *, data: tuple[Any, Any] | None = None) -> None:
    """Makes every check of a hypermodel; it is trained for four epochs.

    Args:
        hypermodel: Any `keras_tuner.HyperModel`; a subclass of `ImbalancedHyperModel` has further
            checks.
        data: Rows and labels as `fit` takes them, the rarest class in every part; random ones in
            the shape of the network's input unless given.

    Raises:
        CheckFailed: One line for each check that failed.
        InputError: It is a class or no hypermodel, or rows must be given.
    """
    _check_all(hypermodel_item(hypermodel, data))


def _check_all(item: EntryItem | HyperModelItem) -> None:
    failures = []
    for check in checks_of(item):
        try:
            check(item)
        except CheckFailed as failure:
            failures.append(str(failure))
    if failures:
        raise CheckFailed("\n".join(failures))


def parametrize_with_checks(items: Iterable[Any], *, data: tuple[Any, Any] | None = None) -> Any:
    """Decorates a pytest test so that it runs once for each check of each item.

    Args:
        items: Entries of registries, or the functions that were registered; and hypermodels.
        data: For hypermodels; see `check_hypermodel`.

    Returns:
        A decorator of a function that takes ``item`` and ``check``.

    Raises:
        InputError: There is no item, or one that cannot be checked.

    Example:
        >>> @parametrize_with_checks([ACTIVATIONS["elu"], ImbalancedHyperModel((6,))])
        ... def test_my_parts(item, check):
        ...     check(item)
    """
    import pytest

    if isinstance(items, str | Mapping) or not isinstance(items, Iterable):
        raise InputError(f"expected a list of entries and hypermodels, got {items!r}")
    found = [_item(given, data) for given in items]
    if not found:
        raise InputError("expected at least one entry or hypermodel, got an empty list")
    pairs = [(item, check) for item in found for check in checks_of(item)]
    ids = [f"{item}-{check.__name__}".replace(" ", "-") for item, check in pairs]
    return pytest.mark.parametrize(("item", "check"), pairs, ids=ids)


def _item(given: Any, data: tuple[Any, Any] | None) -> EntryItem | HyperModelItem:
    if isinstance(given, Entry) or (callable(given) and not isinstance(given, type)):
        return entry_item(given)
    return hypermodel_item(given, data)
