"""The pages of an Ogg file: the streams that follow each other in it, and whether all pages are there."""

from __future__ import annotations

import mmap
import zlib

from streamer.sources.sound.file_bytes import STEP, forget
from streamer.sources.sound.parts import Content, Part, Reading

BEGINS, ENDS = 2, 4  # flags of a page: the first and the last one of a logical stream
LIBSNDFILE_READS = (b"\x01vorbis", b"OpusHead")
_HEAD = 27  # bytes of a page before the table of its segments
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class _Stream:
    """One stream of sound, with all that is multiplexed with it."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.sequence: dict[int, int] = {}  # last page of each logical stream
        self.is_simple = True  # one logical stream, of a codec that libsndfile reads
        self.is_whole = True
        self.has_data = False
        self.open: set[int] = set()  # logical streams that have not ended


def find_ogg_parts(data: mmap.mmap) -> Content:
    """Return the streams of an Ogg file that follow each other ("chained").

    libsndfile reads the first of them only, and passes over lost and damaged pages without counting them.
    """
    streams: list[_Stream] = []
    at, size, forget_at = 0, len(data), STEP
    while at + _HEAD <= size:
        if at > forget_at:
            forget_at = forget(data, at)
        page = _page(data, at)
        if page is None:
            following = data.find(b"OggS", at + 1)
            if streams:
                streams[-1].is_whole = False
            if following < 0:
                break
            at = following
            continue
        flags, serial, sequence, head_length, length = page
        stream = streams[-1] if streams else None
        if flags & BEGINS and (stream is None or stream.has_data):
            stream = _Stream(at)
            streams.append(stream)
        elif stream is None:
            stream = _Stream(at)
            stream.is_whole = False
            streams.append(stream)
        if flags & BEGINS:
            body = data[at + head_length : at + head_length + 8]
            stream.is_simple &= body.startswith(LIBSNDFILE_READS) and not stream.sequence
            stream.open.add(serial)
        else:
            stream.has_data = True
            stream.is_whole &= sequence == stream.sequence.get(serial, -1) + 1
        stream.sequence[serial] = sequence
        if flags & ENDS:
            stream.open.discard(serial)
        at += length
    return _content(streams, size)


def _content(streams: list[_Stream], size: int) -> Content:
    if not streams:
        return Content()
    ends = [*(stream.start for stream in streams[1:]), None]
    notes = [f"{len(streams)} streams, one after the other"] if len(streams) > 1 else []
    if streams[-1].open:
        notes.append("its last page is missing: cut short")
    parts = []
    for stream, end in zip(streams, ends, strict=True):
        by: Reading = "libsndfile first" if stream.is_simple and stream.is_whole else "ffmpeg"
        parts.append(Part(stream.start, end, by=by))
    return Content(tuple(parts), tuple(notes))


def _page(data: mmap.mmap, at: int) -> tuple[int, int, int, int, int] | None:
    """Return flags, serial number, sequence number, length of the head and whole length of a page; None if damaged."""
    head = data[at : at + _HEAD]
    if head[:4] != b"OggS" or head[4]:
        return None
    head_length = _HEAD + head[26]
    length = head_length + sum(data[at + _HEAD : at + head_length])
    page = data[at : at + length]
    if len(page) < length or _checksum(page[:22] + bytes(4) + page[26:]) != int.from_bytes(head[22:26], "little"):
        return None
    return head[5], int.from_bytes(head[14:18], "little"), int.from_bytes(head[18:22], "little"), head_length, length


def _checksum(page: bytes) -> int:
    """Return the CRC-32 of Ogg, which takes the bits of each byte in the other order than zlib's, and inverts none."""
    value = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{value:032b}"[::-1], 2)
