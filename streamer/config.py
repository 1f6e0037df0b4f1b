"""Settings of a run: frozen, validated, and read from a file, by default the user's own."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import platformdirs
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from streamer.address import shown_within
from streamer.bounded import TEXT_LIMIT, parse_toml, read_text
from streamer.errors import UserError
from streamer.rhythm_unit import A4_HZ, RhythmUnit, UnitName
from streamer.system import with_home

Score = Annotated[float, Field(ge=0.0, le=1.0)]
Seconds = Annotated[float, Field(ge=0.0, le=3600.0)]
Pixel = Annotated[int, Field(ge=0, le=16384)]
Blades = Annotated[int, Field(ge=1, le=1000)]
GridSize = Annotated[int, Field(ge=1, le=128)]

REGION_PX = 16  # least width and height of what is measured
MOST_REGIONS = 32  # of one stream: each takes time and memory of its own

RuntimeName = Literal["auto", "litert", "tflite-runtime"]  # runtime of TensorFlow Lite models

PathText = Annotated[str, AfterValidator(with_home)]


def _secret(value: object) -> object:
    """Refuse a secret that stands in the settings themselves, without showing it."""
    if isinstance(value, str) and (not value or "${" in value):
        return value
    raise ValueError("must be ${NAME}, of a variable of the environment, or ${file:PATH}; no secret stands here itself")


SecretText = Annotated[str, BeforeValidator(_secret)]  # for `streamer.placeholders.filled`

SettingsT = TypeVar("SettingsT", bound="Settings")


class Settings(BaseModel):
    """Base class of all settings: they are frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _without_nul(cls, values: Any) -> Any:
        """Refuse NUL in texts: no path, label or address has one, and system calls end there or raise."""
        for key, value in values.items() if isinstance(values, dict) else ():
            if any(isinstance(text, str) and "\0" in text for text in (key, value, *_items(value))):
                raise ValueError(f"{key} must not hold the character NUL")
        return values


def _items(value: object) -> Iterable[object]:
    """Return what a list of settings holds, and the keys of a table; nothing for other values."""
    return value if isinstance(value, list | tuple | dict) else ()


class SourceSettings(Settings):
    """How sources are opened, for every stream."""

    channel: Literal["auto", "mix"] | Annotated[int, Field(ge=0)] = "auto"  # how many become one, see config.toml
    highpass_hz: Annotated[float, Field(ge=0.0, le=1000.0)] = 0.0  # sound below it is taken away first; 0: none is
    gain_db: Annotated[float, Field(ge=-60.0, le=60.0)] = 0.0  # sound is made louder by so much
    latency_s: Annotated[float, Field(ge=0.2, le=5.0)] = 0.2  # buffer requested from the device
    stall_s: Annotated[float, Field(ge=0.5, le=60.0)] = 2.0  # without sound or images for so long, a device has stopped
    connect_s: Annotated[float, Field(ge=0.1, le=60.0)] = 3.0  # for a network camera to answer
    first_s: Annotated[float, Field(ge=0.1, le=60.0)] = 5.0  # from opening a device to its first sound or image
    frozen_s: Annotated[float, Field(ge=0.1, le=3600.0)] = (
        5.0  # of exact zeros, or of the same image, are remarked upon
    )
    retry_min_s: Annotated[float, Field(ge=0.05, le=60.0)] = 0.5  # first wait before a lost device is tried again …
    retry_max_s: Annotated[float, Field(ge=0.05, le=600.0)] = 3.0  # … doubled each time up to this
    hang_s: Annotated[float, Field(ge=2.0, le=3600.0)] = 20.0  # what is overdue for longer than this hangs
    isolate: bool = False  # capture in a process of its own, for drivers that spin, hang or crash
    ring_s: Annotated[float, Field(ge=1.0, le=600.0)] = 10.0  # sound kept while processing is behind
    realtime: bool = True  # files: in real time, or as fast as possible
    time_expansion: Annotated[float, Field(ge=0.001, le=1000.0)] = (
        1.0  # files: how many times slower than life they play
    )
    start: str = ""  # files: when they begin, such as 2024-01-31T05:30:00+01:00
    time_pattern: str = ""  # files: how their names state this, such as %Y%m%d_%H%M%S
    time_zone: str = ""  # files: of times without a zone; see config.toml
    pcm_rate: Annotated[int, Field(ge=1000, le=768_000)] = 16000  # raw PCM on stdin (source "-")
    pcm_channels: Annotated[int, Field(ge=1, le=64)] = 1
    pcm_format: Literal["u8", "s16le", "s24le", "s32le", "f32le"] = "s16le"

    @property
    def channel_index(self) -> int | None:
        """Index of the only channel to deliver; None to mix all of them down later."""
        return self.channel if isinstance(self.channel, int) else None

    @model_validator(mode="after")
    def _retries_in_order(self) -> SourceSettings:
        if self.retry_max_s < self.retry_min_s:
            raise ValueError(f"retry_max_s={self.retry_max_s} must be at least retry_min_s={self.retry_min_s}")
        return self


