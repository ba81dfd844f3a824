"""Where predictions are written: a file that is replaced as a whole, or a stream."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tuner.errors import InputError, MinorityTunerError

__all__ = ["replaced"]


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[IO[str]]:
    """A text file that takes the place of another when all is written; nothing is left half.

    What is no regular file, such as ``/dev/null``, is written to as it is.

    Raises:
        InputError: It cannot be opened for writing.
        MinorityTunerError: Writing fails later, as on a full disk.
    """
    opened = False
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="") as file:
                opened = True
                yield file
            return
        target = path.resolve()  # a link stays a link
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                opened = True
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)  # mkstemp's 0600 would hide results from colleagues
            os.replace(name, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        kind = MinorityTunerError if opened else InputError
        raise kind(f"cannot write {path}: {error.strerror}; give another --output") from None
