"""Base class of live cameras: cameras that vanish, hang, repeat old images or change their size."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from streamer.arrays import UInt8
from streamer.config import ImageSettings, SourceSettings
from streamer.errors import SourceUnavailable, UserError
from streamer.sources.images.grabber import OpenedCamera
from streamer.sources.images.live import LiveCamera
from tests.support.source_thread import ImageSourceThread

STALL_S = 0.6
POS_MSEC = 0  # OpenCV's number of that property


class FakeCapture:
    """A cv2.VideoCapture with 100 images a second that vanishes, hangs and fails once on command."""

    def __init__(self) -> None:
        self.n_grabbed = 0
        self.age_s = 0.005  # age of an image when it is grabbed
        self.fails = False
        self.fails_once = False
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.goes_on_after_s = 60.0  # a read that hangs ends then
        self.shape: tuple[int, ...] = (24, 32, 3)
        self.is_released = False

    def grab(self) -> bool:
        assert not self.is_released
        self.goes_on.wait(self.goes_on_after_s)
        if self.fails or self.fails_once:
            self.fails_once = False
            return False
        time.sleep(0.01)
        self.n_grabbed += 1
        self.grabbed_s = time.monotonic()
        return True

    def retrieve(self, _: UInt8 | None) -> tuple[bool, UInt8]:
        return True, np.full(self.shape, self.n_grabbed % 256, np.uint8)

    def get(self, number: int) -> float:
        assert number == POS_MSEC
        return (self.grabbed_s - self.age_s) * 1000.0

    def release(self) -> None:
        self.is_released = True


class FakeCamera(LiveCamera):
    """A camera that opens a new `FakeCapture` each time; ``before_open`` may hang or raise."""

    lost_reason = "it vanished"

    def __init__(self, **images: Any) -> None:
        super().__init__("camera:fake", SourceSettings(stall_s=STALL_S), ImageSettings.model_validate(images))
        self.videos: list[FakeCapture] = []
        self.before_open: Callable[[], object] = lambda: None
        self.has_kernel_times = True
        self.read_timeout_s = 60.0
        self.prepare: Callable[[FakeCapture], object] = lambda _: None

    def _open(self, _: threading.Event) -> OpenedCamera:
        assert all(video.is_released for video in self.videos)  # else the kernel would give it another number
        self.before_open()
        video = FakeCapture()
        self.prepare(video)
        self.videos.append(video)
        return OpenedCamera(video, "Fake", 100.0, "gives another size", self.has_kernel_times, self.read_timeout_s)


@pytest.fixture
def camera() -> Iterator[FakeCamera]:
    camera = FakeCamera()
    yield camera
    for video in camera.videos:
        video.goes_on.set()


def test_images_carry_kernel_times_and_the_format_carries_what_the_camera_states(camera: FakeCamera) -> None:
    with ImageSourceThread(camera) as thread:
        thread.wait_images(5)
        before_s = time.monotonic()
        assert thread.leave() < 1.0
    image_format = thread.sessions[0].image_format
    assert (image_format.width, image_format.height, image_format.fps) == (32, 24, 100.0)
    assert (image_format.device, image_format.detail) == ("Fake", "gives another size")
    images = thread.sessions[0].images
    assert images[0].time_s == 0.0
    assert all(image.captured_s < before_s for image in images)
    assert [image.index for image in images] == list(range(len(images)))
    assert camera.videos[0].is_released
    assert not camera.stuck


def test_times_of_another_clock_are_replaced_by_arrival_times(camera: FakeCamera) -> None:
    camera.prepare = lambda video: setattr(video, "age_s", 1000.0)
    with ImageSourceThread(camera) as thread:
        thread.wait_images(5)
    assert all(abs(image.captured_s - thread.sessions[0].begun_s) < 30.0 for image in thread.images)


def test_an_unplugged_camera_is_released_and_opened_again(camera: FakeCamera) -> None:
    with ImageSourceThread(camera) as thread:
        thread.wait_images(3)
        camera.videos[0].fails = True
        thread.wait_for(lambda: len(thread.sessions) == 2)
        thread.wait_images(3)
    assert thread.reasons == ["source='camera:fake' must stay; it vanished"]
    assert len(thread.sessions) == 2
    assert thread.sessions[1].images[0].index == 0
    assert thread.sessions[1].images[0].time_s == 0.0


def test_single_damaged_images_do_not_lose_the_camera(camera: FakeCamera) -> None:
    with ImageSourceThread(camera) as thread:
        for n in (5, 10, 15):
            thread.wait_images(n)
            camera.videos[0].fails_once = True
        thread.wait_images(20)
    assert not thread.reasons
    assert len(camera.videos) == 1


def test_a_read_that_hangs_is_abandoned_and_the_camera_reopened_after_it_returns(camera: FakeCamera) -> None:
    with ImageSourceThread(camera, retry_s=0.05) as thread:
        thread.wait_images(3)
        camera.videos[0].goes_on.clear()
        thread.wait_for(lambda: camera.stuck)
        assert "has sent no image for 0." in thread.reasons[0]
        thread.wait_for(lambda: "still hangs" in thread.reasons[-1])
        assert len(camera.videos) == 1
        n_before = len(thread.sessions[0].images)
        camera.videos[0].goes_on.set()  # the driver answers after all
        thread.wait_for(lambda: len(thread.sessions) == 2)
        thread.wait_images(3)
        assert not camera.stuck
        assert camera.videos[0].is_released
        assert len(thread.sessions[0].images) == n_before  # the late image was not delivered


@pytest.mark.parametrize("when", ["opening", "reading"])
def test_stopping_does_not_wait_for_a_call_that_hangs(camera: FakeCamera, when: str) -> None:
    released = threading.Event()
    if when == "opening":
        camera.before_open = lambda: released.wait(60.0)
    with ImageSourceThread(camera) as thread:
        if when == "reading":
            thread.wait_images(2)
            camera.videos[0].goes_on.clear()
        time.sleep(0.1)
        assert thread.leave() < 3.5
        assert camera.stuck
    released.set()
    if when == "reading":
        camera.videos[0].goes_on.set()
    thread.wait_for(lambda: not camera.stuck)
    assert all(video.is_released for video in camera.videos)


def test_a_camera_that_hangs_while_opening_does_not_answer(camera: FakeCamera) -> None:
    camera._settings = camera._settings.model_copy(update={"first_s": 0.3})
    released = threading.Event()
    camera.before_open = lambda: released.wait(60.0)
    with ImageSourceThread(camera) as thread:
        thread.wait_for(lambda: bool(thread.reasons))
        released.set()
    assert thread.reasons[0] == "source='camera:fake' must deliver; it does not answer"


def test_a_camera_that_opens_and_sends_nothing_is_unavailable(
    camera: FakeCamera,
) -> None:
    camera._settings = camera._settings.model_copy(update={"first_s": 0.3})
    camera.prepare = lambda video: setattr(video, "fails", True)
    with ImageSourceThread(camera) as thread:
        thread.wait_for(lambda: bool(thread.reasons))
    assert thread.reasons[0] == "source='camera:fake' must deliver; it opened but sends no image"
    assert not thread.sessions


@pytest.mark.parametrize("error", [SourceUnavailable("not there"), UserError("never"), RuntimeError("a bug")])
def test_errors_of_opening_are_raised_by_capture(camera: FakeCamera, error: Exception) -> None:
    def refuse() -> None:
        raise error

    camera.before_open = refuse
    with pytest.raises(type(error), match=str(error)):
        camera.capture(lambda _: pytest.fail("it never opened"), threading.Event())


def test_an_image_that_the_decoder_held_back_until_the_timeout_is_dropped(camera: FakeCamera) -> None:
    camera.has_kernel_times = False
    camera.read_timeout_s = 0.3
    with ImageSourceThread(camera) as thread:
        thread.wait_images(3)
        video = camera.videos[0]
        video.goes_on_after_s = 0.35
        video.goes_on.clear()
        thread.wait_for(lambda: bool(thread.reasons))
    thread.sessions[0].drain()
    assert thread.sessions[0].images[-1].pixels.max() == (video.n_grabbed - 1) % 256  # all but the last grabbed image


def test_a_change_of_size_opens_the_camera_again(camera: FakeCamera) -> None:
    with ImageSourceThread(camera) as thread:
        thread.wait_images(3)
        camera.videos[0].shape = (48, 64, 3)
        thread.wait_for(lambda: len(thread.sessions) == 2)
        thread.wait_images(3)
    assert thread.reasons == ["source='camera:fake' must keep its size; 32 × 24 pixels became 64 × 48"]


@pytest.mark.parametrize("shape", [(24, 32), (24, 32, 1)])
def test_a_grey_camera_is_delivered_in_colour(camera: FakeCamera, shape: tuple[int, ...]) -> None:
    camera.prepare = lambda video: setattr(video, "shape", shape)
    with ImageSourceThread(camera) as thread:
        thread.wait_images(2)
    pixels = thread.images[0].pixels
    assert pixels.shape == (24, 32, 3)
    assert len(np.unique(pixels)) == 1


def test_a_full_ring_keeps_the_newest_images_and_counts_the_others(camera: FakeCamera) -> None:
    with ImageSourceThread(camera, ring_capacity=4) as thread:
        thread.wait_for(lambda: bool(thread.sessions))
        ring = thread.sessions[0].ring
        written = ring.written
        while ring.written < written + 20:  # without reading
            time.sleep(0.01)
        thread.wait_images(1)
    skipped = [image.skipped_before for image in thread.images]
    assert max(skipped) >= 15
    assert thread.images[-1].index == sum(skipped) + len(skipped) - 1
