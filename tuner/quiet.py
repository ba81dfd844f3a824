"""Keeps native libraries from talking into a person's terminal."""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["hidden_stderr", "quiet_tensorflow", "set_log_level", "without_known_warnings"]


@contextmanager
def hidden_stderr() -> Iterator[None]:
    """Drops what is written to file descriptor 2; shows it after all when the block fails.

    TensorFlow announces its processor features and missing GPUs while it is imported, from C++ and
    before any setting of its own is read.
    """
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # no standard error at all
        yield
        return
    with tempfile.TemporaryFile() as spoken:
        os.dup2(spoken.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            spoken.seek(0)
            os.write(2, spoken.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def set_log_level() -> None:
    """Keeps what TensorFlow logs low, once it is imported; a level that somebody has set stays."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@contextmanager
def quiet_tensorflow() -> Iterator[None]:
    """Drops what TensorFlow says of itself while the block imports it; nothing is hidden later.

    Its level of logging is set to errors, unless somebody has set it; it reads that only once.
    """
    if "tensorflow" in sys.modules:
        yield
        return
    set_log_level()
    with hidden_stderr():
        yield


_KNOWN = (
    # Keras 3.15 reads TensorFlow variables in the way of NumPy 1.
    "__array__ implementation doesn't accept a copy",
    # Keras Tuner 1.4.8 still uses names of threads as Python had them before 3.10.
    r"(getName|currentThread)\(\) is deprecated",
)
"""How warnings begin that libraries give of themselves and nobody else can act upon."""


@contextmanager
def without_known_warnings() -> Iterator[None]:
    """Leaves out what libraries say of their own old code; other warnings stay as they are."""
    with warnings.catch_warnings():
        for message in _KNOWN:
            warnings.filterwarnings("ignore", message, DeprecationWarning)
        yield
