"""Properties of a file besides its content: how it was recorded, cut and stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from streamer.dataset.file_stats import FileStats
from streamer.messages import TaskName

SAME_RECORDING = "record all labels in the same way, or convert all files to the least of them"
SAME_LENGTHS = "cut all labels to the same lengths"


@dataclass(frozen=True, slots=True)
class Property:
    """A property by which labels should not be told apart."""

    name: str
    value: Callable[[Path, FileStats], Any]
    shown: Callable[[Any], str]  # a value, for people
    is_ordered: bool = False  # whether more or less of it matters, rather than which value it is
    is_natural: bool = False  # whether it may well belong to a label, as a level does
    remedy: str = SAME_RECORDING


_FILE_TYPE = Property("file type", lambda path, _: path.suffix.lower(), str)
# Twice each: equal values give a label away by a table, values of which no two are equal by their order.
_DURATIONS = (
    Property(
        "duration",
        lambda _, stats: round(stats.duration_s, 2),
        lambda value: f"{value:.3g} s",
        remedy=SAME_LENGTHS,
    ),
    Property(
        "duration",
        lambda _, stats: stats.duration_s,
        lambda value: f"{value:.3g} s",
        is_ordered=True,
        remedy=SAME_LENGTHS,
    ),
)
_SIZES = (
    Property("image size", lambda _, stats: (stats.width, stats.height), lambda value: f"{value[0]}×{value[1]}"),
    Property(
        "image size",
        lambda _, stats: stats.width * stats.height / 1e6,
        lambda value: f"{value:.2g} MP",
        is_ordered=True,
    ),
)
_LEVEL = Property(
    "level",
    lambda _, stats: stats.level,
    lambda value: f"{value:.0f} dBFS",
    is_ordered=True,
    is_natural=True,
    remedy="record all labels at the same gain and distance",
)
_BRIGHTNESS = Property(
    "brightness",
    lambda _, stats: stats.level,
    lambda value: f"{value:.2f}",
    is_ordered=True,
    is_natural=True,
    remedy="take all labels in the same light",
)
PROPERTIES: Final[dict[TaskName, tuple[Property, ...]]] = {
    "sound": (
        _FILE_TYPE,
        Property("sample rate", lambda _, stats: stats.sample_rate, lambda value: f"{value} Hz"),
        Property("number of channels", lambda _, stats: stats.n_channels, str),
        *_DURATIONS,
        _LEVEL,
    ),
    "pattern": (_FILE_TYPE, *_SIZES, _BRIGHTNESS),
    "motion": (
        _FILE_TYPE,
        *_SIZES,
        Property("image rate", lambda _, stats: round(stats.fps, 1), lambda value: f"{value:g} images/s"),
        *_DURATIONS,
        _BRIGHTNESS,
    ),
}
