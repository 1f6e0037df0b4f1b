"""The kernels for images: 2-D FFT and polar means, and their place in the cache."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import streamer.kernels
from streamer.arrays import Float32, Float64, UInt8
from streamer.features.polar_grid import polar_grid
from streamer.features.settings import transformable
from streamer.kernels import fft, simd
from streamer.kernels import image_fft_arena as image_arena
from streamer.kernels.fft_plan import plan_radices
from streamer.kernels.image_fft import log_magnitude
from streamer.kernels.polar import polar_means

FLOOR = 1e-7
SIZES = [n for n in range(32, 1025) if transformable(n) == n]
small_sizes = st.sampled_from([n for n in SIZES if n <= 324])


def tapers(height: int, width: int) -> tuple[Float64, Float64]:
    """Tapers unlike any in use and unlike each other, in the scale of the front end's."""
    rng = np.random.default_rng(height * 1000 + width)
    y, x = rng.uniform(0.2, 1.0, height), rng.uniform(0.2, 1.0, width)
    return y / y.sum(), x / (255.0 * x.sum())


def transformed(image: UInt8) -> Float32:
    arena = image_arena.build_image_arena(*tapers(*image.shape), floor=FLOOR)
    log_magnitude(image, arena)
    return image_arena.output(arena)


def magnitudes(image: UInt8) -> Float64:
    y, x = tapers(*image.shape)
    expected: Float64 = np.abs(np.fft.rfft2(image * (y[:, None] * x)))
    return expected


def assert_accurate(image: UInt8) -> None:
    """Within two float32 roundings of the largest magnitude: logarithms within 1e-4 down to a 500th of it."""
    ours, expected = np.exp(transformed(image).astype(np.float64)), magnitudes(image)
    error = np.abs(ours - np.maximum(expected, FLOOR))
    largest = max(expected.max(), FLOOR)
    assert error.max() <= 2e-7 * largest
    assert np.sqrt(np.mean(error**2)) <= 2e-8 * largest


def drawn(kind: str, height: int, width: int, seed: int) -> UInt8:
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
    assert_accurate(drawn(kind, height, width, seed))


@pytest.mark.parametrize("n", SIZES)
def test_every_size_works_both_ways(n: int) -> None:
    assert_accurate(drawn("noise", n, 36, 0))
    assert_accurate(drawn("noise", 40, n, 0))


@pytest.mark.parametrize("level", [0, 255])
def test_what_is_not_there_lies_at_the_floor(level: int) -> None:
    image = np.full((64, 96), level, np.uint8)
    flat_y, flat_x = np.full(64, 1.0 / 64), np.full(96, 1.0 / (255.0 * 96))
    arena = image_arena.build_image_arena(flat_y, flat_x, floor=1e-6)
    log_magnitude(image, arena)
    values = image_arena.output(arena).ravel()
    assert values[0] == pytest.approx(0.0 if level else np.log(1e-6), abs=1e-6)
    np.testing.assert_allclose(values[1:], np.log(1e-6), atol=1e-6)


def test_only_rows_need_to_be_contiguous() -> None:
    large = drawn("noise", 200, 300, 0)
    view = large[11 : 11 + 96, 7 : 7 + 128]
    expected = transformed(view.copy())
    np.testing.assert_array_equal(transformed(view), expected)
    np.testing.assert_array_equal(transformed(np.flipud(np.flipud(view).copy())), expected)
    frozen = view.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(transformed(frozen), expected)


def test_nothing_is_left_of_the_image_before() -> None:
    first, second = drawn("noise", 100, 108, 0), drawn("cosine", 100, 108, 1)
    arena = image_arena.build_image_arena(*tapers(100, 108), floor=FLOOR)
    tables_end = int(arena.view(np.int32)[image_arena.WORK])  # header and tables lie before it
    tables = arena[:tables_end].copy()
    log_magnitude(first, arena)
    log_magnitude(second, arena)
    np.testing.assert_array_equal(image_arena.output(arena), transformed(second))
    np.testing.assert_array_equal(arena[:tables_end].view(np.uint32), tables.view(np.uint32))


def test_radices() -> None:
    assert plan_radices(256) == (16, 16)
    assert plan_radices(64) == (8, 8)
    assert plan_radices(640) == (5, 8, 16)
    assert plan_radices(16) == (16,)
    with pytest.raises(ValueError, match="n=14 must have no prime factors above 5"):
        plan_radices(14)


def run_emitted(emit: Any, array: NDArray[Any], other: NDArray[Any]) -> None:
    """Call an emitted function of two arrays from a kernel of its own."""
    function: Any = simd.emitted(emit)

    @numba.njit  # type: ignore[untyped-decorator]
    def kernel(array: Any, other: Any) -> None:
        function(array, other)

    kernel(array, other)


