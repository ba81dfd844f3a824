"""What every ``model`` section is, whoever builds the network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tuner.study.section import Section

if TYPE_CHECKING:
    from tuner.errors import Path as KeyPath
    from tuner.spaces import Space
    from tuner.study.sections import TrainingSection

__all__ = ["ModelSection"]


class ModelSection(Section):
    """The network of a study."""

    family: str

    @property
    def spaces(self) -> Mapping[KeyPath, Space]:
        """Every space of the section, by its path in it."""
        raise NotImplementedError

    def beside(self, folder: Path) -> ModelSection:
        """The same with whole paths of its files, so that any process finds them.

        Args:
            folder: Where relative paths start.
        """
        raise NotImplementedError

    def absent(self, training: TrainingSection) -> frozenset[str]:
        """The places of other sections that its networks do not have."""
        return frozenset()
