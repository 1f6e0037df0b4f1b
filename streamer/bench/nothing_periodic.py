"""Simulate series of cells before which nothing repeats: nature, one-off events, the automatics of a camera."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from streamer.arrays import Float64
from streamer.bench.camera_noise import power_law
from streamer.bench.situations import COLUMNS, FPS, N_CELLS, ROWS, Situation, even, noise, patch


def _made(waves: Float64, times_s: Float64, rng: Generator) -> Situation:
    series = 100 + waves + noise(times_s.size, rng)
    return Situation(series.astype(np.float32), times_s, stated=False)


def resonance(n: int, hz: float, quality: float, rng: Generator, n_series: int) -> Float64:
    """Return noise of variance 1 about a frequency: a resonator that chance drives."""
    freq = np.fft.rfftfreq(4 * n, 1 / FPS)
    freq[0] = freq[1]
    response = 1 / (1 - (freq / hz) ** 2 + 1j * freq / (hz * quality))
    drive = rng.standard_normal((freq.size, n_series)) + 1j * rng.standard_normal((freq.size, n_series))
    result = np.fft.irfft(drive * response[:, None], axis=0)[:n]
    return np.asarray(result / result.std())


def tree_in_wind(rng: Generator) -> Situation:
    """Branches that sway at frequencies of their own, driven by gusts."""
    t = even(12)
    waves = np.zeros((t.size, N_CELLS))
    for _ in range(12):
        sway = resonance(t.size, rng.uniform(0.3, 2.0), rng.uniform(2, 5), rng, 1)
        waves += sway * rng.uniform(1, 6) * patch(rng, 2, 3)
    return _made(waves, t, rng)


def water(rng: Generator) -> Situation:
    """Waves of many lengths that run across the image, each with the frequency of its length."""
    t = even(10)
    row, column = np.divmod(np.arange(N_CELLS), COLUMNS)
    waves = np.zeros((t.size, N_CELLS))
    for _ in range(40):
        along, across = rng.normal(0, 1.5, 2)
        hz = 0.9 * np.sqrt(np.hypot(along, across)) + 0.05
        run = resonance(t.size, hz, rng.uniform(3, 6), rng, 2)  # a group of waves passes in a few periods
        turn = 2 * np.pi * (along * row + across * column) / 8
        waves += rng.rayleigh(0.8) * (run[:, :1] * np.cos(turn) + run[:, 1:] * np.sin(turn))
    return _made(waves, t, rng)


def pink_noise(rng: Generator) -> Situation:
    """Noise whose power falls as 1 / frequency, of its own in each cell and common to all."""
    n = 300
    own, common = power_law(n, N_CELLS, rng.uniform(0.7, 1.8), rng), power_law(n, 1, rng.uniform(0.7, 1.8), rng)
    return _made(2 * own + 3 * common * rng.uniform(0, 1, N_CELLS), even(10), rng)


def one_off(rng: Generator) -> Situation:
    """A door that opens, a ramp of the light, or somebody who switches it on, on and off."""
    t = even(10)
    kind, begin, length = rng.integers(3), rng.uniform(1, 7), rng.uniform(0.3, 3)
    ramp = np.clip((t - begin) / length, 0, 1)
    if kind == 0:
        waves = 30 * ramp[:, None] * patch(rng, 6, 6)
    elif kind == 1:
        waves = 40 * (t / t[-1])[:, None] ** rng.uniform(0.5, 2) * rng.uniform(0.5, 1, N_CELLS)
    else:
        steps = sum(rng.choice([-1, 1]) * (t > each) for each in rng.uniform(0.5, 9.5, rng.integers(1, 6)))
        waves = 20 * np.asarray(steps)[:, None] * rng.uniform(0.2, 1, N_CELLS)
    return _made(waves, t, rng)


def hunting_exposure(rng: Generator) -> Situation:
    """Automatic exposure that overshoots after each of a few changes of the scene."""
    t = even(12)
    waves = np.zeros((t.size, N_CELLS))
    for begin in rng.uniform(0, 11, rng.integers(2, 6)):
        since = np.clip(t - begin, 0, None)
        ring = np.exp(-since / rng.uniform(0.2, 0.6)) * np.cos(2 * np.pi * rng.uniform(0.6, 1.5) * since) * (t > begin)
        waves += 15 * rng.choice([-1, 1]) * ring[:, None] * rng.uniform(0.5, 1.2, N_CELLS)
    return _made(waves, t, rng)


def shaking_hand(rng: Generator) -> Situation:
    """A camera in the hand: wander and tremor in two directions."""
    n = 360
    tremor = np.hstack([resonance(n, rng.uniform(7, 11), rng.uniform(2, 4), rng, 1) for _ in range(2)])
    motion = 2 * power_law(n, 2, 2.5, rng) + rng.uniform(0.1, 0.5) * tremor
    linear, curved = rng.standard_normal((2, 2, N_CELLS))
    return _made(2 * motion @ linear + 0.3 * motion**2 @ curved, even(12), rng)


def walker(rng: Generator) -> Situation:
    """Somebody who walks across, and a curtain that moves a few times."""
    t = even(10)
    row, column = np.divmod(np.arange(N_CELLS), COLUMNS)
    place = rng.uniform(-2, 6) + rng.uniform(0.8, 3) * t
    waves = 25 * np.exp(-0.5 * ((column - place[:, None]) / 1.5) ** 2) * (row > ROWS // 3)
    for begin in rng.uniform(0, 9, 4):
        waves += 8 * np.exp(-0.5 * ((t - begin) / rng.uniform(0.1, 0.4)) ** 2)[:, None] * patch(rng)
    return _made(waves, t, rng)


def coder_pattern(rng: Generator) -> Situation:
    """The coarse and fine images of a video coder, at a whole number of images, or almost."""
    t = even(12)
    period = int(rng.choice([2, 3, 4, 5, 8, 12, 15, 25, 30]))
    place = np.arange(t.size) % period
    if rng.random() < 0.5:  # decided anew for each group of images
        lengths = rng.choice([period, period, period, period + 1, max(period - 1, 1)], t.size)
        place = np.concatenate([np.arange(each) for each in lengths])[: t.size]
    wave = np.where(place == 0, 1.0, 0.0) + rng.uniform(0, 0.5) * place / period
    return _made(0.3 * wave[:, None] * rng.standard_normal(N_CELLS), t, rng)


NOTHING: dict[str, Callable[[Generator], Situation]] = {
    "tree in wind": tree_in_wind,
    "water": water,
    "1/f noise": pink_noise,
    "door, ramp, lights": one_off,
    "hunting exposure": hunting_exposure,
    "hand-held": shaking_hand,
    "walker": walker,
    "coder's pattern": coder_pattern,
}
