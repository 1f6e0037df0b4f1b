"""Motion JPEG: every way in which cameras delimit their images, and what is none."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.sources.images.http import HttpStream
from streamer.sources.images.mjpeg import MAX_JPEG_BYTES, MjpegVideo, is_whole
from tests.support.fuzz import n_cases

JPEGS = [
    cv2.imencode(".jpg", np.full((16, 24, 3), level, np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 100])[1].tobytes()
    for level in (10, 13, 200)  # grey of 13 and 10 have line ends in their bytes
]


class FakeStream(HttpStream):
    """A body of given bytes."""

    def __init__(self, body: bytes, boundary: str) -> None:
        import io

        self._body, self._boundary = io.BytesIO(body), boundary
        self.is_closed = False

    def parameter(self, name: str) -> str:
        return self._boundary if name == "boundary" else ""

    def within(self, seconds: float) -> None:
        pass

    def line(self, limit: int) -> bytes:
        return self._body.readline(limit)

    def read(self, n_bytes: int) -> bytes:
        return self._body.read(n_bytes)

    def close(self) -> None:
        self.is_closed = True


def levels(body: bytes, boundary: str = "frame") -> list[float | None]:
    """Mean level of each image of a body; None for a damaged one."""
    video = MjpegVideo(FakeStream(body, boundary), 1.0, lambda width, height: None)
    found: list[float | None] = []
    while video.grab():
        is_good, image = video.retrieve()
        found.append(round(float(image.pixels.mean())) if is_good and image is not None else None)
    return found


def body(head: str, mark: str = "--frame", end: bytes = b"\r\n") -> bytes:
    parts = [mark.encode() + b"\r\n" + head.format(n=len(jpeg)).encode() + b"\r\n" + jpeg + end for jpeg in JPEGS]
    return b"".join(parts) + mark.encode() + b"\r\n"


@pytest.mark.parametrize("boundary", ["frame", "--frame", ""])
@pytest.mark.parametrize(
    "head",
    [
        "Content-Type: image/jpeg\r\nContent-Length: {n}\r\n",
        "content-length:{n}\r\nX-Timestamp: 1.0\r\n",
        "Content-Type: image/jpeg\r\n",
        "",
    ],
    ids=["with length", "small letters", "without length", "no head"],
)
def test_all_images_of_a_stream(head: str, boundary: str) -> None:
    assert levels(body(head), boundary) == [10, 13, 200]
    assert levels(body(head, end=b"\0\0\r\n\r\n"), boundary) == [10, 13, 200]  # as some cameras pad


def test_a_damaged_image_is_none_and_the_next_ones_are_whole() -> None:
    head = "Content-Type: image/jpeg\r\nContent-Length: {n}\r\n"
    cut = JPEGS[1][: len(JPEGS[1]) // 2]
    stream = body(head).replace(JPEGS[1], cut)  # shorter than its stated length: it swallows what follows
    assert levels(stream)[0] == 10
    assert 13 not in levels(stream)
    assert levels(body("").replace(JPEGS[1], cut)) == [10, None, 200]
    assert levels(body("").replace(JPEGS[1], b"no image at all")) == [10, None, 200]


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"--frame\r\nContent-Length: 99999999999\r\n\r\n" + JPEGS[0],
        b"--frame\r\nContent-Length: -5\r\n\r\n" + JPEGS[0],
        b"--frame\r\nContent-Length: many\r\n\r\n" + JPEGS[0],
        b"--frame\r\nContent-Length: 5000\r\n\r\n" + JPEGS[0][:100],
        b"text\n" * 5000,
        b"--frame\r\n\r\n" + bytes(MAX_JPEG_BYTES + 1) + b"\n--frame\r\n",
    ],
    ids=["nothing", "too long", "negative", "no number", "cut short", "text", "endless"],
)
def test_what_is_no_stream_of_images_ends(stream: bytes) -> None:
    assert levels(stream) == []


def test_the_end_of_a_jpeg_is_looked_for() -> None:
    assert is_whole(JPEGS[0])
    assert is_whole(JPEGS[0] + bytes(10))
    assert not any(is_whole(JPEGS[0][:n]) for n in range(len(JPEGS[0])))
    assert not is_whole(b"")


def test_release_closes_the_connection() -> None:
    stream = FakeStream(b"", "")
    MjpegVideo(stream, 1.0, lambda width, height: None).release()
    assert stream.is_closed


@pytest.mark.parametrize("options", [[], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1], [cv2.IMWRITE_JPEG_RST_INTERVAL, 2]])
def test_an_image_is_whole_with_all_its_parts_in_order(options: list[int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 80, 3), np.uint8)
    whole = cv2.imencode(".jpg", pixels, options)[1].tobytes()
    assert is_whole(whole + b"\0\0\r\n")
    assert not any(is_whole(whole[:n]) for n in range(len(whole)))
    assert not is_whole(whole[: len(whole) // 2] + whole)  # one was cut, and the next came
    if cv2.IMWRITE_JPEG_RST_INTERVAL in options:
        assert not is_whole(whole.replace(b"\xff\xd1", b"\xff\xd3", 1))


PART = b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + JPEGS[0] + b"\r\n"
PIECES = [
    PART, PART[:-90], b"--frame\r\n", b"\r\n\r\n", b"\n", b"Content-Length: ", b"-1", b"9" * 5000, b"\xff\xd8\xff",
    b"\xff\xd9",
]  # fmt: skip


@settings(max_examples=n_cases(80))
@given(st.lists(st.binary(max_size=60) | st.sampled_from(PIECES), max_size=12), st.sampled_from(["frame", "", "é"]))
def test_any_bytes_give_images_or_an_end(parts: list[bytes], boundary: str) -> None:
    levels(b"".join(parts), boundary)


@pytest.mark.parametrize("mark", [0xC0 + 15, 0xE1, 0xED, 0xFE])
def test_an_image_may_have_any_parts_with_a_length(mark: int) -> None:
    whole = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    part = bytes([0xFF, mark, 0, 12]) + b"a comment!"
    assert is_whole(whole[:2] + part + whole[2:])
    assert is_whole(whole[:2] + part + part + whole[2:])
    assert not is_whole(whole[:2] + bytes([0xFF, 0xD0]) + whole[2:])  # a restart before anything began


_MARK = re.compile(rb"\xff+([^\x00\xff])")


def is_whole_by_search(jpeg: bytes) -> bool:
    """The same, mark by mark with a regular expression: ten times as slow, and simple."""
    if jpeg[:2] != b"\xff\xd8":
        return False
    place, n_scans = 2, 0
    while found := _MARK.search(jpeg, place):
        mark, place = found[1][0], found.end()
        if mark == 0xD9:
            return n_scans > 0 and not jpeg[place:].strip(b"\0\r\n\xff ")
        if not 0xC0 <= mark <= 0xFE or 0xD0 <= mark <= 0xD8:
            return False
        place += int.from_bytes(jpeg[place : place + 2], "big")
        if mark == 0xDA:
            n_scans += 1
            n_restarts = 0
            while (restart := _MARK.search(jpeg, place)) and 0xD0 <= restart[1][0] <= 0xD7:
                if restart[1][0] - 0xD0 != n_restarts % 8:
                    return False
                n_restarts, place = n_restarts + 1, restart.end()
    return False


@settings(max_examples=n_cases(300), deadline=None)
@given(st.data())
def test_the_marks_of_a_jpeg_are_judged_as_by_a_search_one_after_the_other(data: st.DataObject) -> None:
    options = data.draw(st.sampled_from([[], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1], [cv2.IMWRITE_JPEG_RST_INTERVAL, 1]]))
    pixels = np.random.default_rng(data.draw(st.integers(0, 9))).integers(0, 256, (24, 40, 3), np.uint8)
    jpeg = bytearray(cv2.imencode(".jpg", pixels, options)[1].tobytes())
    marks = st.sampled_from([0x00, 0xC4, 0xD0, 0xD1, 0xD7, 0xD8, 0xD9, 0xDA, 0xFE, 0xFF])
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(jpeg) - 1))
        if data.draw(st.booleans()):
            jpeg[place : place + 1] = bytes([0xFF, data.draw(marks)])
        else:
            del jpeg[place : place + data.draw(st.integers(1, 50))]
    assert is_whole(bytes(jpeg)) == is_whole_by_search(bytes(jpeg))
