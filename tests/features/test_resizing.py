"""Resizing grey images: against OpenCV, and against what a weighted mean must be."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import UInt8
from streamer.features.resizing import Resizer

sides = st.integers(16, 150)


def noise(height: int, width: int) -> UInt8:
    return np.random.default_rng(0).integers(0, 256, (height, width), dtype=np.uint8)


def resized(image: UInt8, height: int, width: int) -> UInt8:
    return Resizer((image.shape[0], image.shape[1]), (height, width)).push(image)


@settings(deadline=None, max_examples=60)
@given(sides, sides, sides, sides)
def test_values_are_those_of_opencv(height: int, width: int, out_height: int, out_width: int) -> None:
    image = noise(height, width)
    ours = resized(image, out_height, out_width).astype(int)
    if out_height <= height and out_width <= width:
        expected = cv2.resize(image, (out_width, out_height), interpolation=cv2.INTER_AREA)
    elif out_height >= height and out_width >= width:
        expected = cv2.resize(image, (out_width, out_height), interpolation=cv2.INTER_LINEAR)
    else:
        return
    difference = np.abs(ours - expected.astype(int))
    assert difference.max() <= 1
    assert difference.mean() <= 0.2  # OpenCV's linear interpolation has weights of 11 bits


@pytest.mark.parametrize(("out_height", "out_width"), [(40, 50), (30, 200), (160, 17), (97, 133), (80, 100)])
@pytest.mark.parametrize("level", [0, 1, 200, 255])
def test_constant_images_stay_constant(out_height: int, out_width: int, level: int) -> None:
    result = resized(np.full((80, 100), level, np.uint8), out_height, out_width)
    assert (result == level).all()


def test_halves_are_means_rounded_half_up() -> None:
    image = noise(64, 96)
    blocks = image.reshape(32, 2, 48, 2).astype(float)
    np.testing.assert_array_equal(resized(image, 32, 48), np.floor(blocks.mean(axis=(1, 3)) + 0.5))


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
