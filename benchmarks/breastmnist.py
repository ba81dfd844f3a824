"""ROC AUC on BreastMNIST with its official split, over 10 seeds.

    python benchmarks/breastmnist.py --data PATH/breastmnist_28.npz

Networks of `family: conv` learn from the official training and validation rows: these are divided
into folds, one network stops on each, and the mean of their log odds says what a test row is, as
in the model that a study exports. The configuration was chosen by what networks say of the rows
they stop on (`--pilot` shows no more); the test rows are scored once for each seed.
Published: ResNet-18 (28 × 28), AUC .901 (MedMNIST v2, table 3); its networks learn from the 546
training rows alone and stop on the 78 validation rows. `--strict` does that, with the same
configuration and as many networks of different seeds.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
HERE = Path(__file__).parent
RESULTS = HERE / "results" / "breastmnist.json"
sys.path.insert(0, str(HERE))

import numpy as np  # noqa: E402 - after the settings of TensorFlow
from numpy.typing import NDArray  # noqa: E402
from scoreboard.networks import trained  # noqa: E402
from scoreboard.protocol import log_odds  # noqa: E402
from sklearn.metrics import roc_auc_score  # noqa: E402
from sklearn.model_selection import StratifiedKFold  # noqa: E402

from tuner.data.preprocessing import ImageScaler  # noqa: E402
from tuner.devices import use_threads  # noqa: E402
from tuner.training.best_weights import predict  # noqa: E402
from tuner.training.unit import LabelledRows, unit_seed  # noqa: E402

PUBLISHED = 0.901
NETWORKS = 5
SECTIONS = {
    "model": {
        "family": "conv",
        "blocks": 3,
        "filters": 16,
        "units": 64,
        "activation": "swish",
        "dropout": 0.3,
    },
    "imbalance": {"class_weight": "none"},
    "training": {"epochs": 80, "patience": 20, "batch_size": 64, "learning_rate": 2e-3},
}
"""Sections of a study."""

Part = tuple[NDArray, NDArray]


def load(path: Path) -> dict[str, Part]:
    """Pictures and codes of each official part; 1 is the minority, malignant."""
    with np.load(path) as file:
        return {
            part: (file[f"{part}_images"], (file[f"{part}_labels"].ravel() == 0).astype(np.int64))
            for part in ("train", "val", "test")
        }


def divisions(parts: dict[str, Part], seed: int, strict: bool) -> Iterator[tuple[Part, Part]]:
    """Rows to learn from and rows to stop on, for each network."""
    if strict:
        yield from [(parts["train"], parts["val"])] * NETWORKS
        return
    x, y = (np.concatenate([parts["train"][i], parts["val"][i]]) for i in (0, 1))
    for learned, stopped in StratifiedKFold(NETWORKS, shuffle=True, random_state=seed).split(x, y):
        yield (x[learned], y[learned]), (x[stopped], y[stopped])


def mirrored(rows: Part) -> Part:
    """The rows, and their mirror images: left and right mean nothing here."""
    return np.concatenate([rows[0], rows[0][:, :, ::-1]]), np.concatenate([rows[1], rows[1]])


def one_seed(parts: dict[str, Part], seed: int, strict: bool) -> tuple[float, list[float]]:
    """AUC of the mean network on test rows, and each network's AUC on the rows it stops on."""
    told, inside = [], []
    for number, (learned, stopped) in enumerate(divisions(parts, seed, strict)):
        scaler = ImageScaler.fit(learned[0], "standard", {})
        more = mirrored(learned)
        rows = [LabelledRows(scaler.transform(x), y) for x, y in (more, stopped)]
        result, model = trained(SECTIONS, *rows, unit_seed(seed, 0, number, 0))
        inside.append(roc_auc_score(stopped[1], result.probabilities[:, -1]))
        test = parts["test"][0]
        for pictures in (test, test[:, :, ::-1]):
            told.append(log_odds(predict(model, scaler.transform(pictures))[:, -1]))
    return float(roc_auc_score(parts["test"][1], np.mean(told, axis=0))), inside


def main() -> None:
    """Prints a line for each seed and their mean, and writes them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="breastmnist_28.npz")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--strict", action="store_true", help="learn from the training part alone")
    parser.add_argument("--pilot", action="store_true", help="show no test score and write nothing")
    options = parser.parse_args()
    use_threads(1)
    parts, found = load(options.data), []
    for seed in range(options.seeds):
        auc, inside = one_seed(parts, seed, options.strict)
        found.append(auc)
        shown = f"AUC where it stops {np.mean(inside):.3f}"
        print(
            f"seed {seed}: {shown}" + ("" if options.pilot else f", test AUC {auc:.3f}"), flush=True
        )
    if options.pilot:
        return
    mean, spread = float(np.mean(found)), float(np.std(found, ddof=1))
    print(f"mean AUC {mean:.3f}, standard deviation {spread:.3f}; published {PUBLISHED}")
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    key = "training part alone" if options.strict else "training and validation part"
    kept[key] = {"auc": found, "mean": mean, "standard_deviation": spread, "sections": SECTIONS}
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
