"""StreamMonitor: state, totals, latency and load of a stream become Health, Summary and Snapshot."""

from __future__ import annotations

import bisect
import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypedDict, TypeVar

import numpy as np

from streamer.arrays import Float32
from streamer.messages import (
    LATENCY_BOUNDS_S,
    Event,
    Health,
    Message,
    NamedRegion,
    Periodicity,
    RegionFindings,
    Spatial,
    State,
    Summary,
    Temporal,
)
from streamer.monitor.problems import Problems
from streamer.monitor.snapshot import ImageView, Snapshot, SoundView, TakesView
from streamer.monitor.suppressions import Suppressions
from streamer.pipeline.stage import Stage
from streamer.sources import SourceStatus
from streamer.sources.base import Played
from streamer.system import ProcessMeter

RATE_S = 10.0  # time constant of the rates shown
N_PAST = 200  # ended events kept for the dashboard
CLOCK_UNSET = "the clock has not been set since the machine started: times are uncertain"
N_LATENCIES = 512  # newest windows whose latencies give the percentiles

FormatT = TypeVar("FormatT")  # SoundFormat or ImageFormat
PartT = TypeVar("PartT")  # Chunk or Image
StepT = TypeVar("StepT")  # SoundStep or ImageStep


class MonitoredPipeline(Protocol):
    """What a monitor reads of a pipeline or recorder."""

    @property
    def stream(self) -> str:
        """Name of the stream."""

    @property
    def stages(self) -> Sequence[Stage]:
        """Models; none while recording."""

    @property
    def position_s(self) -> float:
        """Seconds in the stream up to which it has been processed."""

    @property
    def n_windows(self) -> int:
        """Windows classified so far, over all models."""

    @property
    def epoch_s(self) -> float:
        """Wall clock at the stream's second 0."""


