from datetime import datetime, timedelta, timezone
from pathlib import Path

import cv2
import numpy as np
import pytest

from streamer.sources.exif_time import time_of_picture
from tests.support.timed_files import exif, with_exif

DAWN = datetime(2024, 1, 31, 5, 30)
JPEG = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()


def time_in(folder: Path, content: bytes) -> datetime | None:
    path = folder / "picture.jpg"
    path.write_bytes(content)
    return time_of_picture(path)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("data", "time"),
    [
        (("2024:01:31 05:30:00",), DAWN),
        (("2024:01:31 05:30:00", "+02:00"), DAWN.replace(tzinfo=timezone(timedelta(hours=2)))),
        (("2024:01:31 05:30:00", "", "25"), DAWN.replace(microsecond=250_000)),
        (("2024:01:31 05:30:00", "zone", "x"), DAWN),
        (("0000:00:00 00:00:00",), None),  # a clock that was never set
        (("    :  :     :  :  ",), None),
    ],
)
def test_when_a_picture_was_taken(tmp_path: Path, data: tuple[str, ...], time: datetime | None, order: str) -> None:
    taken, zone, fraction = (*data, "", "")[:3]
    found = exif(taken, zone, fraction, order)
    assert time_in(tmp_path, with_exif(JPEG, found)) == time
    assert time_in(tmp_path, found) == time  # a TIFF
    assert time_in(tmp_path, b"\x89PNG\r\n\x1a\n" + b"\0\0\0\x10eXIf" + found) == time


def test_a_picture_without_or_with_damaged_exif_states_nothing(tmp_path: Path) -> None:
    assert time_in(tmp_path, JPEG) is None
    assert time_in(tmp_path, b"") is None
    whole = with_exif(JPEG, exif("2024:01:31 05:30:00", "+02:00"))
    for length in range(2, 100):
        assert time_in(tmp_path, whole[:length]) in (None, DAWN, DAWN.replace(tzinfo=timezone(timedelta(hours=2))))
    rng = np.random.default_rng(0)
    for _ in range(200):
        changed = np.frombuffer(whole, np.uint8).copy()
        changed[rng.integers(2, 110, 4)] = rng.integers(0, 256, 4)
        time_in(tmp_path, changed.tobytes())  # raises nothing
