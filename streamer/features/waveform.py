"""The front end of models that take sound as it is: one row per sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from streamer.arrays import Float32


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveformSettings:
    """Settings of the waveform front end.

    Attributes
    ----------
    sample_rate : int
        Samples per second; in a model file 1000 … 384,000.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")
    frame_length: ClassVar[int] = 1
    hop_length: ClassVar[int] = 1

    kind: Literal["waveform"] = "waveform"
    sample_rate: Annotated[int, Field(ge=1000, le=384_000)]

    def input_shape(self, n_frames: int) -> tuple[int, int]:
        """Return rows and values per row that a model gets for one window."""
        return n_frames, 1

    def summary(self) -> str:
        """Return what a model takes, for people."""
        return f"waveform, {self.sample_rate} Hz"


class Waveform:
    """Hand on samples in the range −1…1 unchanged; a model's ``[normalisation]`` scales them where it wants others."""

    def __init__(self, settings: WaveformSettings) -> None:
        self.settings = settings

    def push(self, samples: Float32) -> Float32:
        """Return a view of mono samples, shape (n_samples,), as rows of shape (n_samples, 1)."""
        return samples[:, None]

    def reset(self) -> None:
        """Do nothing: no row depends on samples before its own."""
