"""Emitted DFTs of vectors against numpy."""

from typing import Any

import numpy as np
import pytest

from streamer.kernels import fft, simd
from streamer.kernels.logmel_arena import LANES
from tests.support.emitting import run_emitted


@pytest.mark.parametrize("n", [1, 2, 4, 8, 16, 32])
def test_dft(n: int) -> None:
    def emit(array: simd.Pointer, half: Any) -> None:
        values = [fft.load(array[LANES * i], half) for i in range(n)]
        for i, value in enumerate(fft.dft(values)):
            fft.store(array[LANES * i], half, value)

    rng = np.random.default_rng(n)
    z = rng.standard_normal((n, LANES)) + 1j * rng.standard_normal((n, LANES))
    array = np.stack([z.real, z.imag]).ravel()
    run_emitted(emit, array, n * LANES)
    re, im = array.reshape(2, n, LANES)
    np.testing.assert_allclose(re + 1j * im, np.fft.fft(z, axis=0), atol=1e-13)


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