def _pixels_or_fraction(value: object) -> object:
    """Check a place or length in an image: a whole number of pixels, or with a decimal point a fraction of it."""
    most = 1.0 if isinstance(value, float) else 16384
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError(f"{value!r:.80} must be a whole number of pixels, or a fraction of the image from 0.0 to 1.0")
    return value


PixelsOrFraction = Annotated[int | float, BeforeValidator(_pixels_or_fraction)]


class RegionSettings(Settings):
    """A part of the images that is measured on its own."""

    name: Annotated[str, Field(min_length=1, max_length=80)]  # put on what is measured in it
    x: PixelsOrFraction  # of its left edge in the image that `roi`, `rotate` and `downscale` leave
    y: PixelsOrFraction  # of its upper edge
    width: PixelsOrFraction
    height: PixelsOrFraction
    units: UnitName | None = None  # where it differs from [images], and so for the next
    blades: Blades | None = None
    min_hz: Annotated[float, Field(ge=0.0, le=100_000.0)] | None = None
    max_hz: Annotated[float, Field(ge=0.0, le=100_000.0)] | None = None

    def edges(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return its left, upper, right and lower edge in an image of this size, in pixels.

        Raises
        ------
        UserError
            If it has fewer than 16 pixels each way, or reaches beyond the image.
        """
        left, right = self._ends("x", self.x, "width", self.width, width)
        top, bottom = self._ends("y", self.y, "height", self.height, height)
        return left, top, right, bottom

    def _ends(self, place: str, start: float, across: str, length: float, size: int) -> tuple[int, int]:
        """Return the first pixel across an image of so many pixels, and the one after the last."""
        first = round(start * size) if isinstance(start, float) else start
        exact = start * size if isinstance(start, float) else start  # so that neighbours in fractions meet
        last = round(exact + (length * size if isinstance(length, float) else length))
        hint = "numbers without a decimal point are pixels, others fractions"
        if last > size:
            raise UserError(
                f"regions.{self.name}: {place}={start} and {across}={length} must lie within the image's {size} pixels"
                f" {'down' if place == 'y' else 'across'}; {hint}"
            )
        if last - first < REGION_PX:
            raise UserError(
                f"regions.{self.name}: {across}={length} must be at least {REGION_PX} of the image's {size} pixels;"
                f" {hint}"
            )
        return first, last


class MeasuredSettings(Settings):
    """An event from what is measured, like one from a model's scores."""

    label: Annotated[str, Field(min_length=1, max_length=80)]
    of: Literal["rhythm", "pattern"] = "rhythm"  # the most significant one
    when: Literal["outside", "appeared", "gone"] = "outside"
    outside: tuple[()] | tuple[float, float] = ()  # lowest and highest value that is in order, see config.toml
    region: str = ""  # name of one of the regions; empty: the whole image
    begin_s: Seconds = 0.0  # it must hold for so long before the event begins …
    end_s: Seconds = 0.0  # … and be over for so long before it ends

    @model_validator(mode="after")
    def _band_fits(self) -> MeasuredSettings:
        if (self.when == "outside") != bool(self.outside):
            raise ValueError(
                f"outside={list(self.outside)} must be given with when=outside alone, here when={self.when}"
            )
        if self.outside and self.outside[0] >= self.outside[1]:
            raise ValueError(f"outside={list(self.outside)} must be the lower and the higher value")
        return self


class ImageSettings(Settings):
    """How images are captured and measured, for every stream of images."""

    width: Annotated[int, Field(ge=0, le=16384)] = 640  # requested from a camera; 0: its own
    height: Annotated[int, Field(ge=0, le=16384)] = 480
    fps: Annotated[float, Field(ge=0.0, le=100_000.0)] = 0.0  # see config.toml
    exposure: Literal["auto", "lock"] | Annotated[float, Field(allow_inf_nan=False)] = "auto"
    gain: Literal["auto", "lock"] | Annotated[float, Field(allow_inf_nan=False)] = "auto"
    roi: tuple[()] | tuple[Pixel, Pixel, Pixel, Pixel] = ()  # x, y, width, height in the source's pixels
    rotate: Literal[0, 90, 180, 270] = 0  # degrees clockwise
    downscale: Annotated[int, Field(ge=1, le=64)] = 1  # one pixel of so many each way, behind a low-pass filter
    scale: Annotated[float, Field(ge=0.0, le=1e9)] = 0.0  # pixels per millimetre of what is seen; 0: not known
    max_megapixels: Annotated[float, Field(ge=0.01, le=1000.0)] = 64.0  # larger images are refused before they unfold
    ring: Annotated[int, Field(ge=2, le=4096)] = 16  # images kept while processing is behind
    series: Literal["grey", "flow"] = "grey"  # what is measured over time: brightness or movement
    row_time_us: Annotated[float, Field(ge=0.0, le=1000.0)] = 0.0  # from row to row of a rolling shutter; 0: not known
    pulse: Literal["files", "always", "never"] = "files"  # looked for in the colour of skin, beside the series
    cells: tuple[GridSize, GridSize] = (32, 18)  # columns and rows of the grid of cells in which it is measured
    window_s: Annotated[float, Field(ge=0.1, le=600.0)] = 8.0  # time over which periods are measured
    stride_s: Annotated[float, Field(ge=0.05, le=60.0)] = 1.0  # from one measurement to the next
    min_hz: Annotated[float, Field(ge=0.0, le=100_000.0)] = 0.0  # slower and faster rhythms are not reported …
    max_hz: Annotated[float, Field(ge=0.0, le=100_000.0)] = 0.0  # … 0: as fast as half the image rate allows
    units: UnitName = "hz"  # in which rhythms are told, beside Hz
    blades: Blades = 1  # of a fan: so many of its periods are one turn, for rpm
    a4_hz: Annotated[float, Field(ge=1.0, le=10_000.0)] = A4_HZ  # frequency of the note A4, for notes
    regions: Annotated[
        tuple[RegionSettings, ...], Field(max_length=MOST_REGIONS)
    ] = ()  # named parts of the image, each measured on its own, too

    measured: tuple[MeasuredSettings, ...] = ()  # events from what is measured

    @model_validator(mode="after")
    def _measured_are_told_apart(self) -> ImageSettings:
        labels, regions = [each.label.casefold() for each in self.measured], [region.name for region in self.regions]
        for each in self.measured:
            if labels.count(each.label.casefold()) > 1:
                raise ValueError(f"measured.label={each.label} must differ from the other measured events' labels")
            if each.region and each.region not in regions:
                known = ", ".join(regions) or "there is none"
                raise ValueError(f"measured.region={each.region} must be the name of a region; known: {known}")
        return self

    @property
    def unit(self) -> RhythmUnit:
        """Unit in which rhythms are told."""
        return RhythmUnit(self.units, self.blades, self.a4_hz)

    @model_validator(mode="after")
    def _blades_turn(self) -> ImageSettings:
        units = {self.units, *(region.units for region in self.regions)}
        if self.blades > 1 and "rpm" not in units:
            raise ValueError(f'blades={self.blades} must go with units = "rpm"; set both, or neither')
        for region in self.regions:
            if region.blades is not None and (region.units or self.units) != "rpm":
                raise ValueError(f'regions.{region.name}: blades={region.blades} must go with units = "rpm"; set both')
        return self

    @model_validator(mode="after")
    def _bands_of_regions_are_not_empty(self) -> ImageSettings:
        for region in self.regions:
            low_hz = self.min_hz if region.min_hz is None else region.min_hz
            high_hz = self.max_hz if region.max_hz is None else region.max_hz
            if 0.0 < high_hz <= low_hz:
                raise ValueError(f"regions.{region.name}: max_hz={high_hz} must be greater than min_hz={low_hz}")
        return self

    @model_validator(mode="after")
    def _regions_differ(self) -> ImageSettings:
        names = [region.name for region in self.regions]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"regions.name={name} must differ from the other regions' names")
        return self

    @model_validator(mode="after")
    def _band_is_not_empty(self) -> ImageSettings:
        if 0.0 < self.max_hz <= self.min_hz:
            raise ValueError(f"max_hz={self.max_hz} must be greater than min_hz={self.min_hz}; 0 sets no limit")
        return self

    @model_validator(mode="after")
    def _roi_has_room(self) -> ImageSettings:
        if self.roi and min(self.roi[2:]) < REGION_PX:
            raise ValueError(f"roi={list(self.roi)} must be at least {REGION_PX} × {REGION_PX} pixels")
        return self


