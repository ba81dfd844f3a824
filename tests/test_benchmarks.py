"""What is told of the benchmarks is what they measured."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def trials_per_hour():
    path = ROOT / "benchmarks" / "trials_per_hour.py"
    spec = importlib.util.spec_from_file_location("trials_per_hour", path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(path.parent / "contenders"))
        patch.setitem(sys.modules, spec.name, module)  # its dataclasses ask for it
        spec.loader.exec_module(module)
    return module


def test_the_readme_shows_what_was_measured(trials_per_hour):
    found = json.loads(trials_per_hour.RESULTS.read_text(encoding="utf-8"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition(trials_per_hour.BEGIN)[2].partition(trials_per_hour.END)[0]
    assert shown == trials_per_hour.markdown(found)


def test_the_time_of_few_trials_is_multiplied_without_what_is_around_them(trials_per_hour):
    run = trials_per_hour.Run(trials=4, seconds=14.0, searching=8.0, peak_mb=1.0, best=0.5)
    assert run.an_hour(4) == pytest.approx(3600 * 4 / 14)
    assert run.an_hour(64) == pytest.approx(3600 * 64 / (6 + 2 * 64))


def test_the_floor_counts_the_products_of_a_network(trials_per_hour):
    work = trials_per_hour.Work((2,), (5,), batch=8, epochs=3, shape=(4,), rows=100)
    assert trials_per_hour.products(work, 2, 5) == [(8, 4, 5), (8, 5, 5), (8, 5, 1)]
    images = trials_per_hour.Work(
        (1,), (7,), batch=2, shape=(6, 6, 1), rows=100, blocks=2, filters=3
    )
    # Windows of 3 × 3 at each place, then at each place of a quarter of the picture.
    assert trials_per_hour.products(images, 1, 7) == [
        (2 * 36, 9, 3),
        (2 * 9, 27, 6),
        (2, 6, 7),
        (2, 7, 1),
    ]


def test_precision_is_measured_with_keras_and_the_model_room_alone():
    code = """
import sys
from pathlib import Path
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("yaml", "keras_tuner", "sklearn", "pydantic"):
            raise ImportError(name)
sys.meta_path.insert(0, Blocked())
sys.path.insert(0, "benchmarks")
import precision
precision.without_the_rest()
options = precision.parsed(["--side", "16", "--blocks", "1", "--filters", "2"])
for one, other in (("float32", "float32"), ("mixed_bfloat16", "bfloat16")):
    made = precision.network(options, one)
    assert {layer.compute_dtype for layer in made.layers[1:-1]} == {other}
    assert made.layers[-1].compute_dtype == "float32"
ours = [one for name, one in sys.modules.items() if name.startswith("tuner.")]
used = [one.__file__ for one in ours if getattr(one, "__file__", None)]
assert used
assert not [path for path in used if "import tensorflow" in Path(path).read_text()]
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
