"""What the capture thread hands to the processing thread, and what that does with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from streamer.messages import Health, ImageFormat, Message, SoundFormat, State
from streamer.monitor.snapshot import Snapshot
from streamer.sources import Source

STEP_S = 0.05  # of sound processed at once: a smaller step costs wake-ups, a larger one latency

FormatT = TypeVar("FormatT", SoundFormat, ImageFormat)
RingT = TypeVar("RingT")


@dataclass(frozen=True, slots=True)
class CaptureSession(Generic[FormatT, RingT]):
    """One successful opening of a source; what comes from different sessions never meets in one ring."""

    format: FormatT
    ring: RingT
    start_s: float  # seconds in the stream at which it began
    epoch_s: float  # wall clock at the stream's second 0
    anchor_s: float  # wall clock at the monotonic clock's 0


class Monitor(Protocol):
    """What a stream tells of itself."""

    state: State
    detail: str
    problem: str
    n_sessions: int

    @property
    def past(self) -> Any:
        """Ended events, newest last."""

    def health(self) -> Health:
        """Return the figures of this instant."""

    def snapshot(self) -> Snapshot:
        """Return all that a dashboard needs to draw this instant."""


class Watcher(Monitor, Protocol):
    """A monitor that a track shows what passes through it, chunk by chunk or image by image."""

    device: str

    def forget(self) -> None:
        """Start a new picture: what is to come does not continue what was."""

    def watch(self, part: Any, messages: Any, busy_s: float, /) -> None:
        """Take note of a part that the pipeline has just made ``messages`` of in ``busy_s`` seconds."""


class Track(Protocol):
    """A source and all that is done with what it delivers; sound and images each have theirs."""

    @property
    def name(self) -> str:
        """What the stream is called."""

    @property
    def source(self) -> Source:
        """Where it comes from."""

    @property
    def monitor(self) -> Monitor:
        """What it tells of itself."""

    @property
    def at_limit(self) -> bool:
        """Whether the stream's last second has been processed."""

    def ring(self, opened: Any) -> Any:
        """Return a ring for a newly opened source, by its format."""

    def begin(self, opening: CaptureSession[Any, Any]) -> list[Message]:
        """Go over to a newly opened source."""

    def step(self, opening: CaptureSession[Any, Any], timeout_s: float) -> list[Message] | None:
        """Process the next part, waiting at most ``timeout_s`` for it; None if there is none."""

    def interrupt(self) -> list[Message]:
        """End what waiting for the source must not keep open."""

    def finish(self) -> list[Message]:
        """End the stream."""
