"""The log-magnitudes of the image kernel against numpy's FFT in float64."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streamer.arrays import Float32, Float64, UInt8
from streamer.features.settings import largest_fft_length
from streamer.kernels import image_fft_arena
from streamer.kernels.image_fft import log_magnitude
from tests.support.paths import ROOT

FLOOR = 1e-7
SIZES = [n for n in range(32, 1025) if largest_fft_length(n) == n]
small_sizes = st.sampled_from([n for n in SIZES if n <= 324])


def tapers(height: int, width: int) -> tuple[Float64, Float64]:
    """Tapers unlike any in use and unlike each other, in the scale of the front end's."""
    rng = np.random.default_rng(height * 1000 + width)
    y, x = rng.uniform(0.2, 1.0, height), rng.uniform(0.2, 1.0, width)
    return y / y.sum(), x / (255.0 * x.sum())


def transformed(image: UInt8) -> Float32:
    arena = image_fft_arena.build_image_fft_arena(*tapers(*image.shape), floor=FLOOR)
    log_magnitude(image, arena)
    return image_fft_arena.output(arena)


def magnitudes(image: UInt8) -> Float64:
    y, x = tapers(*image.shape)
    expected: Float64 = np.abs(np.fft.rfft2(image * (y[:, None] * x)))
    return expected


def assert_accurate(image: UInt8) -> None:
    """Within two float32 roundings of the largest magnitude: logarithms within 1e-4 down to a 500th of it."""
    ours, expected = np.exp(transformed(image).astype(np.float64)), magnitudes(image)
    error = np.abs(ours - np.maximum(expected, FLOOR))
    largest = max(expected.max(), FLOOR)
    rounding = 5e-7 * FLOOR  # of a logarithm of −16, in float32
    assert error.max() <= max(2e-7 * largest, rounding)
    assert np.sqrt(np.mean(error**2)) <= max(2e-8 * largest, rounding)


def synthetic_image(kind: str, height: int, width: int, seed: int) -> UInt8:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    if kind == "noise":
        return rng.integers(0, 256, (height, width), dtype=np.uint8)
    if kind == "constant":
        return np.full((height, width), rng.integers(0, 256), np.uint8)
    if kind == "checkerboard":
        cell_y, cell_x = rng.integers(1, 20, 2)
        levels = 255.0 * ((y // cell_y + x // cell_x) % 2)
    else:
        fy, fx = rng.uniform(-0.5, 0.5, 2)
        levels = 127.5 + 127.5 * np.cos(2.0 * np.pi * (fy * y + fx * x))
    image: UInt8 = np.round(levels).astype(np.uint8)
    return image


@settings(deadline=None, max_examples=80)
@given(
    st.sampled_from(["noise", "checkerboard", "constant", "cosine"]), small_sizes, small_sizes, st.integers(0, 1 << 30)
)
@example("noise", 256, 256, 0)
@example("noise", 480, 640, 1)
@example("cosine", 32, 1024, 2)
@example("checkerboard", 1024, 32, 3)
@example("constant", 512, 512, 5)
def test_log_magnitude_is_that_of_float64(kind: str, height: int, width: int, seed: int) -> None:
    assert_accurate(synthetic_image(kind, height, width, seed))


@pytest.mark.parametrize("n", SIZES)
def test_every_size_works_both_ways(n: int) -> None:
    assert_accurate(synthetic_image("noise", n, 36, 0))
    assert_accurate(synthetic_image("noise", 40, n, 0))


@pytest.mark.parametrize("level", [0, 255])
def test_absent_frequencies_are_at_the_floor(level: int) -> None:
    image = np.full((64, 96), level, np.uint8)
    flat_y, flat_x = np.full(64, 1.0 / 64), np.full(96, 1.0 / (255.0 * 96))
    arena = image_fft_arena.build_image_fft_arena(flat_y, flat_x, floor=1e-6)
    log_magnitude(image, arena)
    values = image_fft_arena.output(arena).ravel()
    assert values[0] == pytest.approx(0.0 if level else np.log(1e-6), abs=1e-6)
    np.testing.assert_allclose(values[1:], np.log(1e-6), atol=1e-6)


def test_only_rows_need_to_be_contiguous() -> None:
    large = synthetic_image("noise", 200, 300, 0)
    view = large[11 : 11 + 96, 7 : 7 + 128]
    expected = transformed(view.copy())
    np.testing.assert_array_equal(transformed(view), expected)
    np.testing.assert_array_equal(transformed(np.flipud(np.flipud(view).copy())), expected)
    frozen = view.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(transformed(frozen), expected)


def test_the_previous_image_leaves_no_trace() -> None:
    first, second = synthetic_image("noise", 100, 108, 0), synthetic_image("cosine", 100, 108, 1)
    arena = image_fft_arena.build_image_fft_arena(*tapers(100, 108), floor=FLOOR)
    tables_end = int(arena.view(np.int32)[image_fft_arena.WORK])  # header and tables lie before it
    tables = arena[:tables_end].copy()
    log_magnitude(first, arena)
    log_magnitude(second, arena)
    np.testing.assert_array_equal(image_fft_arena.output(arena), transformed(second))
    np.testing.assert_array_equal(arena[:tables_end].view(np.uint32), tables.view(np.uint32))


ACCURATE = """
import numpy as np
from streamer.kernels import image_fft, image_fft_arena
image = np.random.default_rng(0).integers(0, 256, (240, 324), dtype=np.uint8)
flat_y, flat_x = np.full(240, 1 / 240), np.full(324, 1 / (255 * 324))
arena = image_fft_arena.build_image_fft_arena(flat_y, flat_x, 1e-7)
image_fft.log_magnitude(image, arena)
expected = np.abs(np.fft.rfft2(image)) / (255 * 240 * 324)
print(np.abs(np.exp(image_fft_arena.output(arena).astype(float)) - expected).max() < 1e-7)
"""


def test_processors_with_narrow_vectors_compute_the_same(tmp_path: Path) -> None:
    plain = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    done = subprocess.run(
        [sys.executable, "-c", ACCURATE],
        env={**os.environ, "PYTHONPATH": str(ROOT), "STREAMER_CACHE_DIR": str(tmp_path), **plain},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "True"
