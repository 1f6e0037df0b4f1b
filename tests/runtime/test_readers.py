"""What is read from the rings of sound and of images: everything once, up to the limit, with its times."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from streamer.config import ImageSettings, SourceSettings
from streamer.messages import Chunk, ImageFormat, SoundFormat
from streamer.runtime.readers import ImageReader, Reader, SoundReader, record_sound
from streamer.runtime.session import CaptureSession

SOUND = SoundFormat(1000, 2, "x")
IMAGES = ImageFormat(4, 2, 10.0, "x")


def read(reader: Reader[Any, Any, Any], session: CaptureSession[Any, Any]) -> list[Any]:
    parts = []
    while (part := reader.read(session, 0.0)) is not None:
        parts.append(copy.deepcopy(part))  # its memory is used again
    return parts


def test_images_are_read_one_by_one_with_their_times_and_losses() -> None:
    reader = ImageReader(ImageSettings(ring=16))
    session = CaptureSession(IMAGES, reader.ring(IMAGES), 5.0, 0.0)
    assert reader.read(session, 0.0) is None
    for k in range(4):
        session.ring.write(np.full((2, 4, 3), k, np.uint8), k / 10, 100.0 + k / 10, 3 * (k == 2))
    images = read(reader, session)
    assert [image.skipped_before for image in images] == [0, 0, 3, 0]
    assert [reader.captured(session, image) for image in images] == [
        pytest.approx((100.0 + k / 10, 5.0 + k / 10)) for k in range(4)
    ]
    assert not reader.at_limit


def test_images_end_at_the_limit_of_the_stream() -> None:
    reader = ImageReader(ImageSettings(ring=16), limit_s=5.3)
    session = CaptureSession(IMAGES, reader.ring(IMAGES), 5.0, 0.0)
    for k in range(10):
        session.ring.write(np.zeros((2, 4, 3), np.uint8), k / 10, 0.0)
    assert [image.time_s for image in read(reader, session)] == [0.0, 0.1, 0.2]
    assert reader.at_limit is True


def test_sound_ends_at_the_limit_of_the_stream_to_the_sample() -> None:
    reader = SoundReader(SourceSettings(), limit_s=5.123)
    session = CaptureSession(SOUND, reader.ring(SOUND), 5.0, 0.0)
    samples = np.arange(400, dtype=np.float32).reshape(200, 2)
    session.ring.write(samples, 7.2)
    chunks = read(reader, session)
    assert [chunk.samples.shape[0] for chunk in chunks] == [50, 50, 23]
    np.testing.assert_array_equal(np.concatenate([chunk.samples for chunk in chunks]), samples[:123])
    assert reader.at_limit is True
    assert reader.captured(session, chunks[-1])[1] == pytest.approx(5.123)


def test_a_chunk_is_kept_with_its_place_its_time_and_what_was_lost_before() -> None:
    session = CaptureSession(SOUND, SoundReader(SourceSettings()).ring(SOUND), 60.0, 0.0)
    samples = np.ones((50, 2), np.float32)
    recording = record_sound("mic", session, Chunk(samples, 500, 40, 7.0), 1.7e9)
    samples[:] = 0  # its memory is used again
    assert (recording.stream, recording.session_s, recording.start, recording.lost_before) == ("mic", 60.0, 500, 40)
    assert recording.time == 1.7e9 + 60.5
    assert float(recording.samples.min()) == 1.0


def test_sound_is_read_as_long_as_is_due_within_bounds() -> None:
    due_s = iter([0.12, 0.0, 5.0, 0.03])
    reader = SoundReader(SourceSettings(), due_s=lambda: next(due_s))
    session = CaptureSession(SOUND, reader.ring(SOUND), 0.0, 0.0)
    session.ring.write(np.zeros((900, 2), np.float32), 1.0)
    chunks = [reader.read(session, 0.0) for _ in range(4)]
    lengths = [chunk.samples.shape[0] for chunk in chunks if chunk]
    assert lengths == [120, 20, 400, 30]
