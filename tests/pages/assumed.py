"""The files that pages take for granted, small enough to be trained on in seconds."""

import shutil

import numpy as np

from tuner.cli import main

__all__ = ["STUDY", "lay_out", "trained"]

STUDY = """\
version: 1
name: scans
data: {csv: scans.csv, target: label, group: patient, split: {test: 0.25, folds: 2}}
model: {layers: 1, units: 8, activation: [relu, elu]}
training: {epochs: 2, batch_size: 64}
search: {trials: 2}
evaluation: {confirm: 0, baselines: [logistic_regression]}
"""

_SITES = np.array(["rome", "oslo", "lima"])


def lay_out(folder):
    """Writes ``scans.csv``, ``new_scans.csv`` and ``scans.yaml``."""
    rng = np.random.default_rng(0)
    patients = np.arange(200) // 2
    lesion = patients % 5 == 0
    depth = rng.normal(size=200) + 2 * lesion
    site = _SITES[rng.integers(3, size=200)]
    scanner = rng.integers(1, 4, size=200)
    labels = np.where(lesion, "lesion", "healthy")
    columns = (patients, labels, site, depth.round(3), scanner)
    rows = [
        "patient,label,site,depth,scanner",
        *(",".join(map(str, r)) for r in zip(*columns, strict=True)),
    ]
    _write(folder / "scans.csv", rows)
    new = ["patient,site,depth,scanner", "900,rome,2.5,3", "901,oslo,-1.0,1", "902,lima,0.5,1"]
    _write(folder / "new_scans.csv", new)
    (folder / "scans.yaml").write_text(STUDY, encoding="utf-8")


def trained(folder):
    """Runs the study in `folder`, once for all pages."""
    assert main(["run", "scans.yaml"]) == 0
    return folder / "runs" / "scans"


def copy_run(run, folder):
    """The run as if it had been made in `folder`."""
    shutil.copytree(run, folder / "runs" / "scans")


def _write(path, rows):
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
