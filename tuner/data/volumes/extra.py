"""The packages that scans need."""

from __future__ import annotations

import importlib.util

from tuner.errors import InputError

__all__ = ["needs_mri"]


def needs_mri(package: str, key: str) -> None:
    """Checks that a package of the extra ``mri`` is installed.

    Raises:
        InputError: It is not; says how to install it.
    """
    if importlib.util.find_spec(package) is None:
        raise InputError(
            f"{key} data needs {package}; install it with: pip install 'minority-tuner[mri]'",
            (key,),
        )
