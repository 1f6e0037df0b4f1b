"""Settings of the log-mel spectrogram, checked on creation (imports no kernel)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

import numpy as np
from pydantic import ConfigDict, Field

from streamer.arrays import Float32
from streamer.errors import SettingError
from streamer.features.mel import MelScale, mel_edges_hz
from streamer.kernels.logmel_plan import BLOCKED_SIZES, FFT_SIZES

LogScale = Literal["ln", "db"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMelSettings:
    """Settings of the log-mel front end, checked on creation; :data:`STANDARD` has the usual ones.

    What has no default must be stated by a model file, whose ``sample_rate`` and ``hop_length`` have narrower limits.

    Attributes
    ----------
    sample_rate : int
        Samples per second, at least 1.
    n_fft : int
        FFT size: an even product of 2, 3 and 5 within 64 … 4096, such as 400 or 512.
    frame_length : int
        Samples under the taper (periodic Hann), 2 … n_fft.
    hop_length : int
        Samples from frame to frame, at least 1; may exceed ``frame_length``.
    n_mels : int
        Number of bands, 1 … 1024.
    fmin_hz, fmax_hz : float
        Lowest and highest corner of the triangles, 0 ≤ fmin_hz < fmax_hz ≤ sample_rate / 2.
    mel_scale : {"htk", "slaney"}
        See :func:`streamer.features.mel.mel_weights`.
    log : {"ln", "db"}
        ln(power + floor), or 10·log10(power + floor).
    floor : float
        Power added before the logarithm, 1e-30 … 1e30.

    Raises
    ------
    SettingError
        A value is outside its range.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    kind: Literal["log_mel"] = "log_mel"
    sample_rate: Annotated[int, Field(ge=1000, le=384_000)]
    n_fft: int
    frame_length: int
    hop_length: Annotated[int, Field(ge=1, le=65_536)]  # the front end's buffer grows with it
    n_mels: int
    fmin_hz: float
    fmax_hz: float
    mel_scale: MelScale = "htk"
    log: LogScale = "ln"
    floor: float = 1e-6

    def __post_init__(self) -> None:
        for name in ("sample_rate", "n_fft", "frame_length", "hop_length", "n_mels"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool):
                raise _mistake(name, value, "be a whole number", "remove the fraction or the quotes")
        for name in ("fmin_hz", "fmax_hz", "floor"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise _mistake(name, value, "be a finite number", "write it without quotes")
        nyquist_hz = self.sample_rate / 2
        rules = [
            ("sample_rate", self.sample_rate >= 1, "be at least 1", "16000 is usual"),
            (
                "n_fft",
                self.n_fft in FFT_SIZES,
                "be an even product of 2, 3 and 5 within 64 … 4096",
                f"{_nearest_sizes(self.n_fft)} the nearest",
            ),
            (
                "frame_length",
                2 <= self.frame_length <= self.n_fft,
                f"be within 2 … n_fft={self.n_fft}",
                "shorten the frame or raise n_fft",
            ),
            ("hop_length", self.hop_length >= 1, "be at least 1", "a hundredth of sample_rate is usual"),
            ("n_mels", 1 <= self.n_mels <= 1024, "be within 1 … 1024", "64 is usual"),
            ("fmin_hz", self.fmin_hz >= 0.0, "be at least 0", "125 is usual"),
            (
                "fmax_hz",
                self.fmin_hz < self.fmax_hz <= nyquist_hz,
                f"be above fmin_hz={self.fmin_hz:g} and at most sample_rate/2={nyquist_hz:g}",
                "lower it or raise sample_rate",
            ),
            ("mel_scale", self.mel_scale in get_args(MelScale), "be 'htk' or 'slaney'", "choose one of them"),
            ("log", self.log in get_args(LogScale), "be 'ln' or 'db'", "choose one of them"),
            ("floor", 1e-30 <= self.floor <= 1e30, "be within 1e-30 … 1e30", "1e-6 is usual"),
        ]
        for name, fits, rule, remedy in rules:
            if not fits:
                raise _mistake(name, getattr(self, name), rule, remedy)

    @property
    def mel_hz(self) -> Float32:
        """Centre frequency of each band in Hz, shape (n_mels,)."""
        return mel_edges_hz(self.n_mels, self.fmin_hz, self.fmax_hz, self.mel_scale)[1:-1].astype(np.float32)

    @property
    def kernel(self) -> str:
        """Module of the kernel that computes it."""
        return "streamer.kernels.logmel" if self.n_fft in BLOCKED_SIZES else "streamer.kernels.logmel_any"

    def input_shape(self, n_frames: int) -> tuple[int, int]:
        """Return rows and values per row that a model gets for one window."""
        return n_frames, self.n_mels

    def summary(self) -> str:
        """Return what a model takes, for people."""
        bands = f"{self.n_mels} bands {self.fmin_hz:g}–{self.fmax_hz:g} Hz"
        return f"log-mel, {bands}, n_fft {self.n_fft}, {self.sample_rate} Hz"


def _nearest_sizes(n_fft: int) -> str:
    below = [size for size in FFT_SIZES if size < n_fft][-1:]
    above = [size for size in FFT_SIZES if size > n_fft][:1]
    return " and ".join(map(str, below + above)) + (" are" if below and above else " is")


def _mistake(name: str, value: object, rule: str, remedy: str) -> SettingError:
    return SettingError(f"{name}={value!r} must {rule}; {remedy}")


STANDARD = LogMelSettings(
    sample_rate=16000, n_fft=512, frame_length=400, hop_length=160, n_mels=64, fmin_hz=125.0, fmax_hz=7500.0
)
"""The settings of YAMNet and of the shipped model: 25 ms every 10 ms, 64 bands, natural logarithm."""
