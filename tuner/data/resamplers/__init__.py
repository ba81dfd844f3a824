"""Ways to change which training rows a network sees, so that the rare class is seen more often.

Only preprocessed training rows of one fold ever come here; validation and test rows never do.
"""

from tuner.data.resamplers import batches, cleaning, copies, near_miss, smote  # noqa: F401  they register
from tuner.data.resamplers.batches import draw_epoch
from tuner.data.resamplers.check import check_resampling
from tuner.data.resamplers.layout import Block, Layout, layout_of
from tuner.data.resamplers.resample import prior_after, resample
from tuner.data.resamplers.resampler import (
    RESAMPLERS,
    Facts,
    Refusal,
    Resampled,
    Resampler,
    ResamplingFailed,
    Task,
)

__all__ = [
    "RESAMPLERS",
    "Block",
    "Facts",
    "Layout",
    "Refusal",
    "Resampled",
    "Resampler",
    "ResamplingFailed",
    "Task",
    "check_resampling",
    "draw_epoch",
    "layout_of",
    "prior_after",
    "resample",
]
