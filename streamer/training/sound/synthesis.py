"""Synthetic sounds: machines, wind, knocks, animals and signals that no recording at hand supplies."""

from __future__ import annotations

import numpy as np

from streamer.arrays import Float32, Float64, Rng
from streamer.training.sound.augment import coloured_noise


def random_sound(n_samples: int, sample_rate: int, rng: Rng) -> Float32:
    """Return the sum of one or two random kinds of sound, peak below 1."""
    makers = (hum, hiss, knocks, chirps, tones)
    sound = np.zeros(n_samples, np.float32)
    for _ in range(int(rng.integers(1, 3))):
        sound += makers[rng.integers(len(makers))](n_samples, sample_rate, rng)
    return sound * np.float32(rng.uniform(0.1, 0.9) / (np.abs(sound).max() + 1e-9))


def hum(n_samples: int, sample_rate: int, rng: Rng) -> Float32:
    """Return a machine: harmonics of a slowly wandering fundamental, over noise."""
    wander = np.cumsum(rng.standard_normal(n_samples).astype(np.float32)) * rng.uniform(0.0, 2e-4)
    phase = 2 * np.pi * np.cumsum(rng.uniform(30.0, 500.0) * (1.0 + wander)) / sample_rate
    fall, n_harmonics = rng.uniform(0.3, 2.0), int(rng.integers(3, 25))
    sound = sum(
        np.cos(h * phase + rng.uniform(0, 6.3)) * rng.uniform(0.2, 1.0) / h**fall for h in range(1, n_harmonics)
    )
    noise = coloured_noise(n_samples, rng.uniform(-1.0, 6.0), rng) * rng.uniform(0.0, 1.5)
    return np.asarray(sound + noise, np.float32)


def hiss(n_samples: int, sample_rate: int, rng: Rng) -> Float32:
    """Return wind, air, water: noise of some colour and band, slowly or quickly swelling."""
    noise = coloured_noise(n_samples, rng.uniform(-3.0, 9.0), rng)
    seconds = np.arange(n_samples) / sample_rate
    swell = 1.0 + rng.uniform(0.0, 1.0) * np.sin(2 * np.pi * rng.uniform(0.1, 30.0) * seconds + rng.uniform(0, 6.3))
    return np.asarray(noise * swell, np.float32)


def knocks(n_samples: int, sample_rate: int, rng: Rng) -> Float32:
    """Return clicks, taps and steps: decaying resonances, regular or not."""
    sound = np.zeros(n_samples, np.float32)
    times: Float64 = np.cumsum(rng.exponential(rng.uniform(0.02, 0.5), 200))
    if rng.random() < 0.4:
        times = np.asarray(rng.uniform(0.0, 0.5) + rng.uniform(0.05, 0.8) * np.arange(200), np.float64)
    decay_s, tone_hz, tonal = rng.uniform(0.001, 0.08), rng.uniform(100.0, 5000.0), rng.random()
    length = int(8 * decay_s * sample_rate)
    seconds = np.arange(length) / sample_rate
    for start in (times[times < n_samples / sample_rate] * sample_rate).astype(int):
        tone = np.sin(2 * np.pi * tone_hz * rng.uniform(0.9, 1.1) * seconds)
        envelope = np.exp(-seconds / decay_s) * rng.uniform(0.2, 1.0)
        burst = (tonal * tone + (1 - tonal) * rng.standard_normal(length)) * envelope
        sound[start : start + length] += burst[: n_samples - start].astype(np.float32)
    return sound


def chirps(n_samples: int, sample_rate: int, rng: Rng) -> Float32:
    """Return birds, insects, squeaks, laughs: gliding harmonic notes, one after the other."""
    sound = np.zeros(n_samples, np.float32)
    place, base_hz, n_harmonics = 0, rng.uniform(200.0, 4000.0), int(rng.integers(1, 8))
    while place < n_samples:
        length = int(rng.uniform(0.03, 0.5) * sample_rate)
        glide = np.linspace(rng.uniform(0.7, 1.4), rng.uniform(0.7, 1.4), length)
        phase = 2 * np.pi * np.cumsum(base_hz * glide) / sample_rate
        note = sum(np.sin(h * phase) / h for h in range(1, n_harmonics + 1) if h * base_hz < 7000.0)
        note = np.asarray(note) * np.hanning(length) * rng.uniform(0.3, 1.0)
        note = np.broadcast_to(note, length)
        sound[place : place + length] += note[: n_samples - place].astype(np.float32)
        place += length + int(rng.uniform(0.0, 0.4) * sample_rate)
    return sound


def tones(n_samples: int, sample_rate: int, rng: Rng) -> Float32:
    """Return beeps, bells and horns: steady or ringing partials."""
    seconds = np.arange(n_samples) / sample_rate
    sound = np.zeros(n_samples)
    start = rng.uniform(0.0, 0.6) * seconds[-1]
    envelope = np.where(seconds >= start, np.exp(-(seconds - start) * rng.choice([0.0, 0.5, 2.0, 8.0])), 0.0)
    for partial in rng.uniform(150.0, 4000.0, int(rng.integers(1, 6))):
        sound += rng.uniform(0.2, 1.0) * np.sin(2 * np.pi * partial * seconds)
    return (sound * envelope).astype(np.float32)
