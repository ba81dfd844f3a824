"""How a network learned, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["LearningCurve"]


@dataclass(frozen=True)
class LearningCurve:
    """The training of one network.

    Attributes:
        trial: Its trial.
        fold: Its fold.
        repeat: Its repeat.
        best_epoch: After which the weights were kept, from 1.
        loss: By epoch.
        val_pr_auc: Average precision of the validation rows by epoch.
    """

    trial: int
    fold: int
    repeat: int
    best_epoch: int
    loss: Sequence[float]
    val_pr_auc: Sequence[float]

    @property
    def network(self) -> str:
        """What trackers call the network."""
        return f"fold_{self.fold}" + (f"_repeat_{self.repeat}" if self.repeat else "")

    @property
    def history(self) -> Mapping[str, Sequence[float]]:
        """Values by epoch, by name."""
        return {"loss": self.loss, "val_pr_auc": self.val_pr_auc}
