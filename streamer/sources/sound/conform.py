"""Sound that changes its rate or channels within a file, brought to those that the file begins with."""

from __future__ import annotations

from typing import Any

import numpy as np

from streamer.arrays import Float32, mono


class Conformer:
    """Bring sound to one rate and one number of channels.

    Parameters
    ----------
    sample_rate, n_channels : int
        What all sound is brought to.

    Attributes
    ----------
    notes : list of str
        Which changes there were, and where.
    """

    def __init__(self, sample_rate: int, n_channels: int) -> None:
        self.notes: list[str] = []
        self._rate, self._n_channels = sample_rate, n_channels
        self._known = sample_rate, n_channels
        self._resampler: Any = None

    def push(self, samples: Float32, sample_rate: int, position: int) -> Float32:
        """Return samples, shape (n_samples, n_channels), as the file began.

        Parameters
        ----------
        samples : ndarray of float32, shape (n_samples, any number of channels)
        sample_rate : int
            Samples per second of these.
        position : int
            Where they begin, for the notes; in samples of the rate that all are brought to.
        """
        n_channels, rest = samples.shape[1], None
        if (sample_rate, n_channels) != self._known:
            rest = self.finish()
            self._tell(sample_rate, n_channels, position)
        if n_channels != self._n_channels:
            samples = np.repeat(mono(samples)[:, None], self._n_channels, axis=1)
        if sample_rate != self._rate:
            samples = self._resampled(samples, sample_rate)
        return samples if rest is None or not rest.shape[0] else np.concatenate([rest, samples])

    def finish(self) -> Float32:
        """Return what a resampler still holds back; no more follows at its rate."""
        rest = np.zeros((0, self._n_channels), np.float32)
        if self._resampler is not None:
            rest = self._resampler.resample_chunk(rest, last=True).reshape(-1, self._n_channels)
            self._resampler = None
        return rest

    def _resampled(self, samples: Float32, sample_rate: int) -> Float32:
        if self._resampler is None:
            import soxr

            self._resampler = soxr.ResampleStream(sample_rate, self._rate, self._n_channels, dtype="float32")
        resampled: Float32 = self._resampler.resample_chunk(np.ascontiguousarray(samples))
        return resampled.reshape(-1, self._n_channels)

    def _tell(self, sample_rate: int, n_channels: int, position: int) -> None:
        self._known = sample_rate, n_channels
        channels = "1 channel" if n_channels == 1 else f"{n_channels} channels"
        self.notes.append(f"from {position / self._rate:.2f} s on {sample_rate} Hz, {channels}")
