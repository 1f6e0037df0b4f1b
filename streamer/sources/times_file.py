"""Times file: the sidecar of a recording, which says when it was made and where in it something is missing.

Beside `NAME.wav` lies `NAME.wav.times.jsonl`, one JSON object in each line: first ``recording``, then a ``gap`` for
each loss and a ``clock`` where the wall clock was set, last ``end``. It is written as the recording grows, so that it
holds after a power cut. Beside a video there is a single line, ``video``, with the time of each image.
"""

from __future__ import annotations

import errno
import json
import math
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from streamer.errors import UserError
from streamer.safe_text import safe

SUFFIX = ".times.jsonl"
MAX_BYTES = 64 << 20  # a day with ten gaps in each second: a larger file is none of ours

Count = Annotated[int, Field(ge=0, lt=1 << 53)]


class TimesLine(BaseModel):
    """A line of a times file; keys that a later version adds are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class BeginLine(TimesLine):
    """What the file holds, and when its first sample was captured."""

    type: Literal["recording"] = "recording"
    stream: str
    device: str
    sample_rate: Annotated[int, Field(ge=1)]
    channels: Annotated[int, Field(ge=1)]
    start_s: float  # of the first sample, seconds in the stream
    time: datetime | None  # the same on the wall clock; null where nobody knows it, as of some files
    time_uncertain: bool = False  # the wall clock had never been set
    continues: str = ""  # name of the file that this one continues
    lost_before: Count = 0  # samples missing between that one and this one


class GapLine(TimesLine):
    """Samples that are missing; in the recording there is silence in their place."""

    type: Literal["gap"] = "gap"
    at: Count  # first sample of the silence
    samples: Count  # its length
    time: datetime | None  # wall clock at its end
    why: Literal["lost", "not written"]  # captured by nobody, or live but not on the disk


class ClockMark(TimesLine):
    """The wall clock was set or the machine was suspended: from here on times are counted from another instant."""

    type: Literal["clock"] = "clock"
    at: Count  # sample
    time: datetime | None  # of that sample, by the clock as it is now
    offset_s: float  # by how much it was set forward: to be added to the times before
    suspended_s: float  # for how long the machine was suspended


class EndLine(TimesLine):
    """The end of the file."""

    type: Literal["end"] = "end"
    samples: Count
    is_last: bool  # the stream ended here; False where its source was lost, or another file goes on


class VideoLine(TimesLine):
    """Times of a video's images; a video has no other line."""

    type: Literal["video"] = "video"
    stream: str
    start_s: float  # of the first image, seconds in the stream
    time: datetime | None  # the same on the wall clock; null where nobody knows it, as of some files
    times_s: Annotated[tuple[float | None, ...], Field(min_length=1)]  # since the first image; null: a neighbour shown
    # again in the place of an image that was lost, so that players show everything at its time
    skipped_before: tuple[Count, ...]  # images lost before each image that has a time


Line = BeginLine | GapLine | ClockMark | EndLine
ContentT = TypeVar("ContentT")
_LINES: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="type")])


class RecordedTimes(BaseModel):
    """Content of a times file."""

    model_config = ConfigDict(frozen=True)

    begin: BeginLine
    gaps: tuple[GapLine, ...] = ()  # in their order, apart from each other
    clocks: tuple[ClockMark, ...] = ()
    end: EndLine | None = None  # missing after a power cut

    @property
    def is_broken_off(self) -> bool:
        """Whether the stream's source was lost at the end of the file, so that nothing was made of its last sound."""
        return self.end is not None and not self.end.is_last


def times_path(path: Path) -> Path:
    """Return the path of the times file of a recording."""
    return path.with_name(path.name + SUFFIX)


def utc(epoch_s: float) -> datetime | None:
    """Return seconds since the epoch as a time in UTC; None for NaN, where the time is not known."""
    return None if math.isnan(epoch_s) else datetime.fromtimestamp(epoch_s, UTC)


