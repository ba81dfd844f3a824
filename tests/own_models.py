"""Code as a person writes it, for tests of studies whose network is Python."""

from tuner.model.own.code import Surroundings
from tuner.model.own.discovery import discover
from tuner.study import ImbalanceSection, TrainingSection
from tuner.study.python_section import PythonSection

HEAD = """
import keras
import keras_tuner
from tuner import ImbalancedHyperModel


def network(shape, units=4, activation="relu", last="sigmoid"):
    inputs = keras.Input(shape)
    x = keras.layers.Dense(units)(inputs)
    x = keras.layers.Activation(activation)(x)
    return keras.Model(inputs, keras.layers.Dense(1, activation=last)(x))

"""

PLAIN = """
class Net(keras_tuner.HyperModel):
    def build(self, hp):
        model = keras.Sequential()
        for i in range(hp.Int("layers", 1, 3)):
            model.add(keras.layers.Dense(hp.Int(f"units_{i}", 4, 8, step=2)))
            kind = hp.Choice("my_activation", ["relu", "elu"])
            if kind == "elu":
                with hp.conditional_scope("my_activation", ["elu"]):
                    model.add(keras.layers.ELU(hp.Float("alpha", 0.1, 2.0, default=1.0)))
            else:
                model.add(keras.layers.ReLU())
        model.add(keras.layers.Dense(1, activation="sigmoid"))
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        return model
"""

ONE_GRAPH = """
class Net(keras_tuner.HyperModel):
    def build(self, hp):
        slope = 0.0
        if hp.Choice("my_activation", ["relu", "leaky"]) == "leaky":
            with hp.conditional_scope("my_activation", ["leaky"]):
                slope = hp.Float("slope", 0.05, 0.3)
        model = keras.Sequential(
            [
                keras.layers.Dense(4),
                keras.layers.LeakyReLU(slope),
                keras.layers.Dropout(hp.Float("rate", 0.1, 0.5)),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        return model
"""
"""All its configurations share one compiled function."""

FUNCTION = """
def build(hp, input_shape, classes, minority, width=4):
    assert (classes, minority) == (2, 1)
    return network(input_shape, hp.Int("units", width, 2 * width))
"""

IMBALANCED = """
class Net(ImbalancedHyperModel):
    def __init__(self, input_shape, classes, minority, deepest=2):
        model = {"layers": {"int": [1, deepest]}, "activation": ["relu", {"elu": {"alpha": 0.5}}]}
        super().__init__(input_shape, classes, minority, model=model)

    def build(self, hp):
        model = super().build(hp)
        if hp.Boolean("frozen"):
            model.layers[1].trainable = False
        return model
"""

OWN_FIT = """
class Net(keras_tuner.HyperModel):
    def build(self, hp):
        model = keras.Sequential(
            [keras.layers.Dense(4, "relu"), keras.layers.Dense(1, activation="sigmoid")]
        )
        model.compile(keras.optimizers.Adam(hp.Float("rate", 1e-3, 1e-1)), "binary_crossentropy")
        hp.Choice("batch", [16, 64])
        return model

    def fit(self, hp, model, *args, **kwargs):
        return model.fit(*args, batch_size=hp.Choice("batch", [16, 64]), **kwargs)
"""

LOOP = """
class Net(keras_tuner.HyperModel):
    def build(self, hp):
        return network((3,), hp.Int("units", 4, 8))

    def fit(self, hp, model, x, y, validation_data, epochs, callbacks, verbose):
        optimizer, loss = keras.optimizers.Adam(0.05), keras.losses.BinaryCrossentropy()
        model.compile(optimizer, loss)
        for _ in range(epochs):
            model.train_on_batch(x, y)
"""

STEPPING = """
class Stepping(keras.Model):
    def train_step(self, data):
        x, y = data
        return super().train_step((x, y))


def build(hp, input_shape):
    inner = network(input_shape, hp.Int("units", 4, 8))
    model = Stepping(inner.input, inner.output)
    model.compile("adam", keras.losses.BinaryFocalCrossentropy())
    return model
"""

REGISTERED = """
@keras.saving.register_keras_serializable("test_own_models")
class Scaled(keras.layers.Layer):
    def call(self, x):
        return 2.0 * x


def build(hp, input_shape):
    inputs = keras.Input(input_shape)
    relu = keras.layers.ReLU()
    x = relu(Scaled()(keras.layers.Dense(hp.Int("units", 4, 8))(inputs)))
    x = relu(keras.layers.Dense(4)(x))
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))
"""


def write(folder, text, name="net.py"):
    """Writes the code to a file of the folder."""
    path = folder / name
    path.write_text(HEAD + text, encoding="utf-8")
    return path


BUILD = "def build(hp, input_shape):\n    "


def found(folder, text, name="build", classes=("common", "rare"), **section):
    """What is found out about the code."""
    path = write(folder, text)
    around = Surroundings((3,), classes, ImbalanceSection(), TrainingSection())
    return discover(PythonSection(python=f"{path}:{name}", **section), around)


def names(discovery):
    """The places that were found."""
    return [place.name for place in discovery.declared.places]
