"""Mel scales, and the triangular filter bank that sums a power spectrum into mel bands."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from streamer.arrays import Float64

MelScale = Literal["htk", "slaney"]

# Slaney's Auditory Toolbox scale: linear below 1 kHz (200/3 Hz per mel), then 27 steps per factor of 6.4.
_LINEAR_HZ_PER_MEL = 200.0 / 3.0
_LOG_START_HZ = 1000.0
_LOG_START_MEL = _LOG_START_HZ / _LINEAR_HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0


def hz_to_mel(hz: ArrayLike, scale: MelScale) -> Float64:
    """Convert frequencies of any shape to mel: HTK's 1127·ln(1 + f/700), or Slaney's scale."""
    hz = np.asarray(hz, np.float64)
    if scale == "htk":
        return np.asarray(1127.0 * np.log1p(hz / 700.0))
    above = _LOG_START_MEL + np.log(np.maximum(hz, _LOG_START_HZ) / _LOG_START_HZ) / _LOG_STEP
    return np.where(hz < _LOG_START_HZ, hz / _LINEAR_HZ_PER_MEL, above)


def mel_to_hz(mel: ArrayLike, scale: MelScale) -> Float64:
    """Convert mel of any shape to Hz: the inverse of :func:`hz_to_mel`."""
    mel = np.asarray(mel, np.float64)
    if scale == "htk":
        return np.asarray(700.0 * np.expm1(mel / 1127.0))
    above = _LOG_START_HZ * np.exp(_LOG_STEP * (np.maximum(mel, _LOG_START_MEL) - _LOG_START_MEL))
    return np.where(mel < _LOG_START_MEL, mel * _LINEAR_HZ_PER_MEL, above)


def mel_edges_hz(n_mels: int, fmin_hz: float, fmax_hz: float, scale: MelScale) -> Float64:
    """Return the corners of ``n_mels`` overlapping triangles in Hz, shape (n_mels + 2,): band m has m … m + 2."""
    low, high = hz_to_mel([fmin_hz, fmax_hz], scale)
    return mel_to_hz(np.linspace(low, high, n_mels + 2), scale)


def mel_weights(sample_rate: int, n_fft: int, n_mels: int, fmin_hz: float, fmax_hz: float, scale: MelScale) -> Float64:
    """Return the weights of the power spectrum's bins in each mel band, shape (n_mels, n_fft // 2 + 1).

    ``"htk"``: triangles with peak 1 whose flanks are straight in mel (as in HTK, Kaldi and YAMNet).
    ``"slaney"``: flanks straight in Hz, area normalised by 2 / (upper − lower corner in Hz), equal to
    ``librosa.filters.mel(htk=False, norm="slaney")``.
    """
    bins_hz = np.arange(n_fft // 2 + 1, dtype=np.float64) * (sample_rate / n_fft)
    if scale == "htk":
        position = hz_to_mel(bins_hz, scale)
        low, high = hz_to_mel([fmin_hz, fmax_hz], scale)
        edges = np.linspace(low, high, n_mels + 2)
    else:
        position = bins_hz
        edges = mel_edges_hz(n_mels, fmin_hz, fmax_hz, scale)
    rise = (position - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - position) / np.diff(edges)[1:, None]
    weights = np.maximum(0.0, np.minimum(rise, fall))
    if scale == "slaney":
        weights *= 2.0 / (edges[2:] - edges[:-2])[:, None]
    return weights
