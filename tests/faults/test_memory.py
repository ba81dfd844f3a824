"""Memory does not grow with the number of networks, and running out of it costs one trial."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tuner.cli import main

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT / "tests" / "cases" / "59_memory_growth" / "data.csv"

STUDY = f"""
version: 1
name: growing
seed: 7
data: {{csv: {DATA}, target: label, split: {{test: 0.2, validation: 0.25}}}}
model: {{layers: 1, units: 8, activation: [relu, leaky_relu, prelu, elu, swish]}}
training: {{epochs: 1, batch_size: 16, learning_rate: {{float: [1.0e-4, 0.1], log: true}}}}
search: {{algorithm: random, trials: 40}}
evaluation: {{confirm: 0, baselines: false}}
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="reads /proc/self/statm")
def test_memory_does_not_grow_with_every_trial(tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text(STUDY)
    program = ROOT / "benchmarks" / "memory.py"
    done = subprocess.run(
        [sys.executable, str(program), str(study), "--trials", "40", "--marks", "5", "15", "40"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    sizes = {
        int(line.split()[1]): float(line.split()[2])
        for line in done.stdout.splitlines()
        if " MB, workers" in line
    }
    assert sizes[40] <= 1.3 * sizes[5]
    # With the graphs of all networks kept it was 1.9 MB.
    assert (sizes[40] - sizes[15]) / 25 < 0.5


def test_traced_gradients_are_let_go_and_those_of_others_stay():
    import tensorflow as tf
    from tensorflow.python.framework.ops import gradient_registry

    from tuner.training.custom_gradients import custom_gradients_let_go

    @tf.custom_gradient
    def double(x):
        return 2.0 * x, lambda upstream: 3.0 * upstream

    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = double(x)
        return tape.gradient(y, x)

    outside = tf.function(slope)
    assert float(outside(tf.constant(1.0))) == 3.0
    before = set(gradient_registry.list())
    with custom_gradients_let_go():
        inside = tf.function(slope)
        assert float(inside(tf.constant(1.0))) == 3.0
        assert set(gradient_registry.list()) > before
    assert set(gradient_registry.list()) == before
    assert float(inside(tf.constant(2.0))) == 3.0


@pytest.mark.parametrize("engine", ["keras", "fused"])
def test_a_network_leaves_no_graph_behind(tmp_path, monkeypatch, engine):
    import gc

    from tensorflow.python.framework.func_graph import FuncGraph

    from tuner.training.fused import compilations

    # Compiled functions stay for the next network of their architecture, as many as are kept.
    monkeypatch.setattr(compilations, "_kept", compilations.OrderedDict())

    study = tmp_path / "study.yaml"
    study.write_text(STUDY)
    runs, settings = (
        str(tmp_path / "runs"),
        ["--set", "search.trials=4", "--set", f"training.engine={engine}"],
    )
    before = graphs(gc, FuncGraph)
    assert main(["run", str(study), "--runs-dir", runs, *settings]) == 0
    compilations._kept.clear()
    assert graphs(gc, FuncGraph) <= before


def graphs(gc, kind):
    gc.collect()
    return sum(type(thing) is kind for thing in gc.get_objects())


HUNGRY = """
import keras
import tensorflow as tf
from tuner import ACTIVATIONS


@ACTIVATIONS.register("hungry")
def hungry():
    raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
"""


def test_running_out_of_memory_fails_one_trial_only(tmp_path, monkeypatch, registries):
    (tmp_path / "hungry_entries.py").write_text(HUNGRY)
    monkeypatch.syspath_prepend(str(tmp_path))
    study = tmp_path / "study.yaml"
    study.write_text(STUDY)
    settings = [
        "model.activation=[relu, hungry, elu]",
        "training.learning_rate=0.01",
        "search.algorithm=grid",
    ]
    overrides = [part for setting in settings for part in ("--set", setting)]
    runs = str(tmp_path / "runs")
    assert (
        main(["run", str(study), "--runs-dir", runs, "--import", "hungry_entries", *overrides]) == 0
    )
    content = json.loads((tmp_path / "runs" / "growing" / "results.json").read_text())
    assert content["trials"]["finished"] == 2
    assert content["trials"]["failures"] == {"out of memory: OOM when allocating tensor": 1}
