"""Trials an hour: this package next to its peers, on the same work, in alternation.

    python benchmarks/trials_per_hour.py
    python benchmarks/trials_per_hour.py --works table256 --rounds 3 --trials 64

Every contender (`benchmarks/contenders`) runs in a process of its own, and everything counts:
imports, reading, building, compiling, suggestions, saving; of this package also the winner and its
report. All train the same networks on the same rows for the same epochs and look at the validation
rows as often; nothing stops early. Slow contenders run fewer trials, and what these took is
multiplied: their imports and all else outside the search count once, as they do for the others.

Prints the medians, and puts them into ``benchmarks/results/trials_per_hour.json``, where works that
were not asked for keep what they had, and into the table of the README. The arithmetic floor is
the time that the matrix products of a trial alone would take on the cores used, at the rate of
NumPy's products of the same shapes, one thread for each core. Of a convolution these are the
products of all its windows (im2col) with its kernels, without the time to lay out the windows.

The images of the work `images` are trained for 5 epochs, all else for 20. scikit-learn's networks
have no convolutions, so that it takes no part in that work.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from sklearn.datasets import make_classification

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "trials_per_hour.json"
README = HERE.parent / "README.md"
BEGIN, END = "<!-- make bench writes this table -->\n", "<!-- to here -->\n"
PROGRAMS = HERE / "contenders"
sys.path.insert(0, str(PROGRAMS))

from work import WORKS, Work  # noqa: E402 - from the folder of the contenders


@dataclass(frozen=True)
class Contender:
    """A program that does the work.

    Attributes:
        title: What people call it.
        program: Its file in `PROGRAMS`.
        share: Share of the trials that it runs; slow ones run fewer.
        arguments: What its command line ends with.
        cores: Cores that it uses for training.
        convolves: Whether it has convolutions; without them it takes no part in works of images.
    """

    title: str
    program: str
    share: float = 1.0
    arguments: tuple[str, ...] = ()
    cores: int = 2
    convolves: bool = True

    def takes_part(self, work: Work) -> bool:
        """Whether it can do this work."""
        return self.convolves or not work.blocks


CONTENDERS = {
    "keras_tuner": Contender("Keras Tuner, RandomSearch", "keras_tuner_random.py", 0.09375),
    "optuna_keras": Contender("Optuna + Keras fit", "optuna_keras.py", 0.0625),
    "optuna_torch": Contender("Optuna + PyTorch loop", "optuna_torch.py", 0.125),
    "sklearn": Contender(
        "scikit-learn MLP, RandomizedSearchCV", "sklearn_mlp.py", 0.25, convolves=False
    ),
    "ours1": Contender("minority-tuner, 1 worker", "minority_tuner.py", cores=1),
    "ours2": Contender("minority-tuner, 2 workers", "minority_tuner.py", 1.0, ("2",)),
}


@dataclass(frozen=True)
class Run:
    """One run of a contender.

    Attributes:
        trials: Trials that it finished.
        seconds: From its start to its end.
        searching: Of these, from the beginning of its first trial to the end of its last.
        peak_mb: Largest memory of its processes together (PSS), in MB; two looks a second.
        best: Best average precision on the validation rows.
    """

    trials: int
    seconds: float
    searching: float
    peak_mb: float
    best: float

    def an_hour(self, trials: int) -> float:
        """Trials an hour of a run of so many."""
        each = self.searching / self.trials
        return 3600 * trials / (self.seconds + each * (trials - self.trials))


def write_rows(name: str, folder: Path) -> None:
    """The rows of a work: train, validation and, for this package, test rows."""
    work = WORKS[name]
    x, y = pictures(work) if work.blocks else table(work)
    part = np.random.default_rng(0).choice(
        ["train", "validation", "test"], len(y), p=[0.7, 0.2, 0.1]
    )
    np.savez(folder / f"{name}.npz", x=x, y=y, part=part)


def table(work: Work) -> tuple[np.ndarray, np.ndarray]:
    """Features and labels; 2.3 % of the rows are of the class 1."""
    features = work.shape[0]
    informative, redundant = (12, 6) if features == 30 else (4, 1)
    return make_classification(
        work.rows,
        features,
        n_informative=informative,
        n_redundant=redundant,
        n_clusters_per_class=2,
        weights=[0.977],
        flip_y=0.0,
        random_state=0,
    )


def pictures(work: Work) -> tuple[np.ndarray, np.ndarray]:
    """Grey pictures of soft noise, float32 in 0 to 1; 5 % have a small blob and are of class 1."""
    rng = np.random.default_rng(0)
    height, width, _ = work.shape
    noise = rng.normal(size=(work.rows, height, width))
    for axis in (1, 2):  # each pixel and its neighbours
        noise += np.roll(noise, 1, axis) + np.roll(noise, -1, axis)
    y = (rng.random(work.rows) < 0.05).astype(np.int64)
    at = rng.uniform(5, [height - 5, width - 5], (work.rows, 2))[:, :, None, None]
    far = np.square(np.mgrid[:height, :width] - at).sum(axis=1)
    x = 0.5 + 0.05 * noise + 0.5 * y[:, None, None] * np.exp(-far / 8.0)
    return x.clip(0.0, 1.0).astype(np.float32)[..., None], y


def run(contender: Contender, name: str, trials: int) -> Run:
    """Runs a contender in a folder of its own."""
    asked = max(2, round(trials * contender.share))
    with tempfile.TemporaryDirectory() as folder:
        write_rows(name, Path(folder))
        program = [sys.executable, str(PROGRAMS / contender.program), name, str(asked)]
        started = time.perf_counter()
        with subprocess.Popen(
            [*program, *contender.arguments],
            cwd=folder,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            peak = 0.0
            while process.poll() is None:
                peak = max(peak, resident(process.pid))
                time.sleep(0.5)
            seconds = time.perf_counter() - started
            said, complained = process.communicate()
    if process.returncode:
        raise SystemExit(f"{contender.title}: {complained}")
    found = json.loads(said.splitlines()[-1])
    return Run(found["trials"], seconds, found["searching"], peak, found["best"])


def resident(pid: int) -> float:
    """MB of a process and its children; what they share counts once."""
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0
    own = sum(int(line.split()[1]) for line in told if line.startswith("Pss:"))
    return own * 1024 / 1e6 + sum(resident(int(one)) for one in below)


def floor_seconds(work: Work) -> float:
    """Seconds of one core for the products of one trial, on average over the work's networks."""
    steps = work.epochs * 0.7 * work.rows / work.batch
    times = []
    for layers in work.layers:
        for units in work.units:
            once = [product_seconds(*shape) for shape in products(work, layers, units)]
            # Forward, and backward to weights and to inputs, but not to those of the network.
            times.append(steps * (3 * sum(once) - once[0]))
    return statistics.mean(times)


