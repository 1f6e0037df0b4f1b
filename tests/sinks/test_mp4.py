"""Videos that grow: their size, rate and images, and disks that are full."""

import contextlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from streamer.sinks.mp4 import Mp4Writer
from tests.support.disks import mounted_disk


def jpeg(level: int, width: int = 64, height: int = 48, noise: int = 0) -> bytes:
    rng = np.random.default_rng(level)
    pixels = np.full((height, width, 3), level) + rng.integers(0, noise + 1, (height, width, 3))
    return bytes(cv2.imencode(".jpg", pixels.astype(np.uint8))[1].tobytes())


@pytest.mark.parametrize("fps", [1.0, 29.97, 25.0, 7.3333])
@pytest.mark.parametrize("size", [(64, 48), (33, 47), (2, 2)])
def test_every_image_is_there_at_its_rate(tmp_path: Path, fps: float, size: tuple[int, int]) -> None:
    writer = Mp4Writer(tmp_path / "a.mp4", fps)
    for k in range(30):
        writer.write(jpeg(8 * k, *size), 1 + (k == 10))
    writer.close()
    video = cv2.VideoCapture(str(tmp_path / "a.mp4"))
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(fps, rel=1e-3)
    levels = []
    while (frame := video.read()[1]) is not None:
        assert frame.shape == (size[1] - size[1] % 2, size[0] - size[0] % 2, 3)
        levels.append(int(frame[0, 0, 0]))
    expected = [8 * k for k in range(30) for _ in range(1 + (k == 10))]
    assert writer.n_images == len(levels) == 31
    assert np.abs(np.array(levels) - expected).max() <= 10


def test_what_was_written_can_be_played_before_the_file_is_closed(tmp_path: Path) -> None:
    writer = Mp4Writer(tmp_path / "a.mp4", 10.0)
    for k in range(50):
        writer.write(jpeg(4 * k))
    video, n_images = cv2.VideoCapture(str(tmp_path / "a.mp4")), 0
    while video.read()[0]:
        n_images += 1
    assert 36 <= n_images <= 50
    writer.close()


def test_a_full_disk_is_an_error_of_the_system(tmp_path: Path) -> None:
    with mounted_disk(tmp_path / "disk", "100k") as disk:
        writer = Mp4Writer(disk / "a.mp4", 10.0)
        with pytest.raises(OSError, match="No space left"):  # noqa: PT012 (some image is the one)
            for k in range(200):
                writer.write(jpeg(k, 320, 240, noise=100))
        with contextlib.suppress(OSError):
            writer.close()


def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Mp4Writer(tmp_path / "no" / "a.mp4", 10.0)
