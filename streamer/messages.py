"""Frozen values that travel through streamer, with their units."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from streamer.arrays import Float32, UInt8
from streamer.rhythm_unit import HZ, RhythmUnit

Medium = Literal["sound", "images"]  # what a source delivers
TaskName = Literal["sound", "pattern", "motion"]  # what a model classifies, see `streamer.tasks`

TemporalStatus = Literal["found", "none", "too_short", "too_irregular", "changing"]
"""Result of looking for rhythms: ``changing`` where something repeats at a frequency too unsteady to be stated."""

RhythmKind = Literal["steady", "drifting", "pulse_train", "pulse", "mains", "lamp", "coder"]
"""What a rhythm is: ``drifting`` where its frequency changes slowly; ``pulse_train`` where it is short in its period;
``pulse`` where skin changes its colour as blood makes it; ``mains`` where light of the mains looks like it; ``lamp``
of another lamp, in bands along the rows; ``coder`` where the video coder made it."""

SeenIn = Literal["grey", "flow", "POS", "CHROM", "rows"]
"""In what a rhythm was seen: mean grey, optical flow, a projection of the colour of skin, or bands along rows."""

DirectionKind = Literal["axis", "travel", "rotation"]
"""Kind of direction: ``axis`` of a movement to and fro, ``travel`` of one that goes on, ``rotation`` with its sense."""

SpatialStatus = Literal["found", "none", "too_fine"]
"""Result of looking for patterns: ``too_fine`` where the only one is finer than can be measured."""


class State(StrEnum):
    """State of a stream."""

    STARTING = "starting"  # opening the source, compiling kernels
    RUNNING = "running"
    PAUSED = "paused"  # as asked: what is captured is dropped, and the source stays open
    WAITING = "waiting"  # the source is gone or not there yet; it is tried again
    ENDED = "ended"  # the source ended, or the user stopped it
    FAILED = "failed"  # the stream cannot go on; the detail gives the reason


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """Format of an opened source of sound."""

    sample_rate: int  # samples per second and channel
    n_channels: int
    device: str  # name to show: of the device, file or scene


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive samples of a source, without a gap."""

    samples: Float32  # shape (n_samples, n_channels), range −1…1
    start: int  # index of the first sample in this capture session, lost samples included
    lost_before: int  # samples lost between the previous chunk and this one
    time_s: float  # time.monotonic() at which the last sample had been captured


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """Format of an opened source of images."""

    width: int  # of the images as delivered: after region of interest, rotation and downscale
    height: int
    fps: float  # image rate stated by camera, file or user, 0 if by none; not used for measurements
    device: str  # name to show: of the camera, file or scene
    detail: str = ""  # what the camera gives, where it differs from what was requested


class CodedPixels(Protocol):
    """Pixels that are decoded when they are asked for, once."""

    @property
    def pixels(self) -> UInt8:
        """Pixels in colour, shape (height, width, 3), blue-green-red."""

    @property
    def grey(self) -> UInt8:
        """Pixels in grey, shape (height, width)."""

    def small(self, width: int, height: int) -> UInt8:
        """Return the pixels in colour, perhaps reduced, but to no fewer than so many each way."""


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """One image of a camera, a video or a folder of pictures."""

    content: UInt8 | CodedPixels  # its pixels, blue-green-red; or what they are decoded from
    index: int  # number of the image in this capture session, skipped ones included
    skipped_before: int  # images skipped or lost between the previous one and this one
    time_s: float  # capture time, seconds since the first image of the session; strictly increasing
    captured_s: float  # time.monotonic() at which it was captured, or would have been
    coded_type: str = ""  # how its coder made it: "I" alone, "P" from earlier images, "B" from both sides; "" unknown
    n_bytes: int = 0  # that its coded form takes; 0 unknown
    _grey: list[UInt8] = field(default_factory=list, init=False, repr=False)  # once it has been made

    @property
    def pixels(self) -> UInt8:
        """Pixels in colour, shape (height, width, 3), blue-green-red."""
        return self.content if isinstance(self.content, np.ndarray) else self.content.pixels

    def small(self, width: int, height: int) -> UInt8:
        """Return the pixels in colour, reduced where that is cheap, but to no fewer than so many each way."""
        return self.content if isinstance(self.content, np.ndarray) else self.content.small(width, height)

    @property
    def grey(self) -> UInt8:
        """Pixels in grey, shape (height, width), made once; of a JPEG those that it holds."""
        if not isinstance(self.content, np.ndarray):
            return self.content.grey
        if not self._grey:
            import cv2

            self._grey.append(np.asarray(cv2.cvtColor(self.content, cv2.COLOR_BGR2GRAY), np.uint8))
        return self._grey[0]


