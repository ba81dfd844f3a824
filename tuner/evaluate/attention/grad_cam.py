"""Where in a picture a network looks: Grad-CAM (Selvaraju et al., 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.data.preprocessing import NetworkRows

__all__ = [
    "feature_map_of",
    "heat_of",
    "joined",
    "minority_log_odds",
    "resized",
    "with_feature_map",
]

Maps = NDArray[np.float64]

_PIXELS = 2**18
"""Of all pictures that are taken at once; what each layer made of them is kept for the way back."""

_POOLING = (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)


def feature_map_of(network: keras.Model) -> Any:
    """The last tensor of a network that has places, and that its output depends on as a whole.

    It is what global pooling or flattening takes; where that was pooled before, the finer map that
    was pooled, as in the paper, which takes the last convolution and not the pooling after it.

    Args:
        network: A functional model; a model nested in it as a layer counts as one layer.

    Returns:
        A symbolic tensor of shape ``(batch, height, width, channels)``; None where nothing with
        weights comes before, as in dense networks, or where only one place is left.
    """
    exits = [layer for layer in network.layers if _leaves_places(layer)]
    for layer in reversed(exits):
        found = _before_pooling(layer.input, network)
        if _decides(found, network):
            told = found.shape[1] * found.shape[2] > 1 and _is_learned(found, network)
            return found if told else None
    return None


def _leaves_places(layer: keras.layers.Layer) -> bool:
    if isinstance(layer, keras.layers.InputLayer):
        return False
    given = layer.input
    return hasattr(given, "shape") and len(given.shape) == 4 and len(layer.output.shape) != 4


def _before_pooling(tensor: Any, network: keras.Model) -> Any:
    makers = [layer for layer in network.layers if isinstance(layer, _POOLING)]
    while made := [layer for layer in makers if layer.output is tensor]:
        tensor = made[0].input
    return tensor


def _decides(tensor: Any, network: keras.Model) -> bool:
    """Whether nothing goes from the input to the output but through this tensor."""
    try:
        keras.Model(tensor, network.output)
    except ValueError:
        return False
    return True


def _is_learned(tensor: Any, network: keras.Model) -> bool:
    return bool(keras.Model(network.inputs, tensor).weights)


def with_feature_map(network: keras.Model) -> keras.Model | None:
    """The same network with two outputs, its `feature_map_of` and its logits; None without a map.

    Args:
        network: Gives logits.
    """
    found = feature_map_of(network)
    return None if found is None else keras.Model(network.inputs, [found, network.output])


def minority_log_odds(logits: Any) -> Any:
    """The logit of the minority against all other classes, log p - log(1 - p).

    Args:
        logits: Shape ``(rows, 1)`` of a sigmoid, which are log-odds already, or ``(rows, classes)``
            of a softmax, the minority last.

    Returns:
        Shape ``(rows,)``.

    Example:
        >>> round(float(minority_log_odds(np.log([[0.2, 0.4, 0.4]]))[0]), 4)
        -0.4055
    """
    if logits.shape[-1] == 1:
        return logits[:, 0]
    return logits[:, -1] - keras.ops.logsumexp(logits[:, :-1], axis=-1)


def heat_of(network: keras.Model, x: NDArray[np.float32]) -> Maps:
    """The Grad-CAM map of each picture, at the places of the network's last feature map.

    With the feature map A of channels k and the minority's log-odds y, the weight of a channel is
    the mean of dy/dA_k over all places, and the map is the ReLU of the weighted sum of channels.
    What speaks against the minority is left out by the ReLU.

    Args:
        network: From `with_feature_map`.
        x: Pictures as the network takes them, shape ``(rows, height, width[, channels])``.

    Returns:
        Shape ``(rows, map height, map width)``, not scaled; all 0 where no place speaks for the
        minority.
    """
    import tensorflow as tf

    given = tf.convert_to_tensor(x)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(given)
        features, logits = network([given], training=False)
        told = minority_log_odds(logits)
    slopes = np.asarray(tape.gradient(told, features), dtype=np.float64)
    weights = slopes.mean(axis=(1, 2), keepdims=True)
    heat: Maps = np.maximum((weights * np.asarray(features, dtype=np.float64)).sum(axis=-1), 0.0)
    return heat


def resized(heat: Maps, size: tuple[int, int]) -> Maps:
    """Maps at the size of the picture, by bilinear interpolation between the middles of places.

    Args:
        heat: Shape ``(rows, height, width)``.
        size: Height and width of the picture.

    Returns:
        Shape ``(rows, *size)``, each with a sum of 1; all 0 where the map was.
    """
    # On the processor, whatever the network ran on, so that all machines draw the same.
    with keras.device("cpu"):
        large = keras.ops.image.resize(
            _scaled(heat)[..., None].astype(np.float32),
            size,
            interpolation="bilinear",
            data_format="channels_last",
        )
    return _scaled(np.asarray(large, dtype=np.float64)[..., 0])


def _scaled(heat: Maps) -> Maps:
    total = heat.sum(axis=(1, 2), keepdims=True)
    scaled: Maps = heat / np.where(total > 0, total, 1.0)
    return scaled


def joined(
    networks: Sequence[keras.Model],
    x: NetworkRows,
    size: tuple[int, int],
    pixels: int = _PIXELS,
) -> Iterator[Maps]:
    """The mean of the networks' maps of each picture, each scaled to a sum of 1 before.

    A network that has nothing in a picture is left out of its mean.

    Args:
        networks: As for `heat_of`.
        x: As for `heat_of`, or `PixelRows`.
        size: Height and width of the pictures.
        pixels: Of the pictures that are taken at once; one picture at least.

    Yields:
        Shape ``(pictures, *size)``, each with a sum of 1, or all 0 where no network has any.
    """
    chunk = max(1, pixels // (x.shape[1] * x.shape[2]))
    for at in range(0, len(x), chunk):
        part = np.asarray(x[at : at + chunk])
        yield _scaled(np.sum([resized(heat_of(one, part), size) for one in networks], axis=0))
