"""Emitted vector operations against numpy."""

from typing import Any

import numba
import numpy as np

from streamer.kernels import simd
from streamer.kernels.logmel_arena import LANES
from tests.support.emitting import run_emitted


def test_log_is_exact_to_two_units_in_the_last_place() -> None:
    def emit(array: simd.Pointer, first: Any) -> None:
        place = array[first].cast(simd.FLOAT)
        place.store(simd.log(place.load()))

    rng = np.random.default_rng(0)
    x = np.exp(rng.uniform(-87, 88, 4000)).astype(np.float32)
    x[:1000] = np.linspace(0.5, 2.0, 1000)  # where the result is near 0
    x[1000:1006] = [1.0, np.float32(1.17549435e-38), 3.4e38, np.sqrt(0.5), np.sqrt(2.0), 1e-30]
    array = x.view(np.float64).copy()
    function: Any = simd.emitted(emit)

    @numba.njit  # type: ignore[untyped-decorator]
    def kernel(array: Any) -> None:
        for i in range(0, array.size, LANES // 2):
            function(array, i)

    kernel(array)
    expected = np.log(x.astype(np.float64))
    error = np.abs(array.view(np.float32) - expected) / np.spacing(np.abs(expected).astype(np.float32))
    assert error.max() <= 2.0


def test_transpose_and_lane_sums() -> None:
    def emit(array: simd.Pointer, place: Any) -> None:
        rows = [array[LANES * i].load() for i in range(LANES)]
        for i, column in enumerate(simd.transpose(list(rows))):
            array[place][LANES * i].store(column)
        array[place][LANES * LANES].store(simd.lane_sums(list(rows)))

    square = np.random.default_rng(0).integers(0, 100, (LANES, LANES)).astype(np.float64)
    array = np.concatenate([square.ravel(), np.zeros(LANES * LANES + LANES)])
    run_emitted(emit, array, LANES * LANES)
    np.testing.assert_array_equal(array[LANES * LANES : -LANES].reshape(LANES, LANES), square.T)
    np.testing.assert_array_equal(array[-LANES:], square.sum(axis=1))


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
