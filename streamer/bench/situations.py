"""Simulate series of cells before which something repeats in time, or nothing does, in ways that people meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from streamer.arrays import Float32, Float64

FPS = 30.0
ROWS, COLUMNS = 9, 16
N_CELLS = ROWS * COLUMNS


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """Series of cells with the rhythms that are in them."""

    series: Float32  # shape (n_images, N_CELLS)
    times_s: Float64  # capture times
    truths_hz: tuple[
        tuple[float, float], ...
    ] = ()  # range of the frequency of each rhythm, equal limits if it is steady
    also_hz: tuple[float, ...] = ()  # frequencies that are not wrong either, though nobody misses them
    stated: bool = True  # whether a number is expected; else none is better than any
    kinds: Float32 | None = None  # of the images as they were coded, where the coder tells


def even(seconds: float, fps: float = FPS) -> Float64:
    """Return even capture times."""
    return np.arange(round(seconds * fps)) / fps


def patch(rng: Generator, n_rows: int = 3, n_columns: int = 4) -> Float64:
    """Return the strengths of one object in all cells: 0.5 … 1.5 with either sign in a rectangle, else 0."""
    strength = np.zeros((ROWS, COLUMNS))
    row, column = rng.integers(0, ROWS - n_rows + 1), rng.integers(0, COLUMNS - n_columns + 1)
    signs = rng.choice([-1.0, 1.0], (n_rows, n_columns))
    strength[row : row + n_rows, column : column + n_columns] = signs * rng.uniform(0.5, 1.5, (n_rows, n_columns))
    return strength.ravel()


def noise(n: int, rng: Generator, level: float = 0.5) -> Float64:
    """Return noise of a camera, with faint drift of the light."""
    drift = rng.standard_normal((n, 1)).cumsum(axis=0) * 0.01
    return level * rng.standard_normal((n, N_CELLS)) + drift * rng.uniform(0.5, 1.5, N_CELLS)


def sine(phase: Float64) -> Float64:
    """Return a sinusoid of amplitude 1 of a phase in cycles."""
    return np.asarray(np.sin(2 * np.pi * phase))


def pulses(phase: Float64, duty: float, exposure: float = 0.0) -> Float64:
    """Return pulses 0 … 1 of a phase in cycles, averaged over an exposure in cycles."""
    if exposure <= 0:
        return np.asarray(phase % 1 < duty, np.float64)

    def lit(until: Float64) -> Float64:  # integral from phase 0
        return np.floor(until) * duty + np.minimum(until % 1, duty)

    return np.asarray((lit(phase + exposure / 2) - lit(phase - exposure / 2)) / exposure)


def _made(
    waves: Float64, times_s: Float64, rng: Generator, *truths: float | tuple[float, float],
    also: tuple[float, ...] = (), level: float = 0.5, stated: bool = True,
) -> Situation:  # fmt: skip
    ranges = tuple((each, each) if isinstance(each, float) else each for each in truths)
    series = 100 + waves + noise(times_s.size, rng, level)
    return Situation(series.astype(np.float32), times_s, ranges, also, stated)


def _on(wave: Float64, place: Float64) -> Float64:
    return wave[:, None] * place


def sinusoid(rng: Generator) -> Situation:
    """A steady sinusoid of 0.5 … 13 Hz."""
    t = even(rng.uniform(6, 12))
    hz = rng.uniform(0.5, 13.0)
    return _made(rng.uniform(0.4, 8) * _on(sine(hz * t + rng.random()), patch(rng)), t, rng, hz)


def two_objects(rng: Generator) -> Situation:
    """Two objects with frequencies of their own, some of whose cells are the same."""
    t = even(rng.uniform(8, 15))
    first = rng.uniform(0.8, 6.0)
    second = first + rng.choice([-1, 1]) * rng.uniform(0.3, 0.6) * first if rng.random() < 0.5 else rng.uniform(6.5, 12)
    waves = _on(sine(first * t), 3 * patch(rng)) + _on(sine(second * t + 0.3), rng.uniform(1, 4) * patch(rng))
    return _made(waves, t, rng, first, float(second))


def octave_apart(rng: Generator) -> Situation:
    """Two objects in different places, one twice as fast."""
    t = even(rng.uniform(8, 15))
    hz = rng.uniform(0.8, 6.0)
    left, right = np.zeros((ROWS, COLUMNS)), np.zeros((ROWS, COLUMNS))
    left[2:5, 1:5], right[4:7, 9:14] = rng.uniform(0.5, 1.5, (3, 4)), rng.uniform(0.5, 1.5, (3, 5))
    waves = _on(sine(hz * t), rng.uniform(1, 5) * left.ravel())
    return _made(waves + _on(sine(2 * hz * t + rng.random()), rng.uniform(1, 5) * right.ravel()), t, rng, hz, 2 * hz)


def breath_and_pulse(rng: Generator) -> Situation:
    """Breathing of a chest and the pulse of a cheek, neither quite regular."""
    t = even(20)
    breath, pulse = rng.uniform(0.22, 0.35), rng.uniform(0.9, 1.7)
    wander = np.cumsum(rng.standard_normal(t.size)) * 0.002
    chest = sine(breath * t) + 0.2 * sine(2 * breath * t)
    waves = _on(chest, 5 * patch(rng, 4, 8)) + _on(sine(pulse * t + wander), patch(rng, 3, 3))
    return _made(waves, t, rng, breath, (pulse - 0.03, pulse + 0.03), level=0.3)


def a_part_of_the_time(rng: Generator) -> Situation:
    """A rhythm in 5 of 20 seconds."""
    t = even(20)
    hz, begin = rng.uniform(1.5, 10.0), rng.uniform(0, 15)
    on = (t > begin) & (t < begin + 5)
    return _made(_on(on * sine(hz * t), rng.uniform(2, 6) * patch(rng)), t, rng, hz)


def switch(rng: Generator) -> Situation:
    """One frequency, then another, in the same cells."""
    t = even(rng.uniform(10, 20))
    first, second = rng.choice([(3.0, 5.0), (2.0, 3.0), (4.0, 6.0), tuple(rng.uniform([1.5, 5.5], [4.5, 10]))])
    at = rng.uniform(0.35, 0.65) * t[-1]
    wave = np.where(t < at, sine(first * t), sine(second * (t - at)))
    return _made(_on(wave, rng.uniform(2, 6) * patch(rng)), t, rng, float(first), float(second))


def chirp(rng: Generator) -> Situation:
    """A frequency that rises or falls by 3 … 20 %."""
    t = even(rng.uniform(8, 15))
    first = rng.uniform(2.0, 8.0)
    last = first * (1 + rng.choice([-1, 1]) * rng.uniform(0.03, 0.2))
    phase = first * t + (last - first) * t**2 / (2 * t[-1])
    return _made(_on(sine(phase), 4 * patch(rng)), t, rng, (min(first, last), max(first, last)))


def warming_motor(rng: Generator) -> Situation:
    """A motor that comes up to speed exponentially, with a harmonic."""
    t = even(12)
    hz, share, tau = rng.uniform(3.0, 6.0), rng.uniform(0.05, 0.3), rng.uniform(2, 8)
    phase = hz * (t + share * tau * np.exp(-t / tau))
    wave = sine(phase) + 0.4 * sine(2 * phase + 0.2)
    rate = hz * (1 - share * np.exp(-t / tau))
    return _made(_on(wave, 4 * patch(rng)), t, rng, (float(rate.min()), float(rate.max())))


def wandering_frequency(rng: Generator) -> Situation:
    """A breath: a frequency that wanders at random."""
    t = even(20)
    hz = rng.uniform(0.3, 1.5)
    rate = hz * np.exp(np.cumsum(rng.standard_normal(t.size)) * rng.uniform(0.003, 0.012))
    waves = _on(sine(np.cumsum(rate) / FPS), 4 * patch(rng, 4, 6))
    return _made(waves, t, rng, (float(rate.min()), float(rate.max())), stated=False)


def pulse_train(rng: Generator) -> Situation:
    """Pulses of 5 … 50 % duty."""
    t = even(rng.uniform(8, 12))
    hz, duty = rng.uniform(0.6, 4.0), rng.uniform(0.05, 0.5)
    return _made(_on(pulses(hz * t + rng.random(), duty, hz / FPS), 10 * patch(rng)), t, rng, hz)


def flashes(rng: Generator, n: int) -> Situation:
    """A beacon with several flashes in each period."""
    t = even(rng.uniform(10, 15))
    hz = rng.uniform(0.5, 1.2)
    gap = rng.uniform(0.15, 0.25)
    wave = sum(pulses(hz * t - k * gap, 0.1, hz / FPS) for k in range(n))
    return _made(_on(np.asarray(wave), 15 * patch(rng)), t, rng, hz)


def unequal_blades(rng: Generator) -> Situation:
    """A fan, one of whose three to five blades is darker."""
    t = even(rng.uniform(8, 12))
    n = int(rng.integers(3, 6))
    hz = rng.uniform(0.8, 13.0 / n)
    wave = sine(n * hz * t) + sum(rng.uniform(0.1, 0.4) * sine(k * hz * t + rng.random()) for k in range(1, n))
    return _made(_on(wave, 5 * patch(rng)), t, rng, hz)


def folded_lamp(rng: Generator) -> Situation:
    """A lamp above half the image rate: its aliases say so."""
    t = even(rng.uniform(8, 12))
    hz = float(rng.choice([37.0, 97.3, 217.0, rng.uniform(16, 29), rng.uniform(31, 88)]))
    low = abs(hz - FPS * round(hz / FPS))
    duty, exposure = rng.uniform(0.3, 0.5), hz * rng.uniform(0.001, 0.006)
    return _made(_on(pulses(hz * t + rng.random(), duty, exposure), 20 * patch(rng)), t, rng, hz, also=(low,))


def short_flashes(rng: Generator) -> Situation:
    """A lamp of 5 … 14 Hz and 10 % duty, whose harmonics fold."""
    t = even(rng.uniform(8, 12))
    hz = rng.uniform(5.2, 14.0)
    return _made(_on(pulses(hz * t + rng.random(), 0.1, hz * 0.002), 20 * patch(rng)), t, rng, hz)


def falling_image_rate(rng: Generator) -> Situation:
    """A camera that slows down in dim light: 30, 15 and 10 images per second."""
    intervals = np.concatenate([np.full(int(rng.integers(60, 150)), 1 / each) for each in (30.0, 15.0, 10.0)])
    t = np.cumsum(intervals)
    hz = rng.uniform(0.8, 4.0)
    return _made(_on(sine(hz * t), 3 * patch(rng)), t, rng, hz)


def bursts(rng: Generator) -> Situation:
    """Images that arrive in bursts of two to six, with the times of their arrival."""
    n = int(rng.integers(2, 7))
    true_s = even(12)
    arrival = (np.arange(true_s.size) // n * n + n) / FPS
    t = arrival + 0.002 * (np.arange(true_s.size) % n)
    hz = rng.uniform(0.8, 4.0)
    return _made(_on(sine(hz * true_s), 3 * patch(rng)), t, rng, hz)


def jitter(rng: Generator) -> Situation:
    """Times with a jitter of 20 ms, as they are read late by a busy machine."""
    true_s = even(10)
    t = true_s + rng.uniform(0, 0.02, true_s.size)
    hz = rng.uniform(0.8, 6.0)
    return _made(_on(sine(hz * true_s), 3 * patch(rng)), t, rng, hz)


def dropped(rng: Generator) -> Situation:
    """A third of the images missing."""
    t = even(12)[rng.random(360) > 0.33]
    hz = rng.uniform(0.8, 8.0)
    return _made(_on(sine(hz * t), 3 * patch(rng)), t, rng, hz)


def swelling(rng: Generator) -> Situation:
    """A vibration whose amplitude swells and fades."""
    t = even(12)
    hz, beat = rng.uniform(3.0, 10.0), rng.uniform(0.3, 0.8)
    wave = (1 + rng.uniform(0.3, 0.9) * sine(beat * t)) * sine(hz * t)
    return _made(_on(wave, 4 * patch(rng)), t, rng, hz, also=(hz - beat, hz + beat))


def beat(rng: Generator) -> Situation:
    """Two frequencies so near that they beat."""
    t = even(15)
    first = rng.uniform(3.0, 8.0)
    second = first + rng.uniform(0.25, 0.6)
    wave = sine(first * t) + rng.uniform(0.5, 1) * sine(second * t)
    return _made(_on(wave, 4 * patch(rng)), t, rng, first, second)


def waveform(rng: Generator) -> Situation:
    """A square, triangle or sawtooth."""
    t = even(rng.uniform(8, 12))
    hz = rng.uniform(0.6, 5.0)
    phase = (hz * t + rng.random()) % 1
    wave = (np.where(phase < 0.5, 1.0, -1.0), 4 * np.abs(phase - 0.5) - 1, 2 * phase - 1)[rng.integers(3)]
    return _made(_on(wave, 4 * patch(rng)), t, rng, hz)


def mains_bands(rng: Generator) -> Situation:
    """Mains light of 100 or 120 Hz on a rolling shutter, at 25, 30, 50 or 60 images per second and a little off."""
    fps = float(rng.choice([25.0, 30.0, 50.0, 60.0])) * (1 + rng.uniform(-3e-3, 3e-3))
    t = even(10, fps)
    mains = float(rng.choice([100.0, 120.0]))
    rows = np.repeat(np.arange(ROWS), COLUMNS)
    waves = 4 * sine(mains * (t[:, None] + rows * 0.02 / ROWS)) * rng.uniform(0.5, 1.5, N_CELLS)
    return _made(waves, t, rng, mains, also=(abs(mains - fps * round(mains / fps)),))


def slow_light(rng: Generator) -> Situation:
    """A slow period of the light on the whole image."""
    t = even(20)
    hz = rng.uniform(0.2, 0.6)
    return _made(_on(sine(hz * t), 5 * rng.uniform(0.5, 1.5, N_CELLS)), t, rng, hz)


RHYTHMS: dict[str, Callable[[Generator], Situation]] = {
    "sinusoid": sinusoid,
    "two objects": two_objects,
    "f and 2f apart": octave_apart,
    "breath and pulse": breath_and_pulse,
    "5 of 20 s": a_part_of_the_time,
    "switch": switch,
    "chirp": chirp,
    "warming motor": warming_motor,
    "wandering frequency": wandering_frequency,
    "pulse train": pulse_train,
    "double flash": lambda rng: flashes(rng, 2),
    "triple flash": lambda rng: flashes(rng, 3),
    "unequal blades": unequal_blades,
    "folded lamp": folded_lamp,
    "short flashes, folded": short_flashes,
    "30, 15, 10 images/s": falling_image_rate,
    "bursts": bursts,
    "jitter 20 ms": jitter,
    "a third dropped": dropped,
    "swelling": swelling,
    "beat": beat,
    "square, saw, triangle": waveform,
    "mains bands": mains_bands,
    "slow light": slow_light,
}
