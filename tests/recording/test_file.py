"""Takes as files: sound and pictures exact, videos with their rate."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile

from streamer.messages import ImageTake
from tests.support.takes import EPOCH_S, RecordedFolder, noise, sound, video

pytestmark = pytest.mark.usefixtures("utc")


@pytest.mark.parametrize("n_channels", [1, 2, 8, 9])
def test_sound_of_24_bits_reads_back_bit_by_bit(tmp_path: Path, n_channels: int) -> None:
    samples = noise(n_channels=n_channels)
    samples[:2] = [[-1.0] * n_channels, [1.0 - 2**-23] * n_channels]
    folder = RecordedFolder(tmp_path / "data")
    folder.sink.write(sound(samples))
    suffix = ".flac" if n_channels <= 8 else ".wav"
    assert folder.names == [f"dog-20261123-102142-001{suffix}"]
    read, sample_rate = soundfile.read(folder.sink.folder / folder.names[0], dtype="float32", always_2d=True)
    assert sample_rate == 8000
    assert read.tobytes() == samples.tobytes()


def test_samples_beyond_full_scale_are_limited_and_the_take_is_called_clipped(tmp_path: Path) -> None:
    folder = RecordedFolder(tmp_path)
    folder.sink.write(sound(np.array([[1.5], [-1.5], [0.0]], np.float32)))
    (taken,) = folder.sink.taken
    assert taken.remarks == ["clipped"]
    assert soundfile.read(taken.path)[0].tolist() == [1.0 - 2**-23, -1.0, 0.0]


def test_levels_and_what_speaks_against_a_take(tmp_path: Path) -> None:
    folder = RecordedFolder(tmp_path)
    wave = np.sin(np.arange(8000) / 10).astype(np.float32)[:, None]
    folder.sink.write(sound(0.5 * wave))
    folder.sink.write(sound(0.005 * wave, is_cut=True))
    good, bad = folder.sink.taken
    assert good.level is not None
    assert good.level.rms_dbfs == pytest.approx(-9.03, abs=0.02)
    assert good.level.peak_dbfs == pytest.approx(-6.02, abs=0.02)
    assert (good.length_s, good.remarks, bad.remarks) == (1.0, [], ["too quiet", "cut off"])


def test_a_video_has_its_images_and_their_rate(tmp_path: Path) -> None:
    folder = RecordedFolder(tmp_path, "blink")
    folder.sink.write(video(fps=29.97, n_lost=2))
    (taken,) = folder.sink.taken
    assert taken.path.name == "blink-20261123-102142-001.avi"
    assert taken.fps == pytest.approx(29.97)
    assert (taken.n_images, taken.remarks) == (30, ["2 skipped"])
    capture = cv2.VideoCapture(str(taken.path))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(29.97, abs=0.005)
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 30
    capture.release()


def test_a_picture_is_written_without_loss(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    png = cv2.imencode(".png", pixels)[1].tobytes()
    folder = RecordedFolder(tmp_path, "weave")
    folder.sink.write(ImageTake("camera", 3.0, EPOCH_S, "pattern", (png,), (3.0,)))
    read = cv2.imread(str(folder.sink.taken[0].path))
    assert np.array_equal(read, pixels)  # type: ignore[arg-type]