def _names(value: object) -> object:
    """Convert one name to a tuple of one, and the empty string to an empty tuple."""
    return ((value,) if value else ()) if isinstance(value, str) else value


ModelNames = Annotated[tuple[PathText, ...], BeforeValidator(_names)]  # one name or several


class ModelSettings(Settings):
    """Which models classify, and how they are run."""

    path: ModelNames = ()  # shipped models or .tflite files; empty: the default models of the medium
    sidecar: PathText = ""  # NAME.toml that describes a foreign model; empty: the one beside it
    runtime: RuntimeName = "auto"
    n_threads: Annotated[int, Field(ge=1, le=64)] = 1
    stride_s: Annotated[float, Field(ge=0.0, le=60.0)] = 0.0  # 0: the model's own


class LabelThresholds(Settings):
    """Thresholds of one label; None for the common ones."""

    on: Score | None = None
    off: Score | None = None

    @model_validator(mode="after")
    def _off_below_on(self) -> LabelThresholds:
        if self.on is not None and self.off is not None and self.off > self.on:
            raise ValueError(f"off={self.off} must be at most on={self.on}")
        return self


class EventSettings(Settings):
    """How scores become events. A model file has its own settings; the config overrides them key by key."""

    smoothing_s: Seconds = 0.0  # scores are averaged over this time; 0: not averaged
    on: Score = 0.6  # an event begins when the score reaches this …
    off: Score = 0.4  # … and ends when it falls below that
    confirm: Annotated[int, Field(ge=1, le=100)] = 2  # windows at `on` or above that are needed …
    confirm_of: Annotated[int, Field(ge=1, le=100)] = 3  # … among so many of the latest
    min_length_s: Seconds = 0.0  # shorter events are dropped
    max_length_s: Annotated[float, Field(gt=0.0, le=86400.0)] = 30.0  # longer ones are ended
    merge_gap_s: Seconds = 0.5  # pauses no longer than this do not end an event
    cool_down_s: Seconds = 0.0  # time after an event in which its label has no other
    allow: tuple[str, ...] = ()  # only these labels; empty: all
    deny: tuple[str, ...] = ()  # never these
    labels: dict[str, LabelThresholds] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> EventSettings:
        given = self.model_fields_set  # a key that is missing may come from the model: see overridden_by
        if {"on", "off"} <= given and self.off > self.on:
            raise ValueError(f"off={self.off} must be at most on={self.on}")
        if {"confirm", "confirm_of"} <= given and self.confirm > self.confirm_of:
            raise ValueError(f"confirm={self.confirm} must be at most confirm_of={self.confirm_of}")
        if {"min_length_s", "max_length_s"} <= given and self.min_length_s > self.max_length_s:
            raise ValueError(f"min_length_s={self.min_length_s} must be at most max_length_s={self.max_length_s}")
        return self

    def overridden_by(self, other: EventSettings) -> EventSettings:
        """Return these settings, with the values of ``other`` for the keys that it sets explicitly, key by key.

        A threshold that ``other`` sets for all labels also replaces those that these settings have for single labels.

        Raises
        ------
        UserError
            When the combination is contradictory, as ``off`` above ``on``.
        """
        given = other.model_fields_set
        values = self.model_dump() | other.model_dump(exclude_unset=True)
        common = dict.fromkeys(given & {"on", "off"})  # said of all labels: it holds for those of the model, too
        labels = {label: own.model_dump() | common for label, own in self.labels.items()}
        names = {label.casefold(): label for label in labels}
        for label, own in other.labels.items():
            of_model = labels.setdefault(names.get(label.casefold(), label), {})
            of_model |= own.model_dump(exclude_unset=True)
        values["labels"] = labels
        return validated(EventSettings, values, "[events]")


