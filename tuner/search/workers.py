"""How many worker processes a search has, and what of the machine each may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tuner.data import Dataset
from tuner.data.preprocessing import are_pixels
from tuner.errors import InputError
from tuner.registry import foreign_entries
from tuner.study import Study

__all__ = [
    "environment",
    "free_memory",
    "gpus",
    "modules_of_entries",
    "side_by_side",
    "worker_count",
]

_OWN = 600_000_000
"""Bytes that a worker takes for TensorFlow and one network; measured, see docs/search.md."""

_BACKBONE = 3_000_000_000
"""The same with a network of `keras.applications`; ResNet50V2 with pictures of 64 × 64 took 3.1."""

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def worker_count(study: Study, dataset: Dataset, left: int, cores: int, memory: int | None) -> int:
    """The number of workers of a search.

    Args:
        study: ``search.workers`` says how many; ``auto`` takes as many as cores and memory allow.
        dataset: Its rows are in memory once, and in each worker again; see `_held`.
        left: Trials that are still to be done; more workers would have nothing to do.
        cores: Cores that this process may use.
        memory: Free bytes; None where that is not known.
    """
    count = _most(study, cores)
    if study.search.workers == "auto" and memory is not None:
        own = _BACKBONE if study.model.family == "backbone" else _OWN
        count = min(count, memory // (own + _held(study, dataset)))
    return max(1, min(count, left))


def _held(study: Study, dataset: Dataset) -> int:
    """Bytes of rows in a worker: twice as they are trained on, as arrays and for TensorFlow.

    The fused engine trains on pixels as they are, `model.fit` and augmentation on float32.
    """
    features, training = dataset.features, study.training
    numbers = 4 * features.size if are_pixels(features) else features.nbytes
    rows = numbers if training.engine == "keras" else features.nbytes
    return 2 * rows + (2 * numbers if training.augmentation.remakes else 0)


def side_by_side(study: Study, cores: int) -> bool:
    """Whether there may be more than one worker, as far as it is known before the data are.

    Args:
        study: What is searched.
        cores: Cores that this process may use.
    """
    return min(_most(study, cores), study.search.trials) > 1


def _most(study: Study, cores: int) -> int:
    asked = study.search.workers
    return cores // study.training.threads if asked == "auto" else asked


def free_memory(root: Path = Path("/")) -> int | None:
    """Bytes that are free on this machine and for this container; None where nobody says."""
    free = [_available(root / "proc/meminfo"), _left_to_group(root / "sys/fs/cgroup")]
    return min((known for known in free if known is not None), default=None)


def _available(meminfo: Path) -> int | None:
    try:
        lines = meminfo.read_text().splitlines()
    except OSError:
        return None
    kilobytes = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(kilobytes[0]) * 1024 if kilobytes else None


def _left_to_group(group: Path) -> int | None:
    try:
        most = (group / "memory.max").read_text().strip()
        used = int((group / "memory.current").read_text())
        kept = (group / "memory.stat").read_text().splitlines()
    except OSError:
        return None
    # Files that were read stay in memory until somebody needs the place.
    used -= sum(int(line.split()[1]) for line in kept if line.startswith("inactive_file "))
    return None if most == "max" else max(0, int(most) - used)


def environment(
    index: int, threads: int, inherited: Mapping[str, str], devices: Sequence[str]
) -> dict[str, str]:
    """The environment variables of a worker.

    Args:
        index: Its number among the workers, from 0.
        threads: Cores for it.
        inherited: The environment of this process.
        devices: Names of the GPUs; workers take turns.
    """
    own = dict(inherited)
    own |= dict.fromkeys(_THREADS, str(threads))
    own["TF_CPP_MIN_LOG_LEVEL"] = inherited.get("TF_CPP_MIN_LOG_LEVEL", "3")
    if devices:
        own["CUDA_VISIBLE_DEVICES"] = devices[index % len(devices)]
        # A worker that takes all memory of a GPU leaves none to the next one.
        own["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    return own


def gpus(inherited: Mapping[str, str], devices: Path = Path("/dev")) -> list[str]:
    """Names of the NVIDIA GPUs that this process may use."""
    visible = inherited.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [name for name in visible.split(",") if name and name != "-1"]
    numbers = [path.name.removeprefix("nvidia") for path in devices.glob("nvidia[0-9]*")]
    return sorted(numbers, key=int)


def modules_of_entries() -> tuple[str, ...]:
    """Modules that registered entries of the person's own, for workers to import.

    Raises:
        InputError: An entry was registered by the main program, which no other process can import.
    """
    modules: dict[str, None] = {}
    for family, name, module in foreign_entries():
        if module == "__main__":
            raise InputError(
                f"{family} '{name}' is registered by the main program, which worker processes"
                " cannot import; put it into a module of its own, or give search.workers: 1",
                ("search", "workers"),
            )
        modules[module] = None
    return tuple(modules)
