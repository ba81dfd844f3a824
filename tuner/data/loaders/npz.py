"""NumPy archives; pickled content is never read."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import RawData
from tuner.data.loaders.registry import LOADERS, existing_file
from tuner.errors import InputError, Problem

__all__ = ["load_npz"]


@LOADERS.register("npz")
def load_npz(
    *,
    location: str,
    folder: Path,
    features: str = "X",
    target: str = "y",
    group: str | None = None,
) -> RawData:
    """An NPZ file with features, labels and optionally groups.

    Args:
        location: The file.
        folder: Folder that a relative `location` starts from.
        features: Key of the features, shape ``(rows, …)``.
        target: Key of the labels: ``(rows,)``, ``(rows, 1)`` or one-hot ``(rows, classes)``.
        group: Key of the groups, shape ``(rows,)``.

    Raises:
        InputError: A key is missing, holds Python objects, or lengths differ.
    """
    path = existing_file(location, folder, "npz")
    keys = {"features": features, "target": target, **({"group": group} if group else {})}
    arrays = _read(path, keys)
    lengths = {keys[role]: len(array) for role, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        spelled = ", ".join(f"{key} has {length}" for key, length in lengths.items())
        raise InputError(f"{path.name}: arrays differ in rows: {spelled}", ("npz",))
    labels = _flat_labels(arrays["target"], target)
    return RawData(arrays["features"], labels, arrays.get("group"))


def _read(path: Path, keys: dict[str, str]) -> dict[str, NDArray[Any]]:
    try:
        archive = np.load(path, allow_pickle=False)
    except ValueError:  # NumPy's own text advises to read pickled content
        raise InputError(f"{path.name} is not an NPZ file", ("npz",)) from None
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path.name} is not an NPZ file: {error}", ("npz",)) from None
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise InputError(f"{path.name} holds one array, not an NPZ archive", ("npz",))
    arrays: dict[str, NDArray[Any]] = {}
    problems: list[Problem] = []
    with archive:
        for role, key in keys.items():
            if key not in archive:
                found = ", ".join(archive.files)
                problems.append(
                    Problem(f"no array '{key}' in {path.name}; it holds: {found}", (role,))
                )
                continue
            try:
                arrays[role] = archive[key]
            except ValueError:
                problems.append(
                    Problem(
                        f"{key} in {path.name} has dtype object; save it as str or int", (role,)
                    )
                )
                continue
            except (EOFError, zipfile.BadZipFile, zlib.error) as error:
                problems.append(Problem(f"{key} in {path.name} is damaged: {error}", (role,)))
                continue
            if arrays[role].ndim == 0:
                problems.append(
                    Problem(f"{key} in {path.name} is one value; expected one a row", (role,))
                )
    if problems:
        raise InputError(problems)
    return arrays


def _flat_labels(labels: NDArray[Any], key: str) -> NDArray[Any]:
    if labels.ndim == 1:
        return labels
    if labels.ndim == 2 and labels.shape[1] == 1:
        return labels[:, 0]
    if labels.ndim != 2 or labels.dtype.kind not in "biuf":
        raise InputError(f"{key} has shape {labels.shape}; expected one label a row", ("target",))
    wrong = np.flatnonzero((labels.sum(axis=1) != 1) | ~np.isin(labels, (0, 1)).all(axis=1))
    if len(wrong):
        row = int(wrong[0])
        raise InputError(
            f"row {row} of {key} is not one-hot (sum {labels[row].sum():g}); "
            "rows with several labels are not supported",
            ("target",),
        )
    codes: NDArray[np.int64] = np.argmax(labels, axis=1)
    return codes
