"""Recorders of images: pictures when the scene rests, videos while something moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from streamer.arrays import UInt8
from streamer.config import ImageSettings
from streamer.messages import Image, ImageFormat, ImageTake, LostTake, Message, Undo
from streamer.pipeline.images import ImagePipeline
from streamer.recording.images import STILL_DB, ImageTakeRecorder, Movement, PictureTakeRecorder, VideoTakeRecorder
from streamer.recording.settings import Request, TakeSettings

FPS = 30.0
SIZE = 96, 128


def scene(time_s: float, moving_s: Sequence[tuple[float, float]]) -> UInt8:
    """Noise, and a bright square that goes to the right for some spans of time."""
    rng = np.random.default_rng(round(time_s * 1000))
    pixels = rng.normal(100, 2, (*SIZE, 3))
    travelled_s = sum(min(max(time_s - first_s, 0.0), last_s - first_s) for first_s, last_s in moving_s)
    left = round(40 * travelled_s) % 100
    pixels[40:60, left : left + 20] = 220
    return np.clip(pixels, 0, 255).astype(np.uint8)


def feed(
    recorder: ImageTakeRecorder, until_s: float, *moving_s: tuple[float, float], skipped: Sequence[int] = ()
) -> list[Message]:
    messages: list[Message] = []
    first = round(recorder.segmenter.now_s * FPS) + (recorder.segmenter.now_s > 0)
    n_skipped = 0
    for k in range(first, round(until_s * FPS)):
        if k in skipped:
            n_skipped += 1
            continue
        messages += recorder.step(Image(scene(k / FPS, moving_s), k, n_skipped, k / FPS, 0.0)).messages
        n_skipped = 0
    return messages


def begun(
    kind: Callable[..., ImageTakeRecorder], settings: TakeSettings, start_s: float = 0.0, **more: float
) -> ImageTakeRecorder:
    recorder = kind(ImagePipeline("camera", [], ImageSettings()), settings, **more)
    recorder.begin(ImageFormat(SIZE[1], SIZE[0], FPS, "fake"), start_s, 1.7e9)
    return recorder


def images(messages: Sequence[Message]) -> list[ImageTake]:
    assert all(isinstance(each, ImageTake) for each in messages)
    return [each for each in messages if isinstance(each, ImageTake)]


def test_a_video_holds_what_moves_with_its_rolls() -> None:
    recorder = begun(VideoTakeRecorder, TakeSettings(), start_s=50.0)
    (take,) = images([*feed(recorder, 6.0, (2.0, 3.5)), *recorder.finish()])
    assert take.task == "motion"
    assert take.start_s == pytest.approx(51.75, abs=0.15)
    assert take.times_s[-1] == pytest.approx(53.75, abs=0.25)
    assert np.diff(take.times_s) == pytest.approx(1 / FPS)
    assert len(take.images) == len(take.times_s)
    assert (take.n_lost, take.is_cut) == (0, False)
    k = round((take.times_s[10] - 50.0) * FPS)
    shown = cv2.imdecode(np.frombuffer(take.images[10], np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert np.abs(shown.astype(int) - scene(k / FPS, [(2.0, 3.5)])).mean() < 3


def test_a_still_scene_gives_nothing() -> None:
    recorder = begun(VideoTakeRecorder, TakeSettings())
    assert [*feed(recorder, 5.0), *recorder.finish()] == []


def test_images_skipped_in_a_video_are_counted_and_its_times_stay_true() -> None:
    recorder = begun(VideoTakeRecorder, TakeSettings(by="time", longest_s=2.0))
    (take,) = images(feed(recorder, 2.1, skipped=(20, 21)))
    assert take.n_lost == 2
    assert np.diff(take.times_s).max() == pytest.approx(3 / FPS)


def test_videos_by_time_share_no_image() -> None:
    recorder = begun(VideoTakeRecorder, TakeSettings(by="time", longest_s=1.0))
    found = images(feed(recorder, 3.5))
    assert [len(take.images) for take in found] == [30, 30, 30]
    assert len({time_s for take in found for time_s in take.times_s}) == 90


def test_videos_by_key() -> None:
    recorder = begun(VideoTakeRecorder, TakeSettings(by="key"))
    feed(recorder, 1.0)
    recorder.segmenter.requests.append(Request.TAKE)
    feed(recorder, 2.0)
    recorder.segmenter.requests.append(Request.TAKE)
    (take,) = images(feed(recorder, 3.0))
    assert take.times_s[0] == pytest.approx(1.0, abs=1.5 / FPS)
    assert take.times_s[-1] == pytest.approx(2.0, abs=1.5 / FPS)
    recorder.segmenter.requests += [Request.TAKE, Request.UNDO, Request.UNDO]
    lost, undo = feed(recorder, 4.0)
    assert isinstance(lost, LostTake)
    assert undo == Undo("camera")


def test_a_camera_that_is_lost_ends_the_video_which_is_marked() -> None:
    recorder = begun(VideoTakeRecorder, TakeSettings(by="key"))
    recorder.segmenter.requests.append(Request.TAKE)
    feed(recorder, 1.0)
    (take,) = images(recorder.begin(ImageFormat(SIZE[1], SIZE[0], FPS, "fake"), 10.0, 1.7e9))
    assert take.is_cut
    assert feed(recorder, 1.0) == []


def test_a_video_that_outgrows_memory_ends_there_and_is_marked_as_cut() -> None:
    recorder = begun(VideoTakeRecorder, TakeSettings(by="key"), max_bytes=200_000)
    recorder.segmenter.requests.append(Request.TAKE)
    (take,) = images(feed(recorder, 4.0))
    assert 150_000 < sum(map(len, take.images)) <= 210_000
    assert take.is_cut


def test_a_picture_is_taken_when_the_scene_has_come_to_rest() -> None:
    recorder = begun(PictureTakeRecorder, TakeSettings())
    (take,) = images([*feed(recorder, 6.0, (2.0, 3.0)), *recorder.finish()])
    assert take.task == "pattern"
    assert take.start_s == pytest.approx(3.6, abs=0.2)
    pixels = cv2.imdecode(np.frombuffer(take.images[0], np.uint8), cv2.IMREAD_COLOR)
    k = round(take.start_s * FPS)
    assert np.array_equal(pixels, scene(k / FPS, [(2.0, 3.0)]))  # type: ignore[arg-type]


def test_pictures_by_key_and_by_time() -> None:
    recorder = begun(PictureTakeRecorder, TakeSettings(by="key"))
    feed(recorder, 1.0)
    recorder.segmenter.requests += [Request.TAKE, Request.UNDO]
    take, undo = feed(recorder, 1.1)
    assert isinstance(take, ImageTake)
    assert undo == Undo("camera")
    recorder = begun(PictureTakeRecorder, TakeSettings(by="time", longest_s=0.5))
    found = images([*feed(recorder, 2.1), *recorder.finish()])
    assert [take.start_s for take in found] == pytest.approx([0.5, 1.0, 1.5, 2.0], abs=1.5 / FPS)


def test_a_key_before_the_first_image_takes_nothing() -> None:
    recorder = begun(PictureTakeRecorder, TakeSettings(by="key"))
    recorder.segmenter.requests.append(Request.TAKE)
    assert recorder.end_events() == []


def test_the_level_of_movement_is_that_of_the_cell_that_changed_most() -> None:
    movement = Movement()
    dark = np.zeros((180, 320, 3), np.uint8)
    lit = dark.copy()
    lit[10:20, 10:20] = 255  # one cell of 32 × 18
    assert movement.push(dark, 0.0) == STILL_DB
    assert movement.push(dark, 0.1) == STILL_DB
    assert movement.push(lit, 0.2) == pytest.approx(0.0, abs=0.1)
    assert movement.push(lit, 0.3) == STILL_DB
    movement.restart()
    assert movement.push(dark, 0.4) == STILL_DB


def test_movement_is_compared_over_a_tenth_of_a_second_whatever_the_rate() -> None:
    ramp = [np.full((36, 64, 3), round(100 + 0.1 * k), np.uint8) for k in range(200)]  # 100 grey levels a second
    movement = Movement()
    levels_db = [movement.push(pixels, k / 1000) for k, pixels in enumerate(ramp)]
    assert levels_db[-1] == pytest.approx(20 * np.log10(10 / 255), abs=1.0)
