"""The passes of an FFT."""

import pytest

from streamer.kernels.fft_plan import plan_radices


def test_radices() -> None:
    assert plan_radices(256) == (16, 16)
    assert plan_radices(64) == (8, 8)
    assert plan_radices(640) == (5, 8, 16)
    assert plan_radices(16) == (16,)
    with pytest.raises(ValueError, match="n=14 must have no prime factors above 5"):
        plan_radices(14)
