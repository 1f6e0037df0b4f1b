"""Signals in time for synthetic videos: capture times, rhythms, aimless movement. Times are in image intervals."""

from __future__ import annotations

import numpy as np

from streamer.arrays import Float32, Float64, Rng

N_IMAGES = 128  # of a window
HIGHEST = 0.45  # cycles per image


def capture_times(rng: Rng, n_images: int = N_IMAGES) -> Float64:
    """Return the capture times of one window: jittered, with dropped images, or fewer images as of a short file."""
    n = n_images if rng.random() < 0.92 else int(rng.integers(n_images // 4, n_images))
    dropped = rng.uniform(0.0, 0.06) if rng.random() < 0.3 else 0.0
    kept = np.flatnonzero(rng.random(2 * n + 16) >= dropped)[:n]
    jitter = rng.uniform(0.0, 0.15) if rng.random() < 0.4 else 0.0
    return np.asarray(kept + np.clip(jitter * rng.standard_normal(n), -0.45, 0.45), np.float64)


def frequency(times: Float64, rng: Rng, lowest_cycles: float = 2.0, highest: float = HIGHEST) -> float:
    """Return cycles per image, log-uniform, of which the window holds at least ``lowest_cycles`` cycles."""
    lowest = lowest_cycles / (times[-1] - times[0])
    return float(np.exp(rng.uniform(np.log(lowest), np.log(highest))))


def phase(times: Float64, cycles: float, wander: float, rng: Rng) -> Float64:
    """Return the angle of a rhythm in radians: a random start, and a walk of ``wander`` radians over the window."""
    steps = rng.standard_normal(times.size) * wander / np.sqrt(times.size)
    return np.asarray(2 * np.pi * (cycles * times + rng.random()) + np.cumsum(steps))


def swing(angle: Float64, rng: Rng) -> Float64:
    """Return an oscillation, −1 … 1: mostly a sine, or asymmetric, flattened, fading, of changing amplitude."""
    form = rng.random()
    if form < 0.65:
        signal = np.sin(angle)
    elif form < 0.8:  # breathing: in faster than out
        signal = np.sin(angle + rng.uniform(0.2, 0.8) * np.sin(angle))
    elif form < 0.9:  # flattened, as against a stop
        signal = np.tanh(rng.uniform(1.0, 4.0) * np.sin(angle))
    else:
        signal = np.sin(angle) + rng.uniform(0.1, 0.5) * np.sin(2 * angle + rng.uniform(0, 2 * np.pi))
    place = np.linspace(0.0, 1.0, angle.size)
    if rng.random() < 0.3:
        signal = signal * np.exp(-rng.uniform(0.0, 2.5) * place)
    if rng.random() < 0.15:
        signal = signal * (1 + rng.uniform(0.1, 0.5) * np.sin(2 * np.pi * (place * rng.uniform(0.3, 2) + rng.random())))
    return np.asarray(signal / np.abs(signal).max())


def flash(angle: Float64, rng: Rng) -> Float64:
    """Return the brightness of a light, 0 … 1: sine, square of any duty, fading or double flash, rectified mains."""
    turn = np.mod(angle / (2 * np.pi), 1.0)
    form = rng.random()
    if form < 0.3:
        return np.asarray(0.5 + 0.5 * np.sin(angle))
    if form < 0.65:
        return _square(turn, rng.uniform(0.06, 0.94))
    if form < 0.8:
        return np.asarray(np.exp(-turn * rng.uniform(2.0, 12.0)))
    if form < 0.9:
        width = rng.uniform(0.05, 0.15)
        return np.maximum(_square(turn, width), _square(np.mod(turn - rng.uniform(0.2, 0.35), 1.0), width))
    return np.abs(np.sin(angle / 2))


def _square(turn: Float64, duty: float) -> Float64:
    """Return a square wave, 0 … 1, with the edges that an exposure of at most an eighth of a cycle gives."""
    edge = 0.04
    return np.clip((duty / 2 - np.abs(turn - 0.5)) / edge + 0.5, 0.0, 1.0)


def heart_beat(angle: Float64, rng: Rng) -> Float64:
    """Return the signal of blood in the skin, −1 … 1: a steep rise, a slow fall with a second, lower wave."""
    second, third = rng.uniform(0.25, 0.6), rng.uniform(0.05, 0.25)
    signal = np.sin(angle) + second * np.sin(2 * angle + 0.6) + third * np.sin(3 * angle + 1.2)
    return np.asarray(signal / np.abs(signal).max())


def wander(times: Float64, slowest: float, rng: Rng) -> Float64:
    """Return aimless movement: noise of mean 0 and variance 1 whose power falls above ``slowest`` cycles per image."""
    n = 4 * N_IMAGES
    spectrum = rng.standard_normal(n // 2 + 1) + 1j * rng.standard_normal(n // 2 + 1)
    spectrum *= 1.0 / (1.0 + (np.fft.rfftfreq(n) / slowest) ** 2)
    signal = np.fft.irfft(spectrum, n)
    start = rng.integers(0, n)
    signal = np.interp(times + start, np.arange(3 * n), np.tile(signal, 3))
    signal -= signal.mean()
    return np.asarray(signal / (signal.std() + 1e-9))


def as_float32(signal: Float64) -> Float32:
    """Return the signal in the type of the images."""
    return signal.astype(np.float32)
