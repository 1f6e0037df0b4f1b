"""The message about a broken picture names what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from streamer.config import ImageSettings
from streamer.errors import UserError
from streamer.sources.images.picture_faults import damage_of, unknown_format
from streamer.sources.images.pictures import read_picture

PICTURE = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)


def encoded(suffix: str) -> bytes:
    return cv2.imencode(suffix, PICTURE)[1].tobytes()


def changed(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (encoded(".png")[:5000], "it is cut off in its part IDAT at byte"),
        (encoded(".png")[:-12], "it is cut off: its end is missing"),
        (changed(encoded(".png"), 3000), "its part IDAT at byte 33 is damaged: the checksum is wrong"),
        (encoded(".jpg")[:2000], "it is cut off: its end is missing"),
        (encoded(".webp")[:200], "it is cut off: its header says"),
        (encoded(".bmp")[:5000], "it is cut off: its header says 14454 bytes, there are 5000"),
        (encoded(".tif")[:100], ""),
        (b"<!DOCTYPE html><html>not found</html>", "it is a page of HTML or XML"),
        (b"%PDF-1.7\n" + bytes(100), "it is a PDF document"),
        (b"\0\0\0\x1cftypheic" + bytes(100), "it is a HEIC picture"),
        (b"\0\0\0\x1cftypisom" + bytes(100), "it is a video"),
        (b"PK\x03\x04" + bytes(100), "it is a zip archive"),
        (b"a note to myself\n" * 10, "it is text"),
        (bytes(100), "it has the beginning of no known format"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(data)
    with pytest.raises(UserError, match="must be a whole picture") as caught:
        read_picture(path, ImageSettings())
    assert expected in str(caught.value)
    assert "save or copy it again" in str(caught.value)


def test_a_whole_file_with_damaged_pixels_is_said_to_be_so() -> None:
    assert damage_of(np.frombuffer(encoded(".png"), np.uint8)) == "its coded pixels are damaged"
    assert unknown_format(b"") == "it has the beginning of no known format"
