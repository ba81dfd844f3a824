"""Everything of ours that a saved network may hold; importing this registers it with Keras.

Keras finds a class of ours by its registered name only, and registers it when its module runs.
"""

from tuner.model.learned_layers import RReLU, SwishBeta
from tuner.model.losses.class_balanced import ClassBalanced
from tuner.model.losses.crossentropy import CrossEntropy
from tuner.model.losses.focal import Focal
from tuner.model.losses.ldam import LDAM
from tuner.model.losses.logit_adjusted import LogitAdjusted
from tuner.model.losses.soft_f1 import SoftF1
from tuner.model.minority_f1 import MinorityF1

__all__ = [
    "LDAM",
    "ClassBalanced",
    "CrossEntropy",
    "Focal",
    "LogitAdjusted",
    "MinorityF1",
    "RReLU",
    "SoftF1",
    "SwishBeta",
]