@dataclass(frozen=True, slots=True)
class Rival:
    """Another frequency that explains a measured rhythm nearly as well."""

    hz: float
    odds: float  # how many times as probable the frequency is that was preferred to it


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """Frequency of a drifting rhythm in one part of the time measured."""

    time_s: float  # middle of that part, seconds after the first image measured
    hz: float
    hz_sigma: float  # its standard uncertainty


@dataclass(frozen=True, slots=True, eq=False)
class TemporalComponent:
    """One rhythm: what repeats in time in some cells of the image, with its uncertainty."""

    hz: float  # fundamental frequency
    hz_sigma: float  # its standard uncertainty
    snr_db: float  # power of the fundamental and its harmonics relative to the noise in the same series
    n_cells: int  # number of cells in which it was found
    heat: Float32  # shape (n_rows, n_columns), range 0…1: its strength in each cell
    what: RhythmKind = "steady"
    start_s: float = 0.0  # first and last instant for which it holds, seconds after the first image measured
    end_s: float = math.inf
    amplitude: float = math.nan  # peak deviation from the mean in its strongest cell, in the unit of the series
    amplitude_px: float = math.nan  # of the motion: greatest displacement from its middle, NaN where it is no motion …
    amplitude_px_sigma: float = math.nan  # … and its standard uncertainty
    harmonics: tuple[complex, ...] = ()  # of 1, 2 … times hz there: Re(Σ aₖ e^{i 2π k hz t}), t from the middle
    alias_hz: tuple[float, ...] = ()  # frequencies above half the image rate that would look the same, lowest first
    alias_cut: Literal["", "times", "waveform", "rows"] = ""  # why no more: uneven times, fine detail in time, or bands
    mains_hz: int | None = None  # 100 or 120 where that folds to ``hz`` at this image rate
    track: tuple[TrackPoint, ...] = ()  # frequency over time, of one that drifts
    rivals: tuple[Rival, ...] = ()  # the most probable first
    coder_hz: float | None = None  # rate, or its multiple, at which the video coder repeats itself, if that is ``hz``
    seen_in: tuple[SeenIn, ...] = ("grey",)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Smallest rectangle with all cells that carry the rhythm: first column, first row, columns, rows."""
        rows, columns = np.nonzero(self.heat)
        if not rows.size:
            return 0, 0, 0, 0
        first_column, first_row = int(columns.min()), int(rows.min())
        return first_column, first_row, int(columns.max()) + 1 - first_column, int(rows.max()) + 1 - first_row


@dataclass(frozen=True, slots=True)
class Count:
    """How often a rhythm has repeated since it began."""

    n: float  # cycles; whole ones are complete
    sigma: float  # its standard uncertainty
    since_s: float  # second of the stream at which it began, as far as was seen


@dataclass(frozen=True, slots=True, eq=False)
class Temporal:
    """What repeats in time in a series of images: every rhythm, or why there is none."""

    status: TemporalStatus
    fps: float  # images per second, measured from the capture times; NaN where there are too few
    resolution_hz: float  # 1 / duration
    min_hz: float  # slowest and fastest rhythm that these images could show
    max_hz: float
    components: tuple[TemporalComponent, ...] = ()  # the most significant first; empty unless the status is "found"
    of_coder: tuple[TemporalComponent, ...] = ()  # rhythms that the video coder made, which are none of the scene
    unit: RhythmUnit = HZ  # in which the user wants them told
    px_per_mm: float = 0.0  # scale of the image, where the user has stated it; else 0
    count: Count | None = None  # of a stream: repetitions of a rhythm since it began, over all measurements

    def end_of(self, rhythm: TemporalComponent) -> float:
        """Return when a rhythm was seen last, seconds after the first image measured."""
        return min(rhythm.end_s, 1.0 / self.resolution_hz)

    def cycles(self, rhythm: TemporalComponent) -> tuple[float, float]:
        """Return how often a rhythm repeated in the time for which it holds, and the standard uncertainty.

        Where it began or ended while it was measured, either end is uncertain by half a cycle.
        """
        start_s, end_s = max(rhythm.start_s, 0.0), self.end_of(rhythm)
        length_s = max(end_s - start_s, 0.0)
        hz, sigma_hz = rhythm.hz, rhythm.hz_sigma
        if rhythm.track:  # joined by straight lines; the uncertainties of neighbours may be the same
            times_s = [start_s, *(point.time_s for point in rhythm.track), end_s]
            points = (rhythm.track[0], *rhythm.track, rhythm.track[-1])
            shares = np.diff(np.clip(times_s, start_s, end_s)) / length_s if length_s else np.zeros(len(times_s) - 1)
            of_points = np.array([point.hz for point in points])
            hz = float(shares @ (of_points[1:] + of_points[:-1]) / 2)
            sigma_hz = max(point.hz_sigma for point in rhythm.track)
        margin_s = 1.5 / self.fps if self.fps > 0.0 else 0.0
        n_ends = (start_s > margin_s) + (end_s < 1.0 / self.resolution_hz - margin_s)
        return hz * length_s, math.hypot(sigma_hz * length_s, 0.5 * math.sqrt(n_ends))

    @property
    def hz(self) -> float:
        """Frequency of the most significant rhythm; NaN where there is none."""
        return self.components[0].hz if self.components else math.nan

    @property
    def hz_sigma(self) -> float:
        """Standard uncertainty of that frequency; NaN where there is none."""
        return self.components[0].hz_sigma if self.components else math.nan

    @property
    def snr_db(self) -> float:
        """Signal-to-noise ratio of the most significant rhythm; −∞ where there is none."""
        return self.components[0].snr_db if self.components else -math.inf


AXIS_DEG = 2.0  # a pattern so near to an axis of the image is told to lie along it


@dataclass(frozen=True, slots=True)
class LatticeVector:
    """One period in space: a vector of the pattern's lattice."""

    period_px: float  # in pixels of the delivered image, perpendicular to the stripes; the mean where it varies
    period_px_sigma: float  # its standard uncertainty; the spread over the image where it varies
    angle_deg: float  # direction in which the pattern repeats: counter-clockwise from the right, −90 < angle ≤ 90
    angle_deg_sigma: float
    # Least and greatest in the image, where the period varies by more than its uncertainty: perspective, lenses, folds.
    period_range_px: tuple[float, float] | None = None
    angle_range_deg: tuple[float, float] | None = None

    @property
    def axis(self) -> Literal["", "x", "y"]:
        """Axis of the image along which it repeats: x across, y down; empty where it is more than 2° off either."""
        if abs(self.angle_deg) <= AXIS_DEG:
            return "x"
        return "y" if abs(self.angle_deg) >= 90.0 - AXIS_DEG else ""

    def period_mm(self, px_per_mm: float) -> float:
        """Period in millimetres; NaN where the image's scale is not known."""
        return self.period_px / px_per_mm if px_per_mm else math.nan

    def per_cm(self, px_per_mm: float) -> float:
        """Threads or lines per centimetre; NaN where the image's scale is not known."""
        return 10 * px_per_mm / self.period_px if px_per_mm and self.period_px else math.nan

    @property
    def relative_sigma(self) -> float:
        """Standard uncertainty of the period as a share of it: in whatever unit, and of its inverse."""
        return self.period_px_sigma / self.period_px if self.period_px else math.nan


