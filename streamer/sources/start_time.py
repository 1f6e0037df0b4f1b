"""When a file begins on the wall clock: by what the user says, its name, or what is written in it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from streamer.config import SourceSettings
from streamer.errors import UserError
from streamer.sources.exif_time import time_of_picture
from streamer.sources.metadata_time import time_of_container, times_in_wav
from streamer.sources.name_time import check_pattern, is_audiomoth, time_of_name
from streamer.sources.times_file import read_times, read_video_times


def start_of_file(path: Path, settings: SourceSettings) -> float:
    """Return seconds since the epoch at the first sample or image of a file; NaN where nothing is known of it.

    The first of these that is there counts: ``start`` in the settings; the times file of a recording; a time with its
    zone inside of a wav (GUANO, an AudioMoth's comment); the name; GUANO without a zone; bext; EXIF; the making of the
    container, or a tag. A time without a zone is one of ``time_zone``, by default the local one; an AudioMoth's is in
    UTC.

    Raises
    ------
    UserError
        If a setting, or the times file, cannot be used.
    """
    if settings.time_pattern:
        check_pattern(settings.time_pattern)
    zone = zone_of(settings.time_zone)
    if (stated := start_of_setting(settings)) is not None:
        return stated
    if not path.is_file():  # a pipe would be waited for
        return math.nan
    for time in _times(path, settings.time_pattern):
        if time.tzinfo:
            return time.timestamp()
        is_utc = not settings.time_zone and not settings.time_pattern and is_audiomoth(path.name)
        return time.replace(tzinfo=UTC if is_utc else zone).timestamp()  # of None: the local zone
    return math.nan


def start_of_setting(settings: SourceSettings) -> float | None:
    """Return seconds since the epoch at the beginning that the user states; None where none is stated.

    Raises
    ------
    UserError
        If a setting cannot be used.
    """
    return time_of_setting(settings.start, zone_of(settings.time_zone)).timestamp() if settings.start else None


def time_of_setting(text: str, zone: tzinfo | None = None) -> datetime:
    """Return the time of a setting, as ``2024-01-31T05:30:00+01:00``; without a zone, it is in the one given.

    Raises
    ------
    UserError
        If it is none.
    """
    try:
        time = datetime.fromisoformat(text)
        time.timestamp()
    except (ValueError, OverflowError, OSError):
        raise UserError(
            f"start={text} must be a date and a time; for example 2024-01-31T05:30:00, or with a zone "
            "2024-01-31T05:30:00+01:00 or …Z"
        ) from None
    return time if time.tzinfo else time.replace(tzinfo=zone)


def zone_of(name: str) -> tzinfo | None:
    """Return the time zone of a setting; None for the local one.

    Raises
    ------
    UserError
        If this computer knows none of this name.
    """
    if name in ("", "local"):
        return None
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise UserError(f"time_zone={name} must be local, UTC or a zone such as Europe/Berlin") from None


def _times(path: Path, pattern: str) -> Iterator[datetime]:
    """Return the times that a file has of its beginning, those most to be trusted first."""
    recorded = _recorded(path)
    if recorded:
        yield recorded
    try:
        inside = list(times_in_wav(path))
    except OSError:
        inside = []
    yield from (time for time in inside if time.tzinfo)
    if named := time_of_name(path.name, pattern):
        yield named
    yield from inside
    for read in (time_of_picture, time_of_container):
        with suppress(OSError):
            if made := read(path):
                yield made


def _recorded(path: Path) -> datetime | None:
    """Return the time in the times file of a recording that streamer made, of sound or images."""
    try:
        times = read_times(path)
    except UserError:  # of a video there is another one
        line = read_video_times(path)
        return line.time if line else None
    if times is None or times.begin.time is None:
        return None
    # Where the clock was set meanwhile, the first time was wrong by so much.
    return times.begin.time + timedelta(seconds=sum(mark.offset_s for mark in times.clocks))
