"""What a file has besides its content: how it was recorded, cut and stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from streamer.dataset.file_stats import Facts
from streamer.messages import TaskName

ALIKE = "record all labels in the same way, or convert all files to the least of them"


@dataclass(frozen=True, slots=True)
class Property:
    """Something by which labels should not be told."""

    name: str
    value: Callable[[Path, Facts], Any]
    shown: Callable[[Any], str]
    is_ordered: bool = False  # more or less of it says something, rather than which
    is_natural: bool = False  # may well belong to a label
    remedy: str = ALIKE


_FILE_TYPE = Property("file type", lambda path, _: path.suffix.lower(), str)
_DURATIONS = (
    Property(
        "duration",
        lambda _, facts: round(facts.duration_s, 2),
        lambda value: f"{value:.3g} s",
        remedy="cut all labels to the same lengths",
    ),
    Property(
        "duration",
        lambda _, facts: facts.duration_s,
        lambda value: f"{value:.3g} s",
        is_ordered=True,
        remedy="cut all labels to the same lengths",
    ),
)
_SIZES = (
    Property("image size", lambda _, facts: (facts.width, facts.height), lambda value: f"{value[0]}×{value[1]}"),
    Property(
        "image size",
        lambda _, facts: facts.width * facts.height / 1e6,
        lambda value: f"{value:.2g} MP",
        is_ordered=True,
    ),
)
_BRIGHTNESS = Property(
    "brightness",
    lambda _, facts: facts.level,
    lambda value: f"{value:.2f}",
    is_ordered=True,
    is_natural=True,
    remedy="take all labels in the same light",
)
_LEVEL = Property(
    "level",
    lambda _, facts: facts.level,
    lambda value: f"{value:.0f} dBFS",
    is_ordered=True,
    is_natural=True,
    remedy="record all labels at the same gain and distance",
)
PROPERTIES: Final[dict[TaskName, tuple[Property, ...]]] = {
    "sound": (
        _FILE_TYPE,
        Property("sample rate", lambda _, facts: facts.sample_rate, lambda value: f"{value} Hz"),
        Property("number of channels", lambda _, facts: facts.n_channels, str),
        *_DURATIONS,
        _LEVEL,
    ),
    "pattern": (_FILE_TYPE, *_SIZES, _BRIGHTNESS),
    "motion": (
        _FILE_TYPE,
        *_SIZES,
        Property("image rate", lambda _, facts: round(facts.fps, 1), lambda value: f"{value:g} images/s"),
        *_DURATIONS,
        _BRIGHTNESS,
    ),
}