class MemorySettings(Settings):
    """How much memory the buffers of a run take."""

    buffers_mb: Annotated[float, Field(ge=0.0)] = 0.0  # of all streams; 0: an eighth of the machine's, at most 512


class RuntimeSettings(Settings):
    """How long a run waits, and for what; see also the times in [source]."""

    sink_queue: Annotated[int, Field(ge=1, le=1_000_000)] = 1000  # results that may wait for a slow sink
    sink_retry_min_s: Annotated[float, Field(ge=0.05, le=600.0)] = 0.5  # pause before a failed sink is made anew …
    sink_retry_max_s: Annotated[float, Field(ge=0.05, le=3600.0)] = 60.0  # … doubled each time up to this
    sink_close_s: Annotated[float, Field(ge=0.1, le=600.0)] = 3.0  # at the end, for each sink to write what is left
    clips_close_s: Annotated[float, Field(ge=0.1, le=600.0)] = 30.0  # … and for clips and recordings
    end_s: Annotated[float, Field(ge=0.1, le=600.0)] = 5.0  # at the end, to process what has been captured
    grace_s: Annotated[float, Field(ge=0.0, le=60.0)] = 1.0  # for the last sound to come through after --seconds
    model_watch_s: Annotated[float, Field(ge=0.0, le=3600.0)] = 2.0  # between looks at the model files; 0: never

    @model_validator(mode="after")
    def _retries_in_order(self) -> RuntimeSettings:
        least_s, most_s = self.sink_retry_min_s, self.sink_retry_max_s
        if most_s < least_s:
            raise ValueError(f"sink_retry_max_s={most_s} must be at least sink_retry_min_s={least_s}")
        return self


