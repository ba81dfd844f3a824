"""Common checks that people run on their own entries and hypermodels.

    from tuner.testing import parametrize_with_checks

    @parametrize_with_checks([ACTIVATIONS["mine"], MyHyperModel((30,))])
    def test_my_parts(item, check):
        check(item)

Each check is a function in a tuple of its kind; `CHECKS` has all. Only the decorator needs pytest.
"""

from tuner.testing.checks import (
    CHECKS,
    check_entry,
    check_hypermodel,
    checks_of,
    parametrize_with_checks,
)
from tuner.testing.failing import CheckFailed

__all__ = [
    "CHECKS",
    "CheckFailed",
    "check_entry",
    "check_hypermodel",
    "checks_of",
    "parametrize_with_checks",
]
