from __future__ import annotations

import threading
from typing import Any

import pytest

from streamer.config import ImageSettings
from streamer.sources.images.modes import choose_mode, describe_mode, set_exposure_and_gain
from tests.support.fake_video import AUTO_EXPOSURE, EXPOSURE, FOURCC, FPS, GAIN, MJPG, RAW, FakeOpenCV, FakeVideo

VGA, HD = (640, 480), (1280, 720)
WEBCAM = {RAW: {VGA: 30.0, HD: 10.0}, MJPG: {VGA: 30.0, HD: 30.0}}


def chosen(video: FakeVideo, **requests: Any) -> tuple[int, tuple[int, int], float, str]:
    images = ImageSettings.model_validate(requests)
    mode = choose_mode(FakeOpenCV(video), video, images)
    return mode.fourcc, (mode.width, mode.height), mode.fps, describe_mode(mode, images)


def test_raw_images_where_they_come_fast_enough() -> None:
    assert chosen(FakeVideo(WEBCAM)) == (RAW, VGA, 30.0, "")
    assert chosen(FakeVideo(WEBCAM), fps=15) == (RAW, VGA, 15.0, "")
    assert chosen(FakeVideo(WEBCAM), width=1280, height=720, fps=10) == (RAW, HD, 10.0, "")


@pytest.mark.parametrize("fps", [0, 30])
def test_jpegs_where_raw_ones_are_too_slow(fps: float) -> None:
    assert chosen(FakeVideo(WEBCAM), width=1280, height=720, fps=fps) == (MJPG, HD, 30.0, "")


def test_jpegs_where_raw_ones_have_not_the_size() -> None:
    assert chosen(FakeVideo({RAW: {VGA: 30.0}, MJPG: {HD: 30.0}}), width=1280, height=720)[:2] == (MJPG, HD)


def test_back_to_raw_where_jpegs_are_no_better() -> None:
    only_slow = {RAW: {VGA: 10.0}, MJPG: {VGA: 10.0}}
    assert chosen(FakeVideo(only_slow), fps=30) == (
        RAW, VGA, 10.0, "gives 640 × 480 at 10 images/s instead of 640 × 480 at 30 images/s"
    )  # fmt: skip
    assert chosen(FakeVideo({RAW: {VGA: 12.5}}), fps=30)[0] == RAW  # it has no others


def test_an_impossible_size_is_said() -> None:
    said = chosen(FakeVideo(WEBCAM), width=800, height=600, fps=30)[3]
    assert said == "gives 640 × 480 at 30 images/s instead of 800 × 600 at 30 images/s"


def test_the_rate_is_asked_for_last() -> None:
    video = FakeVideo(WEBCAM)
    chosen(video, width=1280, height=720, fps=30)
    assert video.calls[-1] == (FPS, 30.0)
    assert (FOURCC, MJPG) in video.calls


def test_the_cameras_own_size_and_rate() -> None:
    video = FakeVideo(WEBCAM)
    assert chosen(video, width=0, height=0, fps=0) == (RAW, VGA, 30.0, "")
    assert video.calls == []


@pytest.mark.parametrize("fps", [-1.0, float("nan"), float("inf"), 1e9])
def test_a_senseless_rate_is_none(fps: float) -> None:
    assert chosen(FakeVideo({MJPG: {VGA: fps}}))[2] == 0.0


def settle(video: FakeVideo, **requests: Any) -> str:
    images = ImageSettings.model_validate(requests)
    return set_exposure_and_gain(FakeOpenCV(video), video, images, 0.05, threading.Event())


def with_controls(**changes: Any) -> FakeVideo:
    return FakeVideo(WEBCAM, controls={AUTO_EXPOSURE: 1.0, EXPOSURE: 20.0, GAIN: 4.0}, **changes)


def test_automatic_is_switched_on_again() -> None:
    video = with_controls()  # left on manual by somebody
    assert settle(video) == ""
    assert video.controls[AUTO_EXPOSURE] == 3.0
    assert video.n_grabbed == 0  # no time is lost
    assert settle(FakeVideo(WEBCAM)) == ""  # one without controls is not complained of


def test_lock_freezes_what_the_automatic_has_found() -> None:
    video = with_controls()
    assert settle(video, exposure="lock", gain="lock") == ""
    assert video.n_grabbed > 0
    assert video.controls == {AUTO_EXPOSURE: 1.0, EXPOSURE: 157.0, GAIN: 4.0}


def test_numbers_are_set() -> None:
    video = with_controls()
    assert settle(video, exposure=80, gain=7.5) == ""
    assert video.controls == {AUTO_EXPOSURE: 1.0, EXPOSURE: 80.0, GAIN: 7.5}


def test_what_the_camera_refuses_is_said() -> None:
    assert settle(FakeVideo(WEBCAM), exposure="lock", gain=3) == "exposure=lock refused; gain=3.0 refused"
    assert settle(with_controls(highest_gain=63.0), gain=200) == "gain=200.0 stays at 63"


def test_other_systems_number_manual_and_automatic_differently() -> None:
    video = with_controls(back_end="MSMF")
    settle(video)
    assert video.controls[AUTO_EXPOSURE] == 1.0
    settle(video, exposure=-6)
    assert video.controls[AUTO_EXPOSURE] == 0.0
