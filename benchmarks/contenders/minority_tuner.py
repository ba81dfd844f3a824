"""This package, as its user runs it: search, winner, report and model.

python minority_tuner.py WORK TRIALS [WORKERS [KEY=VALUE ...]]
"""

import contextlib
import json
import sys
from pathlib import Path

from work import WORKS, Search

STUDY = """
version: 1
name: {name}
data: {{npz: {name}.npz, features: x, target: y, official_split: part, minority: 1}}
objective: {{metric: pr_auc}}
model:
  {network}
  units: {units}
  activation:
    - relu
    - leaky_relu: {{negative_slope: {{float: [0.01, 0.3], log: true}}}}
    - prelu: {{alpha_initializer: {{float: [0.0, 0.25]}}}}
    - elu: {{alpha: {{float: [0.1, 2.0], log: true}}}}
    - swish
  dropout: {{float: [0.0, 0.5]}}
imbalance: {{class_weight: balanced}}
training:
  epochs: {epochs}
  patience: {epochs}
  batch_size: {batch}
  learning_rate: {{float: [3.0e-4, 1.0e-2], log: true}}
search: {{algorithm: random, trials: {trials}, workers: {workers}}}
evaluation: {{confirm: 0, baselines: false}}
"""


def network(work):
    """The keys of the backbone."""
    if not work.blocks:
        return f"layers: {{choice: {[*work.layers]}}}"
    assert work.layers == (1,), "of conv"
    keys = {"family": "conv", "blocks": work.blocks, "filters": work.filters}
    keys["kernel_size"] = work.kernel
    return "\n  ".join(f"{key}: {value}" for key, value in keys.items())


def main(name, trials, workers="1", *settings):
    from tuner.cli import main as run

    work = WORKS[name]
    text = STUDY.format(
        name=name,
        trials=trials,
        workers=workers,
        network=network(work),
        units=f"{{choice: {[*work.units]}}}",
        epochs=work.epochs,
        batch=work.batch,
    )
    Path(f"{name}.yaml").write_text(text)
    more = [part for setting in settings for part in ("--set", setting)]
    search = Search()
    with contextlib.redirect_stdout(sys.stderr):
        status = run(["run", f"{name}.yaml", *more])
    assert status == 0, status
    content = json.loads(Path("runs", name, "results.json").read_text())
    best = content["best"]["validation"]["pr_auc"]
    search.finished(content["trials"]["finished"], best)


if __name__ == "__main__":
    main(*sys.argv[1:])
