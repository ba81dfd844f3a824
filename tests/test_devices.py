"""TensorFlow is told of its devices before it touches one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tuner import devices

ROOT = Path(__file__).parent.parent


@pytest.fixture
def gpus(monkeypatch):
    """Stand-ins for two GPUs, and what TensorFlow was told of each."""
    import tensorflow as tf

    told = []
    config = tf.config
    monkeypatch.setattr(config, "list_physical_devices", lambda kind: [f"{kind}:0", f"{kind}:1"])
    monkeypatch.setattr(
        config.experimental, "set_memory_growth", lambda *told_of: told.append(told_of)
    )
    devices.prepare_devices.cache_clear()
    yield told
    devices.prepare_devices.cache_clear()


def test_every_gpu_gives_memory_as_it_is_needed(gpus, monkeypatch):
    monkeypatch.setattr(devices, "_in_use", lambda: False)
    devices.prepare_devices()
    devices.prepare_devices()
    assert gpus == [("GPU:0", True), ("GPU:1", True)]


def test_devices_in_use_stay_as_they_are(gpus, monkeypatch):
    monkeypatch.setattr(devices, "_in_use", lambda: True)
    devices.prepare_devices()  # TensorFlow would raise a RuntimeError
    assert gpus == []


RUN = """
import json, sys
import tensorflow as tf
from tensorflow.python.eager import context

seen = []
def told(gpu, on):
    seen.append([gpu, on, context.context()._initialized])
listed = tf.config.list_physical_devices
tf.config.list_physical_devices = lambda kind=None: ["gpu"] if kind == "GPU" else listed(kind)
tf.config.experimental.set_memory_growth = told
from tuner.cli import main
status = main(sys.argv[1:])
print(json.dumps([status, seen]))
"""


@pytest.mark.slow
def test_a_search_sets_memory_growth_before_tensorflow_makes_its_devices(tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text(
        "version: 1\nname: s\ndata: {sklearn: breast_cancer, split: {validation: 0.2}}\n"
        "model: {layers: 1, units: 4, activation: relu}\n"
        "training: {epochs: 1}\nsearch: {algorithm: random, trials: 1}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", RUN, "run", str(study), "--runs-dir", str(tmp_path / "runs")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [0, [["gpu", True, False]]]
