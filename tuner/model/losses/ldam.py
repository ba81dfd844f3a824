"""Label-distribution-aware margins with deferred re-weighting (Cao et al., 2019)."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from tuner.model.losses.base import RareClassLoss, negative_log_likelihood
from tuner.model.losses.frequencies import effective_number_weights

__all__ = ["LDAM"]

_BETA = 0.9999  # as in the paper's deferred re-weighting


@keras.saving.register_keras_serializable(package="minority_tuner")
class LDAM(RareClassLoss):
    """Crossentropy of ``scale * logits``, the true class's lowered by a margin first.

    The margin of a class with n training rows is proportional to ``n ** (-1/4)``, that of the
    rarest is `max_margin`. Late in training, rows also weigh by their class's effective number;
    those weights have mean 1 over the training rows.

    The paper normalises features and weights of the last layer and takes a scale of 30. Here the
    logits are the network's own and have no limit, so that a scale of 1 is the natural one; a
    larger one sharpens what the loss sees, and the network's probabilities stay less certain.

    Args:
        classes: How many there are.
        minority: Code of the minority class.
        max_margin: From 0, which is no margin.
        scale: Above 0.
        reweight_after: Share of the epochs after which rows are re-weighted; 0 is always, 1 never.
            It takes effect through `begin_epoch`.
        kwargs: As in `RareClassLoss`.
    """

    numbers = ("scale",)
    free = (*RareClassLoss.free, "scale", "max_margin", "reweight_after")

    def __init__(
        self,
        classes: int,
        minority: int,
        *,
        max_margin: float = 0.5,
        scale: float = 1.0,
        reweight_after: float = 0.8,
        **kwargs: Any,
    ) -> None:
        self.max_margin = max_margin
        self.scale = scale
        self.reweight_after = reweight_after
        super().__init__(classes, minority, **kwargs)
        self._reweighted = self._variable(float(reweight_after == 0), "reweighted")

    def by_class(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """The margin of each class, and below it the late weight, shape ``(2, classes)``."""
        margins = (counts / counts.min()) ** -0.25 * self.max_margin
        return np.stack([margins, effective_number_weights(counts, _BETA)])

    def begin_epoch(self, epoch: int, epochs: int) -> None:
        """Turns re-weighting on from the first epoch at or past its share; see `RareClassLoss`."""
        # A quotient, since 0.07 * 100 is above 7.
        late = self.reweight_after < 1 and epoch / epochs >= self.reweight_after
        self._reweighted.assign(float(late))

    @property
    def state(self) -> list[Any]:
        """All its variables, the one that tells its stage included."""
        return [*super().state, self._reweighted]

    def settled_from(self, epochs: int) -> int:
        """Epochs before rows are re-weighted; 0 where they are from the first on, or never."""
        if self.reweight_after in (0, 1):
            return 0
        return next((e for e in range(epochs) if e / epochs >= self.reweight_after), 0)

    def row_losses(self, actual: Any, logits: Any) -> Any:
        """LDAM loss of each row."""
        margins, late = self.frequencies[0], self.frequencies[1]
        losses = negative_log_likelihood(actual, self.number("scale") * (logits - actual * margins))
        weights = 1.0 + self._reweighted * (late - 1.0)
        return losses * ops.sum(actual * weights, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """What makes an equal loss, its stage in training aside."""
        return {
            **super().get_config(),
            "max_margin": self.max_margin,
            "scale": self.scale,
            "reweight_after": self.reweight_after,
        }
