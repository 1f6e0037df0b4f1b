from dataclasses import replace

import cv2
import numpy as np
import pytest

from streamer.features.pattern import Pattern
from streamer.messages import Event, Image, ImageFormat, VideoClip
from streamer.pipeline.steps import ImageStep
from streamer.pipeline.video_clips import VideoCutter

EVENT = Event("camera", "rotation", 0.9, 0.8, onset_s=2.0, offset_s=3.0, time=1_700_000_000.0, task="motion")

FORMAT = ImageFormat(64, 48, 10.0, "fake")
PATTERN = Pattern()


def begun(lag_s: float, pre_roll_s: float, post_roll_s: float, max_bytes: float = 1e9) -> VideoCutter:
    cutter = VideoCutter(lambda: lag_s, pre_roll_s, post_roll_s, max_bytes)
    cutter.begin(FORMAT, 0.0)
    return cutter


def picture(level: int, width: int = 64, height: int = 48) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def clips_of(cutter: VideoCutter, seconds: float, fps: float = 10.0) -> list[VideoClip]:
    clips = []
    for k in range(round(seconds * fps)):
        image = Image(picture(k % 256), k, 0, k / fps, 0.0)
        cutter.push(image, ImageStep([], PATTERN, image.time_s, fps))
        clips += cutter.finished()
    return clips


def test_a_clip_holds_the_event_with_both_rolls() -> None:
    cutter = begun(20.0, pre_roll_s=0.5, post_roll_s=1.0)
    cutter.request(EVENT)
    (clip,) = clips_of(cutter, 6.0)
    assert (clip.times_s[0], clip.times_s[-1], len(clip.jpegs)) == (1.5, 4.0, 26)
    shown = cv2.imdecode(np.frombuffer(clip.jpegs[0], np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert abs(int(shown[20, 20, 0]) - 15) <= 2


def test_a_clip_is_cut_at_the_end_of_the_stream_with_what_is_there() -> None:
    cutter = begun(20.0, pre_roll_s=0.5, post_roll_s=1.0)
    cutter.request(EVENT)
    assert clips_of(cutter, 3.2) == []
    (clip,) = cutter.finished(at_end=True)
    assert clip.times_s[-1] == pytest.approx(3.1)
    assert cutter.finished(at_end=True) == []


def test_what_is_older_than_needed_is_dropped_and_a_newly_opened_source_drops_all() -> None:
    cutter = begun(1.0, pre_roll_s=0.0, post_roll_s=0.0)
    clips_of(cutter, 3.5)
    cutter.begin(FORMAT, 3.5)
    cutter.request(EVENT)
    assert cutter.finished(at_end=True) == []
    assert cutter.n_bytes == 0


def test_the_images_of_a_long_event_are_handed_on_as_they_come_and_memory_stays_as_small_as_it_is_told_to() -> None:
    cutter = begun(60.0, pre_roll_s=1.0, post_roll_s=1.0, max_bytes=20_000)  # 15 to 20 images
    cutter.request(replace(EVENT, offset_s=None))
    parts, most = [], 0
    for k in range(600):
        image = Image(picture(k % 256), k, 0, k / 10, 0.0)
        cutter.push(image, ImageStep([], PATTERN, image.time_s, 10.0))
        parts += cutter.finished()
        most = max(most, cutter.n_bytes)
    cutter.request(replace(EVENT, offset_s=58.0))
    parts += cutter.finished()
    assert most <= 20_000
    assert [time_s for part in parts for time_s in part.times_s] == [k / 10 for k in range(10, 591)]
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
    assert cutter.n_cut == 0


def test_usual_cameras_are_thinned_out_and_high_speed_ones_are_not() -> None:
    usual, fast = (begun(20.0, 0.0, 0.0) for _ in range(2))
    event = Event("c", "pulse", 0.9, 0.8, onset_s=0.0, offset_s=0.5, time=0.0)
    usual.request(event)
    fast.request(event)
    (clip,) = clips_of(usual, 0.7, 60.0)
    assert 7 <= len(clip.jpegs) <= 9
    (clip,) = clips_of(fast, 0.7, 600.0)
    assert 299 <= len(clip.jpegs) <= 301


def test_a_video_that_lasts_long_is_written_as_several_files() -> None:
    cutter = begun(1.0, pre_roll_s=0.0, post_roll_s=0.0)
    cutter.request(replace(EVENT, onset_s=0.0, offset_s=None))
    parts = []
    for k in range(1500):
        cutter.push(Image(picture(9), k, 0, k / 10, 0.0), ImageStep([], PATTERN, k / 10, 10.0))
        parts += cutter.finished()
    cutter.request(replace(EVENT, onset_s=0.0, offset_s=149.0))
    parts += cutter.finished()
    lengths_s = [sum(len(part.times_s) for part in parts if part.file == file) / 10 for file in range(4)]
    assert lengths_s == pytest.approx([60.1, 60.1, 28.9, 0.0], abs=0.11)
    assert [time_s for part in parts for time_s in part.times_s] == [k / 10 for k in range(1491)]
