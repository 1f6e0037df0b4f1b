"""Log-mel against its definition in float64; any chunking gives the same bits."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from streamer.arrays import Float32
from streamer.errors import UserError
from streamer.features.logmel import LogMel, log_mel
from streamer.features.logmel_settings import STANDARD, LogMelSettings
from streamer.features.mel import mel_weights
from streamer.kernels.logmel_plan import BLOCKED_SIZES, FFT_SIZES


def reference(samples: Float32, s: LogMelSettings) -> NDArray[np.float64]:
    """Return the definition in float64, written with numpy alone."""
    n_frames = max(0, 1 + (samples.size - s.frame_length) // s.hop_length)
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(s.frame_length) / s.frame_length)
    starts = np.arange(n_frames)[:, None] * s.hop_length
    x = samples.astype(np.float64)[starts + np.arange(s.frame_length)]
    power = np.abs(np.fft.rfft(x * taper, s.n_fft, axis=1)) ** 2
    mel = power @ mel_weights(s.sample_rate, s.n_fft, s.n_mels, s.fmin_hz, s.fmax_hz, s.mel_scale).T
    return np.log(mel + s.floor) * (1.0 if s.log == "ln" else 10.0 / np.log(10.0))


def signal(kind: str, n_samples: int, seed: int = 0) -> Float32:
    rng = np.random.default_rng(seed)
    t = np.arange(n_samples) / 16000
    x: Any
    match kind:
        case "noise":
            x = 0.1 * rng.standard_normal(n_samples)
        case "tone":
            x = np.sin(2 * np.pi * 3333.0 * t)  # full scale: other bands lie 140 dB below
        case "quiet":
            x = 1e-4 * np.sin(2 * np.pi * 440.0 * t) + 1e-6 * rng.standard_normal(n_samples)
        case "silence":
            x = np.zeros(n_samples)
        case "clipped":
            x = np.clip(4.0 * rng.standard_normal(n_samples), -1.0, 1.0)
        case "int16":
            x = np.round(300 * np.sin(2 * np.pi * 1000.0 * t) + rng.uniform(-1, 1, n_samples)) / 32768
        case "unscaled":
            x = np.round(32767 * np.sin(2 * np.pi * 200.0 * t))
        case _:
            raise AssertionError(kind)
    return np.asarray(x, np.float32)


KINDS = ("noise", "tone", "quiet", "silence", "clipped", "int16", "unscaled")


def chunked(samples: Float32, sizes: list[int], s: LogMelSettings) -> Float32:
    """Frames of a stream pushed in chunks of the given sizes, the last size repeated to the end."""
    stream = LogMel(s)
    frames = [stream.push(samples[:0]).copy()]
    position = 0
    for size in [*sizes, *[max(1, sizes[-1])] * samples.size]:
        if position >= samples.size:
            break
        frames.append(stream.push(samples[position : position + size]).copy())
        position += size
    return np.concatenate(frames)


@st.composite
def any_settings(draw: st.DrawFn) -> LogMelSettings:
    sample_rate = draw(st.sampled_from([8000, 16000, 22050, 48000]))
    n_fft = draw(st.sampled_from([*BLOCKED_SIZES, *BLOCKED_SIZES, 400, *FFT_SIZES]))
    fmin_hz = draw(st.floats(0.0, 0.4 * sample_rate))
    return LogMelSettings(
        sample_rate=sample_rate,
        n_fft=n_fft,
        frame_length=draw(st.integers(2, n_fft)),
        hop_length=draw(st.integers(1, 3000)),
        n_mels=draw(st.integers(1, 140)),
        fmin_hz=fmin_hz,
        fmax_hz=draw(st.floats(fmin_hz + 1.0, 0.5 * sample_rate)),
        mel_scale=draw(st.sampled_from(["htk", "slaney"])),
        log=draw(st.sampled_from(["ln", "db"])),
        floor=draw(st.sampled_from([1e-12, 1e-6, 1.0])),
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_fft", [256, 512, 1024, 2048, 400])
@pytest.mark.parametrize("log", ["ln", "db"])
def test_accuracy(kind: str, n_fft: int, log: Any) -> None:
    s = replace(STANDARD, n_fft=n_fft, frame_length=min(400, n_fft), log=log)
    x = signal(kind, 8000)
    np.testing.assert_allclose(log_mel(x, s), reference(x, s), rtol=0, atol=1e-5 if log == "ln" else 4.4e-5)


@pytest.mark.parametrize("n_fft", FFT_SIZES)
def test_every_fft_size(n_fft: int) -> None:
    s = replace(STANDARD, n_fft=n_fft, frame_length=n_fft, n_mels=20, fmin_hz=0.0, fmax_hz=8000.0, log="ln")
    x = signal("tone", 2 * n_fft + 1000)
    frames = log_mel(x, s)
    np.testing.assert_allclose(frames, reference(x, s), rtol=0, atol=1e-5)
    np.testing.assert_array_equal(chunked(x, [7, 333, 1], s), frames, strict=True)


@given(s=any_settings(), kind=st.sampled_from(KINDS), n_samples=st.integers(0, 9000), seed=st.integers(0, 99))
@settings(deadline=None)
def test_accuracy_at_any_settings(s: LogMelSettings, kind: str, n_samples: int, seed: int) -> None:
    x = signal(kind, n_samples, seed)
    expected = reference(x, s)
    frames = log_mel(x, s)
    assert frames.dtype == np.float32
    assert frames.shape == expected.shape
    np.testing.assert_allclose(frames, expected, rtol=0, atol=1e-5 if s.log == "ln" else 4.4e-5)


@given(
    s=any_settings(),
    sizes=st.lists(st.integers(0, 4000), min_size=1, max_size=30),
    n_samples=st.integers(0, 12000),
    seed=st.integers(0, 99),
)
@settings(deadline=None)
def test_any_chunking_gives_the_same_bits(s: LogMelSettings, sizes: list[int], n_samples: int, seed: int) -> None:
    x = signal("noise", n_samples, seed)
    np.testing.assert_array_equal(chunked(x, sizes, s), log_mel(x, s), strict=True)


@pytest.mark.parametrize("n_fft", [512, 400])
@pytest.mark.parametrize("size", [1, 7, 160, 10**6])
def test_single_samples_and_huge_chunks_give_the_same_bits(size: int, n_fft: int) -> None:
    x = signal("noise", 30000)
    s = replace(STANDARD, n_fft=n_fft)
    np.testing.assert_array_equal(chunked(x, [size], s), log_mel(x, s), strict=True)


def test_a_frame_comes_with_the_sample_that_completes_it() -> None:
    stream = LogMel(STANDARD)
    sample = np.ones(1, np.float32)
    came = [i + 1 for i in range(800) if len(stream.push(sample))]
    assert came == [400, 560, 720]


@pytest.mark.parametrize("n_fft", [512, 400])
def test_reset_drops_all_samples(n_fft: int) -> None:
    x = signal("noise", 5000)
    s = replace(STANDARD, n_fft=n_fft)
    stream = LogMel(s)
    stream.push(signal("tone", 1234))
    stream.reset()
    np.testing.assert_array_equal(stream.push(x), log_mel(x, s))
    long_hop = replace(s, hop_length=3000)
    stream = LogMel(long_hop)
    stream.push(x[:500])  # one frame, and 2500 samples still to be skipped
    stream.reset()
    np.testing.assert_array_equal(stream.push(x), log_mel(x, long_hop))


@pytest.mark.parametrize("n_fft", [512, 400, 450])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 3e38, -1e13])
def test_invalid_samples_count_as_silence_and_affect_no_other_frame(bad: float, n_fft: int) -> None:
    s = replace(STANDARD, n_fft=n_fft)
    x = signal("noise", 8000)
    places = [1000, 1001, 4000]
    spoiled, silenced = x.copy(), x.copy()
    spoiled[places] = bad
    silenced[places] = 0.0
    for size in (1, 160, 8000):
        stream = LogMel(s)
        frames = np.concatenate([stream.push(spoiled[i : i + size]).copy() for i in range(0, 8000, size)])
        np.testing.assert_array_equal(frames, log_mel(silenced, s))
        assert stream.n_bad_samples == 3
    stream.reset()
    assert stream.n_bad_samples == 0


def test_the_loudest_sound_stays_finite() -> None:
    for mel_scale in ("htk", "slaney"):
        s = replace(STANDARD, n_fft=2048, frame_length=2048, n_mels=1, mel_scale=mel_scale, fmin_hz=0.0, fmax_hz=8000.0)
        frames = log_mel(np.full(4096, 1e12, np.float32) * signal("tone", 4096), s)
        assert np.isfinite(frames).all()


def test_other_types_and_layouts() -> None:
    x = signal("noise", 3000)
    expected = log_mel(x, STANDARD)
    stereo = np.stack([x, 0.5 * x], axis=1)
    read_only = x.copy()
    read_only.flags.writeable = False
    variants: list[Any] = [x.astype(np.float64), stereo[:, 0], x[::-1].copy()[::-1], read_only, x.astype(">f4")]
    for variant in variants:
        np.testing.assert_array_equal(log_mel(variant, STANDARD), expected)
    np.testing.assert_allclose(log_mel(x.astype(np.float16), STANDARD), expected, atol=0.1)
    np.testing.assert_array_equal(log_mel(x.tolist(), STANDARD), expected)


@pytest.mark.parametrize(
    ("samples", "text"),
    [
        (np.zeros((3000, 2)), r"samples\.shape=\(3000, 2\) must be \(n_samples,\)"),
        (np.zeros((1, 100), np.float32), r"samples\.shape=\(1, 100\) must be \(n_samples,\)"),
        (np.float32(0.0), r"samples\.shape=\(\) must be"),
        (np.zeros(10, np.int16), r"samples\.dtype=int16 must be float in the range −1…1; .* samples / 32768\.0$"),
        (np.zeros(4000, np.int32), r"samples\.dtype=int32 must be float .* samples / 2147483648\.0$"),
        (np.zeros(10, np.uint8), r"samples\.dtype=uint8 must be float .* \(samples - 128\.0\) / 128\.0$"),
        (np.zeros(10, np.complex64), r"samples\.dtype=complex64 must be float"),
        (np.zeros(10, bool), r"samples\.dtype=bool must be float"),
        ([0, 1, 0], r"samples\.dtype=int64 must be float"),
        ("sound.wav", r"samples\.dtype=<U9 must be float"),
    ],
)
def test_what_is_not_sound_of_one_channel_is_refused(samples: Any, text: str) -> None:
    with pytest.raises(UserError, match=text):
        log_mel(samples)
    with pytest.raises(UserError, match=text):
        LogMel(STANDARD).push(samples)
