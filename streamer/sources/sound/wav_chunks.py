"""Where the samples of a wav lie, also where its header says less than is there, as after a power cut."""

from __future__ import annotations

import struct
from typing import BinaryIO, Literal

from streamer.sources.sound.parts import Content, Part

FORMS = (b"RIFF", b"RIFX", b"RF64", b"BW64")
UNKNOWN = 0x7FFFF000  # recorders that write to a pipe state such a length or a greater one
MAX_HEAD = 16 << 20  # a list of chunks before the samples that is longer than this is no header
_SCANNED = 1 << 20


def find_wav_parts(file: BinaryIO, size: int) -> Content:
    """Return the parts of a wav: one for each header, each up to the end of what belongs to it.

    Parameters
    ----------
    file : file object
        Whose first bytes are those of a wav.
    size : int
        Bytes in the file.
    """
    parts: list[Part] = []
    notes: list[str] = []
    start: int | None = 0
    while start is not None:
        part, note, start = _part(file, start, size)
        parts.append(part)
        notes += [note] if note else []
    if len(parts) > 1:
        notes.append(f"{len(parts)} files joined to one")
    return Content(tuple(parts), tuple(notes))


def _part(file: BinaryIO, start: int, size: int) -> tuple[Part, str, int | None]:
    """Return the wav that begins at ``start``, what is odd about it, and where another one begins after it."""
    file.seek(start)
    form = file.read(12)[:4]
    order = ">" if form == b"RIFX" else "<"
    at, fmt, length64 = start + 12, b"", 0
    while at - start < MAX_HEAD:
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            break
        name, length = head[:4], struct.unpack(order + "I", head[4:])[0]
        if name == b"ds64":
            length64 = struct.unpack("<Q", file.read(16)[8:].ljust(8, b"\0"))[0]
        elif name == b"fmt ":
            fmt = file.read(min(length, 4096))
        elif name == b"data":
            stated = length64 if length == 0xFFFFFFFF and length64 else length
            return _samples(file, (start, at + 8, size), form, fmt, stated)
        at += 8 + length + length % 2
    return Part(start), "", None


def _samples(
    file: BinaryIO, place: tuple[int, int, int], form: bytes, fmt: bytes, stated: int
) -> tuple[Part, str, int | None]:
    """As :func:`_part`; ``place`` is where the wav and its samples begin and the file ends, ``stated`` their bytes."""
    start, first, size = place
    there = size - first
    whole = Part(start) if start else Part()
    byte_rate = struct.unpack((">" if form == b"RIFX" else "<") + "I", fmt[8:12])[0] if len(fmt) >= 14 else 0
    if form[:2] != b"RI" and stated == 0xFFFFFFFF:  # 64-bit lengths that were never filled in
        stated = 0
    if stated > there:
        is_unknown = stated >= UNKNOWN and form[:2] == b"RI"
        return whole, "" if is_unknown else _difference(stated, there, byte_rate, "cut short"), None
    after = _after(file, first + stated, size, "big" if form == b"RIFX" else "little")
    if after == "chunks":
        return whole, "", None
    if isinstance(after, int):
        return Part(start, after), "", after
    if after == "zeros" and stated:
        return whole, "" if there - stated < 4096 else f"{there - stated} bytes of zeros after its sound", None
    if not fmt:
        return whole, "", None
    part = Part(first, None, _header(form, fmt, there))
    return part, _difference(stated, there, byte_rate, "read to the end of its bytes"), None


def _after(file: BinaryIO, at: int, size: int, order: Literal["big", "little"]) -> str | int:
    """Return what follows the samples: "chunks" or nothing, "zeros", more "sound", or where another wav begins."""
    begin = at
    for begin in (at + at % 2, at):  # some writers leave the padding out
        place = begin
        while place + 8 <= size:
            file.seek(place)
            head = file.read(12)
            if head[:4] in FORMS and head[8:] == b"WAVE":
                return place
            length = int.from_bytes(head[4:8], order)
            if not all(32 <= byte < 127 for byte in head[:4]) or place + 8 + length > size + 1:
                break
            place += 8 + length + length % 2
        if place > begin or place + 8 > size:
            return "chunks"
    file.seek(at)
    while block := file.read(_SCANNED):
        if block.count(0) < len(block):
            return "chunks" if file.tell() <= at + 256 and block[:3] == b"TAG" else "sound"
    return "zeros"


def _header(form: bytes, fmt: bytes, n_bytes: int) -> bytes:
    """Return the header of a wav with so many bytes of samples."""
    if form == b"RIFX":
        chunk = b"fmt " + struct.pack(">I", len(fmt)) + fmt
        return (
            b"RIFX"
            + struct.pack(">I", min(n_bytes + 20 + len(fmt), 2**32 - 1))
            + b"WAVE"
            + chunk
            + b"data"
            + (struct.pack(">I", min(n_bytes, 2**32 - 1)))
        )
    chunk = b"fmt " + struct.pack("<I", len(fmt)) + fmt
    if n_bytes < 2**32 - 2**16:
        rest = b"WAVE" + chunk + b"data" + struct.pack("<I", n_bytes)
        return b"RIFF" + struct.pack("<I", n_bytes + len(rest)) + rest
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, n_bytes + len(chunk) + 60, n_bytes, 0, 0)
    return b"RF64\xff\xff\xff\xffWAVE" + ds64 + chunk + b"data\xff\xff\xff\xff"


def _difference(stated: int, there: int, byte_rate: int, what: str) -> str:
    if not byte_rate:
        return f"its header says {stated} bytes, {there} are there: {what}"
    return f"its header says {stated / byte_rate:.1f} s, {there / byte_rate:.1f} s are there: {what}"
