"""Sound as it is classified: a high-pass against rumble, and a gain for microphones that are too quiet or too loud.

What is kept in files – recordings, clips, takes – is what was captured; whoever reads it applies the settings anew.
"""

from __future__ import annotations

import math

import numpy as np

from streamer.arrays import Float32, Float64, finite
from streamer.errors import UserError
from streamer.kernels.load import load


class Conditioning:
    """High-pass and gain of one source, applied as its sound comes; any chunking gives the same bits.

    Parameters
    ----------
    highpass_hz : float
        Frequency at which the high-pass (Butterworth, second order: 12 dB an octave) is 3 dB down; 0: none.
    gain_db : float
        Applied after it.
    """

    def __init__(self, highpass_hz: float = 0.0, gain_db: float = 0.0) -> None:
        self._highpass_hz = highpass_hz
        self._gain = 10.0 ** (gain_db / 20.0)
        self._coefficients: Float64 = np.zeros(0)
        self._state: Float64 | None = None  # None: no sample since the source began, or since a loss
        self._scale = np.float32(self._gain)
        if highpass_hz:
            self._filter = load("streamer.kernels.biquad", "filter_block")

    @property
    def changes(self) -> bool:
        """Whether the sound differs afterwards."""
        return bool(self._highpass_hz) or self._gain != 1.0

    def begin(self, sample_rate: int) -> None:
        """Start on a newly opened source.

        Raises
        ------
        UserError
            If its sample rate is too low for the high-pass.
        """
        self.interrupt()
        if not self._highpass_hz:
            return
        if self._highpass_hz >= sample_rate / 2:
            raise UserError(
                f"highpass_hz={self._highpass_hz:g} must be below half the source's sample rate, {sample_rate} Hz;"
                " lower it"
            )
        self._coefficients = _butterworth(self._highpass_hz, sample_rate)
        self._coefficients[:3] *= self._gain

    def interrupt(self) -> None:
        """Prepare for sound that does not continue what came before."""
        self._state = None

    def push(self, samples: Float32) -> Float32:
        """Return consecutive samples, shape (n_samples,) or (n_samples, n_channels), as they are classified."""
        if not self.changes or not samples.size:
            return samples
        if not self._highpass_hz:
            return np.asarray(samples * self._scale, np.float32)
        block = np.ascontiguousarray(samples.reshape(samples.shape[0], -1), np.float32)
        if not np.isfinite(np.vdot(block, block)):  # a recursion would never forget them
            block = finite(block)
        if self._state is None:  # as if the first sample had been there forever: a constant offset gives no thump
            b0, b1, *_ = self._coefficients
            first = block[0].astype(np.float64)
            self._state = np.ascontiguousarray(np.stack([-b0 * first, -(b0 + b1) * first], axis=1))
        filtered = np.empty_like(block)
        self._filter(block, self._coefficients, self._state, filtered)
        return filtered.reshape(samples.shape)


def _butterworth(cutoff_hz: float, sample_rate: int) -> Float64:
    """Return b0, b1, b2, a1, a2 of a second-order Butterworth high-pass by the bilinear transform."""
    k = math.tan(math.pi * cutoff_hz / sample_rate)
    norm = 1.0 / (1.0 + math.sqrt(2.0) * k + k * k)
    return np.array([norm, -2.0 * norm, norm, 2.0 * (k * k - 1.0) * norm, (1.0 - math.sqrt(2.0) * k + k * k) * norm])