PaletteName = Literal["dark", "light", "viridis", "cividis"]  # colours of the dashboard


class DashboardSettings(Settings):
    """How results are shown in the terminal."""

    frames_per_s: Annotated[float, Field(gt=0.0, le=60.0)] = 10.0
    palette: PaletteName = "dark"  # light: for light terminals; viridis and cividis: for every colour vision
    enabled: bool = True  # False: one line for each event even on a terminal


def _hours(text: str) -> str:
    if text and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError(f"{text} must be two times of day, such as 22:00-07:00")
    return text


HoursText = Annotated[str, AfterValidator(_hours)]  # from … to, in local time; empty for the whole day


class SinkSettings(Settings):
    """One further sink; the text `NAME:ARGUMENT` stands for one without settings."""

    name: str  # built in or of a plug-in, see `streamer.sinks.registry`
    id: str = ""  # by which rules name it; empty: its name
    argument: str = ""  # such as the path of a file
    settings: dict[str, Any] = Field(default_factory=dict)  # the sink's own


def _sink(value: object) -> object:
    """Turn the text `NAME:ARGUMENT` into the values of SinkSettings."""
    if not isinstance(value, str):
        return value
    name, _, argument = value.partition(":")
    return {"name": name, "argument": argument}


class OutputSettings(Settings):
    """Where results are written; an empty path writes nothing."""

    jsonl: PathText = ""  # JSON lines are appended to this file
    jsonl_max_mb: Annotated[float, Field(ge=0.0, le=1e9)] = 0.0  # size of it and of the full ones; 0: no limit
    scores: bool = False  # also one line for each window
    health_s: Annotated[float, Field(ge=1.0, le=3600.0)] = 10.0  # seconds between health lines
    clips: PathText = ""  # folder for a file of each event: flac of sound, mp4 of images
    clips_by_label: bool = True  # each in a folder of its label, which `streamer train` reads
    clips_max_mb: Annotated[float, Field(gt=0.0, le=1e9)] = 500.0  # size of all clips in it; the oldest go first
    pre_roll_s: Annotated[float, Field(ge=0.0, le=60.0)] = 1.0  # seconds of a clip before the onset …
    post_roll_s: Annotated[float, Field(ge=0.0, le=60.0)] = 1.0  # … and after the offset
    save_s: Annotated[float, Field(ge=0.0, le=600.0)] = 0.0  # kept for a clip that is asked for, besides the pre-roll
    record: PathText = ""  # folder for all captured sound as wav
    record_file_mb: Annotated[float, Field(ge=0.1)] = 1000.0  # at this size, and at midnight UTC, another file goes on
    record_max_mb: Annotated[float, Field(ge=0.0)] = 0.0  # size of all recordings; the oldest are deleted; 0: no limit
    labels: bool = False  # beside the recordings, the events for Audacity and Raven
    history: PathText = ""  # database of events, measurements, health and clips, which `streamer history` reads
    history_every_s: Annotated[float, Field(ge=0.0, le=86400.0)] = (
        60.0  # between two measurements of a kind in it, and between two health lines
    )
    history_max_days: Annotated[float, Field(ge=0.0, le=36500.0)] = 0.0  # age of what is in it; 0: no limit
    history_max_mb: Annotated[float, Field(ge=0.0, le=1e9)] = 500.0  # its size; 0: no limit
    sinks: tuple[Annotated[SinkSettings, BeforeValidator(_sink)], ...] = ()  # further places for the results


