"""The losses that a study can choose.

Keras is imported inside each entry, so that a study is checked without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuner.model.losses.priors import (
    adjusted_prior,
    class_balanced_prior,
    focal_prior,
    smoothed_prior,
)
from tuner.model.losses.registry import LOSSES, corrects, estimates, of_batches
from tuner.spaces import Float

if TYPE_CHECKING:
    from tuner.model.losses.base import RareClassLoss

__all__ = ["LOSSES"]


@LOSSES.register("crossentropy", label_smoothing=Float(0.0, 0.3, default=0.0, ge=0.0, lt=1.0))
@estimates(smoothed_prior)
def crossentropy(label_smoothing: float, *, classes: int, minority: int) -> RareClassLoss:
    """Crossentropy: -log p of the true class, labels smoothed towards 1 / k where asked.

    Args:
        label_smoothing: Share of each label that is spread over all classes.
    """
    from tuner.model.losses.crossentropy import CrossEntropy

    return CrossEntropy(classes, minority, label_smoothing=label_smoothing)


@LOSSES.register(
    "focal",
    gamma=Float(0.5, 5.0, default=2.0, ge=0.0),
    alpha=Float(0.05, 0.95, default=0.5, gt=0.0, lt=1.0),
)
@corrects("frequency", unless=("alpha", 0.5), by="numbers")
@estimates(focal_prior)
def focal(gamma: float, alpha: float, *, classes: int, minority: int) -> RareClassLoss:
    """Focal: (1 - p) ** gamma times crossentropy; rows already right count less (Lin et al., 2017).

    Alpha weighs the minority and 1 - alpha the others; 0.5 weighs all alike.

    Args:
        gamma: How much less rows count that are right already; 0 is crossentropy.
        alpha: Weight of the minority, where others have 1 - alpha.
    """
    from tuner.model.losses.focal import Focal

    return Focal(classes, minority, gamma=gamma, alpha=alpha)


@LOSSES.register("class_balanced", beta=Float(0.9, 0.9999, default=0.999, ge=0.0, lt=1.0))
@corrects("frequency", unless=("beta", 0.0))
@estimates(class_balanced_prior)
def class_balanced(beta: float, *, classes: int, minority: int) -> RareClassLoss:
    """Crossentropy weighed by the inverse effective number of rows (Cui et al., 2019).

    Args:
        beta: The nearer to 1, the nearer to balanced weights; 0 is none.
    """
    from tuner.model.losses.class_balanced import ClassBalanced

    return ClassBalanced(classes, minority, beta=beta)


@LOSSES.register("logit_adjusted", tau=Float(0.25, 2.0, default=1.0, ge=0.0, le=10.0))
@corrects("frequency", unless=("tau", 0.0))
@estimates(adjusted_prior)
def logit_adjusted(tau: float, *, classes: int, minority: int) -> RareClassLoss:
    """Crossentropy of logits plus tau times the log class shares (Menon et al., 2021).

    Args:
        tau: How much of the class shares is made up for; 1 is all.
    """
    from tuner.model.losses.logit_adjusted import LogitAdjusted

    return LogitAdjusted(classes, minority, tau=tau)


@LOSSES.register(
    "ldam",
    max_margin=Float(0.1, 1.0, default=0.5, ge=0.0),
    scale=Float(1.0, 30.0, sampling="log", default=1.0, gt=0.0),
    reweight_after=Float(0.0, 1.0, default=0.8, ge=0.0, le=1.0),
)
@corrects("frequency", unless=("reweight_after", 1.0))
def ldam(
    max_margin: float, scale: float, reweight_after: float, *, classes: int, minority: int
) -> RareClassLoss:
    """LDAM: a margin that is wider for rarer classes, and late re-weighting (Cao et al., 2019).

    Args:
        max_margin: Margin of the rarest class.
        scale: Factor of the logits.
        reweight_after: Share of the epochs after which classes are weighed; 1 is never.
    """
    from tuner.model.losses.ldam import LDAM

    return LDAM(
        classes, minority, max_margin=max_margin, scale=scale, reweight_after=reweight_after
    )


@LOSSES.register("soft_f1")
@of_batches
def soft_f1(*, classes: int, minority: int) -> RareClassLoss:
    """1 - F1 of the minority with probabilities for counts; depends on the batch."""
    from tuner.model.losses.soft_f1 import SoftF1

    return SoftF1(classes, minority)
