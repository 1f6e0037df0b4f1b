"""Small files that claim, or unfold to, far more than they hold."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path


def png(width: int, height: int, rows: int | None = None) -> bytes:
    """Return a black grey picture, with fewer rows than it claims where ``rows`` is given."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + width)
    packed = b"".join(packer.compress(row) for _ in range(height if rows is None else rows)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def jpeg_of_size(jpeg: bytes, width: int, height: int) -> bytes:
    """Return a JPEG whose header claims another size."""
    place = next(i for i in range(len(jpeg)) if jpeg[i : i + 2] in (b"\xff\xc0", b"\xff\xc2"))
    return jpeg[: place + 5] + struct.pack(">HH", height, width) + jpeg[place + 9 :]


def wav(path: Path, sample_rate: int, n_channels: int, n_values: int) -> Path:
    """Write silence of 16 bits, sparsely where the file system can."""
    n_bytes = 2 * n_values
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + n_bytes, b"WAVE", b"fmt ", 16, 1, n_channels, sample_rate,
        2 * n_channels * sample_rate, 2 * n_channels, 16, b"data", n_bytes,
    )  # fmt: skip
    with path.open("wb") as file:
        file.write(header)
        file.truncate(44 + n_bytes)
    return path