class StreamSettings(Settings):
    """One stream: its source, and its models where they differ from [model]."""

    source: str
    name: str = ""  # empty: the URI of the source
    model: ModelNames = ()
    sidecar: PathText = ""  # NAME.toml that describes the foreign model of this stream
    images: ImageSettings = ImageSettings()  # keys that differ from [images]

    def image_settings(self, common: ImageSettings) -> ImageSettings:
        """Return the settings of [images], with this stream's own values for the keys that it sets.

        Raises
        ------
        UserError
            If the combination is contradictory, as ``min_hz`` above ``max_hz``.
        """
        values = common.model_dump(exclude_unset=True) | self.images.model_dump(exclude_unset=True)
        return validated(ImageSettings, values, "[images] of the stream")


class CommandSettings(Settings):
    """A program that is run for each event."""

    run: Annotated[tuple[PathText, ...], Field(min_length=1)]  # the program and its arguments; no shell reads them
    when: Literal["begin", "end", "clip"] = "begin"  # of the event; clip: when its clip is complete
    labels: tuple[str, ...] = ()  # only these; empty: all
    timeout_s: Annotated[float, Field(ge=0.1, le=3600.0)] = 10.0  # it is killed after so many seconds
    id: str = ""  # by which rules name it; empty: on_event


class PlaceSettings(Settings):
    """Where it runs, for rules that follow the sun."""

    latitude: Annotated[float, Field(ge=-90.0, le=90.0)] | None = None  # degrees, positive in the north
    longitude: Annotated[float, Field(ge=-180.0, le=180.0)] | None = None  # degrees, positive in the east


class RuleSettings(Settings):
    """Which events some sinks get; of several rules for a sink one is enough."""

    sinks: Annotated[tuple[str, ...], Field(min_length=1)]  # by their `id`, or name
    labels: tuple[str, ...] = ()  # empty: all
    streams: tuple[str, ...] = ()
    hours: HoursText = ""  # local time of day in which the event begins
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ()
    sun: Literal["", "up", "down"] = ""  # needs [place]
    min_score: Score = 0.0
    min_level_dbfs: Annotated[float, Field(ge=-200.0, le=0.0)] | None = None  # loudest 0.3 s of a sound
    outside_hz: tuple[()] | tuple[float, float] = ()  # measured frequency, beyond its uncertainty
    count: Annotated[int, Field(ge=1, le=10_000)] = 1  # so many such events …
    within_s: Annotated[float, Field(gt=0.0, le=86400.0)] = 60.0  # … in so many seconds
    with_label: str = ""  # together with an event of this label, of whatever stream
    with_s: Annotated[float, Field(ge=0.0, le=3600.0)] = 2.0  # most seconds between the two

    @model_validator(mode="after")
    def _band_in_order(self) -> RuleSettings:
        if self.outside_hz and self.outside_hz[0] >= self.outside_hz[1]:
            raise ValueError(f"outside_hz={list(self.outside_hz)} must be the lower and the higher frequency")
        return self


class Config(Settings):
    """All settings of a run; each has a default."""

    source: SourceSettings = SourceSettings()
    images: ImageSettings = ImageSettings()
    model: ModelSettings = ModelSettings()
    events: EventSettings = EventSettings()
    memory: MemorySettings = MemorySettings()
    runtime: RuntimeSettings = RuntimeSettings()
    dashboard: DashboardSettings = DashboardSettings()
    output: OutputSettings = OutputSettings()
    on_event: tuple[CommandSettings, ...] = ()
    place: PlaceSettings = PlaceSettings()
    rules: tuple[RuleSettings, ...] = ()
    streams: tuple[StreamSettings, ...] = ()


