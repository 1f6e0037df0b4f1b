"""Resizing grey images: against OpenCV, and against what a low-pass filter must leave and take away."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import UInt8
from streamer.kernels.resizing import Resizer

sides = st.integers(16, 150)


def noise(height: int, width: int) -> UInt8:
    return np.random.default_rng(0).integers(0, 256, (height, width), dtype=np.uint8)


def resized(image: UInt8, height: int, width: int) -> UInt8:
    return Resizer((image.shape[0], image.shape[1]), (height, width)).push(image)


@settings(deadline=None, max_examples=60)
@given(sides, sides, sides, sides)
def test_enlarged_values_are_those_of_opencv(height: int, width: int, more: int, wider: int) -> None:
    image = noise(height, width)
    out_height, out_width = height + more - 16, width + wider - 16
    ours = resized(image, out_height, out_width).astype(int)
    expected = cv2.resize(image, (out_width, out_height), interpolation=cv2.INTER_LINEAR)
    difference = np.abs(ours - expected.astype(int))
    assert difference.max() <= 1
    assert difference.mean() <= 0.2  # OpenCV's linear interpolation has weights of 11 bits


@pytest.mark.parametrize(("out_height", "out_width"), [(40, 50), (30, 200), (160, 17), (97, 133), (80, 100)])
@pytest.mark.parametrize("level", [0, 1, 200, 255])
def test_constant_images_stay_constant(out_height: int, out_width: int, level: int) -> None:
    result = resized(np.full((80, 100), level, np.uint8), out_height, out_width)
    assert (result == level).all()


@pytest.mark.parametrize("scale", [1.3, 1.875, 2.0, 3.7, 14.0])
@pytest.mark.parametrize("cycles_per_sample", [0.6, 0.65, 0.75, 0.9])
def test_waves_too_fine_for_the_result_vanish_and_do_not_fold(scale: float, cycles_per_sample: float) -> None:
    """Means over the pixels of a sample kept 50 % of a wave of 0.6 cycles per sample, which folds to 0.4."""
    if cycles_per_sample / scale > 0.5:
        pytest.skip("such a wave is not in the image")
    width = round(64 * scale)
    wave = 128 + 100 * np.cos(2 * np.pi * cycles_per_sample * np.arange(width) * 64 / width)
    image = np.broadcast_to(np.rint(wave), (40, width)).astype(np.uint8)
    assert np.ptp(resized(image, 40, 64)[20, 8:-8].astype(int)) < 0.05 * 200


@pytest.mark.parametrize("cycles_per_sample", [0.05, 0.2, 0.3])
def test_waves_that_the_result_can_hold_stay(cycles_per_sample: float) -> None:
    wave = 128 + 100 * np.cos(2 * np.pi * cycles_per_sample * np.arange(256) / 2)
    image = np.broadcast_to(np.rint(wave), (40, 256)).astype(np.uint8)
    assert resized(image, 40, 128)[20, 8:-8].std() == pytest.approx(100 / np.sqrt(2), rel=0.06)


def test_the_filter_does_not_overshoot_beyond_black_and_white() -> None:
    image = np.repeat(np.array([[0, 255]], np.uint8), 100, axis=1).repeat(40, axis=0)
    result = resized(image, 40, 64)
    assert result[20, :28].max() < 60
    assert result[20, 36:].min() > 195


def test_views_and_earlier_images_do_not_change_the_result() -> None:
    large = noise(200, 300)
    resizer = Resizer((100, 120), (48, 64))
    resizer.push(large[:100, :120])
    view = large[50:150, 60:180]
    result = resizer.push(view).copy()
    np.testing.assert_array_equal(result, resized(view.copy(), 48, 64))
    np.testing.assert_array_equal(resizer.push(view), result)


def test_sizes_below_a_vector_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape=\(7, 64\) → \(32, 32\) must be at least (8|16) each way"):
        Resizer((7, 64), (32, 32))
