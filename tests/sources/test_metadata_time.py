"""Times written inside of files."""

import struct
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from streamer.sources.metadata_time import time_of_container, times_in_wav
from tests.support.timed_files import RATE, bext, comment, guano, wav, with_idit

DAWN = datetime(2024, 1, 31, 5, 30)


@pytest.mark.parametrize(
    ("chunk", "time"),
    [
        (guano("2024-01-31T05:30:00"), DAWN),
        (guano("2024-01-31 05:30:00"), DAWN),
        (guano("2024-01-31T05:30:00Z"), DAWN.replace(tzinfo=UTC)),
        (guano("2024-01-31T05:30:00.5+02:00"), datetime(2024, 1, 31, 3, 30, 0, 500_000, UTC)),
        (comment("(UTC)"), DAWN.replace(tzinfo=UTC)),
        (comment("(UTC-3:30)"), DAWN.replace(tzinfo=timezone(-timedelta(hours=3, minutes=30)))),
        (bext("2024-01-31", "05:30:00"), DAWN),
        (bext("2024:01:31", "05-30-00"), DAWN),  # other separators are common
        (bext("2024-01-31", "05:30:00", round(19_800.5 * RATE)), datetime(2024, 1, 31, 5, 30, 0, 500_000)),
        (bext("2024-01-31", "05:30:00", 3600 * RATE), DAWN),  # the place in a mix
        (bext("2024-01-31", "", 19_800 * RATE), DAWN),
    ],
)
@pytest.mark.parametrize("after", [False, True])
def test_chunks_of_a_wav(tmp_path: Path, chunk: bytes, time: datetime, after: bool) -> None:
    path = wav(tmp_path / "x.wav", after=chunk) if after else wav(tmp_path / "x.wav", before=chunk)
    assert list(times_in_wav(path)) == [time]


@pytest.mark.parametrize(
    "chunk",
    [
        guano("today"),
        guano("1970-01-01T00:00:12"),
        bext("2024-00-00", "05:30:00"),
        bext("", "", 5),
        b"bext\4\0\0\0abcd",
    ],
)
def test_what_is_no_time_is_none(tmp_path: Path, chunk: bytes) -> None:
    assert list(times_in_wav(wav(tmp_path / "x.wav", before=chunk))) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"\0\0\0\x18ftypisom",
        b"\x1aE\xdf\xa3",
        b"RIFF\0\0\0\0WAVE",
        b"RIFF\0\0\0\0WAVE" + struct.pack("<4sI", b"guan", 9),
    ],
)
def test_a_broken_file_states_no_time(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    assert list(times_in_wav(path)) == []
    assert time_of_container(path) is None


@pytest.mark.parametrize("suffix", ["m4a", "mov", "mka"])
def test_the_making_of_a_container(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"memo.{suffix}"
    with av.open(str(path), "w") as container:
        container.metadata["creation_time"] = "2024-01-31T05:30:00.000000Z"
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 16_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert time_of_container(path) == DAWN.replace(tzinfo=UTC)


def test_an_avi_of_a_trail_camera(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8))))
        container.mux(stream.encode(None))
    assert time_of_container(path) is None
    path.write_bytes(with_idit(path.read_bytes(), "Wed Jan 31 05:30:00 2024"))
    assert time_of_container(path) == DAWN  # by the clock of the camera, whose zone it does not state


@pytest.mark.parametrize("suffix", ["flac", "ogg"])
@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("2024-01-31T05:30:00Z", DAWN.replace(tzinfo=UTC)),
        ("2024-01-31 05:30:00", DAWN),
        ("2024-01-31", None),  # on which something was published
        ("2024", None),
        ("dawn", None),
    ],
)
def test_the_date_among_the_tags(tmp_path: Path, suffix: str, date: str, time: datetime | None) -> None:
    path = tmp_path / f"memo.{suffix}"
    with soundfile.SoundFile(path, "w", RATE, 1) as file:
        file.date = date
        file.write(np.zeros(RATE, np.float32))
    assert time_of_container(path) == time
