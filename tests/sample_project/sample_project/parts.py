"""An activation, class weights and a backbone that studies choose by name."""

import keras
import numpy as np

from tuner import ACTIVATIONS, BACKBONES, CLASS_WEIGHTS, Float, Int
from tuner.model.activations import he, kernel_initializer, make_activation


@keras.saving.register_keras_serializable(package="sample_project")
class Bounded(keras.layers.Layer):
    """ReLU that goes on more slowly behind a knee."""

    def __init__(self, knee=1.0, **keywords):
        super().__init__(**keywords)
        self.knee = knee

    def call(self, x):
        rectified = keras.ops.relu(x)
        return keras.ops.minimum(rectified, self.knee + 0.1 * (rectified - self.knee))

    def get_config(self):
        return {**super().get_config(), "knee": self.knee}


@ACTIVATIONS.register("bounded", knee=Float(0.5, 6.0, default=2.0, gt=0.0))
@he(slope=0.0)
def bounded(knee: float) -> keras.layers.Layer:
    """Bounded ReLU: a tenth of the slope behind the knee."""
    return Bounded(knee)


@CLASS_WEIGHTS.register("log_smoothed", mu=Float(0.1, 1.0, default=0.5, gt=0.0))
def log_smoothed(mu: float, *, counts: np.ndarray) -> np.ndarray:
    """Weights that grow with the logarithm of rarity: max(1, log(mu n / n_c))."""
    return np.maximum(1.0, np.log(mu * counts.sum() / counts))


@BACKBONES.register("pyramid", layers=Int(1, 4, default=2, ge=1), units=Int(16, 64, ge=8))
def pyramid(layers: int, units: int, *, inputs, activation, initializer) -> keras.KerasTensor:
    """Fully connected layers of which each is half as wide as the one before."""
    x = keras.layers.Flatten()(inputs) if len(inputs.shape) > 2 else inputs
    for layer in range(layers):
        kernel = kernel_initializer(activation, initializer)
        width = max(units >> layer, 2)
        x = keras.layers.Dense(width, kernel_initializer=kernel)(x)
        x = make_activation(activation)(x)
    return x
