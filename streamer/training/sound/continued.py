"""Put the weights of a trained sound model back into its network, to go on training from it."""

from __future__ import annotations

from typing import Any

import numpy as np

from streamer.arrays import Float32
from streamer.errors import UserError
from streamer.training.conversion import predictor
from streamer.training.earlier import EarlierModel
from streamer.training.fit import compiled
from streamer.training.sound.network import FRONT_END, N_STEM, convolutions
from streamer.training.weights import read_weights

_N_COMPARED = 8  # windows on which the network must give what the file gives
_SAME = 0.05  # mean distance of a score: float16 weights are off by 0.001, int8 by 0.02
_SAME_WEIGHTS = 0.02  # of a layer's largest weight: int8 is off by 0.004


def check_can_continue(earlier: EarlierModel) -> None:
    """Refuse, before anything is read, a model that was surely not made by `streamer train sound`.

    Raises
    ------
    UserError
        If its features are other ones.
    """
    if earlier.spec.front_end != FRONT_END:
        raise _refusal(earlier, f"its features are {earlier.spec.front_end.kind!r} with other settings")


def fill(network: Any, earlier: EarlierModel, labels: tuple[str, ...]) -> None:
    """Give a network, which begins as any does, the weights of a model; labels that it lacks begin at 0.

    Parameters
    ----------
    network : keras.Model
        As :meth:`streamer.training.sound.task.SoundTask.network` makes it for windows of the model's length.
    earlier : EarlierModel
    labels : tuple of str
        Of the network.

    Raises
    ------
    UserError
        If the model has another network.
    """
    operations = read_weights(earlier.flatbuffer)
    layers = [one.arrays for one in operations if one.operation in ("CONV_2D", "DEPTHWISE_CONV_2D")]
    dense = [one.arrays for one in operations if one.operation == "FULLY_CONNECTED"]
    names = convolutions()
    if len(layers) != len(names) or len(dense) != 1 or len(dense[0]) != 2:
        raise _refusal(earlier, f"its network has {len(layers)} convolutions and {len(dense)} dense layers")
    n_unchanged = 1 + 2 * N_STEM
    for k, (name, arrays) in enumerate(zip(names, layers, strict=True)):
        layer = network.get_layer(name)
        own = layer.get_weights()
        if [array.shape for array in arrays] != [array.shape for array in own]:
            raise _refusal(earlier, f"its layer {name} has another shape")
        if k >= n_unchanged:
            layer.set_weights(list(arrays))
        elif not all(_is_close(new, old) for new, old in zip(arrays, own, strict=True)):
            # What training brings of the world is the output of these layers.
            raise _refusal(earlier, f"its layer {name} is not that of this version")
    kernel, bias = dense[0]
    logits = network.get_layer("logits")
    new_kernel, new_bias = (np.zeros_like(array) for array in logits.get_weights())
    if kernel.shape != (len(new_kernel), len(earlier.labels)):
        raise _refusal(earlier, f"its last layer has the shape {kernel.shape}")
    for place, label in enumerate(labels):
        if label in earlier.labels:
            old = earlier.labels.index(label)
            new_kernel[:, place], new_bias[place] = kernel[:, old], bias[old]
    logits.set_weights([new_kernel, new_bias])
    _check_scores(network, earlier, labels)


def _check_scores(network: Any, earlier: EarlierModel, labels: tuple[str, ...]) -> None:
    """Compare the scores of network and file, so that weights in wrong places are found out."""
    shape = (_N_COMPARED, *network.input_shape[1:])
    windows = np.random.default_rng(0).normal(-2.0, 2.0, shape).astype(np.float32)
    scores = 1.0 / (1.0 + np.exp(-compiled(network)(windows)))
    given = predictor(earlier.flatbuffer, len(earlier.labels))(windows)
    columns = [labels.index(label) for label in earlier.labels if label in labels]
    kept = [place for place, label in enumerate(earlier.labels) if label in labels]
    if not float(np.abs(scores[:, columns] - given[:, kept]).mean()) < _SAME:
        raise _refusal(earlier, "its network gives other scores with these weights")


def _is_close(new: Float32, old: Float32) -> bool:
    return bool(np.abs(new - old).max() <= _SAME_WEIGHTS * max(float(np.abs(old).max()), 1e-6))


def _refusal(earlier: EarlierModel, reason: str) -> UserError:
    return UserError(
        f"from={earlier.path} must be a model that streamer train sound has made; {reason}: leave --from out to train "
        "anew"
    )
