"""A coded stream gives image after image, with time, type and size, and says which are damaged."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from streamer.sources.images.coded_stream import CodedStream
from tests.support.coded_videos import lamp, spoil, write_coded
from tests.support.synthetic_videos import numbered, numbers


def anything(width: int, height: int) -> None:
    """Allow every size."""


def opened(path: Path) -> Any:
    return av.open(io.BytesIO(path.read_bytes()))


def read_all(stream: CodedStream) -> tuple[list[Any], int]:
    """Return the images with what is said of each, and the number of damaged ones."""
    images, n_damaged = [], 0
    while stream.grab():
        is_good, pixels = stream.retrieve()
        if is_good:
            images.append((pixels, stream.stamp_s, stream.coded_type, stream.n_bytes))
        n_damaged += not is_good
    stream.release()
    return images, n_damaged


def test_images_come_with_time_type_and_size(tmp_path: Path) -> None:
    path = write_coded(tmp_path / "x.ts", numbered(30), options={"g": "10", "bf": "0", "sc_threshold": "0"})
    stream = CodedStream(opened(path), anything)
    assert stream.fps == 25.0
    images, n_damaged = read_all(stream)
    assert n_damaged == 0
    assert numbers(pixels for pixels, *_ in images) == list(range(30))
    stamps_s = np.array([stamp_s for _, stamp_s, _, _ in images])
    np.testing.assert_allclose(stamps_s - stamps_s[0], np.arange(30) / 25, atol=1e-4)
    assert "".join(kind for _, _, kind, _ in images)[:11] == "IPPPPPPPPPI"
    assert all(n_bytes > 0 for *_, n_bytes in images)


def test_damage_is_told_and_the_stream_goes_on(tmp_path: Path) -> None:
    path = write_coded(tmp_path / "x.ts", lamp(2.0, np.arange(100) / 25), codec="mpeg2video", options={"g": "10"})
    images, n_damaged = read_all(CodedStream(opened(spoil(path, 0.5, 600)), anything))
    assert n_damaged >= 1
    assert len(images) + n_damaged >= 98
    assert images[-1][1] - images[0][1] == pytest.approx(99 / 25, abs=0.05)


def test_a_stream_that_is_joined_in_its_middle_has_no_damage_before_its_first_image(tmp_path: Path) -> None:
    path = write_coded(tmp_path / "x.ts", lamp(2.0, np.arange(100) / 25), options={"g": "25", "bf": "0"})
    data = path.read_bytes()
    path.write_bytes(data[len(data) // 2 // 188 * 188 :])
    images, n_damaged = read_all(CodedStream(opened(path), anything))
    assert (len(images) > 20, n_damaged) == (True, 0)


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    sizes = []

    def refuse(width: int, height: int) -> None:
        sizes.append((width, height))
        raise ValueError("too large")

    with opened(write_coded(tmp_path / "x.ts", numbered(5))) as container, pytest.raises(ValueError, match="too large"):
        CodedStream(container, refuse)
    assert sizes == [(64, 48)]


def test_a_stream_of_sound_alone_has_no_images() -> None:
    data = io.BytesIO()
    with av.open(data, "w", format="wav") as container:
        sound = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(sound.encode(frame))
    data.seek(0)
    with av.open(data) as container, pytest.raises(ValueError, match="sends no images"):
        CodedStream(container, anything)


def test_before_the_first_image_nothing_is_known(tmp_path: Path) -> None:
    stream = CodedStream(opened(write_coded(tmp_path / "x.ts", numbered(5))), anything)
    assert (math.isnan(stream.stamp_s), stream.coded_type, stream.n_bytes) == (True, "", 0)
    stream.release()
