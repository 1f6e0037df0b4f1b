"""Recognise copies of a recording although no sample is the same: louder, resampled, encoded again.

A fingerprint is the level of a recording in 64 parts of its time and its long-term spectrum in 64 bands. Both are
compared as shapes, so that gain does not count; the bands cover the range of a telephone, which every sample rate and
codec keeps. Among 320 recordings of ESC-10 and 600 spoken digits only one pair is as similar as ``ALIKE`` asks for,
and that pair is two cuts of the same recording. Copies at another gain or encoded again as ogg are found without
exception, copies at 16 kHz or as mp3 in 95 and 93 of 100 (of the digits, which are shorter and at 8 kHz, in 77).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from streamer.arrays import Float32, Float64

N_PARTS = N_BANDS = 64
BAND_EDGES_HZ = np.geomspace(100.0, 3400.0, N_BANDS + 1)
FRAME_S = 0.2  # frame of the spectrum; resolves the lowest band
FLOOR = 1e-4  # added, relative to the strongest part or band: what is weaker comes from the codec
ALIKE = 0.978  # least correlation of level and of spectrum of copies; different recordings reach 0.975
ROWS = 256  # fingerprints compared with all others at once


def fingerprint(mono: Float32, sample_rate: int) -> bytes:
    """Return the fingerprint of a recording.

    Parameters
    ----------
    mono : ndarray of float32, shape (n_samples,)
        The beginning of the recording.
    sample_rate : int
        Hz.

    Returns
    -------
    bytes
        128 values in float16, for :func:`resembling`; empty where there are too few samples, or none but zeros.
    """
    n_samples = mono.size - mono.size % N_PARTS
    if not n_samples:
        return b""
    parts = np.mean(np.square(mono[:n_samples].reshape(N_PARTS, -1), dtype=np.float64), axis=1)
    n_fft = round(FRAME_S * sample_rate)
    frames = np.zeros((math.ceil(mono.size / n_fft), n_fft), np.float32)
    frames.reshape(-1)[: mono.size] = mono
    spectrum = np.square(np.abs(np.fft.rfft(frames * np.hanning(n_fft).astype(np.float32)))).sum(axis=0)
    total = np.concatenate([[0.0], np.cumsum(spectrum, dtype=np.float64)])
    hz = (np.arange(total.size) - 0.5) * sample_rate / n_fft  # upper edge of each cumulative sum
    bands = np.diff(np.interp(BAND_EDGES_HZ, hz, total)) / np.diff(BAND_EDGES_HZ)
    if not parts.any() or not bands.any():
        return b""
    return np.concatenate([_shape(parts), _shape(bands)]).astype(np.float16).tobytes()


def _shape(power: Float64) -> Float64:
    """Return the level in dB, without its mean and of unit length."""
    level = 10.0 * np.log10(power + FLOOR * power.max())
    level -= level.mean()
    shape: Float64 = level / max(float(np.linalg.norm(level)), 1e-9)
    return shape


def resembling(fingerprints: list[bytes]) -> Iterator[tuple[int, int]]:
    """Yield (i, j), j < i, for each recording i that resembles an earlier one; j is the first of those.

    Parameters
    ----------
    fingerprints : list of bytes
        From :func:`fingerprint`; empty ones resemble nothing.
    """
    known = [i for i, code in enumerate(fingerprints) if code]
    shapes = np.array([np.frombuffer(fingerprints[i], np.float16) for i in known], np.float32)
    for first in range(0, len(known), ROWS):
        rows = shapes[first : first + ROWS]
        level = rows[:, :N_PARTS] @ shapes[: first + ROWS, :N_PARTS].T
        spectrum = rows[:, N_PARTS:] @ shapes[: first + ROWS, N_PARTS:].T
        is_alike = np.tril(np.minimum(level, spectrum) >= ALIKE, first - 1)
        for row in np.flatnonzero(is_alike.any(axis=1)).tolist():
            yield known[first + row], known[int(is_alike[row].argmax())]
