"""High-pass and gain: the right response, and the same bits however the sound is divided."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import Float32
from streamer.errors import UserError
from streamer.features.conditioning import Conditioning
from streamer.messages import Chunk, SoundFormat, SoundTake
from streamer.recording.settings import TakeSettings
from streamer.recording.sound import SoundTakeRecorder

RATE = 16_000


def _conditioned(sound: np.ndarray, highpass_hz: float, gain_db: float, sizes: list[int]) -> np.ndarray:
    one = Conditioning(highpass_hz, gain_db)
    one.begin(RATE)
    parts: list[Float32] = []
    at = 0
    while at < len(sound):
        size = sizes[len(parts) % len(sizes)]
        parts.append(one.push(sound[at : at + size]))
        at += size
    return np.concatenate(parts)


@given(
    st.lists(st.integers(1, 700), min_size=1, max_size=12),
    st.sampled_from([0.0, 20.0, 150.0, 1000.0]),
    st.sampled_from([-12.0, 0.0, 7.5]),
    st.sampled_from([1, 2, 3]),
    st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_any_chunking_gives_the_same_bits(
    sizes: list[int], highpass_hz: float, gain_db: float, n_channels: int, seed: int
) -> None:
    sound = np.random.default_rng(seed).normal(0.2, 0.1, (3000, n_channels)).astype(np.float32)
    sound[1000:2000] = 0.0
    whole, parts = (_conditioned(sound, highpass_hz, gain_db, each) for each in ([3000], sizes))
    assert whole.dtype == np.float32
    np.testing.assert_array_equal(parts, whole)


@pytest.mark.parametrize(("hz", "loss_db"), [(25.0, 24.1), (50.0, 12.3), (100.0, 3.0), (1000.0, 0.0)])
def test_the_response_is_that_of_butterworth(hz: float, loss_db: float) -> None:
    tone = np.sin(2 * np.pi * hz * np.arange(4 * RATE) / RATE).astype(np.float32)
    after = _conditioned(tone, 100.0, 0.0, [len(tone)])[2 * RATE :]
    assert -10 * np.log10(2 * np.mean(np.square(after, dtype=np.float64))) == pytest.approx(loss_db, abs=0.1)


def test_it_agrees_with_scipy() -> None:
    signal = pytest.importorskip("scipy.signal")
    sound = np.random.default_rng(0).normal(size=5000).astype(np.float32)
    sound[0] = 0.0  # both begin at rest
    b, a = signal.butter(2, 300.0, "highpass", fs=RATE)
    np.testing.assert_allclose(
        _conditioned(sound, 300.0, 6.0, [5000]), signal.lfilter(b, a, sound) * 10**0.3, atol=1e-5
    )


def test_a_constant_offset_gives_no_thump_at_the_beginning_and_after_a_loss() -> None:
    one = Conditioning(50.0)
    one.begin(RATE)
    assert np.abs(one.push(np.full(1000, 0.3, np.float32))).max() < 1e-6
    one.interrupt()
    assert np.abs(one.push(np.full(1000, -0.6, np.float32))).max() < 1e-6


def test_broken_samples_are_forgotten() -> None:
    one = Conditioning(50.0)
    one.begin(RATE)
    sound = np.zeros(100, np.float32)
    sound[10], sound[20] = np.nan, np.inf
    assert np.isfinite(one.push(sound)).all()
    assert np.isfinite(one.push(np.ones(100, np.float32))).all()


def test_nothing_is_changed_by_default() -> None:
    sound = np.ones((10, 2), np.float32)
    assert Conditioning().push(sound) is sound
    assert not Conditioning().changes


def test_gain_alone_is_a_factor() -> None:
    assert _conditioned(np.ones(4, np.float32), 0.0, 20.0, [4]).tolist() == pytest.approx([10.0] * 4)


def test_a_rate_too_low_for_it_is_refused() -> None:
    with pytest.raises(UserError, match=r"highpass_hz=800 must be below half the source's sample rate, 1000 Hz"):
        Conditioning(800.0).begin(1000)


def test_takes_begin_by_the_level_after_it_and_hold_what_was_captured() -> None:
    seconds = np.arange(4 * RATE) / RATE
    rumble = 0.3 * np.sin(2 * np.pi * 60.0 * seconds) * ((seconds > 1.0) & (seconds < 2.0))
    noise = 1e-3 * np.random.default_rng(0).normal(size=seconds.size)
    sound = (rumble + noise).astype(np.float32)[:, None]
    takes = {}
    for highpass_hz in (0.0, 1000.0):
        recorder = SoundTakeRecorder("mic", TakeSettings(), Conditioning(highpass_hz, 6.0))
        recorder.begin(SoundFormat(RATE, 1, "test"))
        messages = [
            m
            for at in range(0, len(sound), 800)
            for m in recorder.step(Chunk(sound[at : at + 800], at, 0, 0.0)).messages
        ]
        takes[highpass_hz] = [*messages, *recorder.finish()]
    assert takes[1000.0] == []
    (take,) = takes[0.0]
    assert isinstance(take, SoundTake)
    assert np.abs(take.samples).max() == pytest.approx(0.3, abs=0.01)
