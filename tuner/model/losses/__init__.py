"""Losses that a study chooses by name, and what each makes the network's output mean.

Only names and numbers are here; the losses themselves need Keras and are imported when one is made.
"""

from tuner.model.losses.entries import LOSSES
from tuner.model.losses.priors import output_bias
from tuner.model.losses.registry import (
    belongs_to_batch,
    corrects,
    effective_prior,
    estimates,
    fixed_correction,
    make_loss,
    may_correct,
    of_batches,
)

__all__ = [
    "LOSSES",
    "belongs_to_batch",
    "corrects",
    "effective_prior",
    "estimates",
    "fixed_correction",
    "make_loss",
    "may_correct",
    "of_batches",
    "output_bias",
]
