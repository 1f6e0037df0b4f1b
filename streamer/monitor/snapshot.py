"""Snapshot: all that a dashboard shows of one stream at one instant, with its units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Float64, UInt8
from streamer.messages import (
    Event,
    Health,
    Level,
    Medium,
    RecordedTake,
    RegionFindings,
    Spatial,
    SpatialComponent,
    Temporal,
    TemporalComponent,
)

ComponentT = TypeVar("ComponentT", TemporalComponent, SpatialComponent)


@dataclass(frozen=True, slots=True, eq=False)
class SpectrogramBlock:
    """Columns of a spectrogram from before the newest; it is made once and shared by many snapshots."""

    first: int  # number of its first column since the stream began
    columns: NDArray[np.float16]  # shape (n_columns, n_mels), dB
    times_s: Float64  # (n_columns,), second of the stream at the end of each


@dataclass(frozen=True, slots=True, eq=False)
class SoundView:
    """What a dashboard shows of a stream of sound beside its labels and events."""

    spectrogram: Float32  # shape (n_columns, n_mels), dB, newest last
    column_s: float  # duration of one column
    column: int  # number of columns since the stream began, so that columns shown as one stay together
    mel_hz: Float32  # (n_mels,), band centres
    level: Level  # of the newest sound
    times_s: Float64 = field(default_factory=lambda: np.zeros(0))  # (n_columns,), second of the stream at their ends
    epoch_s: float = np.nan  # wall clock at the stream's second 0; NaN in a file of which nobody knows when it was made
    earlier: tuple[SpectrogramBlock, ...] = ()  # what was before, the oldest first; overlaps with the newest


@dataclass(frozen=True, slots=True, eq=False)
class Followed(Generic[ComponentT]):
    """One rhythm or pattern, followed from measurement to measurement; see :mod:`streamer.monitor.following`."""

    row: int  # that it keeps while it is found, from 0; its tint goes by it
    newest: ComponentT  # as it was measured last
    gone_s: float  # seconds since it was there last; 0 where the newest measurement has it
    is_main: bool  # whether it is the one to show large
    trend: Float32  # mean frequency in Hz or period in px over the last ten minutes, newest last; NaN where none was


@dataclass(frozen=True, slots=True, eq=False)
class ImageView:
    """What a dashboard shows of a stream of images beside its labels and events."""

    image: UInt8  # shape (height, width, 3), red-green-blue; the newest image made small, at most 160 × 120
    image_px: tuple[int, int]  # width and height of the image itself
    temporal: Temporal | None  # newest measurements; None: nothing periodic, or not known yet
    spatial: Spatial | None
    temporal_known: bool  # whether enough images have come for a first measurement
    polar: Float32  # shape (n_radii, n_angles), dB: the newest image's spectrum, lowest frequency first
    radius_per_px: Float32  # (n_radii,), cycles per pixel of the image
    profile: Float32  # shape (n_columns, n_radii), dB, newest last: rolling spectrogram of the image
    motion: Float32  # shape (n_columns, n_bins), dB, newest last: rolling spectrogram of motion
    motion_hz: Float32  # (n_bins,)
    column_s: float  # duration of one column of either
    column: int  # number of columns since the stream began
    regions: tuple[RegionFindings, ...] = ()  # newest measurements of each named region
    rhythms: tuple[Followed[TemporalComponent], ...] = ()  # by row; those that the video coder made are among them
    patterns: tuple[Followed[SpatialComponent], ...] = ()  # by row


@dataclass(frozen=True, slots=True)
class SuppressedEvent:
    """A time in which a label's score was high enough for an event, or nearly so, and there was none."""

    label: str
    reason: str
    score: float  # the highest
    time: float  # wall clock at its beginning, seconds since the epoch
    length_s: float

    @property
    def is_chosen(self) -> bool:
        """Whether a person has asked for it, so that the score alone would have been enough; of a sink, by its name."""
        return self.reason in ("muted", "denied", "not allowed") or ": " in self.reason


@dataclass(frozen=True, slots=True)
class TakesView:
    """What a dashboard shows of the takes that are being recorded."""

    label: str
    folder: Path
    by: Literal["level", "key", "time"]
    n_before: int  # examples that were there before
    taken: tuple[RecordedTake, ...]  # in this run, newest last
    n_lost: int  # takes given up or not written
    longest_s: float  # length at which a take ends
    running_s: float | None = None  # length so far of the take that is being recorded
    level_db: float = -np.inf  # newest level against full scale: of sound, or of movement between images
    trigger_db: float = np.nan  # at which a take begins, by level; NaN until the noise is known
    release_db: float = np.nan  # below which it ends
    is_paused: bool = False
    problem: str = ""  # why the newest could not be written


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
    suppressed_past: tuple[SuppressedEvent, ...] = ()  # what was no event, and why; newest last
    muted: frozenset[str] = frozenset()  # labels that have no events, as asked while it runs
    refused: str = ""  # why the newest command was not carried out; empty where it was
    running: tuple[Event, ...] = ()
    past: tuple[Event, ...] = ()  # newest last
    marked: Mapping[tuple[str, str, float], str] = field(default_factory=dict)  # task, label, onset → the key's letter
    view: SoundView | ImageView | None = None  # None without a dashboard, and before the first image
    takes: TakesView | None = None  # where takes are recorded and nothing is classified

    @property
    def medium(self) -> Medium:
        """What the stream delivers."""
        return "images" if self.health.images is not None or isinstance(self.view, ImageView) else "sound"
