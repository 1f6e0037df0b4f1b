"""The frozen values that travel through streamer, with their units."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]


class State(StrEnum):
    """What a stream is doing now."""

    STARTING = "starting"  # opening the source, compiling kernels
    RUNNING = "running"
    WAITING = "waiting"  # the source is gone or not there yet; retrying
    ENDED = "ended"  # the source has no more to give, or the user stopped it
    FAILED = "failed"  # gave up; the detail says why


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """What an opened source of sound delivers."""

    sample_rate: int  # samples per second and channel
    n_channels: int
    device: str  # the name to show: device, file or scene


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a source delivered: consecutive samples without a hole inside."""

    samples: Float32  # shape (n_samples, n_channels), range −1…1
    start: int  # index of the first sample since this capture began, lost samples included
    lost_before: int  # samples lost between the previous chunk and this one
    time_s: float  # time.monotonic() at which the last sample had been captured


@dataclass(frozen=True, slots=True)
class Scores:
    """What the classifier said of one window."""

    stream: str
    labels: tuple[str, ...]
    values: Float32  # shape (n_labels,), range 0…1
    start_s: float  # window's first and last instant, seconds in the stream
    end_s: float
    time: float  # wall clock at end_s, seconds since the epoch


@dataclass(frozen=True, slots=True)
class Event:
    """A label heard from onset to offset; still running while ``offset_s`` is None."""

    stream: str
    label: str
    score: float  # peak of the smoothed score
    mean_score: float
    onset_s: float  # seconds in the stream
    offset_s: float | None
    time: float  # wall clock at the onset, seconds since the epoch
    lost_samples: int = 0  # lost between onset and offset


@dataclass(frozen=True, slots=True)
class Clip:
    """The sound around an ended event."""

    event: Event
    samples: Float32  # shape (n_samples,), mono, range −1…1
    sample_rate: int
    start_s: float  # seconds in the stream


@dataclass(frozen=True, slots=True)
class Recording:
    """Captured sound as it came, for those who want to keep it."""

    stream: str
    sound_format: SoundFormat
    start_s: float  # seconds in the stream at which this opening of the source began
    time: float  # wall clock then, seconds since the epoch
    samples: Float32  # shape (n_samples, n_channels)


@dataclass(frozen=True, slots=True)
class Level:
    """Loudness of the newest sound, relative to full scale (a full-scale sine has −3.01 dBFS rms)."""

    rms_dbfs: float = -np.inf
    peak_dbfs: float = -np.inf
    clipped: bool = False  # a sample at full scale within the last second


@dataclass(frozen=True, slots=True)
class Health:
    """How well a stream is being processed."""

    stream: str
    state: State
    detail: str = ""  # what the state means here: the device, the reason, the next retry
    position_s: float = 0.0  # seconds in the stream
    real_time_factor: float = 0.0  # processing seconds per second of sound; above 1 it cannot keep up
    latency_p50_s: float = 0.0  # capture of a window's last sample → its scores
    latency_p99_s: float = 0.0
    windows: int = 0  # windows classified since the start
    windows_per_s: float = 0.0
    lost_samples: int = 0
    lost_fraction: float = 0.0  # of all samples that should have come
    overflows: int = 0  # flags raised by the device
    reconnects: int = 0
    drift_ppm: float = 0.0  # device clock against the monotonic clock
    backlog_s: float = 0.0  # sound that the device has yet to deliver, seen from the monotonic clock
    cpu_fraction: float = 0.0  # of one core, the whole process
    memory_bytes: int = 0  # resident, the whole process
    temperature_c: float | None = None  # of the processor, where the kernel tells


@dataclass(frozen=True, slots=True)
class Summary:
    """What a stream came to, when it has ended."""

    health: Health
    events: dict[str, tuple[int, float]]  # label → number of events, seconds in all


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a dashboard shows of one stream at one instant."""

    health: Health
    source: str  # URI
    device: str
    model: str
    labels: tuple[str, ...]
    scores: Float32  # shape (n_labels,), smoothed, range 0…1
    on: Float32  # shape (n_labels,), threshold at which a label's event begins
    off: Float32  # shape (n_labels,), threshold below which it ends
    suppressed: dict[str, str] = field(default_factory=dict)  # label → why it cannot fire (denied, cool-down …)
    running: tuple[Event, ...] = ()
    past: tuple[Event, ...] = ()  # newest last
    spectrogram: Float32 = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    # shape (n_columns, n_mels), dB, newest last
    column_s: float = 0.05  # duration of one column
    column: int = 0  # number of columns since the stream began, so that columns shown as one stay together
    mel_hz: Float32 = field(default_factory=lambda: np.zeros(0, np.float32))  # (n_mels,), band centres
    level: Level = field(default_factory=Level)


Message = Scores | Event | Clip | Recording | Health | Summary
"""What goes to the sinks."""
