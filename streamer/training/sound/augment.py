"""Augment waveforms: the same sound through other rooms, microphones, distances and noises."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Rng


def cut(samples: Float32, starts: NDArray[np.intp], n_samples: int, rng: Rng) -> Float32:
    """Return ``n_samples`` around one of the samples ``starts``, at which there is sound; short recordings are padded.

    That sample falls anywhere in the middle nine tenths; of a recording long enough nothing is padded.
    """
    place = int(starts[rng.integers(starts.size)]) if starts.size else 0
    start = place - int(rng.uniform(0.05, 0.95) * n_samples)
    out = np.zeros(n_samples, np.float32)
    if samples.size >= n_samples:
        start = min(max(start, 0), samples.size - n_samples)
        out[:] = samples[start : start + n_samples]
    else:
        offset = int(rng.integers(n_samples - samples.size + 1))
        out[offset : offset + samples.size] = samples
    return out


def change_speed(samples: Float32, factor: float, n_samples: int) -> Float32:
    """Return ``n_samples`` of the sound played ``factor`` times as fast (linear interpolation)."""
    places = np.arange(n_samples, dtype=np.float32) * factor
    return np.asarray(np.interp(places, np.arange(samples.size), samples), np.float32)


def coloured_noise(n_samples: int, slope_db: float, rng: Rng) -> Float32:
    """Return noise of unit rms whose power falls by ``slope_db`` per octave."""
    spectrum = rng.standard_normal(n_samples // 2 + 1) + 1j * rng.standard_normal(n_samples // 2 + 1)
    spectrum *= np.maximum(np.arange(spectrum.size), 8.0) ** (-slope_db / 6.02)
    noise = np.fft.irfft(spectrum, n_samples)
    return np.asarray(noise / (np.sqrt(np.mean(noise**2)) + 1e-12), np.float32)


def microphone(n_bins: int, sample_rate: int, rng: Rng) -> Float32:
    """Return a random amplitude response, shape (n_bins,): tilt, two broad bumps, roll-offs at both ends."""
    frequency_hz = np.linspace(1.0, sample_rate / 2, n_bins, dtype=np.float32)
    octave = np.log2(frequency_hz / 1000.0)
    gain_db = rng.normal(0.0, 1.5) * octave
    for _ in range(2):
        centre, width = rng.uniform(-3.0, 3.0), rng.uniform(0.5, 1.5)
        gain_db = gain_db + rng.normal(0.0, 4.0) * np.exp(-(((octave - centre) / width) ** 2))
    if rng.random() < 0.3:  # high-pass
        gain_db = gain_db - 12.0 * np.maximum(0.0, np.log2(rng.uniform(80.0, 400.0) / frequency_hz))
    if rng.random() < 0.25:  # low-pass: a cheap capsule, a telephone, a compressed stream
        gain_db = gain_db - 60.0 * np.maximum(0.0, np.log2(frequency_hz / rng.uniform(3200.0, 7500.0)))
    response: Float32 = (10.0 ** (np.clip(gain_db, -60.0, 20.0) / 20.0)).astype(np.float32)
    return response


def band_limit(samples: Float32, sample_rate: int, highest_hz: float) -> Float32:
    """Return the sound without anything above ``highest_hz``, as a lower sample rate would have left it."""
    spectrum = np.fft.rfft(samples)
    spectrum[int(highest_hz / sample_rate * samples.size) + 1 :] = 0.0
    return np.fft.irfft(spectrum, samples.size).astype(np.float32)


def room(sample_rate: int, rng: Rng) -> Float32:
    """Return a synthesised impulse response: the direct sound and a tail of exponentially decaying noise."""
    decay_s = rng.uniform(0.1, 0.9)  # RT60: the time in which the tail falls by 60 dB
    n_samples = int(decay_s * sample_rate)
    seconds = np.arange(n_samples, dtype=np.float32) / sample_rate
    tail = rng.standard_normal(n_samples).astype(np.float32) * np.exp(-6.91 * seconds / decay_s)
    tail[: int(rng.uniform(0.001, 0.02) * sample_rate)] = 0.0
    tail *= 10.0 ** (rng.uniform(-18.0, 3.0) / 20.0) / (np.sqrt(np.sum(tail**2)) + 1e-9)
    tail[0] = 1.0
    return tail


def transmit(samples: Float32, sample_rate: int, rng: Rng, room_share: float = 0.4) -> Float32:
    """Return the sound through another microphone, and perhaps another room; of the same length."""
    has_room = rng.random() < room_share
    n_fft = 1 << int(samples.size + (sample_rate if has_room else 0) - 1).bit_length()
    spectrum = np.fft.rfft(samples, n_fft) * microphone(n_fft // 2 + 1, sample_rate, rng)
    if has_room:
        spectrum = spectrum * np.fft.rfft(room(sample_rate, rng), n_fft)
    return np.fft.irfft(spectrum, n_fft)[: samples.size].astype(np.float32)


def loudness(samples: Float32, frame: int = 320) -> float:
    """Return the rms of the loudest tenth of the frames: the level of a sound without its pauses."""
    power = np.mean(np.square(samples[: samples.size // frame * frame].reshape(-1, frame)), axis=1)
    return float(np.sqrt(np.mean(np.sort(power)[-max(1, power.size // 10) :])))


def mix(first: Float32, second: Float32, ratio_db: float) -> Float32:
    """Return the sum, with the second sound ``ratio_db`` below the first, both by :func:`loudness`."""
    level = loudness(second)
    if level < 1e-7:
        return first
    return first + second * np.float32(loudness(first) / level * 10.0 ** (-ratio_db / 20.0))


def record(sound: Float32, sample_rate: int, rng: Rng) -> Float32:
    """Return the sound as a device may record it: overloaded or not, by telephone or not, loud or faint.

    Its loudness is between −70 and −6 dBFS, most often over a noise floor at least 10 dB below.
    """
    loudest_db = rng.uniform(-70.0, -6.0)
    sound = sound * np.float32(10.0 ** (loudest_db / 20.0) / (loudness(sound) + 1e-9))
    if rng.random() < 0.7:
        floor_db = rng.uniform(-100.0, min(-62.0, loudest_db - 10.0))
        floor = np.float32(10.0 ** (floor_db / 20.0))
        sound = sound + coloured_noise(sound.size, rng.uniform(0.0, 4.0), rng) * floor
    if rng.random() < 0.12:
        sound = overload(sound, rng.uniform(3.0, 20.0))
    if rng.random() < 0.12:
        sound = telephone(sound, sample_rate)
    return np.clip(sound, -1.0, 1.0).astype(np.float32)


def overload(sound: Float32, clipped_db: float) -> Float32:
    """Return the sound, its peaks cut off ``clipped_db`` below the highest one."""
    limit = np.float32(np.abs(sound).max() * 10.0 ** (-clipped_db / 20.0))
    return np.clip(sound, -limit, limit)


def telephone(sound: Float32, sample_rate: int) -> Float32:
    """Return the sound as 8-bit µ-law at 8 kHz (ITU-T G.711: µ = 255) would have kept it."""
    low = np.clip(band_limit(sound, sample_rate, 3600.0), -1.0, 1.0)
    compressed = np.sign(low) * np.log1p(255.0 * np.abs(low)) / np.log(256.0)
    steps = np.round(compressed * 127.0) / 127.0
    return np.asarray(np.sign(steps) * np.expm1(np.abs(steps) * np.log(256.0)) / 255.0, np.float32)
