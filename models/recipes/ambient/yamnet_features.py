"""YAMNet's front end: the log-mel spectrogram of magnitudes."""

from __future__ import annotations

import functools

import numpy as np
import scipy.fft

from streamer.arrays import Float32, hann


@functools.cache
def _tables() -> tuple[Float32, Float32]:
    """Return the periodic Hann taper, shape (400,), and the HTK mel triangles, shape (257, 64)."""
    taper = hann(400).astype(np.float32)
    mel = 1127.0 * np.log(1.0 + np.fft.rfftfreq(512, 1 / 16000) / 700.0)
    low, high = 1127.0 * np.log(1.0 + np.array([125.0, 7500.0]) / 700.0)
    edges = np.linspace(low, high, 66)
    rise = (mel[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - mel[:, None]) / (edges[2:] - edges[1:-1])
    return taper, np.maximum(0.0, np.minimum(rise, fall)).astype(np.float32)


def yamnet_features(samples: Float32) -> Float32:
    """Return ln(mel magnitude + 0.001) of 16 kHz samples, shape (n_frames, 64), frames 25 ms every 10 ms.

    As published with YAMNet (Apache-2.0): magnitude spectrum of a 512-point FFT, 64 bands, 125–7500 Hz.
    """
    taper, mel = _tables()
    frames = np.lib.stride_tricks.sliding_window_view(samples, 400)[::160]
    magnitude = np.abs(scipy.fft.rfft(frames * taper, 512))
    features: Float32 = np.log(magnitude @ mel + np.float32(1e-3))
    return features
