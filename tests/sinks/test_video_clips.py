"""Video clips: names, content, the size cap, and a missing folder."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from streamer.errors import StreamerError
from streamer.messages import Event, SoundClip, VideoClip
from streamer.sinks.clips import SoundClipFolder
from streamer.sinks.manifest import Manifest
from streamer.sinks.video import write_video
from streamer.sinks.video_clips import VideoClipFolder
from tests.support.paths import ROOT

EVENT = Event("camera", "rotation", 0.9, 0.8, onset_s=2.0, offset_s=3.0, time=1_700_000_000.0, task="motion")


def image(level: int, width: int = 64, height: int = 48) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


@pytest.mark.parametrize("size", [(64, 48), (33, 47)])
def test_a_clip_is_a_video_that_plays(tmp_path: Path, size: tuple[int, int]) -> None:
    jpegs = tuple(cv2.imencode(".jpg", image(10 * k, *size))[1].tobytes() for k in range(12))
    VideoClipFolder(tmp_path, 10_000_000).write(VideoClip(EVENT, jpegs, tuple(k / 10 for k in range(12))))
    (path,) = tmp_path.rglob("*.mp4")
    assert path.name == "20231114T221320.000Z_camera_rotation.mp4"
    video = cv2.VideoCapture(str(path))
    levels = []
    while (frame := video.read()[1]) is not None:
        levels.append(int(frame[10, 10, 0]))
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(10.0)
    assert np.abs(np.array(levels) - 10 * np.arange(12)).max() <= 8


def test_the_oldest_clips_of_sound_and_images_are_deleted_and_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "own.flac").write_bytes(bytes(50_000))
    sound = Event("mic", "dog", 0.9, 0.8, onset_s=0.0, offset_s=1.0, time=1.7e9 - 5)
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 16_000).astype(np.float32)
    SoundClipFolder(tmp_path, 10_000_000).write(SoundClip(sound, noise, 16_000, 0.0))
    jpegs = (cv2.imencode(".jpg", image(9))[1].tobytes(),)
    VideoClipFolder(tmp_path, 20_000).write(VideoClip(EVENT, jpegs, (0.0,)))
    assert sorted(path.name for path in tmp_path.rglob("[!.]*.*")) == [
        "20231114T221320.000Z_camera_rotation.mp4",
        "own.flac",
    ]


def test_a_video_that_a_dead_process_has_begun_is_finished_if_it_is_whole_and_else_removed(tmp_path: Path) -> None:
    jpegs = [cv2.imencode(".jpg", image(10 * k))[1].tobytes() for k in range(5)]
    manifest = Manifest(tmp_path)
    whole, torn = manifest.begin("whole.mp4"), manifest.begin("torn.mp4")
    write_video(whole.path, jpegs, 10.0, "mp4v")
    torn.path.write_bytes(whole.path.read_bytes()[:-600])
    whole.close()  # as when a process dies
    torn.close()
    VideoClipFolder(tmp_path, 10_000_000).close()
    assert [path.name for path in tmp_path.rglob("[!.]*")] == ["whole.mp4"]


def test_a_clip_in_parts_is_one_video_in_which_everything_is_shown_at_its_time(tmp_path: Path) -> None:
    folder = VideoClipFolder(tmp_path, 10_000_000)
    jpegs = [cv2.imencode(".jpg", image(2 * k))[1].tobytes() for k in range(100)]
    running = replace(EVENT, offset_s=None)
    for first in range(0, 100, 3):
        if first != 30:  # dropped by a full queue
            part = slice(first, first + 3)
            times_s = tuple(k / 10 for k in range(100)[part])
            folder.write(VideoClip(running, tuple(jpegs[part]), times_s, is_last=False))
    folder.write(VideoClip(EVENT, (), ()))
    (path,) = tmp_path.rglob("*.mp4")
    video = cv2.VideoCapture(str(path))
    levels = []
    while (frame := video.read()[1]) is not None:
        levels.append(int(frame[10, 10, 0]) / 2)
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(10.0)
    assert len(levels) == 100
    expected = np.arange(100.0)
    expected[30:33] = 33  # shown until the next
    assert np.abs(np.array(levels) - expected).max() <= 4


def test_a_missing_folder_is_reported_and_leaves_no_file(tmp_path: Path) -> None:
    folder = VideoClipFolder(tmp_path / "clips", 10_000_000)
    shutil.rmtree(tmp_path / "clips")
    (tmp_path / "clips").write_text("in the way")
    jpegs = (cv2.imencode(".jpg", image(9))[1].tobytes(),)
    with pytest.raises(StreamerError, match=r"clip .*rotation\.mp4 not written"):
        folder.write(VideoClip(EVENT, jpegs, (0.0,)))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_folder_whose_name_is_no_utf_8(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"clips\xe9")
    jpegs = (cv2.imencode(".jpg", image(9))[1].tobytes(),)
    VideoClipFolder(folder, 10_000_000).write(VideoClip(EVENT, jpegs, (0.0,)))
    (path,) = folder.rglob("*.mp4")
    assert path.stat().st_size > 300


def shown(path: Path) -> tuple[float, list[int]]:
    """Return images a second, and the level of each image."""
    video, levels = cv2.VideoCapture(str(path)), []
    while (frame := video.read()[1]) is not None:
        levels.append(round(int(frame[10, 10, 0]) / 20))
    return float(video.get(cv2.CAP_PROP_FPS)), levels


@pytest.mark.parametrize("start_s", [0.0, 1000.0])
def test_images_that_come_too_fast_are_all_shown_in_slow_motion(tmp_path: Path, start_s: float) -> None:
    jpegs = tuple(cv2.imencode(".jpg", image(20 * k))[1].tobytes() for k in range(12))
    VideoClipFolder(tmp_path, 10_000_000).write(VideoClip(EVENT, jpegs, tuple(start_s + k / 100 for k in range(12))))
    (path,) = tmp_path.rglob("*.mp4")
    assert shown(path) == (25.0, list(range(12)))


def test_a_clip_late_in_a_stream_has_the_rate_of_its_images(tmp_path: Path) -> None:
    jpegs = tuple(cv2.imencode(".jpg", image(20 * k))[1].tobytes() for k in range(12))
    VideoClipFolder(tmp_path, 10_000_000).write(VideoClip(EVENT, jpegs, tuple(86_400 + k / 5 for k in range(12))))
    (path,) = tmp_path.rglob("*.mp4")
    assert shown(path) == (5.0, list(range(12)))


KILLED = """
import os, cv2, numpy as np, pathlib
from dataclasses import replace
from streamer.messages import VideoClip
from streamer.sinks.video_clips import VideoClipFolder
from tests.support.paths import ROOT
from tests.sinks.test_video_clips import EVENT, image
folder = VideoClipFolder(pathlib.Path("."), 10_000_000)
running = replace(EVENT, offset_s=None)
for first in range(0, 100, 5):
    jpegs = tuple(cv2.imencode(".jpg", image(2 * k))[1].tobytes() for k in range(first, first + 5))
    folder.write(VideoClip(running, jpegs, tuple(k / 10 for k in range(first, first + 5)), is_last=False))
os._exit(0)
"""


def test_the_video_that_a_killed_process_was_writing_is_saved_but_for_its_last_images(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, env=environment, check=True)
    VideoClipFolder(tmp_path, 10_000_000).close()
    assert not list(tmp_path.rglob(".*.part.*"))
    (path,) = tmp_path.rglob("*.mp4")
    video, levels = cv2.VideoCapture(str(path)), []
    while (frame := video.read()[1]) is not None:
        levels.append(int(frame[10, 10, 0]) / 2)
    assert 84 <= len(levels) < 100
    assert np.abs(np.array(levels) - np.arange(len(levels))).max() <= 4
