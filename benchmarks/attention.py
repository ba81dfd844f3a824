"""How much maps of a finished run depend on what its networks have learned, and what they cost.

    python benchmarks/attention.py runs/brain_mri

Maps of all test pictures of the minority that have a box, as the report makes them: of the winner,
of the winner with random weights in all layers after the feature map, and with random weights
everywhere (Adebayo et al., 2018). For each the heat in boxes and the rank correlation with the
winner's own maps are printed, which is 1 for maps that do not depend on these weights.

Maps are not the only way to ask: the winner is also shown the pictures with their boxes covered by
the median of what surrounds them, and with the boxes of other groups covered instead, and what it
says of the minority then is compared.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from scipy.stats import spearmanr

from tuner.data import preprocessor_from_json
from tuner.data.boxes import boxed
from tuner.evaluate.attention.grad_cam import joined
from tuner.evaluate.attention.look import look, networks_with_maps
from tuner.inspection import inspect_study
from tuner.training.best_weights import predict


def shuffled(model: keras.Model, only_last: bool, seed: int) -> keras.Model:
    """A copy with the numbers of each kernel in random order, which keeps their sizes."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    rng = np.random.default_rng(seed)
    for network in (layer for layer in copy.layers if isinstance(layer, keras.Model)):
        for layer in network.layers:
            if only_last and not isinstance(layer, keras.layers.Dense):
                continue
            if isinstance(getattr(layer, "kernel", None), keras.Variable):
                kernel = np.asarray(layer.kernel)
                layer.kernel.assign(rng.permutation(kernel.ravel()).reshape(kernel.shape))
    return copy


def covered(pictures: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Pictures with their boxes covered by the median of a frame of two pixels around them."""
    done = pictures.copy()
    height, width = pictures.shape[1:3]
    for picture, (x, y, across, down) in zip(done, boxes, strict=True):
        top, left = int(y * height), int(x * width)
        bottom, right = int(np.ceil((y + down) * height)), int(np.ceil((x + across) * width))
        frame = np.zeros((height, width), dtype=bool)
        frame[max(top - 2, 0) : bottom + 2, max(left - 2, 0) : right + 2] = True
        frame[top:bottom, left:right] = False
        picture[top:bottom, left:right] = np.median(picture[frame], axis=0)
    return done


def of_other_groups(groups: np.ndarray, seed: int) -> np.ndarray:
    """For each row another one, at random among those of other groups."""
    rng = np.random.default_rng(seed)
    return np.array([rng.choice(np.flatnonzero(groups != own)) for own in groups])


def cover(
    told: Callable[[np.ndarray], np.ndarray],
    pictures: np.ndarray,
    boxes: np.ndarray,
    groups: np.ndarray,
) -> None:
    """Prints how far the minority's log-odds fall when boxes are covered."""
    whole = told(pictures)
    own = whole - told(covered(pictures, boxes))
    draws = [boxes[of_other_groups(groups, seed)] for seed in range(5)]
    others = np.array([whole - told(covered(pictures, drawn)) for drawn in draws])
    print(
        f"covered: log-odds fall by {own.mean():.2f} (median {np.median(own):.2f}), with other"
        f" boxes covered by {others.mean():.2f} ({np.median(others):.2f}); by more in"
        f" {100 * (own > others).mean():.0f} %"
    )


def main() -> None:
    """Reads the call and prints a line for each kind of network."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path)
    folder = parser.parse_args().run
    inspection = inspect_study(str(folder / "study.yaml"))
    dataset, rows = inspection.dataset, inspection.splits.test
    rows = rows[dataset.is_minority(rows) & boxed(dataset.boxes[rows])]
    preprocessing = json.loads((folder / "best_model" / "preprocessing.json").read_text())
    threshold = json.loads((folder / "best_model" / "decision.json").read_text())["threshold"]
    transform = preprocessor_from_json(preprocessing).transform
    x = transform(dataset.features[rows], dataset.columns)
    winner = keras.models.load_model(folder / "best_model" / "model.keras")
    others = {"last layers at random": True, "all layers at random": False}
    models = {"winner": winner, **{k: shuffled(winner, last, 0) for k, last in others.items()}}
    own: Any = None
    for name, model in models.items():
        begun = time.perf_counter(), time.process_time()
        networks = networks_with_maps(model)
        told = look(networks, x, rows, dataset, predict(model, x)[:, -1], threshold).minority
        spent = time.perf_counter() - begun[0], time.process_time() - begun[1]
        maps = np.concatenate(list(joined(networks, x, dataset.features.shape[1:3])))
        own = maps if own is None else own
        pairs = zip(own, maps, strict=True)
        alike = [spearmanr(a, b, axis=None).statistic for a, b in pairs if a.any() and b.any()]
        print(
            f"{name}: {told.rows} pictures, heat {told.heat:.3f} (others {told.heat_of_others:.3f},"
            f" box {told.box:.3f}), hits {told.hits:.3f} (others {told.hits_of_others:.3f}),"
            f" rank correlation {np.mean(alike):.2f}; {spent[0]:.1f} s, {spent[1]:.1f} s of"
            " processors"
        )

    def log_odds(pictures: np.ndarray) -> np.ndarray:
        p = predict(winner, transform(pictures, dataset.columns))[:, -1].astype(np.float64)
        p = np.clip(p, 1e-7, 1 - 1e-7)
        return np.log(p / (1 - p))

    groups = np.arange(len(rows)) if dataset.groups is None else dataset.groups[rows]
    cover(log_odds, dataset.features[rows], dataset.boxes[rows], groups)


if __name__ == "__main__":
    main()
