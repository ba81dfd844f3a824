"""One point of the search space, with every value that defines a network and its training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from tuner.spaces import Chosen, Value

__all__ = ["Configuration"]


@dataclass(frozen=True)
class Configuration:
    """Searched and fixed values alike; inactive parameters do not appear.

    Attributes:
        family: Name of the backbone.
        backbone: The backbone's parameters.
        activation: Activation with its parameters.
        kernel_initializer: ``auto`` or a Keras name.
        class_weight: Class-weight scheme with its parameters.
        loss: What training minimises.
        resampling: What is done to training rows.
        batch_size: Rows in a gradient step.
        optimizer: Keras name of the optimizer.
        learning_rate: Its step size.
        strategy: Name of the strategy that class weights, loss and resampling belong to; empty
            where they are searched one by one.
        augmentation: How pictures are changed in each epoch; empty where a study asks for nothing.
        files: Paths of the files that the backbone begins from, by key.
        own: The values that a network of a person's own declared, by their names.
    """

    family: str
    backbone: Mapping[str, Value]
    activation: Chosen
    kernel_initializer: str
    class_weight: Chosen
    loss: Chosen
    resampling: Chosen
    batch_size: int
    optimizer: str
    learning_rate: float
    strategy: str = ""
    augmentation: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    files: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    own: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))

    def flat(self) -> dict[str, Value]:
        """All values by their path in a study file."""
        flat: dict[str, Value] = {"model.family": self.family}
        flat |= {f"model.{key}": value for key, value in self.backbone.items()}
        # Where a file lies says nothing of the network, and differs between machines.
        flat |= {f"model.{key}": Path(path).name for key, path in self.files.items()}
        flat |= _flat_choice("model.activation", self.activation)
        flat["model.kernel_initializer"] = self.kernel_initializer
        if self.strategy:
            flat["imbalance.strategy"] = self.strategy
        flat |= _flat_choice("imbalance.class_weight", self.class_weight)
        flat |= _flat_choice("imbalance.loss", self.loss)
        flat |= _flat_choice("imbalance.resampling", self.resampling)
        flat["training.batch_size"] = self.batch_size
        flat["training.optimizer"] = self.optimizer
        flat["training.learning_rate"] = self.learning_rate
        flat |= {f"training.augmentation.{key}": one for key, one in self.augmentation.items()}
        return {**flat, **self.own}


def _flat_choice(path: str, chosen: Chosen) -> dict[str, Value]:
    own = {f"{path}.{chosen.name}.{key}": value for key, value in chosen.parameters.items()}
    return {path: chosen.name, **own}
