"""What several channels are mixed to: whatever one of them holds, the other is heard."""

from itertools import pairwise

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from streamer.arrays import Float32, mono
from streamer.features.channels import ChannelMix
from tests.support.paths import SHARED

RATE = 16_000
RNG = np.random.default_rng(3)


def bursts(length_s: float = 6.0, seed: int = 0) -> Float32:
    """Return barks: decaying tones in a quiet room."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(length_s * RATE)) / RATE
    room = np.convolve(rng.standard_normal(t.size), np.ones(8) / 8, "same") * 0.001
    barks = sum(
        0.3 * np.exp(-8 * np.clip(t - at, 0, None)) * (t >= at) * np.sin(2 * np.pi * hz * t)
        for at, hz in ((1.0, 500), (1.7, 700), (3.1, 600), (4.4, 450))
    )
    return np.asarray(room + barks, np.float32)


def static(length_s: float = 6.0) -> Float32:
    return (0.2 * RNG.standard_normal(round(length_s * RATE))).astype(np.float32)


def hum(length_s: float = 6.0) -> Float32:
    t = np.arange(round(length_s * RATE)) / RATE
    return np.asarray(0.3 * np.sin(2 * np.pi * 50 * t) + 0.1 * np.sin(2 * np.pi * 150 * t), np.float32)


def mixed(*channels: Float32, looks: bool = True) -> tuple[Float32, str]:
    mix = ChannelMix(RATE, len(channels), looks=looks)
    return mix.push(np.stack(channels, 1)), mix.remark


def decibels(samples: Float32) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-20))


SCENE = bursts()
SETTLED = slice(round(1.5 * RATE), None)


@pytest.mark.parametrize(
    ("other", "remark"),
    [
        (-SCENE, "channel 1 is inverted: its sign is turned before mixing"),
        (-0.5 * SCENE, "channel 1 is inverted: its sign is turned before mixing"),
        (np.zeros_like(SCENE), "channel 1 is silent: left out"),
        (1e-6 * static(), "channel 1 is silent: left out"),
        (static(), "channel 1 holds nothing but steady noise: left out"),
        (0.02 * static() / 0.2, "channel 1 holds nothing but steady noise: left out"),
        (hum(), "channel 1 holds nothing but steady noise: left out"),
        (static() + hum(), "channel 1 holds nothing but steady noise: left out"),
    ],
)
def test_the_good_channel_is_heard_whatever_the_other_holds(other: Float32, remark: str) -> None:
    found, said = mixed(SCENE, other)
    assert said.replace(" from 2 s on", "") == remark
    expected = 0.5 * (SCENE - other) if "inverted" in remark else SCENE
    assert np.allclose(found[SETTLED], expected[SETTLED], atol=1e-6)
    found, said = mixed(other, SCENE)  # the first of them is the bad one
    assert decibels(found[SETTLED]) == pytest.approx(decibels(expected[SETTLED]), abs=0.1)
    assert ("0" if "inverted" not in remark else "1") in said


def test_an_inverted_pair_with_noise_of_its_own_in_each_channel() -> None:
    left, right = SCENE + 0.01 * static(), -SCENE + 0.01 * static()
    found, said = mixed(left, right)
    assert said == "channel 1 is inverted: its sign is turned before mixing"
    assert decibels(found[SETTLED]) > decibels(SCENE[SETTLED]) - 0.1
    assert decibels(mixed(left, right, looks=False)[0]) < decibels(SCENE) - 15


def test_an_inverted_channel_among_four() -> None:
    found, said = mixed(SCENE, SCENE, -SCENE, SCENE)
    assert said == "channel 2 is inverted: its sign is turned before mixing"
    assert np.allclose(found[SETTLED], SCENE[SETTLED], atol=1e-6)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (SCENE, SCENE),
        (SCENE, bursts(seed=1)),  # two microphones in different noise
        (SCENE, np.roll(SCENE, 40)),  # one farther away
        (bursts(seed=2), np.roll(bursts(seed=4), RATE)),  # different sounds
        (static(), static()),  # rain on both: nothing else is heard, so nothing is left out
        (hum(), hum()),
        (np.zeros_like(SCENE), np.zeros_like(SCENE)),
    ],
)
def test_good_channels_are_their_mean_and_nothing_is_said(left: Float32, right: Float32) -> None:
    found, said = mixed(left, right)
    assert said == ""
    assert np.array_equal(found, mono(np.stack([left, right], 1)))


@given(cuts=st.lists(st.integers(1, 6 * RATE - 1), max_size=12))
def test_any_chunking_gives_the_same_mix(cuts: list[int]) -> None:
    samples = np.stack([SCENE, static()], 1)
    samples[3 * RATE :, 1] = -SCENE[3 * RATE :]
    whole = ChannelMix(RATE, 2)
    parts = ChannelMix(RATE, 2)
    pieces = [parts.push(samples[a:b]) for a, b in pairwise([0, *sorted(cuts), 6 * RATE])]
    assert np.array_equal(np.concatenate(pieces), whole.push(samples))
    assert parts.remark == whole.remark


def test_numbers_that_are_none_do_no_harm() -> None:
    bad = SCENE.copy()
    bad[::7] = np.nan
    found, _ = mixed(SCENE, bad)
    assert np.isfinite(found).all()
    found, said = mixed(SCENE, np.full_like(SCENE, np.nan))
    assert said == "channel 1 is silent: left out"
    assert np.array_equal(found[SETTLED], SCENE[SETTLED])


def test_a_channel_that_begins_late_is_heard() -> None:
    late = np.where(np.arange(SCENE.size) < 3 * RATE, 0, bursts(seed=5)).astype(np.float32)
    found, _ = mixed(SCENE, late)
    assert decibels(found[round(3.2 * RATE) :]) > -45
    assert np.array_equal(found[4 * RATE :], mono(np.stack([SCENE, late], 1))[4 * RATE :])


@pytest.mark.parametrize("name", ["birds", "boat", "city", "coffee-shop", "fireplace", "storm", "train", "wind"])
def test_nothing_is_said_of_good_recordings(name: str) -> None:
    path = SHARED / "data" / "ambience" / f"{name}.ogg"
    if not path.exists():
        pytest.skip("needs the shared recordings")
    samples, rate = soundfile.read(path, dtype="float32", frames=30 * 44_100)
    mix = ChannelMix(rate, 2)
    assert np.array_equal(mix.push(samples), mono(samples))
    assert mix.remark == ""
