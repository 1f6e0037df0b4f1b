"""The student: the first half of YAMNet and a pruned second half."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recipes.ambient.teacher import SEPARABLE, FoldedLayer, Teacher
from streamer.arrays import Float32, Rng
from streamer.training.sound import network
from streamer.training.sound.network import LAST_OF_STEM, LAST_OF_TRUNK, N_STEM, Adaptor

# The layers after the stem: (teacher's layer whose depthwise part is taken, layer to imitate).
TOP = ((6, 6), (7, 8), (9, 10), (11, 11), (12, 12))
N_POSITIONS = 20000  # activations of each layer by which it is pruned


def fit_adaptor(features: NDArray[np.float16], teacher_features: NDArray[np.float16]) -> Adaptor:
    """Fit the adaptor by least squares over the frames of some windows, log-mel power → log-mel magnitude."""
    x = features.reshape(-1, features.shape[-1]).astype(np.float64)
    y = teacher_features.reshape(-1, teacher_features.shape[-1]).astype(np.float64)
    scale = np.mean((x - x.mean(0)) * (y - y.mean(0)), 0) / x.var(0)
    return Adaptor(scale.astype(np.float32), (y.mean(0) - scale * x.mean(0)).astype(np.float32))


def add_imitation(trunk: Any, projection: FoldedLayer) -> Any:
    """Return a model that guesses YAMNet's embedding: features → (n, 1024)."""
    import keras

    imitation = keras.layers.Dense(projection.bias.size, activation="relu6", name="imitation")
    model = keras.Model(trunk.input, imitation(trunk.get_layer(LAST_OF_TRUNK).output))
    imitation.set_weights([projection.kernel, projection.bias])
    return model


def imitating_part(trunk: Any) -> Any:
    """Return the part of a trunk that is mapped to YAMNet's embedding: features → pooled (n, 416)."""
    import keras

    return keras.Model(trunk.input, trunk.get_layer(LAST_OF_TRUNK).output)


def split(model: Any) -> tuple[Any, Any]:
    """Return a model's first half, features → activations of the stem, and its second half, from there to the output.

    Both share their layers with the model. After the first pass the stem stays as it is, and training learns from
    activations computed once.
    """
    import keras

    stem = _stem(model)
    return stem, keras.Model(stem.output, model.output)


def add_head(trunk: Any, head: FoldedLayer) -> Any:
    """Return what is shipped: features → label logits, a trunk and a linear head on its embedding."""
    import keras

    logits = keras.layers.Dense(head.bias.size, name="logits")
    model = keras.Model(trunk.input, logits(trunk.output))
    logits.set_weights([head.kernel, head.bias])
    return model


