"""A front end for streamer: level and zero crossings of each frame of sound.

Two numbers a frame tell hiss from hum and both from silence, at a fraction of the cost of a spectrum. A model that
takes them says so in its `streamer.toml`, or in the `NAME.toml` beside it::

    front_end_package = "streamer-zero-crossings"

    [front_end]
    kind = "zero_crossings"
    sample_rate = 16000
    frame_length = 400
    hop_length = 160
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import ConfigDict, Field

from streamer.arrays import Float32
from streamer.errors import SettingError
from streamer.features.base import FrontEndKind

FLOOR = np.float32(1e-10)  # power added before the logarithm: −100 dB


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroCrossingsSettings:
    """Samples per second, length of a frame in samples, and distance of frames."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    kind: Literal["zero_crossings"] = "zero_crossings"
    sample_rate: Annotated[int, Field(ge=1000, le=384_000)] = 16_000
    frame_length: Annotated[int, Field(ge=2, le=65_536)] = 400
    hop_length: Annotated[int, Field(ge=1)] = 160

    def __post_init__(self) -> None:
        if self.hop_length > self.frame_length:
            raise SettingError(f"hop_length={self.hop_length} must be at most frame_length; lower it")

    def input_shape(self, n_frames: int) -> tuple[int, int]:
        """Return rows and values per row that a model gets for one window."""
        return n_frames, 2

    def summary(self) -> str:
        """Return what a model takes, for people."""
        return f"level and zero crossings of {self.frame_length} samples at {self.sample_rate} Hz"


class ZeroCrossings:
    """Mono samples in; rows of level in dB and the fraction of samples with a crossing before them out."""

    def __init__(self, settings: ZeroCrossingsSettings) -> None:
        self.settings = settings
        self._held: Float32 = np.empty(0, np.float32)  # samples from the beginning of the next frame on

    def push(self, samples: Float32) -> Float32:
        """Return the rows of the frames that new samples complete, the same for any chunks."""
        length, hop = self.settings.frame_length, self.settings.hop_length
        held = np.concatenate([self._held, samples])
        n_frames = max(0, (held.size - length) // hop + 1)
        self._held = held[n_frames * hop :].copy()
        if n_frames == 0:
            return np.empty((0, 2), np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(held, length)[: n_frames * hop : hop]
        level = 10 * np.log10(np.square(frames).mean(axis=1) + FLOOR)
        crossings = np.diff(frames < 0, axis=1).mean(axis=1)
        return np.stack([level, crossings], axis=1).astype(np.float32)

    def reset(self) -> None:
        """Drop all samples."""
        self._held = np.empty(0, np.float32)


ZERO_CROSSINGS = FrontEndKind(ZeroCrossingsSettings, ZeroCrossings, tasks=("sound",))
