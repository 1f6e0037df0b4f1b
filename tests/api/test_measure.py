"""Measurements of arrays are those of streams, and mistakes name the argument."""

import re
from typing import Any

import cv2
import numpy as np
import pytest

import streamer
from streamer.arrays import Float64, UInt8
from streamer.sources.images.demo import BLADES_HZ, FPS, CameraScene
from tests.support.image_models import striped

N = 240


@pytest.fixture(scope="module")
def fan() -> UInt8:
    """Return 8 s of the demo's spinning fan."""
    scene = CameraScene()
    return np.stack([scene.render(i).copy() for i in range(N)])


@pytest.fixture(scope="module")
def in_colour(fan: UInt8) -> streamer.Temporal:
    return streamer.measure_frequency(fan, fps=FPS)


def near(found: streamer.Temporal, hz: float, most_sigma: float = 0.02) -> None:
    assert found.status == "found"
    assert found.hz_sigma < most_sigma
    assert found.hz == pytest.approx(hz, abs=4 * found.hz_sigma)


def test_a_video(fan: UInt8, in_colour: streamer.Temporal) -> None:
    near(in_colour, BLADES_HZ)
    by_pipeline = streamer.classify(fan, fps=FPS).temporal
    assert by_pipeline is not None
    assert (by_pipeline.hz, by_pipeline.hz_sigma) == (in_colour.hz, in_colour.hz_sigma)


def test_grey_float_and_times(fan: UInt8, in_colour: streamer.Temporal) -> None:
    grey = np.stack([cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) for image in fan])
    times_s = 1.7e9 + np.arange(N) / FPS
    for images in (grey, list(grey), np.asfortranarray(grey)):
        found = streamer.measure_frequency(images, times_s=times_s)
        assert found.hz == pytest.approx(in_colour.hz, abs=1e-4)
    for floats in (grey / 255.0, fan / np.float32(255.0)):
        found = streamer.measure_frequency(floats, fps=FPS)
        assert found.hz == pytest.approx(in_colour.hz, abs=0.1 * in_colour.hz_sigma)


def test_floating_point_images_are_not_rounded_to_8_bits() -> None:
    swing = 0.0005 * np.sin(2 * np.pi * 2.3 * np.arange(N) / 30.0)
    noise = np.random.default_rng(0).normal(0.0, 1e-4, (N, 48, 64))
    near(streamer.measure_frequency(0.5 + swing[:, None, None] + noise, fps=30.0), 2.3)


def noisy(times_s: Float64, hz: float, n_series: int = 0) -> Float64:
    rng = np.random.default_rng(1)
    shape = (times_s.size, n_series) if n_series else times_s.shape
    swing = np.sin(2 * np.pi * hz * times_s)
    return np.asarray(rng.normal(0.0, 0.5, shape) + (swing[:, None] if n_series else swing))


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_series_in_any_unit(unit: float) -> None:
    times_s = np.arange(400) / 100.0
    near(streamer.measure_frequency(unit * (5.0 + noisy(times_s, 7.7)), fps=100.0), 7.7, 0.05)


def test_series_at_uneven_times() -> None:
    times_s = np.sort(np.random.default_rng(2).uniform(-0.003, 0.003, 400) + np.arange(400) / 100.0)
    near(streamer.measure_frequency(noisy(times_s, 7.7), times_s=times_s), 7.7, 0.05)


def test_several_series_and_whole_numbers() -> None:
    times_s = np.arange(400) / 100.0
    near(streamer.measure_frequency(noisy(times_s, 12.25, 6), fps=100.0), 12.25, 0.05)
    near(streamer.measure_frequency(np.rint(1000 * noisy(times_s, 12.25)).astype(np.int32), fps=100.0), 12.25, 0.05)