@dataclass(frozen=True, slots=True)
class SpatialComponent:
    """One pattern in space: what repeats in one part of the image, with its uncertainty."""

    lattice: Literal["stripes", "grid", "hexagonal"]
    vectors: tuple[LatticeVector, ...]  # one for stripes, two for the others, the stronger one first
    contrast: float  # peak-to-peak amplitude relative to full scale, range 0…1
    snr_db: float  # power of its peaks relative to the spectrum around them
    box: tuple[int, int, int, int]  # smallest rectangle around it: left, top, width, height in pixels
    share: float = 1.0  # of the image that it covers, about
    channel: Literal["grey", "red-green", "blue-yellow"] = "grey"  # in which it was found: colours where grey has none

    @property
    def second(self) -> LatticeVector | None:
        """The other vector of a grid or hexagonal pattern."""
        return self.vectors[1] if len(self.vectors) > 1 else None


@dataclass(frozen=True, slots=True)
class Spatial:
    """What repeats in space in one image: every pattern, or why there is none."""

    status: SpatialStatus
    min_px: float  # finest period that could have been told
    max_px: float  # coarsest one, in the longer side of the image
    components: tuple[SpatialComponent, ...] = ()  # the most significant first; empty unless the status is "found"
    px_per_mm: float = 0.0  # scale of the image, where the user has stated it; else 0

    @property
    def snr_db(self) -> float:
        """Signal-to-noise ratio of the most significant pattern; −∞ where there is none."""
        return self.components[0].snr_db if self.components else -math.inf


