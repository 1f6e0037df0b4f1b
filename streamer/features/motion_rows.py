"""Spectra in time of a grid of cells → rows of a motion model: level, prominence and relative phase.

Where something moves or shines periodically, the phases of the cells show what it is: a lamp has all of them equal,
an object that swings has its two edges in opposite phase, and around a wheel or along a sliding cloth the phase
advances from cell to cell. The phase itself depends on when the window began, so every frequency is rotated to a
reference of its own, and only phases relative to it remain.
"""

from __future__ import annotations

import numpy as np

from streamer.arrays import Complex64, Float32
from streamer.features.settings import MotionSettings

FLOOR = np.float32(0.01)  # grey levels: amplitudes far below it have a level near 0
REACH = 6  # bins to each side, whose mean a line must rise above


def motion_rows(spectrum: Complex64, settings: MotionSettings) -> Float32:
    """Return the model's rows: level, and prominence times cosine and sine of the relative phase, of every frequency.

    With amplitude a and phase φ of a cell, level = ½ ln(1 + a² / FLOOR²), and prominence p is how far it lies above
    its mean over the ``REACH`` frequencies to each side, or 0. The reference phase of a frequency is
    φ₀ = ½ arg(Σ z² + (Σ z)² / √n) over the n cells with z = p exp(iφ): the axis along which most cells oscillate, so
    that opposite phases add up instead of cancelling; the second term finds a faint common phase beneath the noise.
    Its sign is the one that makes Σ p cos(φ − φ₀) positive.

    Parameters
    ----------
    spectrum : ndarray of complex64, shape (n_cells, n_bins)
        Of :class:`streamer.features.motion.MotionSpectrum`, in grey levels.

    Returns
    -------
    ndarray of float32, shape (n_cells, ``settings.row_width``)
        All levels, then all cosines, then all sines; 0 … 11 and −11 … 11.
    """
    n_cells, n_bins = spectrum.shape
    rows = np.empty((n_cells, settings.row_width), np.float32)
    real, imaginary = spectrum.real, spectrum.imag
    power = real * real
    power += imaginary * imaginary
    level = rows[:, :n_bins]
    np.multiply(power, np.float32(1 / FLOOR**2), out=level)
    np.log1p(level, out=level)
    level *= np.float32(0.5)
    prominence = level - _local_mean(level)
    np.maximum(prominence, 0, out=prominence)
    np.sqrt(power, out=power)
    power += np.float32(1e-12)
    prominence /= power
    phasor = spectrum * prominence
    total = phasor.sum(axis=0)
    axis = np.einsum("ck,ck->k", phasor, phasor) + total * total * np.float32(n_cells**-0.5)
    turn = np.exp(-0.5j * np.angle(axis)).astype(np.complex64)
    turn *= np.where((total * turn).real < 0, np.float32(-1), np.float32(1))
    phasor *= turn
    rows[:, n_bins : 2 * n_bins] = phasor.real
    rows[:, 2 * n_bins :] = phasor.imag
    return rows


def _local_mean(level: Float32) -> Float32:
    """Return the mean over each frequency and its neighbours, of which there are fewer at the ends."""
    n_cells, n_bins = level.shape
    below = np.zeros((n_cells, n_bins + 1), np.float32)
    np.cumsum(level, axis=1, out=below[:, 1:])
    last = np.minimum(np.arange(n_bins) + REACH + 1, n_bins)
    first = np.maximum(np.arange(n_bins) - REACH, 0)
    mean: Float32 = (below[:, last] - below[:, first]) * (1 / (last - first)).astype(np.float32)
    return mean
