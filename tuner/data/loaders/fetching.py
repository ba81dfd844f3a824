"""Data that other libraries fetch from a network, once, into a folder of theirs."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from tuner.errors import InputError, brief

__all__ = ["fetched"]


def fetched(fetch: Callable[..., Any], name: str, key: str, /, **arguments: Any) -> Any:
    """What a library's fetcher returns.

    Args:
        fetch: The fetcher; it looks in scikit-learn's data folder first.
        name: The data's name.
        key: The study's key that names it.
        arguments: What the fetcher is called with.

    Raises:
        InputError: The data is not there yet and cannot be fetched.
    """
    from sklearn.datasets import get_data_home

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # each attempt of a failing network is a warning
            return fetch(**arguments)
    except (OSError, ImportError, ValueError) as error:
        raise InputError(
            f"'{name}' cannot be fetched ({brief(error)}); it needs a network once, and is then "
            f"kept in {get_data_home()}",
            (key,),
        ) from None
