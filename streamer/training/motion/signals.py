"""Courses in time that made videos are made of: capture times, rhythms, wandering. Time counts in image intervals."""

from __future__ import annotations

import numpy as np

from streamer.arrays import Float32, Float64

Rng = np.random.Generator

N_IMAGES = 128  # of a window
HIGHEST = 0.45  # cycles per image


def capture_times(rng: Rng, n_images: int = N_IMAGES) -> Float64:
    """Return when the images of one window were taken: jittered, with some dropped, or few as at a short file's end."""
    n = n_images if rng.random() < 0.92 else int(rng.integers(n_images // 4, n_images))
    dropped = rng.uniform(0.0, 0.06) if rng.random() < 0.3 else 0.0
    kept = np.flatnonzero(rng.random(2 * n + 16) >= dropped)[:n]
    jitter = rng.uniform(0.0, 0.15) if rng.random() < 0.4 else 0.0
    return np.asarray(kept + np.clip(jitter * rng.standard_normal(n), -0.45, 0.45), np.float64)


def frequency(times: Float64, rng: Rng, lowest_cycles: float = 2.0, highest: float = HIGHEST) -> float:
    """Return cycles per image, uniform in its logarithm, of which the window sees at least ``lowest_cycles``."""
    lowest = lowest_cycles / (times[-1] - times[0])
    return float(np.exp(rng.uniform(np.log(lowest), np.log(highest))))


def phase(times: Float64, cycles: float, wander: float, rng: Rng) -> Float64:
    """Return the angle of a rhythm in radians: a random start, and a walk of ``wander`` radians over the window."""
    steps = rng.standard_normal(times.size) * wander / np.sqrt(times.size)
    return np.asarray(2 * np.pi * (cycles * times + rng.random()) + np.cumsum(steps))


def swing(angle: Float64, rng: Rng) -> Float64:
    """Return a course like a thing that swings, −1 … 1: mostly a sine, at times lop-sided, flat, fading or swelling."""
    form = rng.random()
    if form < 0.65:
        course = np.sin(angle)
    elif form < 0.8:  # in faster than out, as one breathes
        course = np.sin(angle + rng.uniform(0.2, 0.8) * np.sin(angle))
    elif form < 0.9:  # against a stop
        course = np.tanh(rng.uniform(1.0, 4.0) * np.sin(angle))
    else:
        course = np.sin(angle) + rng.uniform(0.1, 0.5) * np.sin(2 * angle + rng.uniform(0, 2 * np.pi))
    place = np.linspace(0.0, 1.0, angle.size)
    if rng.random() < 0.3:
        course = course * np.exp(-rng.uniform(0.0, 2.5) * place)
    if rng.random() < 0.15:
        course = course * (1 + rng.uniform(0.1, 0.5) * np.sin(2 * np.pi * (place * rng.uniform(0.3, 2) + rng.random())))
    return np.asarray(course / np.abs(course).max())


def flash(angle: Float64, rng: Rng) -> Float64:
    """Return a course like a light's, 0 … 1: sine, square of any duty, fading flash, double flash, rectified mains."""
    turn = np.mod(angle / (2 * np.pi), 1.0)
    form = rng.random()
    if form < 0.3:
        return np.asarray(0.5 + 0.5 * np.sin(angle))
    if form < 0.65:
        return _gate(turn, rng.uniform(0.06, 0.94))
    if form < 0.8:
        return np.asarray(np.exp(-turn * rng.uniform(2.0, 12.0)))
    if form < 0.9:
        width = rng.uniform(0.05, 0.15)
        return np.maximum(_gate(turn, width), _gate(np.mod(turn - rng.uniform(0.2, 0.35), 1.0), width))
    return np.abs(np.sin(angle / 2))


def _gate(turn: Float64, duty: float) -> Float64:
    """Return 1 while open, 0 while shut, with the edges that an exposure of an eighth of a cycle at most gives."""
    edge = 0.04
    return np.clip((duty / 2 - np.abs(turn - 0.5)) / edge + 0.5, 0.0, 1.0)


def heart_beat(angle: Float64, rng: Rng) -> Float64:
    """Return a course like that of blood in the skin: a steep rise, a slow fall with a second, lower wave."""
    second, third = rng.uniform(0.25, 0.6), rng.uniform(0.05, 0.25)
    course = np.sin(angle) + second * np.sin(2 * angle + 0.6) + third * np.sin(3 * angle + 1.2)
    return np.asarray(course / np.abs(course).max())


def wander(times: Float64, slowest: float, rng: Rng) -> Float64:
    """Return aimless movement: noise of mean 0 and variance 1 whose power falls above ``slowest`` cycles per image."""
    n = 4 * N_IMAGES
    spectrum = rng.standard_normal(n // 2 + 1) + 1j * rng.standard_normal(n // 2 + 1)
    spectrum *= 1.0 / (1.0 + (np.fft.rfftfreq(n) / slowest) ** 2)
    course = np.fft.irfft(spectrum, n)
    start = rng.integers(0, n)
    course = np.interp(times + start, np.arange(3 * n), np.tile(course, 3))
    course -= course.mean()
    return np.asarray(course / (course.std() + 1e-9))


def as_float32(course: Float64) -> Float32:
    """Return the course as images take it."""
    return course.astype(np.float32)
