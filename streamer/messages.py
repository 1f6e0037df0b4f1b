"""The frozen values that travel through streamer, with their units."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

import numpy as np

from streamer.arrays import Float32, UInt8

Medium = Literal["sound", "images"]  # what a source delivers
TaskName = Literal["sound", "pattern", "motion"]  # what a model is for, see `streamer.tasks`


class State(StrEnum):
    """State of a stream."""

    STARTING = "starting"  # opening the source, compiling kernels
    RUNNING = "running"
    WAITING = "waiting"  # the source is gone or not there yet; retrying
    ENDED = "ended"  # the source has no more to give, or the user stopped it
    FAILED = "failed"  # gave up; the detail says why


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """Format of an opened source of sound."""

    sample_rate: int  # samples per second and channel
    n_channels: int
    device: str  # the name to show: device, file or scene


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive samples from a source, without a gap inside."""

    samples: Float32  # shape (n_samples, n_channels), range −1…1
    start: int  # index of the first sample since this capture began, lost samples included
    lost_before: int  # samples lost between the previous chunk and this one
    time_s: float  # time.monotonic() at which the last sample had been captured


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """Format of an opened source of images."""

    width: int  # of the images as delivered: after region of interest, rotation and downscale
    height: int
    fps: float  # as camera, file or user state it, 0 if none does; never used to measure with
    device: str  # the name to show: camera, file or scene
    detail: str = ""  # what the camera really gave, where it differs from what was asked


@dataclass(frozen=True, slots=True)
class Image:
    """One image of a camera, video or folder."""

    pixels: UInt8  # shape (height, width, 3), blue-green-red
    index: int  # number of the image since this capture session began, skipped ones included
    skipped_before: int  # images skipped or lost between the previous one and this one
    time_s: float  # capture time in seconds since that of the session's first image; strictly increasing
    captured_s: float  # time.monotonic() at which it had been captured, or would have been


@dataclass(frozen=True, slots=True, eq=False)
class Temporal:
    """A measured period in time."""

    hz: float  # fundamental
    hz_sigma: float  # its standard uncertainty
    snr_db: float  # power of the fundamental and its harmonics against the noise in the same series
    resolution_hz: float  # 1 / duration
    fps: float  # measured from the capture times
    alias_hz: tuple[float, ...]  # true frequencies above half the image rate that would look the same, lowest first
    mains_hz: int | None  # 100 or 120 where that folds to ``hz`` at this image rate: probably the light flickers
    n_cells: int  # cells that vote for it
    heat: Float32  # shape (n_rows, n_columns), range 0…1: how much of it is in each cell

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Smallest rectangle of cells that holds those that carry the period: first column, first row,
        columns, rows.
        """
        rows, columns = np.nonzero(self.heat)
        if not rows.size:
            return 0, 0, 0, 0
        first_column, first_row = int(columns.min()), int(rows.min())
        return first_column, first_row, int(columns.max()) + 1 - first_column, int(rows.max()) + 1 - first_row


@dataclass(frozen=True, slots=True)
class LatticeVector:
    """One period in space."""

    period_px: float  # pixels of the delivered image, across the stripes
    period_px_sigma: float  # its standard uncertainty
    angle_deg: float  # direction in which the pattern repeats: counter-clockwise from the right, −90 < angle ≤ 90
    angle_deg_sigma: float


@dataclass(frozen=True, slots=True)
class Spatial:
    """A measured pattern in space."""

    lattice: Literal["stripes", "grid", "hexagonal"]
    vectors: tuple[LatticeVector, ...]  # one for stripes, two for the others, the stronger first
    contrast: float  # peak-to-peak of the pattern against full scale, range 0…1
    snr_db: float  # power of its peaks against the spectrum around them


@dataclass(frozen=True, slots=True)
class Periodicity:
    """Result of one measurement of periodic patterns, which may be that there are none."""

    stream: str
    kind: Literal["temporal", "spatial"]
    found: Temporal | Spatial | None
    start_s: float  # first and last instant of what it was measured from, seconds in the stream
    end_s: float
    time: float  # wall clock at end_s, seconds since the epoch
    skipped_images: int = 0  # between the two


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one window."""

    stream: str
    labels: tuple[str, ...]
    values: Float32  # shape (n_labels,), range 0…1
    start_s: float  # window's first and last instant, seconds in the stream
    end_s: float
    time: float  # wall clock at end_s, seconds since the epoch


@dataclass(frozen=True, slots=True)
class Event:
    """A label present from onset to offset; still running while ``offset_s`` is None."""

    stream: str
    label: str
    score: float  # peak of the smoothed score
    mean_score: float
    onset_s: float  # seconds in the stream
    offset_s: float | None
    time: float  # wall clock at the onset, seconds since the epoch
    n_lost: int = 0  # samples, or images, lost between onset and offset
    task: TaskName = "sound"
    measured: Temporal | Spatial | None = None  # the strongest periodicity that its windows held


@dataclass(frozen=True, slots=True)
class SoundClip:
    """The sound around an ended event."""

    event: Event
    samples: Float32  # shape (n_samples,), mono, range −1…1
    sample_rate: int
    start_s: float  # seconds in the stream


