"""Changed copies of a recording are recognised, and different recordings are not taken for copies."""

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import Float32
from streamer.dataset.fingerprint import fingerprint, resembling
from tests.support.datasets import RATE, noise, swelling_noise


@pytest.mark.parametrize("change", ["gain", "resampled", "eight bits", "hiss", "a little later"])
def test_a_changed_copy_is_recognised(change: str) -> None:
    originals = [swelling_noise(seed) for seed in range(8)]
    sound = originals[5]
    copies = {
        "gain": (0.1 * sound, RATE),
        "resampled": (soxr.resample(sound, RATE, 22050), 22050),
        "eight bits": (np.round(sound * 128).astype(np.float32) / 128, RATE),
        "hiss": (sound + noise(77, sound.size, 1e-3), RATE),
        "a little later": (sound[40:], RATE),
    }
    codes = [*(fingerprint(original, RATE) for original in originals), fingerprint(*copies[change])]
    assert list(resembling(codes)) == [(8, 5)]


def test_noises_of_the_same_kind_are_not_the_same() -> None:
    assert list(resembling([fingerprint(noise(seed, 2 * RATE), RATE) for seed in range(300)])) == []


def test_tones_of_the_same_envelope_differ_in_pitch() -> None:
    time_s = np.arange(2 * RATE) / RATE
    codes = [fingerprint((np.hanning(time_s.size) * np.sin(2 * np.pi * f * time_s)).astype(np.float32), RATE)
             for f in (440.0, 466.2, 880.0)]  # fmt: skip
    assert list(resembling(codes)) == []


def test_a_copy_resembles_the_first_one_across_blocks_of_rows() -> None:
    codes = [fingerprint(swelling_noise(seed, RATE), RATE) for seed in range(600)]
    assert list(resembling([codes[3], *codes, codes[3]])) == [(4, 0), (601, 0)]


@pytest.mark.parametrize("samples", [noise(0, 63), np.zeros(RATE, np.float32), np.zeros(0, np.float32)])
def test_too_few_samples_have_no_fingerprint(samples: Float32) -> None:
    assert fingerprint(samples, RATE) == b""
    assert list(resembling([b"", b"", fingerprint(noise(0), RATE), b""])) == []


@given(st.integers(64, 3000), st.sampled_from([1000, 8000, 44100, 192_000]), st.integers(0, 99))
@settings(deadline=None)
def test_any_length_and_rate_gives_a_fingerprint(n_samples: int, sample_rate: int, seed: int) -> None:
    code = fingerprint(noise(seed, n_samples), sample_rate)
    assert code == b"" or np.isfinite(np.frombuffer(code, np.float16)).all()
    assert list(resembling([code, code])) == ([(1, 0)] if code else [])
