from pathlib import Path

import cv2
import numpy as np
import pytest

from streamer.errors import StreamerError
from streamer.features.pattern import PatternFrame
from streamer.messages import Event, Image, VideoClip
from streamer.pipeline.steps import ImageStep
from streamer.pipeline.video_clips import VideoCutter
from streamer.sinks.video_clips import VideoClipFolder

EVENT = Event("camera", "rotation", 0.9, 0.8, onset_s=2.0, offset_s=3.0, time=1_700_000_000.0, task="motion")

NOTHING = np.zeros((0, 0), np.float32)
FRAME = PatternFrame(NOTHING, NOTHING, NOTHING, 0, 1.0, NOTHING)


def picture(level: int, width: int = 64, height: int = 48) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def clips_of(cutter: VideoCutter, seconds: float, fps: float = 10.0) -> list[VideoClip]:
    clips = []
    for k in range(round(seconds * fps)):
        image = Image(picture(k % 256), k, 0, k / fps, 0.0)
        cutter.push(image, ImageStep([], FRAME, image.time_s, fps))
        clips += cutter.finished()
    return clips


def test_a_clip_holds_the_event_with_both_rolls() -> None:
    cutter = VideoCutter(20.0, pre_roll_s=0.5, post_roll_s=1.0)
    cutter.request(EVENT)
    (clip,) = clips_of(cutter, 6.0)
    assert (clip.times_s[0], clip.times_s[-1], len(clip.jpegs)) == (1.5, 4.0, 26)
    shown = cv2.imdecode(np.frombuffer(clip.jpegs[0], np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert abs(int(shown[20, 20, 0]) - 15) <= 2


def test_a_clip_is_cut_at_the_end_of_the_stream_with_what_is_there() -> None:
    cutter = VideoCutter(20.0, pre_roll_s=0.5, post_roll_s=1.0)
    cutter.request(EVENT)
    assert clips_of(cutter, 3.2) == []
    (clip,) = cutter.finished(at_end=True)
    assert clip.times_s[-1] == pytest.approx(3.1)
    assert cutter.finished(at_end=True) == []


def test_what_is_older_than_needed_is_dropped_and_a_newly_opened_source_drops_all() -> None:
    cutter = VideoCutter(1.0, pre_roll_s=0.0, post_roll_s=0.0)
    cutter.request(EVENT)
    clips_of(cutter, 3.5)
    cutter.begin()
    cutter.request(EVENT)
    assert cutter.finished(at_end=True) == []


def test_usual_cameras_are_thinned_out_and_high_speed_ones_are_not() -> None:
    usual, fast = (VideoCutter(20.0, 0.0, 0.0) for _ in range(2))
    event = Event("c", "pulse", 0.9, 0.8, onset_s=0.0, offset_s=0.5, time=0.0)
    usual.request(event)
    fast.request(event)
    (clip,) = clips_of(usual, 0.7, 60.0)
    assert 7 <= len(clip.jpegs) <= 9
    (clip,) = clips_of(fast, 0.7, 600.0)
    assert 299 <= len(clip.jpegs) <= 301


@pytest.mark.parametrize("size", [(64, 48), (33, 47)])
def test_the_sink_writes_a_video_that_plays(tmp_path: Path, size: tuple[int, int]) -> None:
    jpegs = tuple(cv2.imencode(".jpg", picture(10 * k, *size))[1].tobytes() for k in range(12))
    VideoClipFolder(tmp_path, 10_000_000).write(VideoClip(EVENT, jpegs, tuple(k / 10 for k in range(12))))
    (path,) = tmp_path.iterdir()
    assert path.name == "20231114T221320.000Z_camera_rotation.mp4"
    video = cv2.VideoCapture(str(path))
    levels = []
    while (image := video.read()[1]) is not None:
        levels.append(int(image[10, 10, 0]))
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(10.0)
    assert np.abs(np.array(levels) - 10 * np.arange(12)).max() <= 8


def test_the_oldest_clips_make_room(tmp_path: Path) -> None:
    (tmp_path / "old.flac").write_bytes(bytes(50_000))
    jpegs = (cv2.imencode(".jpg", picture(9))[1].tobytes(),)
    VideoClipFolder(tmp_path, 20_000).write(VideoClip(EVENT, jpegs, (0.0,)))
    assert [path.suffix for path in tmp_path.iterdir()] == [".mp4"]


def test_a_folder_that_is_gone_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    folder = VideoClipFolder(tmp_path / "clips", 10_000_000)
    (tmp_path / "clips").rmdir()
    (tmp_path / "clips").write_text("in the way")
    jpegs = (cv2.imencode(".jpg", picture(9))[1].tobytes(),)
    with pytest.raises(StreamerError, match=r"clip .*rotation\.mp4 not written"):
        folder.write(VideoClip(EVENT, jpegs, (0.0,)))
