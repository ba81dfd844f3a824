"""The hypermodel in a project of its own, with a stock Keras Tuner tuner."""

import tempfile

import keras_tuner
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale

from tuner import ImbalancedHyperModel

x, y = load_breast_cancer(return_X_y=True)
y = 1 - y  # malignant, the rarer class, becomes 1
x, x_val, y, y_val = train_test_split(scale(x), y, test_size=0.3, stratify=y, random_state=0)
tuner = keras_tuner.RandomSearch(
    ImbalancedHyperModel(input_shape=(30,), training={"epochs": 8}),
    objective=keras_tuner.Objective("val_minority_f1", "max"),
    max_trials=3,
    seed=1,
    directory=tempfile.mkdtemp(),
)
tuner.search(x, y, validation_data=(x_val, y_val), verbose=0)
best = tuner.oracle.get_best_trials()[0]
activation = best.hyperparameters.get("model.activation")
print(f"best validation F1 of malignant: {best.score:.3f} with {activation}")
