"""Parts of the JSON lines as types: what several types of line have in common."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from streamer.messages import DirectionKind, RhythmKind, SeenIn, SpatialStatus, TemporalStatus


class LinePart(BaseModel):
    """Part of a line: every key is there, and no other; the text below a key describes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class CellsPart(LinePart):
    """Cells of the image that carry a rhythm."""

    n: int
    """how many"""
    grid: tuple[int, int]
    """columns and rows of the whole grid"""
    box: tuple[int, int, int, int]
    """smallest rectangle around them: first column, first row, columns, rows"""


class TrackPart(LinePart):
    """Frequency of a drifting rhythm in one part of the time measured."""

    s: float
    """middle of that part, seconds after the first image measured"""
    hz: float
    """frequency then"""
    hz_sigma: float | None
    """its standard uncertainty"""


class RivalPart(LinePart):
    """Another frequency that explains a rhythm nearly as well."""

    hz: float
    """the other frequency"""
    odds: float | None
    """how many times as probable the preferred one is"""


class RhythmPart(LinePart):
    """One rhythm: what repeats in time in some cells of the image."""

    hz: float
    """fundamental frequency"""
    hz_sigma: float | None
    """its standard uncertainty"""
    value: float | None
    """the same in the unit of `[images] units`; for notes the deviation from the nearest one, in cents"""
    value_sigma: float | None
    """its standard uncertainty"""
    unit: Literal["Hz", "bpm", "rpm", "cents"]
    """unit of `value`"""
    note: str | None
    """the nearest note, such as `A4`; null for other units"""
    what: RhythmKind
    """`steady`; `drifting`: its frequency changes, see `track`; `pulse_train`: short in its period; `pulse`: of blood,
    by the colour of skin; `mains`: light; `lamp`: light of another frequency, in bands along the rows; `coder`: made by
    the video coder"""
    seen_in: list[SeenIn]
    """`grey`, brightness; `flow`, optical flow; `POS` and `CHROM`, projections of the colour of skin; `rows`, bands of
    a rolling shutter"""
    snr_db: float
    """power of the fundamental and its harmonics relative to the noise"""
    span_s: tuple[float, float]
    """first and last instant for which it holds, seconds after the first image measured"""
    cycles: float | None
    """how often it repeated in this time"""
    cycles_sigma: float | None
    """its standard uncertainty; half a cycle for either end that lies within what was measured"""
    amplitude: float | None
    """peak deviation from the mean in its strongest cell: grey levels; of optical flow, pixels per second"""
    amplitude_px: float | None
    """of what moves: its greatest displacement from the middle, in pixels; null where it is no motion, or not told"""
    amplitude_px_sigma: float | None
    """its standard uncertainty"""
    amplitude_mm: float | None
    """the same in millimetres; null unless `[images] scale` is set"""
    harmonics: list[tuple[float, float]]
    """complex amplitudes a₁, a₂ … there of 1, 2 … times `hz`, real and imaginary part: Re(Σ aₖ exp(2πi k hz t)), t
    from the middle of what was measured"""
    alias_hz: list[float]
    """frequencies above half the image rate that would look the same, up to 250 Hz or three times the image rate; the
    family, n · fps ± hz, goes on"""
    alias_cut: Literal["", "times", "waveform", "rows"]
    """why there are no others: `times`, images come at uneven times; `waveform`, detail that cannot be folded; `rows`,
    bands along the rows of a rolling shutter"""
    mains: int | None
    """100 or 120 where mains light of that frequency would look the same; else null"""
    coder_hz: float | None
    """rate of the video coder's key images or other types, or its multiple, where that lies at `hz`; else null"""
    track: list[TrackPart]
    """frequency over time, of a drifting one"""
    rivals: list[RivalPart]
    """other frequencies that explain it nearly as well, the most probable first"""
    cells: CellsPart
    """where in the image"""


class CountPart(LinePart):
    """How often a rhythm has repeated since it began, over all measurements of a stream."""

    n: int
    """complete cycles; the number only grows while the rhythm goes on"""
    n_sigma: float | None
    """its standard uncertainty"""
    since_s: float
    """when it began, as far as was seen, seconds in the stream"""


