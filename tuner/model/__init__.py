"""Activations, class weights, losses, backbones, and the hypermodel made of them."""

from tuner.model.activations import ACTIVATIONS
from tuner.model.backbones import BACKBONES
from tuner.model.class_weights import CLASS_WEIGHTS
from tuner.model.losses import LOSSES

__all__ = ["ACTIVATIONS", "BACKBONES", "CLASS_WEIGHTS", "LOSSES"]
