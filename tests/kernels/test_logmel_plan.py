"""The FFT sizes of log-mel, and their passes."""

from math import prod

import pytest

from streamer.kernels.logmel_plan import BLOCKED_SIZES, FFT_SIZES, pass_radices


def test_sizes() -> None:
    assert {64, 96, 320, 400, 480, 600, 800, 1200, 4096} <= set(FFT_SIZES)
    assert set(BLOCKED_SIZES) <= set(FFT_SIZES)
    assert not {62, 65, 98, 441, 498, 4098} & set(FFT_SIZES)


@pytest.mark.parametrize("n_fft", FFT_SIZES)
def test_there_is_a_plan_for_every_size(n_fft: int) -> None:
    radices = pass_radices(n_fft // 2)
    assert len(radices) >= 2
    assert prod(radices) == n_fft // 2


def test_plans() -> None:
    assert pass_radices(200) == (8, 5, 5)  # the fastest, though 25 · 8 has fewer passes
    assert pass_radices(300) == (12, 5, 5)
    assert pass_radices(125) == (25, 5)
    assert pass_radices(2048) == (8, 4, 8, 8)
    with pytest.raises(ValueError, match="n=14 must be half of one of FFT_SIZES"):
        pass_radices(14)