@pytest.mark.parametrize("n", [3, 5, 6, 9, 10, 12, 15, 20, 25])
def test_dft_of_sizes_with_factors_3_and_5(n: int) -> None:
    lanes = 8

    def emit(array: simd.Pointer, out: simd.Pointer) -> None:
        values = [fft.load(array[lanes * i], n * lanes) for i in range(n)]
        for i, value in enumerate(fft.dft(values)):
            fft.store(out[lanes * i], n * lanes, value)

    rng = np.random.default_rng(n)
    z = rng.standard_normal((n, lanes)) + 1j * rng.standard_normal((n, lanes))
    out = np.zeros(2 * n * lanes)
    run_emitted(emit, np.stack([z.real, z.imag]).ravel(), out)
    re, im = out.reshape(2, n, lanes)
    np.testing.assert_allclose(re + 1j * im, np.fft.fft(z, axis=0), atol=1e-13)


def test_bytes_become_numbers() -> None:
    def emit(numbers: simd.Pointer, octets: simd.Pointer) -> None:
        for i in range(0, 256, 16):
            numbers[i].store(octets[i].load_bytes(16))

    numbers = np.zeros(256, np.float32)
    run_emitted(emit, numbers, np.arange(256, dtype=np.uint8))
    np.testing.assert_array_equal(numbers, np.arange(256))


def test_at_least() -> None:
    def emit(out: simd.Pointer, numbers: simd.Pointer) -> None:
        out.store(numbers.load(4).at_least(numbers[4].load(4)))

    out = np.zeros(4, np.float32)
    run_emitted(emit, out, np.array([1, 2, np.nan, -np.inf, 2, 1, 3, 4], np.float32))
    np.testing.assert_array_equal(out, [2, 2, 3, 4])


@settings(deadline=None, max_examples=40)
@given(small_sizes, small_sizes, st.integers(4, 80), st.integers(4, 60), st.integers(0, 1 << 30))
@example(256, 256, 64, 36, 0)
@example(64, 64, 256, 180, 0)  # more rings and cells than samples
def test_polar_means_are_those_of_bincount(height: int, width: int, n_radii: int, n_angles: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(-8.0, 2.0, height * (width // 2 + 1)).astype(np.float32)
    grid = polar_grid(height, width, n_radii, n_angles)
    polar, profile = np.full((n_radii, n_angles), np.nan, np.float32), np.full(n_radii, np.nan, np.float32)
    polar_means(values, grid.places, grid.lengths, grid.cells, polar, profile)
    fy = np.repeat(np.fft.fftfreq(height), width // 2 + 1)
    fx = np.tile(np.fft.rfftfreq(width), height)
    lowest = 2.0 / min(height, width)
    ring = np.floor((np.hypot(fx, fy) - lowest) / (0.5 - lowest) * n_radii + 1e-9).astype(int)
    angle = np.round(np.degrees(np.arctan2(-fy, fx)) * n_angles / 180 + 1e-9).astype(int) % n_angles
    for k in range(n_radii):
        in_ring = ring == k
        if not in_ring.any():
            assert profile[k] == profile[k - 1]
            assert (polar[k] == profile[k]).all()
            continue
        assert profile[k] == pytest.approx(values[in_ring].mean(dtype=np.float64), abs=1e-4)
        counts = np.bincount(angle[in_ring], minlength=n_angles)
        totals = np.bincount(angle[in_ring], values[in_ring], minlength=n_angles)
        expected = np.where(counts > 0, totals / np.maximum(counts, 1), profile[k])
        np.testing.assert_allclose(polar[k], expected, atol=1e-4)


ROOT = Path(streamer.kernels.__file__).parents[2]
ACCURATE = """
import numpy as np
from streamer.kernels import image_arena, image_fft
image = np.random.default_rng(0).integers(0, 256, (240, 324), dtype=np.uint8)
flat_y, flat_x = np.full(240, 1 / 240), np.full(324, 1 / (255 * 324))
arena = image_arena.build_image_arena(flat_y, flat_x, 1e-7)
image_fft.log_magnitude(image, arena)
expected = np.abs(np.fft.rfft2(image)) / (255 * 240 * 324)
print(np.abs(np.exp(image_arena.output(arena).astype(float)) - expected).max() < 1e-7)
"""
LOADED = """
import sys
from streamer.kernels.cache import warm_up
warm_up(lambda line: None, media=("{kind}",))
loaded = [name.rpartition(".")[2] for name in sys.modules if name.startswith("streamer.kernels.")]
print(sorted({{"logmel", "image_fft", "polar"}} & set(loaded)))
"""


def said(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_processors_with_narrow_vectors_compute_the_same(tmp_path: Path) -> None:
    plain = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    assert said(ACCURATE, STREAMER_CACHE_DIR=str(tmp_path), **plain) == "True"


@pytest.mark.parametrize(("kind", "loaded"), [("sound", "['logmel']"), ("images", "['image_fft', 'polar']")])
def test_a_stream_loads_only_its_own_kernels(kind: str, loaded: str) -> None:
    assert said(LOADED.format(kind=kind)) == loaded