@dataclass(frozen=True, slots=True)
class NamedRegion:
    """A named part of the images that is measured on its own; places found in it count from its upper left corner."""

    name: str
    left: int  # pixels of the delivered image
    top: int
    width: int
    height: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width and height in pixels of the delivered image."""
        return self.left, self.top, self.width, self.height


@dataclass(frozen=True, slots=True)
class RegionFindings:
    """What was measured in one region; None where nothing has been yet."""

    region: NamedRegion
    temporal: Temporal | None = None
    spatial: Spatial | None = None


@dataclass(frozen=True, slots=True)
class Periodicity:
    """Result of one measurement of periodic patterns; ``found`` is None where there is none in space."""

    stream: str
    kind: Literal["temporal", "spatial"]
    found: Temporal | Spatial | None
    start_s: float  # first and last instant of the measured images, seconds in the stream
    end_s: float
    time: float  # wall clock at end_s, seconds since the epoch
    skipped_images: int = 0  # between these instants
    region: NamedRegion | None = None  # in which it was measured; None: in the whole image


@dataclass(frozen=True, slots=True)
class Direction:
    """Direction of a movement as it is seen in the image; angles are counter-clockwise from the right."""

    what: DirectionKind
    deg: float = math.nan  # of an axis −90 < deg ≤ 90, of travel −180 < deg ≤ 180; NaN of a rotation
    deg_sigma: float = math.nan  # its standard uncertainty
    sense: Literal["", "clockwise", "counter-clockwise"] = ""  # of a rotation


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one window."""

    stream: str
    labels: tuple[str, ...]
    values: Float32  # shape (n_labels,), range 0…1
    start_s: float  # window's first and last instant, seconds in the stream
    end_s: float
    time: float  # wall clock at end_s, seconds since the epoch
    directions: tuple[Direction, ...] | None = None  # of what moves in it, the clearest first; None: not measured


