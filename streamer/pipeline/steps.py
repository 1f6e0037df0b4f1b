"""Results of one step of a stream: its messages, and what monitors and clip cutters need of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamer.arrays import Float32
from streamer.messages import Message

if TYPE_CHECKING:
    from streamer.features.pattern import Pattern, PatternFrame


@dataclass(frozen=True, slots=True, eq=False)
class SoundStep:
    """Result of processing one chunk of sound."""

    messages: Sequence[Message]  # in the order in which they came about
    mono: Float32  # the chunk as it was captured, mixed down, at the source's rate
    samples: Float32  # the same, as it is classified, at the rate of the log-mel that is displayed
    frames: Float32 | None = None  # frames of that log-mel; None if no model takes it
    conditioned: Float32 | None = None  # ``mono`` after high-pass and gain; None where these change nothing
    remark: str = ""  # on the channels so far: what was found in them, and done about it


@dataclass(frozen=True, slots=True, eq=False)
class ImageStep:
    """Result of processing one image."""

    messages: Sequence[Message]  # in the order in which they came about
    pattern: Pattern  # has its spectrum in space
    position_s: float  # capture time, seconds in the stream
    fps: float  # images captured per second, measured over the newest 32; 0 until known

    @property
    def frame(self) -> PatternFrame:
        """Its spectrum in space, computed when it is asked for; valid until the next step."""
        return self.pattern.frame
