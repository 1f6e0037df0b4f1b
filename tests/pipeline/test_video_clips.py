import cv2
import numpy as np
import pytest

from streamer.features.pattern import PatternFrame
from streamer.messages import Event, Image, VideoClip
from streamer.pipeline.steps import ImageStep
from streamer.pipeline.video_clips import VideoCutter

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
