"""What is done to features before a network sees them, fitted on training rows only.

A preprocessor is frozen, is saved as plain JSON, and gives the same numbers wherever it is loaded.
"""

from tuner.data.preprocessing.fit import (
    Preprocessor,
    fit_preprocessor,
    preprocessor_from_json,
)
from tuner.data.preprocessing.images import ImageScaler
from tuner.data.preprocessing.pixel_rows import (
    NetworkRows,
    PixelRows,
    are_pixels,
    network_rows,
)
from tuner.data.preprocessing.table import TablePreprocessor

__all__ = [
    "ImageScaler",
    "NetworkRows",
    "PixelRows",
    "Preprocessor",
    "TablePreprocessor",
    "are_pixels",
    "fit_preprocessor",
    "network_rows",
    "preprocessor_from_json",
]
