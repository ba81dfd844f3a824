"""Hypermodels: one with a network of its own inside ours, and one that builds all by itself."""

import keras
import keras_tuner

import sample_project  # noqa: F401  its activation is registered
from tuner import ImbalancedHyperModel, activations, class_weights


class Gated(ImbalancedHyperModel):
    """One branch gates the other."""

    def backbone(self, hp, inputs, activation):
        width = hp.Int("model.width", 8, 32, step=8)
        kernel = activation.initializer()
        hidden = activation()(keras.layers.Dense(width, kernel_initializer=kernel)(inputs))
        gate = keras.layers.Dense(width, activation="sigmoid")(inputs)
        return keras.layers.Multiply()([hidden, gate])


class Plain(keras_tuner.HyperModel):
    """A network that knows nothing of ours but how to choose."""

    def __init__(self, columns):
        super().__init__()
        self.columns = columns

    def build(self, hp):
        activation = activations.choose(hp, ["relu", {"bounded": "tunable"}])
        class_weights.choose(hp, [0, 0, 1], self.schemes)  # declared for the first trial
        kernel = activation.initializer()
        layers = [keras.layers.Dense(16, kernel_initializer=kernel), activation()]
        output = keras.layers.Dense(1, activation="sigmoid")
        model = keras.Sequential([keras.Input((self.columns,)), *layers, output])
        model.compile("adam", "binary_crossentropy")
        return model

    def fit(self, hp, model, x, y, **arguments):
        weights = class_weights.choose(hp, y, self.schemes)
        return model.fit(x, y, class_weight=weights, **arguments)

    schemes = ("none", {"log_smoothed": "tunable"})
