"""The size of a picture is known from its header, for every format that is read, and nothing else is decoded."""

import contextlib
import io
import struct

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.config import ImageSettings
from streamer.errors import UserError
from streamer.sources.images.picture_size import check_size, stated_size
from tests.support import bombs

FORMATS = ["png", "jpg", "bmp", "tif", "webp", "pgm", "ppm", *(["gif"] if cv2.haveImageWriter("x.gif") else [])]


def encoded(suffix: str, width: int, height: int, *options: int) -> bytes:
    image = np.zeros((height, width) if suffix == "pgm" else (height, width, 3), np.uint8)
    return cv2.imencode(f".{suffix}", image, options)[1].tobytes()


@pytest.mark.parametrize("suffix", FORMATS)
@given(width=st.integers(1, 700), height=st.integers(1, 300))
def test_the_size_is_that_of_the_decoded_picture(suffix: str, width: int, height: int) -> None:
    assert stated_size(io.BytesIO(encoded(suffix, width, height))) == (width, height)


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("jpg", [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]),
        ("jpg", [cv2.IMWRITE_JPEG_RST_INTERVAL, 4]),
        ("webp", [cv2.IMWRITE_WEBP_QUALITY, 101]),  # without loss
        ("webp", [cv2.IMWRITE_WEBP_QUALITY, 50]),
        ("ppm", [cv2.IMWRITE_PXM_BINARY, 0]),
    ],
)
def test_variants_of_formats(suffix: str, options: list[int]) -> None:
    assert stated_size(io.BytesIO(encoded(suffix, 123, 45, *options))) == (123, 45)


def test_a_picture_with_transparency_a_profile_and_notes() -> None:
    rgba = cv2.imencode(".webp", np.full((45, 123, 4), 99, np.uint8))[1].tobytes()
    assert stated_size(io.BytesIO(rgba)) == (123, 45)
    jpeg = encoded("jpg", 123, 45)
    notes = b"".join(b"\xff\xfe" + struct.pack(">H", 65000) + bytes(64998) for _ in range(20))
    assert stated_size(io.BytesIO(jpeg[:2] + notes + b"\xff\xff" + jpeg[2:])) == (123, 45)
    assert stated_size(io.BytesIO(b"P5 # a note 9 9\n12 # another\n34\n255\n" + bytes(12 * 34))) == (12, 34)


def test_tiff_of_both_orders_and_with_tiles() -> None:
    for order, mark in (("<", b"II"), (">", b"MM")):
        entries = [(256, 3, 1, 40), (257, 4, 1, 30), (322, 4, 1, 5000), (323, 4, 1, 20)]
        body = b"".join(
            struct.pack(f"{order}HHI", tag, kind, n) + struct.pack(f"{order}HH" if kind == 3 else f"{order}I",
                *((value, 0) if kind == 3 else (value,))) for tag, kind, n, value in entries
        )  # fmt: skip
        data = mark + struct.pack(f"{order}HIH", 42, 8, len(entries)) + body
        assert stated_size(io.BytesIO(data)) == (5000, 30)  # a tile is decoded whole
    big = struct.pack("<2sHHHQQ", b"II", 43, 8, 0, 16, 2) + b"".join(
        struct.pack("<HHQQ", tag, 16, 1, value) for tag, value in ((256, 70000), (257, 80000))
    )
    assert stated_size(io.BytesIO(big)) == (70000, 80000)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_cut_or_changed_header_gives_a_size_or_a_reason(suffix: str) -> None:
    whole = encoded(suffix, 123, 45)
    for n in range(min(len(whole), 80)):
        with contextlib.suppress(ValueError):
            assert stated_size(io.BytesIO(whole[:n])) == (123, 45)


@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"II*\0", b"MM\0+", b"BM", b"RIFF1234WEBP", b"P6 ", b""]),
    st.binary(max_size=200),
)
def test_any_bytes_give_a_size_or_a_reason(beginning: bytes, rest: bytes) -> None:
    try:
        width, height = stated_size(io.BytesIO(beginning + rest))
    except ValueError:
        return
    assert width > 0
    assert height > 0


def test_other_formats_are_not_known() -> None:
    for data in (
        b"\x76\x2f\x31\x01",
        b"#?RADIANCE",
        b"\0\0\0\x0cjP  ",
        b"P7\nWIDTH 3\n",
        b"PF\n",
    ):
        with pytest.raises(ValueError, match="no known format"):
            stated_size(io.BytesIO(data))


def test_sizes_above_the_setting_are_refused() -> None:
    images = ImageSettings(max_megapixels=1.0)
    check_size("file=x", 1000, 1000, images)
    with pytest.raises(UserError, match=r"file=x must have at most 1 million pixels; its header says 1001×1000"):
        check_size("file=x", 1001, 1000, images)
    assert stated_size(io.BytesIO(bombs.png(30_000, 40_000, rows=0))) == (30_000, 40_000)


@pytest.mark.parametrize(("width", "height"), [(0, 10), (10, 0), (0, 0)])
def test_a_picture_without_pixels_is_refused(width: int, height: int) -> None:
    for data in (bombs.png(width, height, rows=0), b"P6\n%d %d\n255\n" % (width, height)):
        with pytest.raises(ValueError, match=r"\w"):
            stated_size(io.BytesIO(data))
