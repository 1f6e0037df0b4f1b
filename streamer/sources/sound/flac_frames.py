"""The frames of a FLAC file, found one by one: each says which samples it holds, also after a damaged place."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import NamedTuple

from streamer.sources.sound.file_bytes import STEP, forget

_POLYNOMIAL = 0x07
_TABLE = []
for _byte in range(256):
    for _ in range(8):
        _byte = (_byte << 1 ^ _POLYNOMIAL) & 0xFF if _byte & 0x80 else _byte << 1
    _TABLE.append(_byte)
_BLOCK = {1: 192, **{n: 576 << (n - 2) for n in range(2, 6)}, **{n: 256 << (n - 8) for n in range(8, 16)}}
MAX_HEAD = 16


class FlacInfo(NamedTuple):
    """What a FLAC file says of itself."""

    block: bytes  # the whole STREAMINFO
    block_length: int  # samples in a frame, of files whose frames are all as long
    sample_rate: int
    n_channels: int
    n_samples: int  # 0 where it is not stated
    first: int  # byte at which its frames begin


class FlacFrame(NamedTuple):
    """One frame: where its bytes lie, and which samples it holds."""

    at: int
    end: int
    start: int
    n_samples: int


def flac_info(data: mmap.mmap | bytes, at: int = 0) -> FlacInfo | None:
    """Return what the FLAC file says that begins at a byte, or after a tag there; None where none does."""
    if data[at : at + 3] == b"ID3":
        head = data[at + 6 : at + 10]
        at += 10 + (head[0] << 21 | head[1] << 14 | head[2] << 7 | head[3])
    if data[at : at + 4] != b"fLaC":
        return None
    block = data[at + 8 : at + 42]
    at += 4
    while at + 4 <= len(data):
        is_last, length = data[at] & 0x80, int.from_bytes(data[at + 1 : at + 4], "big")
        at += 4 + length
        if is_last:
            break
    packed = int.from_bytes(block[10:18], "big")
    return FlacInfo(
        block,
        int.from_bytes(block[2:4], "big"),
        packed >> 44,
        (packed >> 41 & 7) + 1,
        packed & (1 << 36) - 1,
        min(at, len(data)),
    )


def flac_frames(data: mmap.mmap | bytes, info: FlacInfo, end: int) -> Iterator[FlacFrame]:
    """Return the frames of a FLAC file in order; what lies between the end of one and the next is damaged.

    A frame is taken to end where the next one begins.
    """
    found, forget_at = _next_frame(data, info, info.first, end, -1), STEP
    while found is not None:
        at, start, n_samples = found
        if at > forget_at:
            forget_at = forget(data, at)
        following = _next_frame(data, info, at + MAX_HEAD // 2, end, start)
        yield FlacFrame(at, following[0] if following else end, start, n_samples)
        found = following


def _next_frame(data: mmap.mmap | bytes, info: FlacInfo, at: int, end: int, after: int) -> tuple[int, int, int] | None:
    """Return the place, first sample and length of the next frame whose samples come after ``after``."""
    while (at := data.find(b"\xff", at, end)) >= 0:
        frame = _head(data[at : at + MAX_HEAD], info)
        if frame and frame[0] > after and (not info.n_samples or frame[0] < info.n_samples):
            return at, *frame
        at += 1
    return None


def _head(head: bytes, info: FlacInfo) -> tuple[int, int] | None:
    """Return the first sample and the length of the frame with this header; None where it is none."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xFE != 0xF8 or head[3] & 1 or head[3] >> 4 > 10:
        return None
    size_code, rate_code = head[2] >> 4, head[2] & 15
    number, at = _number(head, 4)
    if at == 0 or not size_code or rate_code == 15:
        return None
    if size_code in (6, 7):
        n_samples = int.from_bytes(head[at : at + size_code - 5], "big") + 1
        at += size_code - 5
    else:
        n_samples = _BLOCK[size_code]
    at += {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if at >= len(head) or _crc8(head[:at]) != head[at]:
        return None
    return (number if head[1] & 1 else number * info.block_length), n_samples


def _number(head: bytes, at: int) -> tuple[int, int]:
    """Return a number written like a long character of UTF-8, and the place after it, 0 where it is none."""
    first = head[at]
    if first < 0x80:
        return first, at + 1
    n_more = next((n for n in range(1, 7) if not first << n & 0x80), 7) - 1
    more = head[at + 1 : at + 1 + n_more]
    if not 1 <= n_more <= 6 or len(more) < n_more or any(byte & 0xC0 != 0x80 for byte in more):
        return 0, 0
    number = first & 0x3F >> n_more
    for byte in more:
        number = number << 6 | byte & 0x3F
    return number, at + 1 + n_more


def _crc8(data: bytes) -> int:
    value = 0
    for byte in data:
        value = _TABLE[value ^ byte]
    return value