def products(work: Work, layers: int, units: int) -> list[tuple[int, int, int]]:
    """The products of a batch on its way forward: rows, inputs and outputs of each."""
    *sides, before = work.shape
    shapes = []
    for channels in work.channels:
        windows = work.batch * sides[0] * sides[1]
        shapes.append((windows, work.kernel**2 * before, channels))
        sides, before = [side // 2 for side in sides], channels
    dense = [before, *[units] * layers, 1]
    return shapes + [(work.batch, *pair) for pair in pairwise(dense)]


def product_seconds(batch: int, inputs: int, outputs: int, repeats: int = 300) -> float:
    """Median seconds of one product ``(batch, inputs) @ (inputs, outputs)`` of float32 numbers."""
    from threadpoolctl import threadpool_limits

    a = np.random.default_rng(0).random((batch, inputs), np.float32)
    b, out = np.ones((inputs, outputs), np.float32), np.empty((batch, outputs), np.float32)
    with threadpool_limits(1):
        times = []
        for _ in range(repeats):
            started = time.perf_counter()
            np.matmul(a, b, out=out)
            times.append(time.perf_counter() - started)
    return statistics.median(times)


def summary(
    contender: Contender, runs: list[Run], rates: list[float], floor: float, stock: float
) -> dict[str, object]:
    """What is told of a contender; `stock` is what Keras Tuner does in an hour."""
    rate = statistics.median(rates)
    return {
        "title": contender.title,
        "trials_per_hour": rate,
        "spread": [min(rates), max(rates)],
        "ratio_to_keras_tuner": rate / stock,
        "times_the_floor": 3600 / rate / floor,
        "peak_mb": max(one.peak_mb for one in runs),
        "best": max(one.best for one in runs),
        "runs": [asdict(one) for one in runs],
    }


def compare(name: str, names: list[str], trials: int, rounds: int) -> dict[str, object]:
    """Runs the contenders of one work in alternation and prints a table."""
    names = [key for key in names if CONTENDERS[key].takes_part(WORKS[name])]
    runs: dict[str, list[Run]] = {key: [] for key in names}
    for number in range(rounds):
        for key in names if number % 2 == 0 else names[::-1]:
            done = run(CONTENDERS[key], name, trials)
            runs[key].append(done)
            told = f"{done.trials} trials in {done.seconds:.0f} s, best {done.best:.3f}"
            print(f"  {CONTENDERS[key].title}: {told}", flush=True)
    work = WORKS[name]
    reference = runs.get("keras_tuner") or next(iter(runs.values()))
    stock = statistics.median(one.an_hour(trials) for one in reference)
    floor = floor_seconds(work)
    found = {
        key: summary(
            CONTENDERS[key],
            own,
            [one.an_hour(trials) for one in own],
            floor / CONTENDERS[key].cores,
            stock,
        )
        for key, own in runs.items()
    }
    told = f"{work.epochs} epochs of batches of {work.batch}"
    print(f"\n{name} ({told}): trials an hour, ratio to Keras Tuner, times the floor, peak MB")
    for told in found.values():
        rate, ratio = told["trials_per_hour"], told["ratio_to_keras_tuner"]
        floor, peak = told["times_the_floor"], told["peak_mb"]
        print(f"  {told['title']:38} {rate:9.0f} {ratio:7.1f} {floor:7.1f} {peak:7.0f}")
    return found


def markdown(found: dict[str, object]) -> str:
    """The table of the README."""
    works = {name: found["works"][name] for name in WORKS if name in found["works"]}
    told = [one["contenders"] for one in works.values()]
    titles = {key: one["title"] for contenders in told for key, one in contenders.items()}
    heads = [f"`{name}`" for name in works]
    lines = [f"| | {' | '.join(heads)} |", f"|---|{'---|' * len(works)}"]
    for key, title in titles.items():
        cells = [cell(contenders[key]) if key in contenders else "–" for contenders in told]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    floors = [f"{1000 * one['floor_seconds_per_trial']:.0f} ms" for one in works.values()]
    lines.append(f"| *matrix products of a trial, one core* | {' | '.join(floors)} |")
    asked = [f"{one['trials']} trials, {one['rounds']} × each" for one in works.values()]
    lines.append(f"| *measured with* | {' | '.join(asked)} |")
    return "\n".join(lines) + "\n"


def cell(told: dict[str, float]) -> str:
    """Trials an hour, how many times those of Keras Tuner, and the memory."""
    rate, ratio, peak = told["trials_per_hour"], told["ratio_to_keras_tuner"], told["peak_mb"]
    return f"{rate:,.0f} ({ratio:.1f}×), {peak / 1000:.1f} GB"


def write_readme(found: dict[str, object]) -> None:
    """Puts the table between its marks in the README."""
    before, mark, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    README.write_text(f"{before}{mark}{markdown(found)}{end}{after}", encoding="utf-8")


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--works", nargs="+", choices=WORKS, default=[*WORKS])
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=[*CONTENDERS])
    parser.add_argument("--trials", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"works": {}}
    found["machine"] = {"cores": os.cpu_count(), "processor": platform.processor()}
    for name in options.works:
        found["works"][name] = {
            "trials": options.trials,
            "rounds": options.rounds,
            "epochs": WORKS[name].epochs,
            "floor_seconds_per_trial": floor_seconds(WORKS[name]),
            "contenders": compare(name, options.contenders, options.trials, options.rounds),
        }
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    write_readme(found)


if __name__ == "__main__":
    main()
