"""Backbones: from the input tensor to the last hidden tensor.

An entry's positional parameters are the keys of the ``model`` section with that ``family``.
"""

from tuner.model.backbones.backbone import backbone
from tuner.model.backbones.conv import conv
from tuner.model.backbones.dense import dense
from tuner.model.backbones.registry import BACKBONES, check_backbone

__all__ = ["BACKBONES", "backbone", "check_backbone", "conv", "dense"]
