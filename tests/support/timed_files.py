"""Files that state when they were recorded: chunks of wav and avi, EXIF."""

import struct
from pathlib import Path

import numpy as np

from streamer.arrays import Float32

RATE = 16_000


def wav(path: Path, samples: Float32 | None = None, *, before: bytes = b"", after: bytes = b"") -> Path:
    """Write a wav of 16 bits with further chunks before or after its samples."""
    data = np.round((np.zeros(RATE, np.float32) if samples is None else samples) * 32_000).astype("<i2").tobytes()
    fmt = struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)
    body = b"WAVE" + chunk(b"fmt ", fmt) + before + chunk(b"data", data) + after
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def guano(timestamp: str) -> bytes:
    return chunk(b"guan", f"GUANO|Version: 1.0\nMake: Test\nTimestamp: {timestamp}\nNote: é\n".encode())


def comment(zone: str) -> bytes:
    text = f"Recorded at 05:30:00 31/01/2024 {zone} by AudioMoth 24F319055FDF2F5B at medium gain.".encode()
    return chunk(b"LIST", b"INFO" + chunk(b"ICMT", text))


def bext(date: str, clock: str, samples: int = 0) -> bytes:
    times = date.encode().ljust(10, b"\0") + clock.encode().ljust(8, b"\0") + struct.pack("<Q", samples)
    return chunk(b"bext", b"\0" * 320 + times + b"\0" * 256)


def exif(taken: str, zone: str = "", fraction: str = "", order: str = "<") -> bytes:
    """Return EXIF as a camera writes it: a directory that leads to another one with the texts."""
    texts = {0x9003: taken, 0x9011: zone, 0x9291: fraction}
    values = {tag: text.encode() + b"\0" for tag, text in texts.items() if text}
    place = 26 + 2 + 12 * len(values) + 4
    entries, data = b"", b""
    for tag, value in values.items():
        short = len(value) <= 4
        where = value.ljust(4, b"\0") if short else struct.pack(f"{order}I", place + len(data))
        entries += struct.pack(f"{order}HHI", tag, 2, len(value)) + where
        data += b"" if short else value
    begin = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    first = struct.pack(f"{order}HHHIII", 1, 0x8769, 4, 1, 26, 0)
    return begin + first + struct.pack(f"{order}H", len(values)) + entries + struct.pack(f"{order}I", 0) + data


def with_exif(jpeg: bytes, data: bytes) -> bytes:
    """Return a JPEG with EXIF, as a camera writes it."""
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(data) + 8) + b"Exif\0\0" + data + jpeg[2:]


def with_idit(avi: bytes, text: str) -> bytes:
    """Return an avi whose header states when it was made, as trail cameras write it: ``Wed Jan 31 05:30:00 2024``."""
    at = avi.index(b"hdrl") - 4
    (length,) = struct.unpack_from("<I", avi, at)
    end = at + 4 + length
    more = chunk(b"IDIT", text.encode() + b"\n\0")
    avi = avi[:at] + struct.pack("<I", length + len(more)) + avi[at + 4 : end] + more + avi[end:]
    return avi[:4] + struct.pack("<I", len(avi) - 8) + avi[8:]