def test_nothing_periodic() -> None:
    rng = np.random.default_rng(3)
    assert streamer.measure_frequency(rng.normal(size=400), fps=100.0).status == "none"
    assert streamer.measure_frequency(np.ones(400), fps=100.0).status == "none"
    noise = rng.integers(0, 255, (60, 40, 40)).astype(np.uint8)
    assert streamer.measure_frequency(noise, fps=30.0).components == ()
    assert streamer.measure_frequency(np.sin(np.arange(15)), fps=30.0).status == "too_short"
    assert streamer.measure_pattern(rng.integers(0, 255, (200, 200)).astype(np.uint8)).status == "none"


def test_a_pattern() -> None:
    grey = striped(12.0, size=(200, 240)).astype(np.uint8)
    for image in (grey, grey / 255.0, np.repeat(grey[:, :, None], 3, axis=2), grey.tolist()):
        if isinstance(image, list):
            image = np.asarray(image, np.uint8)
        found = streamer.measure_pattern(image)
        assert found.status == "found"
        (vector,) = found.components[0].vectors
        assert vector.period_px == pytest.approx(12.0, abs=4 * vector.period_px_sigma)
        by_pipeline = streamer.classify(image).spatial
        assert by_pipeline is not None
        assert by_pipeline.components[0].vectors[0].period_px == pytest.approx(vector.period_px, rel=1e-3)


@pytest.mark.parametrize(
    ("data", "options", "text"),
    [
        (np.zeros(40), {}, "times_s or fps must be given, one of them, and neither is given"),
        (np.zeros(40), {"fps": 30.0, "times_s": np.arange(40)}, "and both are given"),
        (np.zeros(40), {"fps": True}, "fps=True must be"),
        (np.zeros(40), {"fps": -1}, "fps=-1 must be above 0"),
        (np.zeros(40), {"fps": np.inf}, "fps=inf must be above 0 and finite"),
        (np.zeros(40), {"times_s": np.arange(41)}, "times_s.shape=(41,) must be (40,)"),
        (np.zeros(40), {"times_s": np.zeros(40)}, "times_s must be finite and strictly increasing"),
        (np.zeros(40), {"times_s": ["a"] * 40}, "times_s must be numbers"),
        (np.full(40, np.nan), {"fps": 30}, "images_or_series must be finite"),
        (np.zeros(40, complex), {"fps": 30}, "images_or_series.dtype=complex128 must be real"),
        (np.zeros(0), {"fps": 30}, "images_or_series.dtype=float64 must be real numbers, at least one"),
        (3.0, {"fps": 30}, "images_or_series.shape=() must be"),
        (np.zeros((40, 9, 9, 4), np.uint8), {"fps": 30}, "images_or_series.shape=(40, 9, 9, 4) must be"),
        (np.zeros((40, 9, 9), np.uint16), {"fps": 30}, "images_or_series.dtype=uint16 must be uint8"),
        (np.full((40, 9, 9), 77.0), {"fps": 30}, "images_or_series must be in the range 0…1"),
    ],
)
def test_mistakes_in_time_name_the_argument(data: Any, options: dict[str, Any], text: str) -> None:
    with pytest.raises(streamer.UserError, match=re.escape(text)):
        streamer.measure_frequency(data, **options)


@pytest.mark.parametrize(
    ("image", "text"),
    [
        (np.zeros(8, np.uint8), "image.shape=(8,) must be"),
        (np.zeros((40, 40, 4), np.uint8), "image.shape=(40, 40, 4) must be"),
        (np.zeros((8, 8), np.uint8), "image=8x8 must be at least 16 pixels each way"),
        (np.zeros((40, 3), np.uint8), "image=3x40 must be at least 16 pixels each way"),
        (np.zeros((40, 40), np.int64), "image.dtype=int64 must be uint8, or float"),
        (np.full((40, 40), -0.1), "image must be in the range 0…1 where it is float, not -0.1…-0.1"),
        ("picture.png", "image.shape=() must be"),
    ],
)
def test_mistakes_in_space_name_the_argument(image: Any, text: str) -> None:
    with pytest.raises(streamer.UserError, match=re.escape(text)):
        streamer.measure_pattern(image)
