"""What is drawn while a unit is built and trained follows from its seed."""

from __future__ import annotations

import itertools
import random

import keras
import numpy as np

from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.registry import foreign_entries

__all__ = ["seed_fully", "seed_unit"]

_EVERY = 100
"""Units after which TensorFlow forgets kernels; those of slopes that are not used any more are
among them."""

_begun = itertools.count()


def seed_unit(hypermodel: ImbalancedHyperModel, seed: int) -> None:
    """Seeds what builds a network: initial weights, and what the person's own code draws.

    TensorFlow's own seed is set only where something draws by it, which nothing of this package
    does while a network is built. For with its seed, TensorFlow forgets the kernels of all
    operations, and making them anew takes a third of the time of a small network.

    Args:
        hypermodel: Builds the network.
        seed: Of the unit.
    """
    ours = type(hypermodel) is ImbalancedHyperModel and not any(foreign_entries())
    if not ours or next(_begun) % _EVERY == 0:
        seed_fully(seed)
    # Initial weights of Keras get their seeds from Python.
    random.seed(seed)
    np.random.seed(seed)


def seed_fully(seed: int) -> None:
    """Seeds Python, NumPy, TensorFlow and Keras, and lets names of layers count from the start."""
    keras.backend.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)
