"""Optuna with Keras' ``fit``."""

import sys

import keras
import optuna
from sklearn.metrics import average_precision_score
from work import ACTIVATIONS, WORKS, Search, rows

name, trials = sys.argv[1], int(sys.argv[2])
work = WORKS[name]
(x, y), (vx, vy) = rows(name)
shares = [(y == code).mean() for code in (0, 1)]
weights = {code: 0.5 / share for code, share in enumerate(shares)}


def activated(parameters, positions=None):
    kind, value = parameters
    if kind == "leaky_relu":
        return keras.layers.LeakyReLU(value)
    if kind == "prelu":
        return keras.layers.PReLU(keras.initializers.Constant(value), shared_axes=positions)
    return keras.layers.ELU(value) if kind == "elu" else keras.layers.Activation(kind)


def chosen(trial):
    kind = trial.suggest_categorical("activation", ACTIVATIONS)
    if kind == "leaky_relu":
        return kind, trial.suggest_float("slope", 0.01, 0.3, log=True)
    if kind == "prelu":
        return kind, trial.suggest_float("alpha_init", 0.0, 0.25)
    return kind, trial.suggest_float("alpha", 0.1, 2.0, log=True) if kind == "elu" else None


class Precision(keras.callbacks.Callback):
    """Average precision of the validation rows after each epoch."""

    best = 0.0

    def on_epoch_end(self, epoch, logs=None):
        predicted = self.model.predict(vx, batch_size=4096, verbose=0)[:, 0]
        self.best = max(self.best, average_precision_score(vy, predicted))


def objective(trial):
    keras.backend.clear_session()
    layers = trial.suggest_categorical("layers", work.layers)
    units = trial.suggest_categorical("units", work.units)
    dropout, parameters = trial.suggest_float("dropout", 0.0, 0.5), chosen(trial)
    model = keras.Sequential([keras.Input(x.shape[1:])])
    for channels in work.channels:
        model.add(keras.layers.Conv2D(channels, work.kernel, padding="same"))
        model.add(activated(parameters, positions=(1, 2)))
        model.add(keras.layers.MaxPooling2D())
    if work.blocks:
        model.add(keras.layers.GlobalAveragePooling2D())
    for _ in range(layers):
        model.add(keras.layers.Dense(units))
        model.add(activated(parameters))
        model.add(keras.layers.Dropout(dropout))
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    rate = trial.suggest_float("learning_rate", 3e-4, 1e-2, log=True)
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
    precision = Precision()
    model.fit(
        x,
        y,
        batch_size=work.batch,
        epochs=work.epochs,
        class_weight=weights,
        callbacks=[precision],
        verbose=0,
    )
    return precision.best


optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(
    direction="maximize", storage=f"sqlite:///optuna_keras_{name}.db", study_name=name
)
begun = Search()
study.optimize(objective, trials)
begun.finished(len(study.trials), study.best_value)
