"""Mean colour of skin over time → the pulse wave, by the published projections POS and CHROM."""

from __future__ import annotations

from typing import Literal

import numpy as np

from streamer.arrays import Float64

Projection = Literal["POS", "CHROM"]

WINDOW_S = 1.6  # of both methods, long enough for one beat
LEAST_WINDOW = 8  # images
TINY = 1e-24
# Two axes of relative blue, green and red, and the sign with which the second is added, scaled to the first.
_AXES: dict[Projection, tuple[Float64, float]] = {
    "POS": (np.array([[-1.0, 1.0, 0.0], [1.0, 1.0, -2.0]]), 1.0),
    "CHROM": (np.array([[0.0, -2.0, 3.0], [-1.5, 1.0, 1.5]]), -1.0),
}
PROJECTIONS: tuple[Projection, ...] = tuple(_AXES)


def projected(relative: Float64, fps: float, projection: Projection) -> Float64:
    """Return the pulse wave in relative deviations of colour, by overlap-add over windows of 1.6 s.

    In each window every channel is divided by its mean there, so that the light's intensity and slow changes of it are
    the same in all channels; two axes that do not contain what is the same are then added so that what remains of it
    cancels: h = S₁ ± σ(S₁) / σ(S₂) · S₂.

    - POS (Wang, den Brinker, Stuijk and de Haan, "Algorithmic principles of remote PPG", IEEE Transactions on
      Biomedical Engineering 64, 2017): S₁ = G − B, S₂ = G + B − 2 R, added.
    - CHROM (de Haan and Jeanne, "Robust pulse rate from chrominance-based rPPG", the same 60, 2013): S₁ = 3 R − 2 G,
      S₂ = 1.5 R + G − 1.5 B, subtracted; without its band-pass filter, as the spectrum comes after it.

    Where a window begins with each image, all that contain an image are averaged: so neither end of the series fades,
    as with the tapers of the papers. Sums over windows are differences of running sums, O(n).

    Parameters
    ----------
    relative : ndarray of float64, shape (n_images, 3)
        Blue, green and red, relative to their means, minus 1; evenly timed.
    fps : float
        Images per second.
    projection : {"POS", "CHROM"}

    Returns
    -------
    ndarray of float64, shape (n_images,)
    """
    axes, sign = _AXES[projection]
    n = relative.shape[0]
    length = min(n, max(LEAST_WINDOW, round(WINDOW_S * fps)))
    mean = _window_sums(relative, length) / length  # (n_windows, 3)
    products = _window_sums((relative[:, :, None] * relative[:, None, :]).reshape(n, 9), length) / length
    covariance = products.reshape(-1, 3, 3) - mean[:, :, None] * mean[:, None, :]
    scaled = axes / (1.0 + mean)[:, None, :]  # (n_windows, 2, 3): each window relative to its own mean
    variance = np.einsum("wac,wcd,wad->wa", scaled, covariance, scaled)
    ratio = np.sqrt(np.maximum(variance[:, 0], 0.0) / np.maximum(variance[:, 1], TINY))
    weights = scaled[:, 0] + sign * ratio[:, None] * scaled[:, 1]
    offsets = np.einsum("wc,wc->w", weights, mean)
    # Of every image, the mean of these over the windows that contain it.
    of_windows = np.column_stack([weights, offsets, np.ones(weights.shape[0])])
    padded = np.pad(of_windows, ((length - 1, length - 1), (0, 0)))
    sums = _window_sums(padded, length)
    result: Float64 = (np.einsum("nc,nc->n", sums[:, :3], relative) - sums[:, 3]) / sums[:, 4]
    return result


def _window_sums(values: Float64, length: int) -> Float64:
    """Return the sums of every ``length`` consecutive rows."""
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    return np.asarray(sums[length:] - sums[:-length])
