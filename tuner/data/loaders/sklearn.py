"""The data sets that scikit-learn ships or fetches."""

from __future__ import annotations

from typing import Any

import numpy as np

from tuner.data.dataset import RawData, number_columns
from tuner.data.loaders.fetching import fetched
from tuner.data.loaders.registry import LOADERS
from tuner.errors import InputError, did_you_mean

__all__ = ["load_sklearn"]

_SHIPPED = ("breast_cancer", "digits", "iris", "wine")
_FETCHED = ("covtype", "lfw_people", "olivetti_faces")
_IMAGES = ("digits", "lfw_people", "olivetti_faces")


@LOADERS.register("sklearn")
def load_sklearn(*, location: str) -> RawData:
    """One of scikit-learn's classification sets; images keep their shape.

    Args:
        location: ``breast_cancer``, ``digits``, ``iris`` or ``wine``, which are shipped; or
            ``covtype``, ``lfw_people`` or ``olivetti_faces``, which a network is needed for.

    Raises:
        InputError: The name is another, or the data cannot be fetched.
    """
    if location not in (*_SHIPPED, *_FETCHED):
        raise InputError(
            f"unknown scikit-learn data '{location}'; "
            f"{did_you_mean(location, (*_SHIPPED, *_FETCHED))}",
            ("sklearn",),
        )
    import sklearn.datasets

    if location in _SHIPPED:
        return _raw(getattr(sklearn.datasets, f"load_{location}")(), location)
    fetch = getattr(sklearn.datasets, f"fetch_{location}")
    return _raw(fetched(fetch, location, "sklearn"), location)


def _raw(bunch: Any, name: str) -> RawData:
    # covtype has a name of its target in place of names of classes.
    names = bunch.get("target_names")
    is_named = names is not None and name != "covtype"
    labels = np.asarray([str(one) for one in names])[bunch.target] if is_named else bunch.target
    if name in _IMAGES:
        return RawData(bunch.images, labels)
    return RawData(bunch.data, labels, columns=number_columns(bunch.feature_names))
