"""What TensorFlow is told of processors and GPUs before it touches one."""

from __future__ import annotations

from functools import cache

__all__ = ["prepare_devices", "use_threads"]


@cache
def prepare_devices() -> None:
    """Operations are repeatable, and GPUs give memory as it is needed; done once in a process.

    TensorFlow takes all memory of every GPU at its first operation unless it is told before. Where
    the calling program has used TensorFlow already, that program's setting stays.
    """
    import tensorflow as tf

    if not _in_use():
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
        if not tf.config.threading.get_intra_op_parallelism_threads():
            use_threads(1)
    tf.config.experimental.enable_op_determinism()


def use_threads(count: int) -> str:
    """Lets TensorFlow use so many threads in one operation, if it does not run yet.

    The sums of a matrix product are divided among threads, and sums in another order differ in
    their last digits. So the number of threads belongs to the meaning of a score, and neither the
    cores of a machine nor the number of workers may decide it.

    Returns:
        What stands against it: in a process that used TensorFlow before, nothing can be changed.
        Empty where nothing does.

    Example:
        >>> use_threads(1)
        ''
    """
    import tensorflow as tf

    threading = tf.config.threading
    if threading.get_intra_op_parallelism_threads() == count:
        return ""
    if _in_use():
        return (
            f"TensorFlow was in use before and keeps its number of threads, not training.threads:"
            f" {count}; scores may differ from those of another process in their last digits"
        )
    threading.set_intra_op_parallelism_threads(count)
    threading.set_inter_op_parallelism_threads(count)
    return ""


def _in_use() -> bool:
    """Whether TensorFlow has made its devices, after which their settings are fixed."""
    from tensorflow.python.eager import context

    return bool(context.context()._initialized)
