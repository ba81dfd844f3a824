"""Stock Keras Tuner: RandomSearch over the obvious hypermodel."""

import sys

import keras
import keras_tuner
from work import ACTIVATIONS, WORKS, Search, rows

name, trials = sys.argv[1], int(sys.argv[2])
work = WORKS[name]
(x, y), (vx, vy) = rows(name)
shares = [(y == code).mean() for code in (0, 1)]


def activated(hp, positions=None):
    kind = hp.Choice("activation", ACTIVATIONS)
    if kind == "leaky_relu":
        return keras.layers.LeakyReLU(hp.Float("slope", 0.01, 0.3, sampling="log"))
    if kind == "prelu":
        start = keras.initializers.Constant(hp.Float("alpha_init", 0.0, 0.25))
        return keras.layers.PReLU(start, shared_axes=positions)
    if kind == "elu":
        return keras.layers.ELU(hp.Float("alpha", 0.1, 2.0, sampling="log"))
    return keras.layers.Activation(kind)


def build(hp):
    model = keras.Sequential([keras.Input(x.shape[1:])])
    for channels in work.channels:
        model.add(keras.layers.Conv2D(channels, work.kernel, padding="same"))
        model.add(activated(hp, positions=(1, 2)))
        model.add(keras.layers.MaxPooling2D())
    if work.blocks:
        model.add(keras.layers.GlobalAveragePooling2D())
    for _ in range(hp.Choice("layers", work.layers)):
        model.add(keras.layers.Dense(hp.Choice("units", work.units)))
        model.add(activated(hp))
        model.add(keras.layers.Dropout(hp.Float("dropout", 0.0, 0.5)))
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile(
        keras.optimizers.Adam(hp.Float("learning_rate", 3e-4, 1e-2, sampling="log")),
        "binary_crossentropy",
        metrics=[keras.metrics.AUC(curve="PR", name="pr_auc")],
    )
    return model


tuner = keras_tuner.RandomSearch(
    build,
    keras_tuner.Objective("val_pr_auc", "max"),
    max_trials=trials,
    seed=0,
    directory="keras_tuner_random",
    project_name=name,
)
begun = Search()
tuner.search(
    x,
    y,
    validation_data=(vx, vy),
    batch_size=work.batch,
    epochs=work.epochs,
    class_weight={code: 0.5 / share for code, share in enumerate(shares)},
    verbose=0,
)
ended = [trial for trial in tuner.oracle.trials.values() if trial.score is not None]
begun.finished(len(ended), max(trial.score for trial in ended))