@dataclass(frozen=True, slots=True)
class Event:
    """A label that is present from onset to offset; it has not ended while ``offset_s`` is None."""

    stream: str
    label: str
    score: float  # peak of the smoothed score
    mean_score: float
    onset_s: float  # seconds in the stream
    offset_s: float | None
    time: float  # wall clock at the onset, seconds since the epoch; NaN in a file that does not say when it was made
    n_lost: int = 0  # samples or images lost between onset and offset
    task: TaskName = "sound"
    measured: Temporal | Spatial | None = None  # strongest periodicity found in its windows
    level_dbfs: float | None = None  # rms of its loudest 0.3 s so far; None of images, and of digital silence
    region: NamedRegion | None = None  # in which it was measured, of an event from measurements
    direction: Direction | None = None  # of the movement; None where it has none or none can be told


SAVED = "saved"
"""Label of a clip that was asked for, of whatever is in it."""


@dataclass(frozen=True, slots=True)
class SoundClip:
    """Sound around an event, or a part of it: a long clip comes in several, while the event goes on."""

    event: Event
    samples: Float32  # shape (n_samples,), mono, range −1…1; empty where the last part has been sent before
    sample_rate: int
    start_s: float  # seconds in the stream
    file: int = 0  # number of the file that it belongs to, of those with the clip of this event
    is_last: bool = True  # of this file

    @property
    def n_bytes(self) -> int:
        """Memory that it takes."""
        return self.samples.nbytes


@dataclass(frozen=True, slots=True)
class ClipWritten:
    """A clip is complete as a file; that of a long event is in several."""

    event: Event
    path: Path
    is_recovered: bool = False  # an earlier run began it and was killed


@dataclass(frozen=True, slots=True)
class ClipRemoved:
    """A clip that streamer wrote was removed, so that the newer ones have room."""

    path: Path


@dataclass(frozen=True, slots=True)
class Withheld:
    """An event that a sink has not handed on, as the settings say."""

    event: Event  # as it ended
    sink: str  # by the name that rules use
    reason: str


@dataclass(frozen=True, slots=True)
class Recording:
    """Captured sound, for sinks that keep all of it."""

    stream: str
    sound_format: SoundFormat
    session_s: float  # seconds in the stream at which this capture session began
    time: float  # wall clock at the first sample, seconds since the epoch
    samples: Float32  # shape (n_samples, n_channels)
    start: int = 0  # index of the first sample in the capture session, lost samples included
    lost_before: int = 0  # samples lost between the previous message and this one

    @property
    def n_bytes(self) -> int:
        """Memory that it takes."""
        return self.samples.nbytes


@dataclass(frozen=True, slots=True)
class VideoClip:
    """Images around an event, or a part of them: a long clip comes in several, while the event goes on."""

    event: Event
    jpegs: tuple[bytes, ...]  # one for each image; none where the last part has been sent before
    times_s: tuple[float, ...]  # time of each image, seconds in the stream
    file: int = 0  # number of the file that it belongs to, of those with the clip of this event
    is_last: bool = True  # of this file

    @property
    def n_bytes(self) -> int:
        """Memory that it takes."""
        return sum(map(len, self.jpegs))


@dataclass(frozen=True, slots=True)
class ClockChange:
    """The system's wall clock was set, or the machine was suspended; times from here on are by the clock as it is now.

    It comes at the beginning of a stream too, where the clock has not been set since the machine started.
    """

    stream: str
    position_s: float  # seconds in the stream
    time: float  # wall clock now, seconds since the epoch
    offset_s: float  # by how much it was set forward: what is to be added to earlier times
    suspended_s: float  # for how long the machine was suspended; earlier times stay right
    is_uncertain: bool  # the clock has not been set since the machine started


@dataclass(frozen=True, slots=True)
class Command:
    """What a running stream is asked to do; any thread may hand it to :meth:`streamer.runtime.Stream.command`.

    ``Command("door", "region", label="belt", box=(120, 80, 64, 48))`` measures the region "belt" of the stream "door"
    on its own from then on, in place of one of that name where there is one; without a box the region of that name is
    dropped. What could not be done is said in ``refused`` of the :class:`StreamSetup` that follows each command.
    """

    stream: str
    action: Literal["pause", "resume", "threshold", "mute", "clip", "region"]
    label: str = ""  # of a threshold, or to mute; name of a region
    value: float = 0.0  # the threshold at which an event begins; 1 to mute, else 0; seconds of a clip, from now back
    box: tuple[int, int, int, int] | None = None  # of a region: left, top, width, height, pixels of the delivered image


