"""CaptureSession, and the protocol of the pipeline of a track, generic over the medium."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable

from streamer.config import RegionSettings
from streamer.messages import Message, NamedRegion
from streamer.pipeline.measured_events import MeasuredEvents
from streamer.pipeline.stage import Stage
from streamer.rings import RingCounters

STEP_S = 0.05  # seconds of sound processed at once: a shorter step costs wake-ups, a longer one latency


class Step(Protocol):
    """What a pipeline made of one chunk or image."""

    @property
    def messages(self) -> Sequence[Message]:
        """Messages in the order in which they came about."""


FormatT = TypeVar("FormatT")  # SoundFormat or ImageFormat
FormatT_contra = TypeVar("FormatT_contra", contravariant=True)
RingT = TypeVar("RingT", bound=RingCounters)  # SampleRing or ImageRing
PartT = TypeVar("PartT")  # Chunk or Image: what is processed in one step
PartT_contra = TypeVar("PartT_contra", contravariant=True)
StepT = TypeVar("StepT", bound=Step)  # SoundStep or ImageStep
StepT_co = TypeVar("StepT_co", bound=Step, covariant=True)


@dataclass(frozen=True, slots=True)
class CaptureSession(Generic[FormatT, RingT]):
    """One successful opening of a source; samples or images of two sessions never share a ring."""

    format: FormatT
    ring: RingT
    start_s: float  # seconds in the stream at which it began
    epoch_s: float  # wall clock at the stream's second 0 as it began, seconds since the epoch


class Pipeline(Protocol[FormatT_contra, PartT_contra, StepT_co]):
    """What processes a stream: a pipeline that classifies, or a recorder that cuts takes."""

    epoch_s: float  # wall clock at the stream's second 0, set anew as the clocks drift or are set

    @property
    def stream(self) -> str:
        """Name of the stream."""

    @property
    def position_s(self) -> float:
        """Seconds in the stream up to which it has been processed."""

    @property
    def stages(self) -> Sequence[Stage]:
        """Models; none while recording."""

    def begin(self, opened: FormatT_contra, start_s: float, epoch_s: float, /) -> Sequence[Message]:
        """Start on a newly opened source."""

    def step(self, part: PartT_contra, /) -> StepT_co:
        """Process one chunk or image."""

    def widen(self, factor: int) -> None:
        """Classify only every so many windows."""

    def end_events(self) -> Sequence[Message]:
        """End what must not stay open while the source is away."""

    def finish(self) -> Sequence[Message]:
        """End the stream."""


class PlacedRegions(Protocol):
    """The regions that a pipeline measures."""

    @property
    def refused(self) -> str:
        """Why some were dropped as the source opened; empty where none was."""

    def placed(self) -> tuple[NamedRegion, ...]:
        """Return them in pixels."""


@runtime_checkable
class MeasuresRegions(Protocol):
    """A pipeline that measures named regions of its images, each on its own."""

    @property
    def regions(self) -> PlacedRegions:
        """Those that it measures."""

    @property
    def measured_events(self) -> MeasuredEvents:
        """Events from what it measures."""

    def set_region(self, region: RegionSettings) -> None:
        """Measure a region from the next image on."""

    def drop_region(self, name: str) -> None:
        """Measure a region no longer."""