@dataclass(frozen=True, slots=True)
class Recording:
    """Captured sound as it came, for sinks that keep it."""

    stream: str
    sound_format: SoundFormat
    start_s: float  # seconds in the stream at which this capture session began
    time: float  # wall clock then, seconds since the epoch
    samples: Float32  # shape (n_samples, n_channels)


@dataclass(frozen=True, slots=True)
class VideoClip:
    """The images around an ended event."""

    event: Event
    jpegs: tuple[bytes, ...]  # one for each image
    times_s: tuple[float, ...]  # of each image, seconds in the stream


@dataclass(frozen=True, slots=True, eq=False)
class SoundTake:
    """Sound recorded as one example; it has no hole."""

    stream: str
    start_s: float  # seconds in the stream
    time: float  # wall clock then, seconds since the epoch
    samples: Float32  # shape (n_samples, n_channels), range −1…1
    sample_rate: int
    is_cut: bool = False  # the source ended or was lost while it went on


@dataclass(frozen=True, slots=True, eq=False)
class ImageTake:
    """Images recorded as one example: a picture for pattern, a video for motion."""

    stream: str
    start_s: float  # seconds in the stream
    time: float  # wall clock then, seconds since the epoch
    task: TaskName
    images: tuple[bytes, ...]  # PNG of a picture, JPEG of a video's images
    times_s: tuple[float, ...]  # of each image, seconds in the stream
    n_lost: int = 0  # images skipped between the first and the last
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """Loudness of sound relative to full scale; a full-scale sine has −3.01 dBFS rms."""

    rms_dbfs: float = -np.inf
    peak_dbfs: float = -np.inf
    is_clipped: bool = False  # a sample at full scale, see `streamer.features.level.is_clipped`


QUIET_DBFS = -40.0  # a peak below is too quiet for an example: cheap microphones have their noise at −60


@dataclass(frozen=True, slots=True)
class RecordedTake:
    """A take that has been written to a file."""

    path: Path
    start_s: float  # seconds in the stream
    time: float  # wall clock then, seconds since the epoch
    length_s: float  # 0 for a picture
    level: Level | None = None  # of sound
    n_images: int = 0  # of a picture or video
    fps: float = 0.0  # of a video
    n_lost: int = 0  # images skipped in it
    is_cut: bool = False  # the source ended or was lost while it went on

    @property
    def is_quiet(self) -> bool:
        """Whether it is sound too quiet to be told from a microphone's own noise."""
        return self.level is not None and self.level.peak_dbfs < QUIET_DBFS

    @property
    def remarks(self) -> list[str]:
        """What speaks against it as an example, most serious first."""
        found = {
            "clipped": self.level is not None and self.level.is_clipped,
            "too quiet": self.is_quiet,
            f"{self.n_lost} skipped": self.n_lost > 0,
            "cut off": self.is_cut,
        }
        return [remark for remark, applies in found.items() if applies]


@dataclass(frozen=True, slots=True)
class LostTake:
    """A take that was given up, not written, or deleted again."""

    stream: str
    start_s: float  # seconds in the stream
    length_s: float
    reason: str
    is_wanted: bool = True  # False: the user undid it


@dataclass(frozen=True, slots=True)
class Undo:
    """Request to delete the newest take."""

    stream: str


@dataclass(frozen=True, slots=True)
class ImageHealth:
    """Regularity of the images, measured from their capture times."""

    images: int = 0  # processed since the start
    skipped_images: int = 0  # never processed: overwritten unread, or known not to have come
    fps: float = 0.0  # images captured per second of late, 0 until known
    jitter_s: float = 0.0  # standard deviation of the intervals of late, gaps left out
    gaps: int = 0  # intervals longer than 1.5 times the usual one, since the start
    longest_gap_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Health:
    """Figures of how well a stream is being processed."""

    stream: str
    state: State
    detail: str = ""  # what the state means here: the device, the reason, the next retry
    position_s: float = 0.0  # seconds in the stream
    real_time_factor: float = 0.0  # processing seconds per second of the stream; above 1 it cannot keep up
    latency_p50_s: float = 0.0  # capture of a window's last sample or image → its scores
    latency_p99_s: float = 0.0
    windows: int = 0  # windows classified since the start
    windows_per_s: float = 0.0
    lost_samples: int = 0
    lost_fraction: float = 0.0  # of all samples, or images, that should have come
    overflows: int = 0  # flags raised by the device
    reconnects: int = 0
    drift_ppm: float = 0.0  # device clock against the monotonic clock
    backlog_s: float = 0.0  # sound that the device has yet to deliver, seen from the monotonic clock
    cpu_fraction: float = 0.0  # of one core, the whole process
    memory_bytes: int = 0  # resident, the whole process
    temperature_c: float | None = None  # of the processor, where the kernel tells
    images: ImageHealth | None = None  # of a stream of images


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals of a stream when it has ended."""

    health: Health
    events: dict[str, tuple[int, float]]  # label → number of events, seconds in all
    temporal: Temporal | None = None  # strongest periodicities measured
    spatial: Spatial | None = None


Message = (
    Scores
    | Event
    | Periodicity
    | SoundClip
    | VideoClip
    | Recording
    | SoundTake
    | ImageTake
    | RecordedTake
    | LostTake
    | Undo
    | Health
    | Summary
)
"""What goes to the sinks."""
