"""The 27 imbalanced data sets that imbalanced-learn fetches from Zenodo."""

from __future__ import annotations

import re

import numpy as np

from tuner.data.dataset import RawData
from tuner.data.loaders.fetching import fetched
from tuner.data.loaders.registry import LOADERS
from tuner.errors import InputError, did_you_mean

__all__ = ["load_imblearn"]


@LOADERS.register("imblearn")
def load_imblearn(*, location: str) -> RawData:
    """One of imbalanced-learn's benchmark sets (Ding, 2011); a network is needed once.

    Args:
        location: Its name, such as ``ecoli`` or ``mammography``; its classes are ``minority`` and
            ``majority``.

    Raises:
        InputError: The name is another, or the data cannot be fetched.
    """
    from imblearn import datasets

    known = re.findall(r"\|\d+ *\|(\w+)", datasets.fetch_datasets.__doc__ or "")
    if known and location not in known:
        raise InputError(
            f"unknown imbalanced-learn data '{location}'; {did_you_mean(location, known)}",
            ("imblearn",),
        )
    names = (location,)
    found = fetched(datasets.fetch_datasets, location, "imblearn", filter_data=names)
    bunch = found[location]
    return RawData(bunch.data, np.where(bunch.target == 1, "minority", "majority"))
