"""The preprocessor of a data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import Dataset
from tuner.data.preprocessing.images import ImageScaler
from tuner.data.preprocessing.table import TablePreprocessor
from tuner.study import PreprocessingSection

__all__ = ["Preprocessor", "fit_preprocessor", "preprocessor_from_json"]

Preprocessor = TablePreprocessor | ImageScaler


def fit_preprocessor(
    dataset: Dataset, rows: NDArray[np.int64], section: PreprocessingSection
) -> Preprocessor:
    """Learns from the given rows of a data set, and from no others.

    Raises:
        InputError: Every column of a table is constant in these rows.
    """
    features = dataset.features[rows]
    if not dataset.is_table:
        return ImageScaler.fit(features, section.scale, dataset.reading)
    return TablePreprocessor.fit(
        features,
        dataset.columns,
        impute=section.impute,
        scaling=section.scale,
        max_categories=section.max_categories,
        reading=dataset.reading,
    )


def preprocessor_from_json(content: Mapping[str, Any]) -> Preprocessor:
    """Reads ``best_model/preprocessing.json``."""
    kinds: dict[str, type[TablePreprocessor] | type[ImageScaler]] = {
        "table": TablePreprocessor,
        "images": ImageScaler,
    }
    return kinds[content["kind"]].from_json(content)
