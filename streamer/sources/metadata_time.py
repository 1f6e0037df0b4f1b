"""Times inside of files: GUANO, an AudioMoth's comment, bext, and what containers say of their making."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from streamer.sources.name_time import YEARS

MAX_CHUNK = 1 << 20  # a description that is longer than this is none
NEAR_S = 2.0  # the samples since midnight say the same as the time of origination, only more exactly
_MAX_CHUNKS = 1000
# Containers whose time of making FFmpeg knows: of the others nothing is opened.
_MP4 = (b"ftyp", b"moov", b"mdat", b"wide", b"skip", b"free")
_MATROSKA = b"\x1aE\xdf\xa3"
_TAGGED = (b"fLaC", b"OggS")  # files with tags that libsndfile reads without decoding
_COMMENT = re.compile(r"Recorded at (\d\d:\d\d:\d\d) (\d\d/\d\d/\d{4}) \(UTC(?:([+-])(\d{1,2})(?::?(\d\d))?)?\)")


def times_in_wav(path: Path) -> Iterator[datetime]:
    """Return the times of the first sample that the chunks of a wav state, those most to be trusted first."""
    with path.open("rb") as file:
        chunks, sample_rate = _chunks(file)
    readers = ((b"guan", _guano), (b"LIST", _comment), (b"bext", lambda data: _bext(data, sample_rate)))
    for name, read in readers:
        if name in chunks:
            with suppress(ValueError, OverflowError, struct.error):
                time = read(chunks[name])
                if time is not None and time.year in YEARS:
                    yield time


def time_of_container(path: Path) -> datetime | None:
    """Return when a file was made by its own account, without a zone where it states none; None where it says nothing.

    Of mp4, mov, m4a, 3gp, mkv, webm and avi it is what the container says, of FLAC and Ogg the tag DATE where that has
    a time of day: else it is the day on which something was published.
    """
    with path.open("rb") as file:
        head = file.read(12)
    if head[:4] in _TAGGED:
        texts = [_tag(path)]
    elif head[4:8] in _MP4 or head[:4] == _MATROSKA or (head[:4] == b"RIFF" and head[8:] == b"AVI "):
        texts = _making(path)
    else:
        return None
    for text in texts:
        with suppress(ValueError):
            time = datetime.fromisoformat(text)
            if time.year in YEARS and len(text) > len("2024-01-31"):
                return time
    return None


def _making(path: Path) -> list[str]:
    import av

    from streamer.sources.container import open_bytes

    try:
        with path.open("rb") as file, open_bytes(file) as container:
            every = [container.metadata, *(stream.metadata for stream in container.streams)]
    except (av.FFmpegError, OSError, ValueError):
        return []
    # A telephone's own key states the zone, and keeps the time of capture where the file was cut or sent.
    keys = ("com.apple.quicktime.creationdate", "creation_time")
    return [metadata.get(key, "") for key in keys for metadata in every]


def _tag(path: Path) -> str:
    import soundfile

    try:
        with path.open("rb") as file, soundfile.SoundFile(file) as sound:
            return str(sound.date)
    except (soundfile.SoundFileError, OSError, ValueError):
        return ""


def _chunks(file: BinaryIO) -> tuple[dict[bytes, bytes], int]:
    """Return the chunks of a wav that may state a time, and its sample rate; none of any other file."""
    found: dict[bytes, bytes] = {}
    sample_rate = length64 = 0
    head = file.read(12)
    if head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
        return found, 0
    at = 12
    for _ in range(_MAX_CHUNKS):
        file.seek(at)
        begin = file.read(8)
        if len(begin) < 8:
            break
        name, length = begin[:4], struct.unpack("<I", begin[4:])[0]
        if name == b"ds64":
            length64 = struct.unpack("<Q", file.read(16)[8:].ljust(8, b"\0"))[0]
        elif name == b"fmt ":
            sample_rate = struct.unpack("<I", file.read(8)[4:].ljust(4, b"\0"))[0]
        elif name in (b"guan", b"LIST", b"bext") and length <= MAX_CHUNK:
            data = file.read(length)
            if name != b"LIST" or data[:4] == b"INFO":
                found.setdefault(name, data)
        elif name == b"data" and length == 0xFFFFFFFF:
            length = length64
        at += 8 + length + length % 2
    return found, sample_rate


def _guano(data: bytes) -> datetime | None:
    """Return the time in GUANO: ``Timestamp: 2024-01-31T05:30:00+01:00``."""
    for line in data.decode("utf-8", "replace").splitlines():
        key, _, value = line.partition(":")
        if key.strip().lower() == "timestamp":
            return datetime.fromisoformat(value.strip().rstrip("\0"))
    return None


def _comment(data: bytes) -> datetime | None:
    """Return the time that an AudioMoth writes: ``Recorded at 05:30:00 31/01/2024 (UTC+1) by AudioMoth …``."""
    found = _COMMENT.search(data.decode("latin-1"))
    if not found:
        return None
    time, date, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    utc = datetime.strptime(f"{date} {time}", "%d/%m/%Y %H:%M:%S") - (-offset if sign == "-" else offset)
    return utc.replace(tzinfo=UTC)


def _bext(data: bytes, sample_rate: int) -> datetime | None:
    """Return the time in a broadcast wave, without a zone.

    Its sample count since midnight is more exact than its time of origination, but of mixed sound it is the place in
    the mix: it counts where the two agree, or where there is no time of origination.
    """
    date = re.sub(r"\D", "-", data[320:330].decode("latin-1"))
    clock = re.sub(r"\D", ":", data[330:338].decode("latin-1"))
    (samples,) = struct.unpack("<Q", data[338:346])
    midnight = datetime.strptime(date, "%Y-%m-%d")
    since_s = samples / sample_rate if sample_rate else 0.0
    try:
        time = datetime.strptime(f"{date} {clock}", "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return midnight + timedelta(seconds=since_s) if 0.0 < since_s < 86_400.0 else None
    exact = midnight + timedelta(seconds=since_s)
    return exact if samples and abs((exact - time).total_seconds()) < NEAR_S else time