def default_text() -> str:
    """Return the shipped `config.toml`: every setting with a comment, at its default."""
    return (Path(__file__).parent / "config.toml").read_text(encoding="utf-8")


def user_config_path() -> Path | None:
    """Return where a user's own settings are looked for, on Linux `~/.config/streamer/config.toml`.

    None for a user without a home folder, as in a container that runs under a user id of its own.
    """
    try:
        return platformdirs.user_config_path("streamer", appauthor=False) / "config.toml"
    except RuntimeError:
        return None


def file_in_force(named: Path | None) -> Path | None:
    """Return the settings file to read: the one named, else the user's own if there is one, else None."""
    own = user_config_path()
    return named or (own if own and os.path.exists(own) else None)  # noqa: PTH110 (Path.exists raises where it may not look)


def load_config(path: Path) -> Config:
    """Read and check a config file.

    Raises
    ------
    UserError
        With the file, the line or key, its value and the rule that it breaks.
    """
    text = read_text(path, TEXT_LIMIT, "config", regular=False)  # it may be a pipe of the shell: -c <(…)
    return validated(Config, parse_toml(text, str(path)), str(path))


def validated(kind: type[SettingsT], values: dict[str, Any], where: str) -> SettingsT:
    """Return settings of a kind from plain values; mistakes are reported in plain words.

    Raises
    ------
    UserError
        One line for each mistake: ``<where>: <key>=<value> must <rule>``, or the nearest known key.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        faults = error.errors()[:10]  # a file may have any number of mistakes
        raise UserError("\n".join(f"{where}: {_mistake(kind, values, fault)}" for fault in faults)) from None


def _mistake(kind: type[Settings], values: dict[str, Any], fault: Any) -> str:
    """Return the text of one of pydantic's errors."""
    key = ".".join(part if part.isprintable() else repr(part) for part in _key_parts(values, fault))
    if fault["type"] in ("extra_forbidden", "unexpected_keyword_argument"):  # types of a model and of a dataclass
        known = _known_keys(kind, fault["loc"][:-1])
        near = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
        return f"{key} is not a setting; {hint}"
    if fault["type"] == "missing":
        return f"{key} must be given"
    rule = fault["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if fault["type"] == "value_error":
        return f"{key}: {rule}" if key else rule
    return f"{key}={shown_within(fault['input'])!r:.200} must be {rule}"


def _key_parts(values: dict[str, Any], fault: Any) -> list[str]:
    """Return the keys and indices that lead to a mistake.

    A location also has the branch of a union that pydantic tried, which is no key of the values; only a missing key
    is none of them either.
    """
    parts: list[str] = []
    place: Any = values
    for part in fault["loc"]:
        try:
            place = place[part]
        except (KeyError, IndexError, TypeError):
            if fault["type"] != "missing" or part != fault["loc"][-1]:
                continue
        parts.append(str(part))
    return parts


def _known_keys(kind: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    """Return the keys that are allowed at a location of nested settings, by their JSON schema."""
    schema = kind.model_json_schema()
    nodes = [schema]
    for part in location:
        nodes = [inside for node in nodes for inside in _inside(schema, node, part)] or nodes
    branches = [branch for node in nodes for branch in _branches(schema, node)]
    return list(dict.fromkeys(name for branch in branches for name in branch.get("properties", ())))


def _inside(schema: dict[str, Any], node: dict[str, Any], part: str | int) -> list[dict[str, Any]]:
    """Return the schemas of one part of a location: a tagged branch of a union, the value of a key, or an item."""
    if tagged := node.get("discriminator", {}).get("mapping", {}).get(part):
        return [{"$ref": tagged}]
    inner = [
        branch.get("properties", {}).get(part) or branch.get("items") or branch.get("additionalProperties")
        for branch in _branches(schema, node)
    ]
    return [found for found in inner if isinstance(found, dict)]


def _branches(schema: dict[str, Any], node: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the schemas that a node stands for: its definition, the branches of its union, or itself."""
    if "$ref" in node:
        return _branches(schema, schema["$defs"][node["$ref"].rpartition("/")[2]])
    options = node.get("anyOf") or node.get("oneOf")
    return [branch for option in options for branch in _branches(schema, option)] if options else [node]
