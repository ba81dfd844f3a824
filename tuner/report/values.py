"""Values of a configuration as a study spells them, wherever people read them."""

from __future__ import annotations

from typing import Any

__all__ = ["spelled_value"]


def spelled_value(value: Any, digits: int = 4) -> str:
    """A value as a study has it, and not as Python does.

    Args:
        value: A number, word, boolean, None or a list of these.
        digits: How many a number that is not whole has at most.

    Example:
        >>> [spelled_value(one) for one in (True, None, 0.00123456, 64, "elu", ["a", 0.5])]
        ['true', 'none', '0.001235', '64', 'elu', 'a, 0.5']
    """
    if isinstance(value, list | tuple):
        return ", ".join(spelled_value(one, digits) for one in value) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "none"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)
