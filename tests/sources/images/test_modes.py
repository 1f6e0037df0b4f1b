"""Size, pixel format, rate, exposure and gain of a local camera."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from streamer.config import ImageSettings
from streamer.sources.images.modes import choose_mode, describe_mode, set_exposure_and_gain
from tests.support.fake_opencv import AUTO_EXPOSURE, EXPOSURE, FOURCC, FPS, GAIN, MJPG, RAW, FakeOpenCV, FakeVideo

VGA, HD = (640, 480), (1280, 720)
WEBCAM = {RAW: {VGA: 30.0, HD: 10.0}, MJPG: {VGA: 30.0, HD: 30.0}}


def chosen(video: FakeVideo, **requested: Any) -> tuple[int, tuple[int, int], float, str]:
    images = ImageSettings.model_validate(requested)
    mode = choose_mode(FakeOpenCV(video), video, images)
    return mode.fourcc, (mode.width, mode.height), mode.fps, describe_mode(mode, images)


def test_raw_images_where_their_rate_suffices() -> None:
    assert chosen(FakeVideo(WEBCAM)) == (RAW, VGA, 30.0, "")
    assert chosen(FakeVideo(WEBCAM), fps=15) == (RAW, VGA, 15.0, "")
    assert chosen(FakeVideo(WEBCAM), width=1280, height=720, fps=10) == (RAW, HD, 10.0, "")


@pytest.mark.parametrize("fps", [0, 30])
def test_jpegs_where_raw_images_are_too_slow(fps: float) -> None:
    assert chosen(FakeVideo(WEBCAM), width=1280, height=720, fps=fps) == (MJPG, HD, 30.0, "")


def test_jpegs_where_raw_images_lack_the_size() -> None:
    assert chosen(FakeVideo({RAW: {VGA: 30.0}, MJPG: {HD: 30.0}}), width=1280, height=720)[:2] == (MJPG, HD)


def test_raw_images_where_jpegs_are_no_better() -> None:
    only_slow = {RAW: {VGA: 10.0}, MJPG: {VGA: 10.0}}
    assert chosen(FakeVideo(only_slow), fps=30) == (
        RAW, VGA, 10.0, "gives 640 × 480 at 10 images/s instead of 640 × 480 at 30 images/s"
    )  # fmt: skip
    assert chosen(FakeVideo({RAW: {VGA: 12.5}}), fps=30)[0] == RAW  # it has no JPEGs


def test_a_size_that_the_camera_lacks_is_described() -> None:
    description = chosen(FakeVideo(WEBCAM), width=800, height=600, fps=30)[3]
    assert description == "gives 640 × 480 at 30 images/s instead of 800 × 600 at 30 images/s"


def test_the_rate_is_requested_last() -> None:
    video = FakeVideo(WEBCAM)
    chosen(video, width=1280, height=720, fps=30)
    assert video.calls[-1] == (FPS, 30.0)
    assert (FOURCC, MJPG) in video.calls


def test_zeros_keep_the_cameras_own_size_and_rate() -> None:
    video = FakeVideo(WEBCAM)
    assert chosen(video, width=0, height=0, fps=0) == (RAW, VGA, 30.0, "")
    assert video.calls == []


@pytest.mark.parametrize("fps", [-1.0, float("nan"), float("inf"), 1e9])
def test_an_impossible_rate_counts_as_unknown(fps: float) -> None:
    assert chosen(FakeVideo({MJPG: {VGA: fps}}))[2] == 0.0


def test_a_slow_camera_has_its_rate() -> None:
    assert chosen(FakeVideo({MJPG: {VGA: 0.2}}))[2] == 0.2


def settle(video: FakeVideo, **requested: Any) -> str:
    images = ImageSettings.model_validate(requested)
    return set_exposure_and_gain(FakeOpenCV(video), video, images, 0.05, threading.Event())


def with_controls(**changes: Any) -> FakeVideo:
    return FakeVideo(WEBCAM, controls={AUTO_EXPOSURE: 1.0, EXPOSURE: 20.0, GAIN: 4.0}, **changes)


def test_auto_switches_the_automatic_on_again() -> None:
    video = with_controls()  # a program has left it on manual
    assert settle(video) == ""
    assert video.controls[AUTO_EXPOSURE] == 3.0
    assert video.n_grabbed == 0  # no images are dropped
    assert settle(FakeVideo(WEBCAM)) == ""  # a camera without controls is no refusal


def test_lock_keeps_what_the_automatic_has_found() -> None:
    video = with_controls()
    assert settle(video, exposure="lock", gain="lock") == ""
    assert video.n_grabbed > 0
    assert video.controls == {AUTO_EXPOSURE: 1.0, EXPOSURE: 157.0, GAIN: 4.0}


def test_numbers_are_set_as_exposure_and_gain() -> None:
    video = with_controls()
    assert settle(video, exposure=80, gain=7.5) == ""
    assert video.controls == {AUTO_EXPOSURE: 1.0, EXPOSURE: 80.0, GAIN: 7.5}


def test_refused_values_are_described() -> None:
    assert settle(FakeVideo(WEBCAM), exposure="lock", gain=3) == "exposure=lock refused; gain=3.0 refused"
    assert settle(with_controls(highest_gain=63.0), gain=200) == "gain=200.0 stays at 63"


def test_media_foundation_has_its_own_numbers_for_automatic_and_manual() -> None:
    video = with_controls(back_end="MSMF")
    settle(video)
    assert video.controls[AUTO_EXPOSURE] == 1.0
    settle(video, exposure=-6)
    assert video.controls[AUTO_EXPOSURE] == 0.0