def read_times(path: Path) -> RecordedTimes | None:
    """Read the times file of a recording; None where it has none.

    A last line that a power cut has torn is left out.

    Raises
    ------
    UserError
        If it is damaged.
    """
    return _read(path, lambda texts: _content(map(_LINES.validate_json, texts)))


def read_video_times(path: Path) -> VideoLine | None:
    """Read the times file of a video that was recorded; None where it has none. Raises as :func:`read_times`."""

    def content(texts: list[str]) -> VideoLine:
        line = VideoLine.model_validate_json(texts[0])
        times_s = [time_s for time_s in line.times_s if time_s is not None]
        if line.times_s[0] is None or any(after <= before for before, after in pairwise(times_s)):
            raise ValueError("times must increase")
        if len(line.skipped_before) != len(times_s):
            raise ValueError("it must state of each image how many were skipped before it")
        return line

    return _read(path, content)


def write_video_times(path: Path, line: VideoLine) -> None:
    """Write the times file of a video.

    Raises
    ------
    OSError
        If it is there already or cannot be written.
    """
    with times_path(path).open("x", encoding="utf-8") as file:
        file.write(json.dumps(_values(line), ensure_ascii=False) + "\n")


def _read(path: Path, content: Callable[[list[str]], ContentT]) -> ContentT | None:
    """Return what a function makes of the whole lines of a times file; None where there is none."""
    sidecar = times_path(path)
    try:
        if not sidecar.is_file():
            return None
        if sidecar.stat().st_size > MAX_BYTES:
            raise ValueError("it is too long")
        whole, _, _ = sidecar.read_text(encoding="utf-8").rpartition("\n")
        return content(whole.split("\n"))
    except (OSError, ValueError) as error:  # a ValidationError is a ValueError
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            return None  # the name of the recording leaves no room for that of a times file
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise UserError(
            f"file={sidecar} must hold the times that streamer wrote beside the recording ({reason}); "
            "move it away to read the recording without them"
        ) from None


def _content(lines: Iterable[Line]) -> RecordedTimes:
    begin: BeginLine | None = None
    end: EndLine | None = None
    gaps: dict[int, GapLine] = {}  # by place: after a failed write the gap is written again, longer
    clocks: list[ClockMark] = []
    last = 0
    for line in lines:
        if isinstance(line, BeginLine):
            begin = line
        elif isinstance(line, EndLine):
            end = line
        elif isinstance(line, ClockMark):
            clocks.append(line)
        else:
            if line.at < last and line.at not in gaps:
                raise ValueError("gaps must follow each other")
            gaps[line.at] = line
            last = line.at + line.samples
    if begin is None:
        raise ValueError("its first line is missing")
    return RecordedTimes(begin=begin, gaps=tuple(gaps.values()), clocks=tuple(clocks), end=end)


class TimesFile:
    """A times file that is being written; each line is in it whole or not at all.

    Parameters
    ----------
    path : Path
        Of the recording.
    begin : BeginLine

    Raises
    ------
    OSError
        If the times file is there already or cannot be written.
    """

    def __init__(self, path: Path, begin: BeginLine) -> None:
        sidecar = times_path(path)
        self._file = sidecar.open("xb", buffering=0)
        self._n_bytes = 0
        try:
            self.add(begin)
        except OSError:
            self._file.close()
            sidecar.unlink()
            raise

    def add(self, line: Line) -> None:
        """Append a line.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        data = (json.dumps(_values(line), ensure_ascii=False) + "\n").encode()
        try:
            written = self._file.write(data)
            if written != len(data):
                raise OSError(28, os.strerror(28))
        except OSError:
            self._file.seek(self._n_bytes)
            self._file.truncate()
            raise
        self._n_bytes += len(data)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _values(line: TimesLine) -> dict[str, Any]:
    # JSON cannot hold a byte of a name that is no UTF-8 such that every program reads it back.
    texts = {name: safe(each) for name, each in line if isinstance(each, str)}
    values: dict[str, Any] = line.model_copy(update=texts).model_dump(mode="json")
    return values
