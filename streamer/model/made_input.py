"""Sounds and images made by a formula, the same on every machine, by which a model's scores can be checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias, get_args

import numpy as np

from streamer.arrays import Float32, UInt8

SoundSignal: TypeAlias = Literal["sweep", "noise", "clicks"]
ImageSignal: TypeAlias = Literal["grating"]
SOUND_SIGNALS: tuple[SoundSignal, ...] = get_args(SoundSignal)
AMPLITUDE = 0.25
LOWEST_HZ = 50.0  # of the sweep …
HIGHEST = 0.45  # … and its highest frequency, of the sample rate
CLICKS_HZ = 4.0
WIDTH, HEIGHT, FPS = 320, 240, 30.0  # of the images
PERIOD_PX, DRIFT_HZ, ANGLE_DEG = 16.0, 2.0, 30.0  # of the grating


def made_sound(signal: SoundSignal, sample_rate: int, seconds: float) -> Float32:
    """Return a made sound, shape (n_samples,), with peaks of 0.25.

    Parameters
    ----------
    signal : {"sweep", "noise", "clicks"}
        A sine whose frequency rises by equal factors in equal times, from 50 Hz to 0.45 of the sample rate; white
        noise; or four clicks of one sample a second.
    sample_rate : int
    seconds : float
    """
    n_samples = max(1, round(seconds * sample_rate))
    n = np.arange(n_samples)
    if signal == "sweep":
        rise = np.log(HIGHEST * sample_rate / LOWEST_HZ)
        cycles = LOWEST_HZ * seconds / rise * np.expm1(rise * n / n_samples)
        values = np.sin(2 * np.pi * cycles)
    elif signal == "clicks":
        values = (n % round(sample_rate / CLICKS_HZ) == 0).astype(np.float64)
    else:  # bits of the position, mixed as by the last step of SplitMix64: the same with every version of numpy
        bits = n.astype(np.uint64) + np.uint64(1)
        bits *= np.uint64(0x9E3779B97F4A7C15)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
        values = ((bits ^ (bits >> np.uint64(31))) >> np.uint64(11)) / 2.0**52 - 1.0
    return np.asarray(AMPLITUDE * values, np.float32)


def made_images(seconds: float) -> Iterator[UInt8]:
    """Yield images at 30 images/s: oblique stripes of 16 px that drift by two of them a second; blue-green-red."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    angle = np.radians(ANGLE_DEG)
    place = (x * np.cos(angle) + y * np.sin(angle)) / PERIOD_PX
    for index in range(max(1, round(seconds * FPS))):
        grey = 128.0 + 80.0 * np.sin(2 * np.pi * (place - DRIFT_HZ * index / FPS))
        yield np.repeat(np.rint(grey).astype(np.uint8)[:, :, None], 3, axis=2)
