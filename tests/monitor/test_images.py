"""The monitor of an image stream, with images whose times and losses are known."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.random import default_rng

from streamer.arrays import UInt8
from streamer.messages import Image, ImageFormat, State
from streamer.monitor.images import N_COLUMNS, ImageMonitor
from streamer.monitor.snapshot import ImageView
from streamer.pipeline.steps import ImageStep
from streamer.sources.images.jpeg import Jpeg
from tests.pipeline.test_images import FORMAT, pipeline
from tests.support.fake_source import FakeImageSource
from tests.support.image_models import flickering, moving_model, stripes_model


def monitored(images: Iterable[Image], draws: bool = True, opened: ImageFormat = FORMAT) -> ImageMonitor:
    pipe = pipeline(stripes_model(), moving_model())
    monitor = ImageMonitor(pipe, FakeImageSource(), draws=draws)
    pipe.begin(FORMAT)
    monitor.begin(opened)
    for image in images:
        monitor.update(image, pipe.step(image), 0.001)
    return monitor


def test_rate_jitter_and_gaps_are_measured_from_capture_times() -> None:
    rng = np.random.default_rng(0)
    images = list(flickering(100, 3.0, fps=20.0))
    images = [replace(image, time_s=image.time_s + rng.uniform(-0.004, 0.004)) for image in images]
    del images[50], images[70:72]
    health = monitored(images).health()
    assert health.images is not None
    assert health.images.images == 97
    assert health.images.fps == pytest.approx(20.0 * 96 / 99, rel=0.01)
    assert health.images.jitter_s == pytest.approx(0.008 / 12**0.5 * 2**0.5, rel=0.3)
    assert health.images.gaps == 2
    assert health.images.longest_gap_s == pytest.approx(0.15, abs=0.01)
    assert health.images.skipped_images == 0


def test_skipped_images_are_counted_and_are_no_gap() -> None:
    images = list(flickering(60, 3.0))
    images = [replace(image, skipped_before=2 * (image.index == 40)) for image in images if image.index not in (38, 39)]
    health = monitored(images).health()
    assert health.images is not None
    assert (health.images.images, health.images.skipped_images, health.images.gaps) == (58, 2, 0)
    assert health.lost_fraction == pytest.approx(2 / 60)


def test_images_that_were_not_captured_between_two_streams_are_counted() -> None:
    monitor = monitored([])
    monitor.lose(0.04, fps=25.0)  # the next image after the last
    monitor.lose(0.05, fps=0.0)  # no rate was measured
    health = monitor.health()
    assert health.images is not None
    assert health.images.skipped_images == 0
    monitor.lose(2.0, fps=25.0)
    health = monitor.health()
    assert health.images is not None
    assert (health.images.skipped_images, health.lost_fraction) == (49, 1.0)


def test_a_snapshot_has_the_image_the_spectra_and_the_measurements() -> None:
    snapshot = monitored(flickering(240, 3.0)).snapshot()
    view = snapshot.view
    assert isinstance(view, ImageView)
    assert snapshot.labels == ("none", "stripes", "still", "moving")
    assert snapshot.scores.shape == snapshot.on.shape == snapshot.off.shape == (4,)
    assert [event.label for event in snapshot.running] == ["moving"]
    assert view.image.shape == (96, 128, 3)
    assert view.image_px == (128, 96)
    assert view.temporal is not None
    assert view.temporal.hz == pytest.approx(3.0, abs=0.01)
    assert view.polar.shape == (16, 12)
    assert view.radius_per_px.shape == (16,)
    assert view.profile.shape[1] == 16
    assert 70 <= view.profile.shape[0] <= 82  # 8 s in columns of 0.1 s
    assert view.motion.shape == (view.profile.shape[0], 64)
    loudest = float(view.motion_hz[np.nanargmax(view.motion[-1])])
    assert loudest == pytest.approx(3.0, abs=0.3)


def test_images_are_reduced_and_red_green_blue() -> None:
    blue = [replace(image, content=image.pixels.copy()) for image in flickering(2, 3.0)]
    for image in blue:
        image.pixels[..., 1:] = 0
    large = [replace(image, content=np.tile(image.pixels, (5, 5, 1))) for image in blue]
    view = monitored(large).snapshot().view
    assert isinstance(view, ImageView)
    assert view.image.shape == (120, 160, 3)
    assert view.image[..., :2].max() == 0
    assert view.image[..., 2].min() > 50


def test_nothing_is_drawn_without_a_dashboard() -> None:
    assert monitored(flickering(40, 3.0), draws=False).snapshot().view is None


def test_the_rolling_spectrograms_keep_the_newest_columns() -> None:
    view = monitored(flickering(330, 3.0, fps=10.0)).snapshot().view
    assert isinstance(view, ImageView)
    assert view.profile.shape[0] == N_COLUMNS
    assert view.column >= 329


def test_a_format_other_than_wanted_is_shown_until_there_is_something_more_urgent() -> None:
    monitor = monitored([], opened=replace(FORMAT, detail="gives 640 × 480"))
    assert monitor.health().detail == "gives 640 × 480"
    assert monitor.health().state is State.STARTING
    monitor.set_state(State.WAITING, "gone")
    assert monitor.health().detail == "gone"
    assert monitor.health().state is State.WAITING
    assert monitor.snapshot().past == ()


def test_a_jpeg_that_is_shown_small_is_decoded_no_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    jpeg = cv2.imencode(".jpg", pixels)[1].tobytes()
    flags: list[int] = []
    decode = cv2.imdecode

    def counted(content: UInt8, flag: int) -> Any:
        flags.append(flag)
        return decode(content, flag)

    monkeypatch.setattr(cv2, "imdecode", counted)
    pipe, opened = pipeline(), ImageFormat(640, 480, 30.0, "test")
    pipe.begin(opened)
    monitor = ImageMonitor(pipe, FakeImageSource(), draws=True)
    monitor.begin(opened)
    image = Image(Jpeg(jpeg), 0, 0, 0.1, 0.1)
    pipe.pattern.hold(image.grey, 0.1)
    monitor.update(image, ImageStep([], pipe.pattern, 0.1, 0.0), 0.001)
    view = monitor.snapshot().view
    assert isinstance(view, ImageView)
    assert view.image.shape == (120, 160, 3)
    assert flags == [cv2.IMREAD_GRAYSCALE, cv2.IMREAD_REDUCED_COLOR_4]
