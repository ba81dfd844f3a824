"""Winners that nobody trained, exported as those of a run are."""

from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd

from tuner.data import fit_preprocessor
from tuner.data.memory import from_arrays, from_frame
from tuner.report.export import export_winner
from tuner.search.levels import ROWS, Level
from tuner.search.run_folder import RunFolder
from tuner.study import PreprocessingSection
from tuner.training.priors import Priors


def network(shape, outputs=1, seed=0, activation="relu"):
    """A small network with weights of its own, dense or convolutional."""
    keras.utils.set_random_seed(seed)
    rows = keras.Input(shape)
    hidden = rows
    if len(shape) > 1:
        hidden = keras.layers.Reshape((*shape[:2], shape[2] if len(shape) > 2 else 1))(rows)
        hidden = keras.layers.Conv2D(4, 3)(hidden)
        hidden = keras.layers.GlobalAveragePooling2D()(hidden)
    else:
        hidden = keras.layers.Dense(6, bias_initializer="random_normal")(hidden)
    act = keras.layers.Activation(activation) if isinstance(activation, str) else activation
    out = keras.layers.Dense(outputs, "sigmoid" if outputs == 1 else "softmax")(act(hidden))
    return keras.Model(rows, out)


def frame(rows=40, seed=0):
    """Patients with two numbers, of which one may be missing, a site and a scanner by number."""
    rng = np.random.default_rng(seed)
    depth = rng.normal(size=rows).round(3)
    depth[::7] = np.nan
    return pd.DataFrame(
        {
            "patient": [f"s{row // 4}" for row in range(rows)],
            "site": rng.choice(["oslo", "rome", "Zürich"], rows),
            "depth": depth,
            "scanner": rng.choice([1, 2], rows),
            "size": rng.normal(size=rows).round(3),
            "label": np.where(np.arange(rows) % 5 == 0, "ill", "well"),
        }
    )


def table(classes=("well", "ill")):
    """A data set of that frame, read as a study with these roles reads it."""
    roles = {"group": "patient", "categories": ["scanner"], "impute": True, "minority": "ill"}
    data = frame()
    if len(classes) == 3:
        data.loc[data.index % 3 == 1, "label"] = "hurt"
    return from_frame(data, "label", **roles)


def pictures(dtype=np.uint8, shape=(6, 5)):
    """A data set of pictures."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 200, (20, *shape)).astype(dtype)
    return from_arrays(pixels, ["well"] * 15 + ["ill"] * 5)


def winner_of(dataset, model=None, *, calibration=None, threshold=0.45, group=None):
    """What `export_winner` takes of a winner.

    Args:
        dataset: Its rows.
        model: Its network; a small one unless given.
        calibration: Its map.
        threshold: Of rows.
        group: Places and threshold of groups of rows.
    """
    rows = np.arange(len(dataset))
    preprocessor = fit_preprocessor(dataset, rows, PreprocessingSection(impute="median"))
    width = preprocessor.transform(dataset.features[:1], dataset.columns).shape[1:]
    count = len(dataset.classes)
    shares = tuple(dataset.counts / len(dataset))
    return SimpleNamespace(
        model=model or network(width, 1 if count == 2 else count),
        preprocessor=preprocessor,
        threshold=threshold,
        row_threshold=threshold,
        calibration=calibration,
        priors=Priors(shares, shares, False),
        level=ROWS,
        other=group and SimpleNamespace(level=Level("group", group[0]), threshold=group[1]),
    )


def exported(folder, dataset, model=None, **options):
    """The run folder of such a winner, as it is when its run has ended."""
    run = RunFolder(folder)
    run.create()
    export_winner(winner_of(dataset, model, **options), dataset, run)
    (run.best_model / "model_card.md").write_text("# Model card\n", encoding="utf-8")
    return run.path
