"""What a worker process must know, in a file that all of them map into memory.

Arrays are written as they lie in memory and mapped read-only, so that any number of workers shares
one copy of the data.
"""

from __future__ import annotations

import io
import mmap
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from tuner.data import Dataset, Splits
from tuner.study import Study
from tuner.study.model_section import BackboneSection, model_section

__all__ = ["Job", "read_job", "write_job"]

_ALIGNED = 64
"""Arrays begin at multiples of so many bytes, as NumPy's own do."""


@dataclass(frozen=True)
class Job:
    """A study with its data.

    Attributes:
        study: What is searched.
        dataset: All rows.
        splits: Their division.
    """

    study: Study
    dataset: Dataset
    splits: Splits


class _Pickler(pickle.Pickler):
    """Takes what Python's own does not: read-only mappings, and models made for a backbone."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, MappingProxyType):
            return _read_only, (dict(obj),)
        if (
            isinstance(obj, type)
            and issubclass(obj, BackboneSection)
            and obj is not BackboneSection
        ):
            return model_section, (obj.model_fields["family"].default,)
        if isinstance(obj, np.ndarray) and not obj.flags.forc:
            return np.ascontiguousarray(obj).__reduce_ex__(5)  # others would not be mapped
        return NotImplemented


def _read_only(mapping: dict[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(mapping)


def write_job(job: Job, path: Path) -> None:
    """Writes a job: the length of the pickle, the pickle, the places of arrays, the arrays.

    Raises:
        OSError: The file cannot be written.
    """
    buffers: list[pickle.PickleBuffer] = []
    content = io.BytesIO()
    _Pickler(content, protocol=5, buffer_callback=buffers.append).dump(job)
    arrays = [buffer.raw() for buffer in buffers]
    with path.open("wb") as file:
        pickle.dump((content.getvalue(), [array.nbytes for array in arrays]), file)
        for array in arrays:
            file.write(b"\0" * (-file.tell() % _ALIGNED))
            file.write(array)


def read_job(path: Path) -> Job:
    """Reads a job; its arrays are views of the file and cannot be written to."""
    with path.open("rb") as file:
        content, sizes = pickle.load(file)
        place = file.tell()
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    buffers = []
    for size in sizes:
        place += -place % _ALIGNED
        buffers.append(mapped[place : place + size])
        place += size
    job: Job = pickle.loads(content, buffers=buffers)
    return job
