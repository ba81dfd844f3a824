"""Compiled functions are kept on disk, so that no other process has to compile them again.

XLA writes and reads the files itself. It trusts them: a damaged file ends a training, and code for
another processor ends the process. So there is a folder for each processor and each TensorFlow,
each file is sealed with its checksum once it is whole, and what has no valid seal is deleted before
TensorFlow starts.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

from tuner.training.fused.settings import set_compiler

__all__ = ["clear", "disk_cache", "seal_new", "use_disk_cache"]

_FLAG = "--tf_xla_persistent_cache_directory="
_VARIABLE = "MINORITY_TUNER_CACHE"
_MOST = 256 * 2**20
"""Bytes that are kept at most, of the files written last."""

_LEFT = 64 * 2**20
"""Bytes that must be free, or nothing is kept: a full disk would end a training."""


def use_disk_cache() -> Path | None:
    """Turns the cache on for this process and those that it starts; before TensorFlow is imported.

    The folder is ``minority-tuner`` in ``$XDG_CACHE_HOME`` or ``~/.cache``, or what
    ``MINORITY_TUNER_CACHE`` says; ``off`` there turns it off.

    Returns:
        The folder; None where it is off, cannot be written, or TensorFlow is there already.
    """
    if (known := disk_cache()) or "tensorflow" in sys.modules:
        return known
    set_compiler()  # what is compiled depends on it
    try:
        folder = _folder()
        if folder is None or shutil.disk_usage(folder).free < _LEFT:
            return None
        _tidy(folder)
    except OSError:
        return None  # a cache must not keep anybody from training
    flags = os.environ.get("TF_XLA_FLAGS", "")
    os.environ["TF_XLA_FLAGS"] = f"{flags} {_FLAG}{folder}".strip()
    return folder


def disk_cache() -> Path | None:
    """The folder that TensorFlow was told; None where it was told none."""
    for flag in os.environ.get("TF_XLA_FLAGS", "").split():
        if flag.startswith(_FLAG):
            return Path(flag.removeprefix(_FLAG))
    return None


def seal_new() -> None:
    """Seals what has no seal yet, after a compilation."""
    folder = disk_cache()
    for file in folder.glob("*.pb") if folder else ():
        seal = _seal(file)
        try:
            if not seal.exists():
                beside = seal.with_suffix(f".{os.getpid()}")
                beside.write_text(_checksum(file), encoding="ascii")
                beside.replace(seal)
        except OSError:
            continue  # it is deleted when the next process starts, and compiled again


def clear() -> bool:
    """Deletes all compiled functions of the folder; says whether there is one."""
    folder = disk_cache()
    if folder is None:
        return False
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return True


def _folder() -> Path | None:
    asked = os.environ.get(_VARIABLE)
    if asked == "off":
        return None
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(asked or Path(home) / "minority-tuner") / f"xla-{_machine()}"
    if any(mark.isspace() for mark in str(folder)):
        return None  # TensorFlow's flags are divided by spaces
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def _machine() -> str:
    """Changes with what compiled code depends on: TensorFlow, its settings and the processor."""
    parts = [version("tensorflow"), os.environ.get("XLA_FLAGS", ""), platform.machine()]
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        told = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        wanted = ("model name", "flags", "Features", "CPU part")
        parts += sorted({line for line in told if line.startswith(wanted)})
    else:
        parts.append(platform.processor())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _tidy(folder: Path) -> None:
    """Deletes what is damaged, and of the rest the oldest beyond the limit."""
    files = sorted(folder.glob("*.pb"), key=lambda file: file.stat().st_mtime, reverse=True)
    kept = 0
    for file in files:
        kept += file.stat().st_size
        if kept > _MOST or not _is_whole(file):
            kept -= file.stat().st_size
            file.unlink(missing_ok=True)
            _seal(file).unlink(missing_ok=True)


def _is_whole(file: Path) -> bool:
    seal = _seal(file)
    return seal.is_file() and seal.read_text(encoding="ascii") == _checksum(file)


def _seal(file: Path) -> Path:
    return file.with_suffix(".sha256")


def _checksum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
