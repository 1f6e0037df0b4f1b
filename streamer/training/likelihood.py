"""Logits, scores and how likely they make the truth; in numpy, for what need not be differentiated."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from streamer.messages import Float32, Float64

Activation = Literal["sigmoid", "softmax"]  # turns logits into scores
_EDGE = 1e-6  # scores are kept so far from 0 and 1 before they are taken back to logits


def cross_entropy(logits: NDArray[np.floating], targets: Float32, activation: Activation) -> Float64:
    """Return each window's negative log-likelihood in nats, summed over the labels that are known.

    Parameters
    ----------
    logits, targets : ndarray, shape (n, n_labels)
        Targets range from 0 to 1; NaN: unknown. With softmax they add up to 1, and an unknown one makes the window
        count nothing.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    z, known = np.asarray(logits, np.float64), np.isfinite(targets)
    t = np.where(known, targets, 0.0)
    if activation == "softmax":
        return np.where(known.all(axis=1), np.logaddexp.reduce(z, axis=1) * t.sum(axis=1) - (t * z).sum(axis=1), 0.0)
    return np.asarray(np.sum((np.logaddexp(0.0, z) - t * z) * known, axis=1))


def scores_of(logits: NDArray[np.floating], activation: Activation) -> Float32:
    """Return the scores, shape (n, n_labels), that logits stand for."""
    z = np.asarray(logits, np.float64)
    if activation == "softmax":
        return np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True)).astype(np.float32)
    return np.exp(-np.logaddexp(0.0, -z)).astype(np.float32)


def logits_of(scores: Float32, activation: Activation) -> Float64:
    """Return logits, shape (n, n_labels), that give these scores; for softmax those whose exponentials add up to 1."""
    p = np.clip(np.asarray(scores, np.float64), _EDGE, 1.0 - _EDGE)
    return np.asarray(np.log(p) if activation == "softmax" else np.log(p) - np.log1p(-p))
