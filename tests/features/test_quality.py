"""What is wrong with sound is found, and nothing is wrong with good sound."""

from itertools import pairwise

import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st

from streamer.arrays import Float32
from streamer.features.quality import Quality, QualityMeter

RATE = 44_100
RNG = np.random.default_rng(5)
NOISE: Float32 = (0.1 * RNG.standard_normal(6 * RATE)).astype(np.float32)


def measured(*channels: Float32, rate: int = RATE) -> Quality:
    meter = QualityMeter(rate, len(channels))
    meter.push(np.stack(channels, 1))
    return meter.quality()


def as_16_bits(samples: Float32) -> Float32:
    return np.asarray(np.round(samples * 32768) / 32768, np.float32)


def resampled(rate: int) -> Float32:
    """Return noise that was recorded at a rate, stored at 44.1 kHz in 16 bits."""
    return as_16_bits(np.asarray(soxr.resample(NOISE[: 6 * rate], rate, RATE), np.float32))


def with_zeros(start_s: float, end_s: float) -> Float32:
    samples = NOISE.copy()
    samples[round(start_s * RATE) : round(end_s * RATE)] = 0
    return samples


@pytest.mark.parametrize(
    ("samples", "remarks"),
    [
        (NOISE, []),
        (as_16_bits(0.01 * NOISE), []),  # its peak is at −47 dBFS
        (as_16_bits(0.003 * NOISE), ["far too quiet: the loudest sample is at -57 dBFS"]),
        (np.clip(8 * NOISE, -1, 1), ["clipped: 12 % of the samples at full scale"]),
        (20 * NOISE, ["values up to 9.4 where 1 is full scale, as of pascals: levels are wrong"]),
        (np.zeros_like(NOISE), ["digital silence: every sample is 0"]),
        (np.full_like(NOISE, 0.25), ["digital silence: every sample is the same"]),
        (np.full_like(NOISE, np.nan), ["no sample is a number"]),
        (NOISE + np.float32(0.05), ["offset of 5.0 % of full scale"]),
        (0.01 * NOISE + np.float32(0.005), ["offset of 0.50 % of full scale"]),
        (with_zeros(2.0, 2.5), ["exact zeros for 0.5 s, 0.5 s of them from 2.0 s on"]),
        (with_zeros(5.0, 6.0), ["exact zeros for 1.0 s at its beginning or end"]),
        (with_zeros(0.0, 0.4), ["exact zeros for 0.4 s at its beginning or end"]),
        (with_zeros(2.0, 2.05), []),
        (resampled(8000), ["nothing above 3.9 kHz, as over a telephone"]),
        (resampled(16_000), ["nothing above 7.8 kHz, as if recorded at 16000 Hz"]),
        (resampled(32_000), []),  # lossy formats cut there
    ],
)
def test_remarks(samples: Float32, remarks: list[str]) -> None:
    found = measured(samples).remarks
    if remarks and "kHz" in remarks[0]:
        assert len(found) == 1
        assert found[0].split(", ")[1] == remarks[0].split(", ")[1]
        return
    if remarks and remarks[0].startswith(("clipped", "values", "far")):
        assert len(found) == 1
        assert found[0].split()[0] == remarks[0].split()[0]
        return
    assert found == remarks


def test_single_numbers_that_are_none_are_counted() -> None:
    samples = NOISE.copy()
    samples[[5, 1000, 70_000]] = np.nan, np.inf, -np.inf
    assert measured(samples, NOISE).remarks == [f"3 of {12 * RATE} samples are no numbers, taken as 0"]


def test_the_worst_channel_counts() -> None:
    assert list(measured(NOISE, np.clip(8 * NOISE, -1, 1)).findings()) == ["clipped"]
    assert list(measured(NOISE, NOISE + np.float32(0.3)).findings()) == ["offset"]
    assert not measured(NOISE, np.zeros_like(NOISE)).findings()  # that is a matter of the channels


def test_a_deep_sine_that_fits_is_not_clipped() -> None:
    t = np.arange(6 * RATE) / RATE
    assert "clipped" not in measured(np.sin(2 * np.pi * 440 * t).astype(np.float32)).findings()


@given(cuts=st.lists(st.integers(1, 6 * RATE - 1), max_size=12))
def test_any_chunking_gives_the_same_zeros_and_bandwidth(cuts: list[int]) -> None:
    samples = with_zeros(1.0, 1.3)[:, None]
    meter = QualityMeter(RATE, 1)
    for a, b in pairwise([0, *sorted(cuts), 6 * RATE]):
        meter.push(samples[a:b])
    found, whole = meter.quality(), measured(samples[:, 0])
    assert (found.zeros_s, found.longest_zeros_s, found.zeros_at_s) == (whole.zeros_s, 0.3, 1.0)
    assert found.bandwidth_hz == whole.bandwidth_hz
    assert (found.peak, found.n_samples) == (whole.peak, whole.n_samples)


def test_nothing_is_wrong_with_nothing() -> None:
    assert QualityMeter(RATE, 2).quality().remarks == []
