"""Calibrate scores: scale and shift logits so that a score of 0.8 is right in 80 % of the cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Float64

Activation = Literal["sigmoid", "softmax"]  # turns logits into scores
_EDGE = 1e-6  # scores are kept so far from 0 and 1 before they become logits again
# Prior of the calibration: logits are right as they are, give or take. It weighs as much as a few examples, so that
# five examples of a label do not turn its scores into 0 and 1.
SCALE_SIGMA, OFFSET_SIGMA = 1.0, 1.0
SCALE_LIMITS = (0.05, 20.0)  # above 0: calibrating never reverses the order of scores


def cross_entropy(logits: NDArray[np.floating], targets: Float32, activation: Activation) -> Float64:
    """Return each window's negative log-likelihood in nats, summed over the labels that are known.

    Parameters
    ----------
    logits, targets : ndarray, shape (n, n_labels)
        Targets range from 0 to 1; NaN: unknown. With softmax they add up to 1, and a window with an unknown one has the
        value 0.

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
    """Return the scores of logits, shape (n, n_labels), range 0…1."""
    z = np.asarray(logits, np.float64)
    if activation == "softmax":
        return np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True)).astype(np.float32)
    return np.exp(-np.logaddexp(0.0, -z)).astype(np.float32)


def logits_of(scores: NDArray[np.floating], activation: Activation) -> Float64:
    """Return logits, shape (n, n_labels), that have these scores; for softmax those whose exponentials add up to 1."""
    p = np.clip(np.asarray(scores, np.float64), _EDGE, 1.0 - _EDGE)
    return np.asarray(np.log(p) if activation == "softmax" else np.log(p) - np.log1p(-p))


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """``scale · logit + offset`` for each label."""

    scale: Float64  # shape (n_labels,), > 0
    offset: Float64  # shape (n_labels,)

    def apply(self, logits: NDArray[np.floating]) -> Float64:
        """Return calibrated logits, shape (n, n_labels)."""
        return np.asarray(logits * self.scale + self.offset, np.float64)

    def fold_into(self, model: Any) -> None:
        """Change the weights of a Keras model's layer ``logits`` so that it computes calibrated ones."""
        layer = model.get_layer("logits")
        kernel, bias = layer.get_weights()
        layer.set_weights([kernel * self.scale, bias * self.scale + self.offset])


def calibrate(logits: Float32, targets: Float32, examples: NDArray[np.integer], activation: Activation) -> Scaling:
    """Return the scaling with the highest posterior probability.

    With sigmoid scale and offset of each label (J. Platt, "Probabilistic outputs for support vector machines", 1999),
    with softmax one scale for all, the inverse temperature (C. Guo and others, "On calibration of modern neural
    networks", ICML 2017); maximum a posteriori, see `SCALE_SIGMA`. The likelihood of these windows never falls.

    Parameters
    ----------
    logits, targets : ndarray, shape (n, n_labels)
        Of windows that were not trained on; NaN targets are unknown.
    examples : ndarray, shape (n,)
        Number of each window's example: its windows count together as one observation.
    activation : {"sigmoid", "softmax"}
    """
    from scipy.optimize import minimize

    n_labels = logits.shape[1]
    identity = Scaling(np.ones(n_labels), np.zeros(n_labels))
    if not len(logits):
        return identity
    z = np.asarray(logits, np.float64)
    _, example_of_window, n_windows = np.unique(examples, return_inverse=True, return_counts=True)
    weights = 1.0 / n_windows[example_of_window]
    if activation == "sigmoid":  # a label that never was, or always, has no calibration
        varies = (np.nanmax(targets, axis=0, initial=0.0) > 0.5) & (np.nanmin(targets, axis=0, initial=1.0) < 0.5)
        targets = np.where(varies, targets, np.float32(np.nan))
    known = np.isfinite(targets)
    truth = np.where(known, targets, 0.0)
    n_scales = n_labels if activation == "sigmoid" else 1

    def scaling(x: Float64) -> Scaling:
        offset = x[n_scales:] if activation == "sigmoid" else np.zeros(n_labels)
        return Scaling(np.broadcast_to(x[:n_scales], n_labels), offset)

    def objective(x: Float64) -> tuple[float, Float64]:
        new = scaling(x).apply(z)
        loss = float(weights @ cross_entropy(new, targets, activation))
        slope = weights[:, None] * _logit_gradient(new, truth, known, activation)
        by_scale, by_offset = (slope * z).sum(axis=0), slope.sum(axis=0)
        gradient = np.concatenate([by_scale, by_offset] if activation == "sigmoid" else [[by_scale.sum()]])
        prior_slope = np.concatenate([(x[:n_scales] - 1.0) / SCALE_SIGMA**2, x[n_scales:] / OFFSET_SIGMA**2])
        prior = 0.5 * (np.sum((x[:n_scales] - 1.0) ** 2) / SCALE_SIGMA**2 + np.sum(x[n_scales:] ** 2) / OFFSET_SIGMA**2)
        return loss + float(prior), gradient + prior_slope

    start = np.concatenate([np.ones(n_scales), np.zeros(n_labels if activation == "sigmoid" else 0)])
    limits = [SCALE_LIMITS] * n_scales + [(None, None)] * (start.size - n_scales)
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=limits)
    return scaling(found.x) if objective(found.x)[0] < objective(start)[0] else identity


def _logit_gradient(logits: Float64, truth: Float64, known: NDArray[np.bool_], activation: Activation) -> Float64:
    """Return the gradient of each window's cross-entropy with respect to its logits."""
    if activation == "softmax":
        scores = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
        return np.asarray((scores * truth.sum(axis=1, keepdims=True) - truth) * known.all(axis=1, keepdims=True))
    return np.asarray((np.exp(-np.logaddexp(0.0, -logits)) - truth) * known)
