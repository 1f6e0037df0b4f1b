"""Rolling log-mel spectrogram: the front end of the shipped sound model."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamer.arrays import DB_PER_LN_POWER, Float32, hann
from streamer.errors import UserError
from streamer.features.logmel_settings import STANDARD, LogMelSettings, LogScale
from streamer.features.mel import mel_weights
from streamer.kernels.load import bound, load

_SCALE: dict[LogScale, float] = {"ln": 1.0, "db": DB_PER_LN_POWER}
_FEW_FRAMES = 8
_BLOCK_VALUES = 16384  # results per kernel call: they stay in the second-level cache, and calls cost little


class LogMel:
    """Streaming log-mel: samples in, frames out, each hop computed exactly once.

    Frame j covers samples j · hop_length … j · hop_length + frame_length of all that was pushed since the start or
    the last :meth:`reset`, without centring or padding::

        frames[j] = log(mel_weights @ abs(rfft(hann * x[j * hop : j * hop + frame_length], n_fft)) ** 2 + floor)

    Any chunking gives bit-identical frames. A sample that is NaN, infinite or beyond ±1e12 is replaced by 0 and counted
    in :attr:`n_bad_samples`, so that it affects only the frames that cover it.

        >>> front_end = LogMel(STANDARD)
        >>> [front_end.push(np.zeros(800, np.float32)).shape for _ in range(3)]
        [(3, 64), (5, 64), (5, 64)]
    """

    def __init__(self, settings: LogMelSettings) -> None:
        from streamer.kernels import logmel_arena as arena

        self._arena = arena.duplicate(_arena_of(settings))
        self.settings = settings
        self._kernel: Callable[[NDArray[Any]], int] = bound(load(settings.kernel, "push"), self._arena)
        self._block = _block_frames(settings) * settings.hop_length  # samples per kernel call, at most
        self._output = arena.output(self._arena)
        # Live chunks complete few frames. Their views are made here, because slicing costs a tenth of a push.
        self._few = _FEW_FRAMES * settings.hop_length
        self._views = [self._output[:n] for n in range(_FEW_FRAMES + 2)]

    @property
    def n_bad_samples(self) -> int:
        """Samples replaced by 0 since the start or the last reset."""
        from streamer.kernels.logmel_arena import n_bad_samples

        return n_bad_samples(self._arena)

    def push(self, samples: NDArray[np.floating[Any]]) -> Float32:
        """Process mono samples and return the frames that they complete.

        Parameters
        ----------
        samples : ndarray of float, shape (n_samples,)
            Range −1…1; any number, including 0.

        Returns
        -------
        ndarray, shape (n_new_frames, n_mels)
            A view that is valid until the next push; copy it to keep it.

        Raises
        ------
        UserError
            The samples are not floating-point numbers, or not of one channel.
        """
        try:
            if samples.size <= self._few:
                return self._views[self._kernel(samples)]
        except (TypeError, AttributeError):  # the kernel is compiled for contiguous, writable float32 vectors only
            pass
        return self._push_any(samples)

    def _push_any(self, samples: NDArray[np.floating[Any]]) -> Float32:
        """Process many samples, or samples of another type or layout, in blocks that fit the kernel's output."""
        samples = float_samples(samples)
        if samples.ndim != 1:
            raise UserError(f"samples.shape={samples.shape} must be (n_samples,); mix down, or pick a channel")
        samples = np.require(samples, np.float32, ["C", "W"])
        frames = np.empty((samples.size // self.settings.hop_length + 1, self.settings.n_mels), np.float32)
        n_frames = 0
        for start in range(0, samples.size, self._block):
            n_new = self._kernel(samples[start : start + self._block])
            frames[n_frames : n_frames + n_new] = self._output[:n_new]
            n_frames += n_new
        return frames[:n_frames]

    def reset(self) -> None:
        """Drop all samples, as after a gap in the sound: no frame mixes old and new."""
        from streamer.kernels.logmel_arena import reset

        reset(self._arena)


def float_samples(samples: ArrayLike) -> NDArray[Any]:
    """Return samples as an array of any shape, after a check that they are floating-point numbers.

    Raises
    ------
    UserError
        They are whole numbers, whose full scale nobody can know, or no numbers.
    """
    array = np.asarray(samples)
    if array.dtype.kind in "iu":
        full_scale = 1 << 8 * array.dtype.itemsize - 1
        samples_about_0 = "samples" if array.dtype.kind == "i" else f"(samples - {full_scale}.0)"
        raise UserError(
            f"samples.dtype={array.dtype} must be float in the range −1…1; divide whole numbers by their full scale:"
            f" {samples_about_0} / {full_scale}.0"
        )
    if array.dtype.kind != "f":
        raise UserError(f"samples.dtype={array.dtype} must be float in the range −1…1; convert them to numpy.float32")
    return array


@lru_cache(maxsize=16)
def _arena_of(settings: LogMelSettings) -> NDArray[np.float64]:
    """Return an arena with its tables; cached, because classifying many files creates many equal front ends."""
    from streamer.kernels.logmel_arena import build_logmel_arena

    s = settings
    return build_logmel_arena(
        taper=hann(s.frame_length),
        weights=mel_weights(s.sample_rate, s.n_fft, s.n_mels, s.fmin_hz, s.fmax_hz, s.mel_scale),
        n_fft=s.n_fft,
        hop_length=s.hop_length,
        floor=s.floor,
        scale=_SCALE[s.log],
        n_out=_block_frames(s) + 1,
    )


def _block_frames(settings: LogMelSettings) -> int:
    return max(16, _BLOCK_VALUES // settings.n_mels)


def log_mel(samples: NDArray[np.floating[Any]], settings: LogMelSettings = STANDARD) -> Float32:
    """Return the log-mel frames of a whole signal.

    Parameters
    ----------
    samples : ndarray of float, shape (n_samples,)
        Range −1…1.
    settings : LogMelSettings, optional
        Those of YAMNet, :data:`STANDARD`, if not given: for sound of 16,000 samples per second.

    Returns
    -------
    ndarray, shape (n_frames, n_mels)
        With n_frames = 1 + (n_samples − frame_length) // hop_length, or 0 for fewer samples than a frame; equal bit
        for bit to any chunking through :class:`LogMel`.

    Raises
    ------
    UserError
        The samples are not floating-point numbers, or not of one channel.

    Examples
    --------
    >>> log_mel(np.zeros(16000, np.float32)).shape
    (98, 64)
    """
    return LogMel(settings).push(samples)
