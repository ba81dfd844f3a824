"""A network of one's own in the hypermodel, with a stock Keras Tuner tuner; and its checks."""

import tempfile

import keras
import keras_tuner
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale

from tuner import ImbalancedHyperModel
from tuner.testing import check_hypermodel


def gated(hp, inputs, activation):
    width = hp.Int("model.width", 8, 32, step=8)
    kernel = activation.initializer()
    hidden = activation()(keras.layers.Dense(width, kernel_initializer=kernel)(inputs))
    return keras.layers.Multiply()([hidden, keras.layers.Dense(width, "sigmoid")(inputs)])


x, y = load_breast_cancer(return_X_y=True)
x, x_val, y, y_val = train_test_split(scale(x), 1 - y, test_size=0.3, stratify=y, random_state=0)
parts = {"model": {"activation": ["relu", {"elu": "tunable"}]}, "imbalance": {}}
hypermodel = ImbalancedHyperModel((30,), backbone=gated, training={"epochs": 8}, **parts)
check_hypermodel(hypermodel)  # every hyperparameter acts, validation rows are only scored, …
objective = keras_tuner.Objective("val_minority_f1", "max")
folder = tempfile.mkdtemp()
tuner = keras_tuner.RandomSearch(hypermodel, objective, max_trials=2, seed=1, directory=folder)
tuner.search(x, y, validation_data=(x_val, y_val), verbose=0)
best = tuner.oracle.get_best_trials()[0]
print(f"best validation F1 of malignant: {best.score:.3f} with {best.hyperparameters.values}")
