"""Which engine trains a network, and why."""

from __future__ import annotations

from typing import Literal

import keras

from tuner.errors import InputError
from tuner.training.fused.compilations import Plan
from tuner.training.fused.structure import CannotFuse
from tuner.training.unit import EngineChoice

__all__ = ["choose_engine"]


def choose_engine(
    asked: Literal["auto", "fused", "keras"], model: keras.Model, because: str = ""
) -> tuple[EngineChoice, Plan | None]:
    """The engine that trains a network, and the fused engine's plan where it does.

    Args:
        asked: The study's ``training.engine``.
        model: Built and compiled.
        because: Why its hypermodel wants Keras; empty where it does not care.

    Raises:
        InputError: The fused engine is asked for and cannot take the network.
    """
    if asked == "keras":
        return EngineChoice("keras", "the study asks for it"), None
    try:
        if because:
            raise CannotFuse(because)
        return EngineChoice("fused"), Plan(model)
    except CannotFuse as error:
        if asked == "auto":
            return EngineChoice("keras", str(error)), None
        raise InputError(
            f"the fused engine cannot train this study: {error}; set engine: auto or keras",
            ("training", "engine"),
        ) from None
