"""The data sets that scikit-learn ships."""

from __future__ import annotations

import numpy as np

from tuner.data.dataset import RawData
from tuner.data.loaders.registry import LOADERS
from tuner.errors import InputError, did_you_mean

__all__ = ["load_sklearn"]

_NAMES = ("breast_cancer", "digits", "iris", "wine")


@LOADERS.register("sklearn")
def load_sklearn(*, location: str) -> RawData:
    """One of scikit-learn's built-in classification sets; digits keep their 8 × 8 shape.

    Args:
        location: ``breast_cancer``, ``digits``, ``iris`` or ``wine``.

    Raises:
        InputError: The name is another.
    """
    if location not in _NAMES:
        raise InputError(
            f"unknown scikit-learn data '{location}'; {did_you_mean(location, _NAMES)}",
            ("sklearn",),
        )
    import sklearn.datasets

    bunch = getattr(sklearn.datasets, f"load_{location}")()
    labels = np.asarray([str(name) for name in bunch.target_names])[bunch.target]
    if location == "digits":
        return RawData(bunch.images, labels)
    return RawData(bunch.data, labels, None, tuple(map(str, bunch.feature_names)))