class TemporalPart(LinePart):
    """What repeats in time: every rhythm, or why there is none."""

    status: TemporalStatus
    """`found`; `none`; `too_short`: fewer than 16 images; `too_irregular`: their times do not allow it; `changing`:
    something repeats at a frequency too unsteady to be stated"""
    fps: float | None
    """image rate, measured from the capture times"""
    resolution_hz: float | None
    """1 / time that was measured"""
    min_hz: float | None
    """slowest rhythm that could be seen"""
    max_hz: float | None
    """fastest rhythm that could be seen; faster ones appear as slower ones, see `alias_hz`"""
    count: CountPart | None
    """running count of repetitions; null in files and where there is no rhythm"""
    components: list[RhythmPart]
    """the rhythms, the most significant first; empty unless the status is `found`"""
    of_coder: list[RhythmPart]
    """rhythms that the video coder made by the types of its images: none of the scene"""


class LatticePart(LinePart):
    """One period in space and its direction."""

    period_px: float
    """period in pixels"""
    period_px_sigma: float | None
    """its standard uncertainty; where the period varies, its spread over the image"""
    period_range_px: tuple[float, float] | None
    """least and greatest in the image, where the period varies by more than its uncertainty: perspective, lenses"""
    angle_deg: float
    """direction in which it repeats: counter-clockwise from the right, −90 < angle ≤ 90"""
    angle_deg_sigma: float | None
    """its standard uncertainty, or its spread over the image"""
    angle_range_deg: tuple[float, float] | None
    """least and greatest in the image, where the period varies"""
    axis: Literal["x", "y"] | None
    """axis of the image along which it repeats: x across, y down; null where it is more than 2° off both"""
    period_mm: float | None
    """period in millimetres; null, as what follows, unless `[images] scale` is set"""
    period_mm_sigma: float | None
    """its standard uncertainty"""
    period_nm: float | None
    """period in nanometres"""
    per_cm: float | None
    """threads or lines per centimetre"""
    per_cm_sigma: float | None
    """its standard uncertainty"""


class PatternPart(LatticePart):
    """One pattern: what repeats in space in one part of the image."""

    lattice: Literal["stripes", "grid", "hexagonal"]
    """how it repeats"""
    second: LatticePart | None
    """the other vector of a grid or hexagonal pattern"""
    contrast: float
    """peak-to-peak amplitude relative to full scale"""
    snr_db: float
    """power of its peaks relative to the spectrum around them"""
    channel: Literal["grey", "red-green", "blue-yellow"]
    """in what it was found: in colour where grey shows nothing"""
    box: tuple[int, int, int, int]
    """smallest rectangle around it: left, top, width, height in pixels"""
    share: float
    """of the image that it covers, about"""


class SpatialPart(LinePart):
    """What repeats in space: every pattern, or why there is none."""

    status: SpatialStatus
    """`found`; `none`; `too_fine`: there is one, finer than `min_px`"""
    min_px: float
    """finest period that could be told"""
    max_px: float
    """coarsest period that could be told, in the longer side of the image"""
    components: list[PatternPart]
    """the patterns, the most significant first; empty unless the status is `found`"""


class RegionPart(LinePart):
    """The strongest of what was measured in one region."""

    name: str
    """its name"""
    px: tuple[int, int, int, int]
    """its left, top, width and height in pixels of the image; places in it count from its upper left corner"""
    temporal: TemporalPart | None
    """strongest rhythms measured; null before the first measurement"""
    spatial: SpatialPart | None
    """strongest patterns measured; null before the first measurement"""


class StreamPart(LinePart):
    """What every line of a stream has."""

    stream: str
    """name of the stream"""


class EventPart(StreamPart):
    """What every event has."""

    label: str
    """its label"""
    score: float
    """highest smoothed score, range 0 … 1"""
    mean_score: float
    """mean of the smoothed score"""
    onset_s: float
    """onset, seconds in the stream"""
    time: str | None
    """wall clock at the onset: UTC, ISO 8601; null in a file of which nobody knows when it was recorded"""
    time_uncertain: bool = False
    """only where true: the wall clock had not been set since the machine started"""


class EndPart(LinePart):
    """What an event that has ended has besides."""

    offset_s: float
    """end, seconds in the stream"""


class SoundEventPart(EventPart):
    """An event of sound."""

    lost_samples: int
    """samples lost during the event"""


class DirectionPart(LinePart):
    """Direction of a movement as it is seen in the image."""

    what: DirectionKind
    """`axis` of a movement to and fro; `travel` of one that goes on; `rotation`, which has a `sense`"""
    deg: float | None
    """angle counter-clockwise from the right: of an axis −90 < deg ≤ 90, of travel −180 < deg ≤ 180; else null"""
    deg_sigma: float | None
    """its standard uncertainty"""
    sense: Literal["clockwise", "counter-clockwise"] | None
    """of a rotation, as the camera sees it; else null"""