def prune_into(
    trunk: Any, teacher: Teacher, features: NDArray[np.float16], teacher_features: NDArray[np.float16]
) -> FoldedLayer:
    """Set the trunk's weights so that it imitates the teacher on some windows, layer by layer.

    The stem is copied. Of each later layer's channels those are kept that explain the most of all channels'
    variance (pivoted Cholesky of their covariance), and the weights into them are refitted by least squares to
    what the teacher computes there, so that each layer corrects the error of the pruning before it (as in ThiNet,
    Luo et al. 2017); where a teacher's layer is left out, the fit skips it.

    Returns
    -------
    FoldedLayer
        The least-squares map from the trunk's output to the teacher's embedding.
    """
    import tensorflow as tf

    first, *separable = teacher.layers
    trunk.get_layer("conv").set_weights([first.kernel, first.bias])
    for i, layer in enumerate(separable[: 2 * N_STEM]):
        trunk.get_layer(f"{('depthwise', 'pointwise')[i % 2]}{i // 2}").set_weights([layer.kernel, layer.bias])
    thin = _stem(trunk)(tf.constant(features, tf.float32))
    full = tf.nn.conv2d(tf.constant(teacher_features[..., None], tf.float32), first.kernel, 2, "SAME")
    full = tf.nn.relu6(full + first.bias)
    targets, activations = [], []  # the teacher's, before and after the rectifier, of all its layers
    for i, (_, stride) in enumerate(SEPARABLE):
        depthwise, pointwise = separable[2 * i], separable[2 * i + 1]
        strides = [1, stride, stride, 1]
        full = tf.nn.relu6(tf.nn.depthwise_conv2d(full, depthwise.kernel, strides, "SAME") + depthwise.bias)
        targets.append(tf.nn.conv2d(full, pointwise.kernel, 1, "SAME") + pointwise.bias)
        full = tf.nn.relu6(targets[-1])
        activations.append(full)
        if i < N_STEM - 1:
            targets[-1] = activations[-1] = None  # large, and not needed again
    rng = np.random.default_rng(0)
    kept = np.arange(SEPARABLE[N_STEM - 1][0])
    for i, (taken, imitated) in enumerate(TOP, N_STEM):
        depthwise = separable[2 * taken]
        network.set_layer(trunk.get_layer(f"depthwise{i}"), depthwise.kernel[:, :, kept], depthwise.bias[kept])
        thin = _above(trunk, f"pointwise{i - 1}", f"depthwise{i}")(thin)
        kept = most_predictive(_positions(activations[imitated], rng), network.SEPARABLE[i][0])
        seed = int(rng.integers(1 << 30))  # the same positions on both sides
        inside = _positions(thin, np.random.default_rng(seed))
        wanted = _positions(_middle(targets[imitated], thin.shape[1]), np.random.default_rng(seed))[:, kept]
        fitted = least_squares(inside, np.clip(wanted, -3.0, 9.0))
        trunk.get_layer(f"pointwise{i}").set_weights([fitted.kernel[None, None], fitted.bias])
        thin = trunk.get_layer(f"pointwise{i}")(thin)
    return least_squares(tf.reduce_mean(thin, [1, 2]).numpy(), tf.reduce_mean(full, [1, 2]).numpy())


def _stem(model: Any) -> Any:
    import keras

    return keras.Model(model.input, model.get_layer(LAST_OF_STEM).output)


def _above(model: Any, first: str, last: str) -> Any:
    """Return the part of a model from one layer's output to another's."""
    import keras

    return keras.Model(model.get_layer(first).output, model.get_layer(last).output)


def _middle(activations: Any, n: int) -> Any:
    """Return the middle n positions in time: the student, which pads nothing, has no others."""
    start = (activations.shape[1] - n) // 2
    return activations[:, start : start + n]


def _positions(activations: Any, rng: Rng) -> Float32:
    """Return some positions' channel vectors, shape (at most N_POSITIONS, n_channels)."""
    flat: Float32 = activations.numpy().reshape(-1, activations.shape[-1])
    return flat[rng.choice(len(flat), min(len(flat), N_POSITIONS), replace=False)]


def most_predictive(activations: Float32, n_kept: int) -> NDArray[np.intp]:
    """Return the ``n_kept`` channels from which the others are best predicted linearly, in rising order.

    Pivoted Cholesky factorisation of the covariance: each step takes the channel with the largest variance
    not yet explained.
    """
    covariance = np.cov(activations.astype(np.float64), rowvar=False)
    kept: list[int] = []
    for _ in range(n_kept):
        remaining = np.diag(covariance).copy()
        remaining[kept] = -1.0
        channel = int(np.argmax(remaining))
        column = covariance[:, channel] / np.sqrt(max(covariance[channel, channel], 1e-12))
        covariance -= np.outer(column, column)
        kept.append(channel)
    return np.sort(kept)


def least_squares(x: Float32, y: Float32, ridge: float = 1e-3) -> FoldedLayer:
    """Return kernel and bias of the affine map from rows of x to rows of y with least squared error."""
    mean_x, mean_y = x.mean(0, dtype=np.float64), y.mean(0, dtype=np.float64)
    gram = (x - mean_x).T @ (x - mean_x) / len(x)
    gram[np.diag_indices_from(gram)] += ridge * np.mean(np.diag(gram))
    kernel = np.linalg.solve(gram, (x - mean_x).T @ (y - mean_y) / len(x))
    return FoldedLayer(kernel.astype(np.float32), (mean_y - mean_x @ kernel).astype(np.float32))
