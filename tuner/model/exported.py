"""What whoever writes an exported model and whoever reads it must agree about."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

__all__ = ["EXPORTS", "FORMAT", "MODEL_FILES", "text_sha256", "weights_sha256"]

FORMAT = 2
"""Of ``decision.json`` and ``preprocessing.json``; the first had no number."""

MODEL_FILES = ("model.keras", "preprocessing.json", "decision.json")
"""What a model consists of, in the order in which it is written."""

EXPORTS: Mapping[str, str] = MappingProxyType(
    {"tflite": "model.tflite", "onnx": "model.onnx", "saved_model": "saved_model"}
)
"""Where the network stands in formats of other programs, where these were asked for."""


def weights_sha256(model: keras.Model) -> str:
    """A checksum of all weights; that of the file would change with the time it was written."""
    digest = hashlib.sha256()
    for one in model.get_weights():
        digest.update(np.ascontiguousarray(one).data.cast("B"))
    return digest.hexdigest()


def text_sha256(text: str) -> str:
    """A checksum of the content of a text file."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
