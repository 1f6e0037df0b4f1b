"""Takes as files: sound and pictures exact, videos with their rate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile

from streamer.arrays import UInt8
from streamer.config import ImageSettings
from streamer.dataset.examples import find_examples
from streamer.errors import UserError
from streamer.messages import Image, ImageFormat, ImageTake, Message, Periodicity, Temporal, Undo
from streamer.pipeline.images import ImagePipeline
from streamer.recording.images import VideoTakeRecorder
from streamer.recording.settings import Request, TakeSettings
from streamer.sources.images.video import Video
from streamer.sources.times_file import times_path
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


def lamp(time_s: float) -> UInt8:
    """Noise, and a lamp of 3 Hz in the upper left quarter."""
    rng = np.random.default_rng(round(time_s * 1e4))
    grey = 100 + 2 * rng.standard_normal((96, 128))
    grey[:48, :64] += 20 * np.sin(2 * np.pi * 3.0 * time_s)
    return np.repeat(np.rint(grey).astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize(
    "lost", [range(0), range(40, 41), range(60, 75), [*range(20, 22), *range(60, 110)]], ids=["none", "1", "15", "50"]
)
def test_classify_measures_in_a_recorded_video_what_was_measured_live_across_gaps(
    tmp_path: Path, lost: Sequence[int]
) -> None:
    folder = RecordedFolder(tmp_path, "blink")
    settings = TakeSettings(by="key", longest_s=60.0)
    images = ImageSettings(window_s=2.0)
    recorder = VideoTakeRecorder(ImagePipeline("camera", [], images), settings)
    live = ImagePipeline("camera", [], images)
    image_format = ImageFormat(128, 96, 30.0, "fake")
    recorder.begin(image_format, 0.0, EPOCH_S)
    live.begin(image_format)
    recorder.segmenter.requests.append(Request.TAKE)
    rng = np.random.default_rng(1)
    given: list[Message] = []
    takes: list[Message] = []
    passed: list[tuple[int, int, float]] = []
    n_skipped = 0
    for k in range(180):
        if k in lost:
            n_skipped += 1
            continue
        time_s = k / 30.0 + float(rng.uniform(-0.002, 0.002)) * (k > 0)
        takes += recorder.step(Image(lamp(time_s), k, n_skipped, time_s, time_s)).messages
        passed.append((k, n_skipped, time_s))
        n_skipped = 0
    takes += recorder.finish()
    (take,) = [take for take in takes if isinstance(take, ImageTake)]
    folder.sink.write(take)
    for k, skipped, time_s in passed:
        if not take.times_s[0] <= time_s <= take.times_s[-1]:
            continue
        at_s = time_s - take.times_s[0]
        given += live.step(Image(lamp(time_s), k, skipped if at_s else 0, at_s, at_s)).messages
    given += live.finish()

    (path,) = folder.sink.folder.glob("*.avi")
    video = Video(path, images)
    read = list(video)
    assert [image.time_s for image in read] == pytest.approx([time_s - take.times_s[0] for time_s in take.times_s])
    assert [image.skipped_before for image in read[1:]] == list(take.skipped_before[1:])
    pipeline = ImagePipeline("camera", [], images)
    again: list[Message] = [*pipeline.begin(video.image_format)]
    for image in video:
        again += pipeline.step(image).messages
    again += pipeline.finish()
    for one, other in zip(periods(given), periods(again), strict=True):
        assert [one.start_s, one.end_s] == pytest.approx([other.start_s, other.end_s])
        assert one.skipped_images == other.skipped_images
        assert isinstance(one.found, Temporal) == isinstance(other.found, Temporal)
        if isinstance(one.found, Temporal) and isinstance(other.found, Temporal):
            assert one.found.status == other.found.status
            if one.found.components:
                assert one.found.hz == pytest.approx(other.found.hz, abs=3 * one.found.hz_sigma)
    assert len(periods(given)) >= 2


def periods(messages: Sequence[Message]) -> list[Periodicity]:
    return [m for m in messages if isinstance(m, Periodicity) and m.kind == "temporal"]


def test_of_an_undone_video_nothing_stays_and_times_files_are_no_examples(tmp_path: Path) -> None:
    folder = RecordedFolder(tmp_path, "blink")
    folder.sink.write(video())
    assert folder.names == ["blink-20261123-102142-001.avi", "blink-20261123-102142-001.avi.times.jsonl"]
    assert RecordedFolder(tmp_path, "blink").sink.n_before == 1
    assert find_examples(tmp_path, "motion", n_labels=1).ignored == ()
    folder.sink.write(Undo("camera"))
    assert folder.names == []


def test_a_times_file_of_another_video_is_refused(tmp_path: Path) -> None:
    folder = RecordedFolder(tmp_path, "blink")
    folder.sink.write(video(30))
    folder.sink.write(video(40))
    first, second = sorted(folder.sink.folder.glob("*.avi"))
    times_path(first).replace(times_path(second))
    with pytest.raises(UserError, match=r"must belong to .*: it has 30 images, the video has 40; move it away"):
        Video(second, ImageSettings())
    assert len(list(Video(second, ImageSettings(fps=10.0)))) == 40
