"""Sizes of buffers by setting and machine."""

import pytest

from streamer.config import ImageSettings, MemorySettings, SourceSettings
from streamer.messages import ImageFormat, SoundFormat
from streamer.runtime.buffers import buffers, total_bytes
from streamer.runtime.readers import ImageReader, SoundReader


@pytest.mark.parametrize(
    ("machine_mb", "buffers_mb", "total_mb"),
    [(512, 0.0, 64.0), (4096, 0.0, 512.0), (65536, 0.0, 536.870912), (512, 100.0, 100.0)],
)
def test_buffers_follow_the_setting_or_else_the_machine(
    monkeypatch: pytest.MonkeyPatch, machine_mb: int, buffers_mb: float, total_mb: float
) -> None:
    monkeypatch.setattr("streamer.runtime.buffers.machine_bytes", lambda: machine_mb * 10**6)
    settings = MemorySettings(buffers_mb=buffers_mb)
    assert total_bytes(settings) == pytest.approx(total_mb * 1e6)
    sizes = buffers(settings, n_streams=4)
    assert 4 * (sizes.ring_bytes + sizes.clip_bytes) + sizes.queue_bytes == pytest.approx(total_mb * 1e6)


def test_a_ring_of_large_images_holds_fewer_of_them_and_says_so() -> None:
    reader = ImageReader(ImageSettings(), max_bytes=128e6)
    assert reader.ring(ImageFormat(640, 480, 30.0, "x")).capacity == 16
    assert reader.shortage == ""
    assert reader.ring(ImageFormat(3840, 2160, 30.0, "x")).capacity == 4
    assert reader.shortage == "ring=16 is 4 images"
    assert reader.ring_bytes == 5 * 3 * 3840 * 2160
    assert ImageReader(ImageSettings(), max_bytes=0.0).ring(ImageFormat(640, 480, 30.0, "x")).capacity == 2
    fast = ImageReader(ImageSettings(), max_bytes=128e6).ring(ImageFormat(640, 480, 200.0, "x"))
    assert fast.capacity == 50  # a quarter of a second


def test_a_ring_of_many_channels_is_shorter_and_says_so() -> None:
    reader = SoundReader(SourceSettings(), max_bytes=64e6)
    assert reader.ring(SoundFormat(48_000, 2, "x")).capacity == 480_000
    assert reader.shortage == ""
    assert reader.ring(SoundFormat(192_000, 16, "x")).capacity == 500_000
    assert reader.shortage == "ring_s=10 is 2.6 s"
    assert reader.ring_bytes == pytest.approx(64e6)
    assert SoundReader(SourceSettings(), max_bytes=0.0).ring(SoundFormat(8000, 1, "x")).capacity == 8000