class MotionEventPart(EventPart):
    """An event of what moves before a camera."""

    skipped_images: int
    """images lost during the event"""
    direction: DirectionPart | None
    """whither it moves; null where the label has no direction, or none can be told"""
    region: str | None
    """name of the region, of an event from measurements in one; else null"""
    temporal: TemporalPart | None
    """strongest rhythms measured during the event; null where none was found"""


class PatternEventPart(EventPart):
    """An event of what repeats in a picture."""

    skipped_images: int
    """images lost during the event"""
    region: str | None
    """name of the region, of an event from measurements in one; else null"""
    spatial: SpatialPart | None
    """strongest patterns measured during the event; null where none was found"""


class SpanPart(StreamPart):
    """What was looked at: a window, or the images of a measurement."""

    start_s: float
    """first instant, seconds in the stream"""
    end_s: float
    """last instant, seconds in the stream"""
    time: str | None
    """wall clock at `end_s`: UTC, ISO 8601; null in a file of which nobody knows when it was recorded"""
    time_uncertain: bool = False
    """only where true: the wall clock had not been set since the machine started"""


class PeriodicityPart(SpanPart):
    """What every measurement has."""

    type: Literal["periodicity"]
    region: str | None
    """name of the region in which it was measured, see `[images] regions`; null: the whole image"""
    region_px: tuple[int, int, int, int] | None
    """its left, top, width and height in pixels of the image; places in it count from its upper left corner"""
    skipped_images: int
    """images lost between `start_s` and `end_s`"""


class ProblemPart(LinePart):
    """Something that is wrong now with the run as a whole."""

    part: str
    """what has it: it has no second one at the same time"""
    text: str
    """what is wrong and what to do"""
    since: str
    """wall clock at its beginning: UTC, ISO 8601"""
    n: int
    """how often it has occurred since then"""


class ClockPart(StreamPart):
    """What has happened to the wall clock."""

    position_s: float
    """seconds in the stream"""
    time: str
    """wall clock as it is now: UTC, ISO 8601"""
    offset_s: float
    """by how much it was set forward: added to earlier times of this stream, it makes them right"""
    suspended_s: float
    """for how long the machine was suspended; earlier times stay right"""
    time_uncertain: bool
    """whether it has not been set since the machine started: until then times may be of any year"""


class HealthPart(StreamPart):
    """How well a stream is processed."""

    state: Literal["starting", "running", "paused", "waiting", "ended", "failed"]
    """what the stream does"""
    detail: str
    """the reason of the state, or a remark on the source"""
    position_s: float
    """seconds in the stream"""
    real_time_factor: float
    """seconds of processing per second of the stream; above 1 it cannot keep up"""
    latency_p50_s: float | None
    """from the capture of a window's last sample or image to its scores, median; null with `--fast`"""
    latency_p99_s: float | None
    """the same, of the slowest hundredth"""
    windows: int
    """windows scored since the start"""
    windows_per_s: float
    """windows per second of late"""
    lost_fraction: float
    """share of samples or images lost"""
    reconnects: int
    """how often the source came back"""
    cpu_fraction: float
    """of one core, by the whole process"""
    memory_bytes: int
    """resident memory of the whole process"""
    buffer_bytes: int
    """of that, what holds sound or images of this stream until it is processed or written"""
    temperature_c: float | None
    """of the processor, where it is known"""
    problems: list[ProblemPart]
    """all that is wrong now with the run as a whole; empty when all is well"""
    unwritten: int
    """messages that sinks of the run have dropped or could not write since the start"""
    stride_factor: int
    """above 1 the machine cannot keep up, and only one window in so many is classified"""
    time_uncertain: bool
    """whether the wall clock has not been set since the machine started"""


class SoundHealthPart(HealthPart):
    """Health of a stream of sound."""

    lost_samples: int
    """samples lost since the start"""
    overflows: int
    """how often the device reported lost samples"""
    drift_ppm: float
    """clock of the device against that of the computer; positive: it is fast"""
    backlog_s: float | None
    """seconds of sound that should have come by now and have not"""
    level_dbfs: float | None
    """rms of the newest 0.3 s in dB relative to full scale; null for exact zeros"""


class ImageHealthPart(HealthPart):
    """Health of a stream of images."""

    images: int
    """images processed since the start"""
    skipped_images: int
    """images not processed"""
    fps: float | None
    """images per second of late, measured"""
    jitter_s: float
    """standard deviation of the intervals of late"""
    gaps: int
    """intervals longer than 1.5 times the usual one"""
    longest_gap_s: float | None
    """the longest of them"""


class TotalPart(LinePart):
    """Events of one label in a summary."""

    n: int
    total_s: float