@dataclass(frozen=True, slots=True)
class StreamSetup:
    """What a stream is set to: told as it starts, and after each command that it has carried out."""

    stream: str
    medium: Medium
    labels: tuple[str, ...]  # those that may have events
    thresholds: tuple[float, ...]  # score at which the event of each begins
    tasks: tuple[TaskName, ...]  # of each label
    is_paused: bool = False
    refused: str = ""  # why the command that came last was not carried out; empty where it was
    regions: tuple[NamedRegion, ...] = ()  # measured on their own; none of a camera that has not opened yet
    measured: tuple[str, ...] = ()  # labels of events from measurements, which have no threshold
    measured_tasks: tuple[TaskName, ...] = ()  # of each of these
    muted: tuple[str, ...] = ()  # labels that have no events, as asked


@dataclass(frozen=True, slots=True, eq=False)
class SoundTake:
    """Sound recorded as one example, without a gap."""

    stream: str
    start_s: float  # seconds in the stream
    time: float  # wall clock then, seconds since the epoch
    samples: Float32  # shape (n_samples, n_channels), range −1…1
    sample_rate: int
    is_cut: bool = False  # the source ended or was lost during the take

    @property
    def n_bytes(self) -> int:
        """Memory that it takes."""
        return self.samples.nbytes


@dataclass(frozen=True, slots=True, eq=False)
class ImageTake:
    """Images recorded as one example: a picture for pattern, a video for motion."""

    stream: str
    start_s: float  # seconds in the stream
    time: float  # wall clock then, seconds since the epoch
    task: TaskName
    images: tuple[bytes, ...]  # PNG of a picture, JPEGs of a video
    times_s: tuple[float, ...]  # time of each image, seconds in the stream
    skipped_before: tuple[int, ...] = ()  # of each image of a video, images lost between the one before and this one
    is_cut: bool = False

    @property
    def n_lost(self) -> int:
        """Images lost between the first and the last."""
        return sum(self.skipped_before[1:])

    @property
    def n_bytes(self) -> int:
        """Memory that it takes."""
        return sum(map(len, self.images))


@dataclass(frozen=True, slots=True)
class Level:
    """Loudness of sound relative to full scale; a full-scale sine has −3.01 dBFS rms."""

    rms_dbfs: float = -np.inf
    peak_dbfs: float = -np.inf
    is_clipped: bool = False  # a sample at full scale, see `streamer.features.level.is_clipped`


QUIET_DBFS = -40.0  # an example with a lower peak is too quiet: the noise of cheap microphones is at −60


@dataclass(frozen=True, slots=True)
class RecordedTake:
    """A take that has been written to a file."""

    path: Path
    start_s: float  # seconds in the stream
    time: float  # wall clock then, seconds since the epoch
    length_s: float  # 0 for a picture
    level: Level | None = None  # of sound; else None
    n_images: int = 0  # of a picture or video
    fps: float = 0.0  # of a video
    n_lost: int = 0  # images skipped during the take
    is_cut: bool = False  # the source ended or was lost during the take

    @property
    def is_quiet(self) -> bool:
        """Whether it is sound that is hardly louder than the noise of a microphone."""
        return self.level is not None and self.level.peak_dbfs < QUIET_DBFS

    @property
    def remarks(self) -> list[str]:
        """Reasons against it as an example, the most serious first."""
        found = {
            "clipped": self.level is not None and self.level.is_clipped,
            "too quiet": self.is_quiet,
            f"{self.n_lost} skipped": self.n_lost > 0,
            "cut off": self.is_cut,
        }
        return [remark for remark, applies in found.items() if applies]


