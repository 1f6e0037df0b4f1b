"""Wav files with chunks that state when they were recorded."""

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
