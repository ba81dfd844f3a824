"""One point of the space of a network of the person's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tuner.model.configuration import Configuration
from tuner.model.own_backbone import SHARED
from tuner.spaces import Value

__all__ = ["OwnConfiguration"]


@dataclass(frozen=True)
class OwnConfiguration(Configuration):
    """Values of the code's hyperparameters, beside what the other sections hold.

    Its `activation` and `kernel_initializer` say nothing; the code has its own.

    Attributes:
        code: What builds the network, without folders.
        searched: What is handed to the code, by the names that it uses.
        absent: Places of other sections that the network does not have.
    """

    code: str = ""
    searched: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    absent: frozenset[str] = frozenset()

    def flat(self) -> dict[str, Value]:
        """All values by their path in a study file."""
        known = {key: one for key, one in super().flat().items() if key.startswith(SHARED)}
        return {
            "model.family": self.family,
            "model.python": self.code,
            **{f"model.{key}": value for key, value in self.backbone.items()},
            **{key: one for key, one in known.items() if not self._lacks(key)},
        }

    def _lacks(self, key: str) -> bool:
        return any(key == place or key.startswith(f"{place}.") for place in self.absent)