class StreamMonitor(ABC, Generic[FormatT, PartT, StepT]):
    """Monitor of one stream; the base for sound and images.

    Updated on the processing thread, at a few µs a step; other threads get only the frozen values that it returns, and
    may call :meth:`set_state`.

    Parameters
    ----------
    pipeline : MonitoredPipeline
        Pipeline or recorder of the stream.
    source : SourceStatus
        Source of the stream.
    draws : bool
        Whether a dashboard is shown; what only snapshots need is not computed otherwise.
    takes : callable or None
        Returns what a dashboard shows of the takes; while recording only.

    Attributes
    ----------
    problems : Problems
        Of the run, set before the stream is started; until then there are none.
    stride_factor : int
        By which the strides are widened, as the machine cannot keep up; else 1.
    time_uncertain : bool
        Whether the wall clock has not been set since the machine started.
    is_paused : bool
        Whether what is captured is dropped, as asked.
    refused : str
        Why the newest command was not carried out; empty where it was.
    remark : str
        What the buffers lack, for the health line; empty where they lack nothing.
    buffer_bytes : int
        What holds sound or images of the stream until it is processed or written.
    """

    def __init__(
        self,
        pipeline: MonitoredPipeline,
        source: SourceStatus,
        *,
        draws: bool,
        takes: Callable[[], TakesView] | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._source = source
        self._draws = draws
        self._takes = takes
        self.problems = Problems()
        self.time_uncertain = False
        self.stride_factor = 1
        self.is_paused = False
        self.refused = ""
        self.remark = ""
        self.buffer_bytes = 0
        self._state, self._detail = State.STARTING, ""
        self._device = self._device_detail = ""
        self._n_sessions = 0
        self._has_worked = False
        self._past: deque[Event] = deque(maxlen=N_PAST if draws else 0)  # ended events, newest last
        self._suppressions = Suppressions(pipeline.stages)
        self._events: dict[str, tuple[int, float]] = {}  # label → number of events, seconds in all
        self._strongest: dict[str | None, _Strongest] = {}  # by the name of a region; None: of the whole image
        self._latencies_s: deque[float] = deque(maxlen=N_LATENCIES)
        self._latency_counts = [0] * (len(LATENCY_BOUNDS_S) + 1)
        self._latency_sum_s = 0.0
        self._busy_s = self._elapsed_s = self._recent_windows = 0.0  # decaying with RATE_S
        self._process = ProcessMeter()

    @property
    def state(self) -> State:
        """What the stream is doing now."""
        return self._state

    @property
    def has_worked(self) -> bool:
        """Whether the pipeline has given scores or, where it has no model, processed anything."""
        return self._has_worked

    def set_state(self, state: State, detail: str = "") -> None:
        """Set what the stream is doing now, and what that means here; called from any thread."""
        self._state, self._detail = state, detail

    @property
    def n_results(self) -> int:
        """Windows classified so far; of images without a model, images measured."""
        return self._pipeline.n_windows

    @property
    def due_s(self) -> float:
        """Seconds within which the next of these comes while sound or images do."""
        return max((stage.due_s for stage in self._pipeline.stages), default=0.0)

    @property
    def load(self) -> float:
        """Seconds of processing per second of the stream, of late."""
        return self._busy_s / self._elapsed_s if self._elapsed_s else 0.0

    @property
    def position_s(self) -> float:
        """Seconds in the stream up to which it has been processed."""
        return self._pipeline.position_s

    def change_clock(self, offset_s: float) -> None:
        """Correct the times of past events: the wall clock was set forward by so many seconds."""
        self._past = deque((replace(event, time=event.time + offset_s) for event in self._past), self._past.maxlen)
        self._suppressions.change_clock(offset_s)

    @abstractmethod
    def begin(self, opened: FormatT) -> None:
        """Start on a newly opened source."""

    @abstractmethod
    def update(self, part: PartT, step: StepT, busy_s: float) -> None:
        """Update the monitor with one processed chunk or image.

        Parameters
        ----------
        part : Chunk or Image
            What was processed.
        step : SoundStep or ImageStep
            What the pipeline made of it.
        busy_s : float
            Seconds that this took.
        """

    @abstractmethod
    def lose(self, seconds: float, fps: float) -> None:
        """Count what was not captured in the seconds before the first sample or image.

        Parameters
        ----------
        seconds : float
            From the end of the last sample, or from the last image, that was captured before.
        fps : float
            Images per second, as measured before; of sound, of any value.
        """

    def _measured_running(self) -> tuple[Event, ...]:
        """Return the events from measurements that have not ended."""
        return ()

    @abstractmethod
    def reset(self) -> None:
        """Prepare for sound or images that do not continue those before."""

    def loudest_dbfs(self, since_s: float) -> float | None:
        """Return the highest level since a second of the stream, of the last minute; None where there is none."""
        return None

    def count(self, message: Message) -> None:
        """Add a message to the totals: ended events, and the strongest periodicities."""
        if isinstance(message, Event) and message.offset_s is not None:
            n_events, total_s = self._events.get(message.label, (0, 0.0))
            self._events[message.label] = (n_events + 1, total_s + message.offset_s - message.onset_s)
            self._past.append(message)
        elif isinstance(message, Periodicity):
            name = message.region.name if message.region else None
            strongest = self._strongest.get(name)
            if strongest is None or strongest.region != message.region:  # one that was moved is another place
                strongest = _Strongest(message.region)
            self._strongest[name] = strongest.with_found(message.found)

    def health(self) -> Health:
        """Return how well the stream is being processed at this instant."""
        latencies_s = sorted(self._latencies_s) or [0.0]
        if isinstance(self._source, Played) and not self._source.is_paced:
            latencies_s = [math.nan]
        self._process.measure()
        clock = CLOCK_UNSET if self.time_uncertain else ""
        factor = self.stride_factor
        slow = f"too slow: one window in {factor} is classified" if factor > 1 else ""
        return Health(
            stream=self._pipeline.stream,
            state=State.PAUSED if self.is_paused and self._state is State.RUNNING else self._state,
            detail=self._detail
            or "; ".join(
                filter(None, (self._source.note, self._device_detail, *self._findings(), self.remark, slow, clock))
            ),
            position_s=self._pipeline.position_s,
            real_time_factor=self.load,
            latency_p50_s=latencies_s[len(latencies_s) // 2],
            latency_p99_s=latencies_s[len(latencies_s) * 99 // 100],
            windows=self._pipeline.n_windows,
            latency_counts=tuple(self._latency_counts),
            latency_sum_s=self._latency_sum_s,
            windows_per_s=self._recent_windows / self._elapsed_s if self._elapsed_s else 0.0,
            reconnects=max(0, self._n_sessions - 1),
            cpu_fraction=self._process.cpu_fraction,
            memory_bytes=self._process.memory_bytes,
            buffer_bytes=self.buffer_bytes,
            temperature_c=self._process.temperature_c,
            problems=self.problems.now(),
            unwritten=self.problems.n_unwritten,
            time_uncertain=self.time_uncertain,
            stride_factor=self.stride_factor,
        )

    def summary(self) -> Summary:
        """Return the health at this instant and the totals so far."""
        whole = self._strongest.get(None, _Strongest(None))
        regions = tuple(
            RegionFindings(each.region, each.temporal, each.spatial) for each in self._strongest.values() if each.region
        )
        return Summary(self.health(), dict(self._events), whole.temporal, whole.spatial, regions)

    def snapshot(self) -> Snapshot:
        """Return all that a dashboard shows of the stream at this instant."""
        return Snapshot(
            health=self.health(),
            source=self._source.uri,
            device=self._device,
            **_classification(self._pipeline.stages, self._pipeline.position_s, self._measured_running()),
            suppressed_past=self._suppressions.now(),
            refused=self.refused,
            past=tuple(self._past),
            view=self._view() if self._draws else None,
            takes=self._takes() if self._takes else None,
        )

    def _findings(self) -> Sequence[str]:
        """Return what is wrong with what the source delivers, as far as the monitor has measured it."""
        return ()

    @abstractmethod
    def _view(self) -> SoundView | ImageView | None:
        """Return the part of a snapshot that only this medium has; None before the first image."""

    def _begin(self, device: str, detail: str = "") -> None:
        """Count a session with a device that may give something else than was asked, which ``detail`` then says."""
        self._n_sessions += 1
        self._device, self._device_detail = device, detail
        self.reset()

    def _add(self, latencies_s: Sequence[float], elapsed_s: float, busy_s: float) -> None:
        """Add ``elapsed_s`` of the stream, processed in ``busy_s``, and the latencies of its windows."""
        self._latencies_s.extend(latencies_s)
        for latency_s in latencies_s:
            self._latency_counts[bisect.bisect_left(LATENCY_BOUNDS_S, latency_s)] += 1
            self._latency_sum_s += latency_s
        if self._draws and latencies_s:
            self._suppressions.update(self._pipeline.position_s, self._pipeline.epoch_s)
        self._has_worked |= bool(latencies_s) or not self._pipeline.stages
        decay = math.exp(-elapsed_s / RATE_S)
        self._busy_s = (self._busy_s + busy_s) * decay
        self._elapsed_s = (self._elapsed_s + elapsed_s) * decay
        self._recent_windows = (self._recent_windows + len(latencies_s)) * decay


class _Classification(TypedDict):
    """The part of a Snapshot that models give."""

    model: str
    labels: tuple[str, ...]
    scores: Float32
    on: Float32
    off: Float32
    suppressed: dict[str, str]
    muted: frozenset[str]
    running: tuple[Event, ...]


def _classification(stages: Sequence[Stage], now_s: float, others: tuple[Event, ...]) -> _Classification:
    """Return what the models of a stream give at this instant, their labels one after the other.

    ``others`` are running events that no model gave.
    """
    none = np.zeros(0, np.float32)
    return _Classification(
        model=", ".join(stage.spec.name for stage in stages),
        labels=tuple(label for stage in stages for label in stage.detector.labels),
        scores=np.concatenate([none, *(stage.detector.smoothed for stage in stages)]),
        on=np.concatenate([none, *(stage.detector.on for stage in stages)]),
        off=np.concatenate([none, *(stage.detector.off for stage in stages)]),
        suppressed={k: v for stage in stages for k, v in stage.detector.suppressed(now_s).items()},
        muted=frozenset(label for stage in stages for label in stage.detector.muted),
        running=(*(event for stage in stages for event in stage.running(now_s)), *others),
    )


@dataclass(frozen=True)
class _Strongest:
    """The strongest measurements of one region, or of the whole image."""

    region: NamedRegion | None
    temporal: Temporal | None = None
    spatial: Spatial | None = None

    def with_found(self, found: Temporal | Spatial | None) -> _Strongest:
        """Return them after one more measurement."""
        if isinstance(found, Temporal) and (self.temporal is None or found.snr_db > self.temporal.snr_db):
            return replace(self, temporal=found)
        if isinstance(found, Spatial) and (self.spatial is None or found.snr_db > self.spatial.snr_db):
            return replace(self, spatial=found)
        return self