@dataclass(frozen=True, slots=True)
class LostTake:
    """A take that was dropped, could not be written, or was deleted."""

    stream: str
    start_s: float  # seconds in the stream
    length_s: float
    reason: str
    is_wanted: bool = True  # False where the user deleted it


@dataclass(frozen=True, slots=True)
class Undo:
    """Request to delete the newest take."""

    stream: str


@dataclass(frozen=True, slots=True)
class ImageHealth:
    """Regularity of the images, measured from their capture times."""

    images: int = 0  # images processed since the start
    skipped_images: int = 0  # images not processed: overwritten before they were read, or lost before they came
    fps: float = 0.0  # recent number of images captured per second, 0 until known
    jitter_s: float = 0.0  # recent standard deviation of the intervals, without gaps
    gaps: int = 0  # intervals longer than 1.5 times the usual one, since the start
    longest_gap_s: float = 0.0


@dataclass(frozen=True, slots=True)
class RunProblem:
    """Something that is wrong now with the run as a whole, such as a sink that cannot write."""

    part: str  # what has it: it has no second one at the same time
    text: str  # what is wrong and what to do, for people
    since: float  # wall clock at its beginning, seconds since the epoch
    n: int = 1  # how often it has occurred since then


LATENCY_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


@dataclass(frozen=True, slots=True)
class Health:
    """How well a stream is being processed."""

    stream: str
    state: State
    detail: str = ""  # about the state and the source: the reason, the time of the next attempt, a remark on the device
    position_s: float = 0.0  # seconds in the stream
    real_time_factor: float = 0.0  # seconds of processing per second of the stream; above 1 it cannot keep up
    latency_p50_s: float = 0.0  # from the capture of a window's last sample or image to its scores
    latency_p99_s: float = 0.0
    windows: int = 0  # windows classified since the start
    windows_per_s: float = 0.0
    latency_counts: tuple[int, ...] = ()  # windows by latency: up to each of `LATENCY_BOUNDS_S`, and above
    latency_sum_s: float = 0.0
    lost_samples: int = 0
    lost_fraction: float = 0.0  # of all samples or images that should have come
    overflows: int = 0  # number of times that the device reported lost samples
    reconnects: int = 0
    drift_ppm: float = 0.0  # clock of the device against the monotonic clock, positive where it is fast
    backlog_s: float = 0.0  # seconds of sound that should have arrived by now and have not
    cpu_fraction: float = 0.0  # used by the whole process, of one core
    memory_bytes: int = 0  # resident memory of the whole process
    buffer_bytes: int = (
        0  # of that, what holds captured sound or images of this stream until it is processed or written
    )
    level_dbfs: float | None = None  # rms of the newest 0.3 s of sound; None of images, and of digital silence
    temperature_c: float | None = None  # of the processor, where the kernel reports it
    stride_factor: int = 1  # above 1 the machine cannot keep up, and only one window in so many is classified
    time_uncertain: bool = False  # the wall clock has not been set since the machine started
    images: ImageHealth | None = None  # of a stream of images; else None
    problems: tuple[RunProblem, ...] = ()  # of the whole run at this instant, the oldest first
    unwritten: int = 0  # messages that sinks of the run have dropped or could not write since the start


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals of a stream when it has ended."""

    health: Health
    events: dict[str, tuple[int, float]]  # label → number of events, total seconds
    temporal: Temporal | None = None  # strongest periodicities measured in the whole image
    spatial: Spatial | None = None
    regions: tuple[RegionFindings, ...] = ()  # the strongest of each region


Message = (
    Scores
    | Event
    | Periodicity
    | SoundClip
    | VideoClip
    | ClipWritten
    | ClipRemoved
    | Withheld
    | Recording
    | ClockChange
    | Command
    | StreamSetup
    | SoundTake
    | ImageTake
    | RecordedTake
    | LostTake
    | Undo
    | Health
    | Summary
)
"""Any value that sinks receive."""
