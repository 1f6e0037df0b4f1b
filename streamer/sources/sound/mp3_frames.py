"""The frames of an mp3 file: the files joined in it, what its headers say, and where it is damaged."""

from __future__ import annotations

import itertools
import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from streamer.sources.sound.file_bytes import STEP, forget
from streamer.sources.sound.parts import Content, Part

_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}  # by the version's bits
_KBITS = {  # by (is it MPEG 1, layer)
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
DECODER_DELAY = 529  # samples that every mp3 decoder is late by
SLACK_FRAMES = 2  # by which counts in headers may be wrong
MAX_LEAD, N_SURE = 16_384, 4  # bytes in which so many frames follow each other without a break
MAX_TAIL = 4096  # bytes after the last frame that are no damage: a frame cut short, a tag of an unknown kind


class Mp3Head(NamedTuple):
    """The header of one frame."""

    layer: int
    sample_rate: int
    n_channels: int
    length: int  # bytes of the frame
    n_samples: int
    side_length: int  # bytes between the header and the sound


class Mp3Frame(NamedTuple):
    """One frame, or bytes that are none."""

    at: int
    length: int
    head: Mp3Head | None  # None: damaged


@dataclass(frozen=True, slots=True)
class Mp3Tag:
    """What the first frame of an mp3 says of the whole, in the place of sound.

    Attributes
    ----------
    n_frames : int
        Frames of sound; 0 where it does not say.
    delay, padding : int
        Samples that the encoder put before and after the sound.
    """

    n_frames: int = 0
    delay: int = 0
    padding: int = 0


def find_mp3_parts(data: mmap.mmap) -> Content:
    """Return the mp3 files that are joined in one: each begins with a frame that says how long it is.

    libsndfile reads up to the length that the first one states.
    """
    starts: list[int] = []
    kinds: list[tuple[int, int]] = []
    tags: list[Mp3Tag | None] = []
    counts: list[int] = []
    damaged: list[bool] = []
    end_of_last = 0
    for frame in mp3_frames(data):
        if frame.head is None:
            damaged[-1] = True
            continue
        tag = mp3_tag(data, frame)
        kind = frame.head.sample_rate, frame.head.n_channels
        if not starts or (tag and counts[-1]) or kind != kinds[-1]:
            starts.append(end_of_last if starts else 0)
            kinds.append(kind)
            tags.append(tag)
            counts.append(0)
            damaged.append(False)
        counts[-1] += not tag
        end_of_last = frame.at + frame.length
    if not starts:
        return Content()
    ends = [*starts[1:], None]
    parts, notes = [], []
    for start, end, tag, count, is_damaged in zip(starts, ends, tags, counts, damaged, strict=True):
        stated = tag.n_frames if tag else 0
        is_true = not is_damaged and (not stated or abs(stated - count) <= SLACK_FRAMES)
        parts.append(Part(start, end, by="libsndfile first" if is_true else "mp3 frames"))
        if stated and not is_true:
            notes.append(f"its header says {stated} frames, {count} are there")
    if len(parts) > 1:
        notes.append(f"{len(parts)} files joined to one")
    return Content(tuple(parts), tuple(notes))


def mp3_frames(data: mmap.mmap | bytes, at: int = 0, size: int | None = None) -> Iterator[Mp3Frame]:
    """Return the frames of an mp3 file in order, with the stretches between them that are none; not its tags.

    Parameters
    ----------
    data : mmap or bytes
        The file.
    at, size : int
        Where to begin, and where to end; None: at its end.
    """
    size = len(data) if size is None else size
    known: Mp3Head | None = None
    forget_at = at + STEP
    while at + 4 <= size:
        if at > forget_at:
            forget_at = forget(data, at)
        if length := _tag_length(data, at):
            at += length
            continue
        head = mp3_head(data[at : at + 4])
        if head and (known is None or not _alike(head, known)) and not _is_followed(data, at + head.length, head):
            head = None  # bytes that look like a header by chance
        if head and at + head.length <= size:
            known = head
            yield Mp3Frame(at, head.length, head)
            at += head.length
            continue
        begin, at = at, _next_frame(data, at + 1, size, known)
        if known is not None and (at < size or at - begin > MAX_TAIL):
            yield Mp3Frame(begin, at - begin, None)


def mp3_head(head: bytes) -> Mp3Head | None:
    """Return what the four bytes of a header mean; None where they are none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    rate_index, kbit_index, padding = head[2] >> 2 & 3, head[2] >> 4, head[2] >> 1 & 1
    if version == 1 or layer == 4 or rate_index == 3 or not 0 < kbit_index < 15:
        return None
    rate = _RATES[version][rate_index]
    bits = 1000 * _KBITS[version == 3, layer][kbit_index]
    n_samples = 384 if layer == 1 else 576 if layer == 3 and version != 3 else 1152
    length = (12 * bits // rate + padding) * 4 if layer == 1 else n_samples // 8 * bits // rate + padding
    n_channels = 1 if head[3] >> 6 == 3 else 2
    side = (32 if n_channels == 2 else 17) if version == 3 else (17 if n_channels == 2 else 9)
    return Mp3Head(layer, rate, n_channels, length, n_samples, side)


def mp3_tag(data: mmap.mmap | bytes, frame: Mp3Frame) -> Mp3Tag | None:
    """Return what a frame says of the whole file; None where it holds sound."""
    assert frame.head is not None
    at = frame.at + 4 + frame.head.side_length
    if data[at : at + 4] in (b"Xing", b"Info"):
        flags = data[at + 7]
        n_frames = struct.unpack(">I", data[at + 8 : at + 12])[0] if flags & 1 else 0
        lame = at + 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
        delays = data[lame + 21 : lame + 24] if data[lame : lame + 4] in (b"LAME", b"Lavf", b"Lavc") else bytes(3)
        return Mp3Tag(n_frames, delays[0] << 4 | delays[1] >> 4, (delays[1] & 15) << 8 | delays[2])
    if data[frame.at + 36 : frame.at + 40] == b"VBRI":
        return Mp3Tag(struct.unpack(">I", data[frame.at + 50 : frame.at + 54])[0])
    return None


def _tag_length(data: mmap.mmap | bytes, at: int) -> int:
    """Return the length of an ID3 or APE tag that begins here; 0 where none does."""
    head = data[at : at + 10]
    if head[:3] == b"ID3" and len(head) == 10 and max(head[6:]) < 128:
        length = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        return 10 + length + (10 if head[5] & 16 else 0)
    if head[:3] == b"TAG":
        return 128
    if head[:8] == b"APETAGEX":
        flags = int.from_bytes(data[at + 20 : at + 24], "little")
        has_header_first = flags & 1 << 29
        return 32 + (int.from_bytes(data[at + 12 : at + 16], "little") if has_header_first else 0)
    return 0


def _next_frame(data: mmap.mmap | bytes, at: int, size: int, known: Mp3Head | None) -> int:
    """Return where the next frame or tag begins; the end where none does."""
    while (at := data.find(b"\xff", at, size)) >= 0:
        head = mp3_head(data[at : at + 4])
        if head and (known is None or _alike(head, known)) and _is_followed(data, at + head.length, head):
            return at
        at += 1
    return size


def _is_followed(data: mmap.mmap | bytes, at: int, head: Mp3Head) -> bool:
    """Return whether another frame like this, a tag or the end follows."""
    if at >= len(data):
        return at == len(data)
    following = mp3_head(data[at : at + 4])
    return bool(_tag_length(data, at)) or (following is not None and _alike(following, head))


def _alike(one: Mp3Head, other: Mp3Head) -> bool:
    return (one.layer, one.sample_rate, one.n_channels) == (other.layer, other.sample_rate, other.n_channels)


def is_mp3(data: mmap.mmap | bytes) -> bool:
    """Return whether a file begins with frames of mp3, behind tags and the rest of a frame that was cut."""
    at = 0
    while length := _tag_length(data, at):
        at += length
    begin = data[at : at + MAX_LEAD]  # a file that was cut out of a stream begins within a frame
    frames = list(itertools.islice(mp3_frames(begin), N_SURE))
    return len(frames) == N_SURE and all(frame.head for frame in frames)
