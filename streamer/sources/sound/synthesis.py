"""Synthetic everyday sounds for the demo, made of noise, clicks and harmonics.

The functions named after a sound return samples with a peak of 1, shape (n_samples,); the scene sets their levels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32

BLADES_PER_S = 24.0  # of a small helicopter with five blades
TICKS_PER_S = 4.0

Curve = tuple[tuple[float, float], ...]  # (frequency in Hz, level in dB), interpolated over log frequency


def rain(rng: np.random.Generator, n_samples: int, sample_rate: int) -> Float32:
    """Return rain: the dense hiss of far drops, and single near drops."""
    curve = ((80, -6), (250, -12), (700, -1), (1500, 0), (3000, 0), (5000, -7), (8000, -19))
    hiss = coloured_noise(rng, n_samples, sample_rate, curve)
    drops = strike(rng, n_samples, sample_rate, per_s=340, pitch_hz=(900, 6500), decay_s=(0.0008, 0.001), spread=0.8)
    drops = np.clip(drops / _rms(drops), -8, 8)  # so that no single drop determines the level
    return _peak(hiss + 0.63 * drops)


def clock_tick(rng: np.random.Generator, n_samples: int, sample_rate: int) -> Float32:
    """Return the ticking of an alarm clock: tick and tock in turn, each of three strokes (drop, slide, lock)."""
    room = coloured_noise(rng, n_samples, sample_rate, ((60, 0), (400, -10), (2000, -18), (8000, -24)))
    out = 0.002 * room
    for side, modes_hz in enumerate(((360, 920, 1880, 2640, 3760, 5040), (300, 780, 1640, 2320, 3280, 4480))):
        train = np.zeros(n_samples, np.float32)
        for tick in range(side, int(n_samples / sample_rate * TICKS_PER_S), 2):
            for delay_s, strength in ((0.0, 0.5), (0.008, 0.2), (0.02, 1.0)):
                place = int((0.05 + tick / TICKS_PER_S + delay_s) * sample_rate + rng.normal(0, 2))
                train[min(place, n_samples - 1)] += strength * rng.uniform(0.9, 1.1)
        for mode_hz in modes_hz:  # of the case; high ones get more of a hard stroke but decay sooner
            ring = damped_sine(sample_rate, mode_hz, 6.0 / mode_hz + 0.001)
            out += convolve(train, ring) * np.float32(np.sqrt(mode_hz / 2000) / len(modes_hz))
    return _peak(out)


def helicopter(rng: np.random.Generator, n_samples: int, sample_rate: int) -> Float32:
    """Return a helicopter: low noise that rises sharply with each blade and decays, at a slightly varying rate."""
    time_s = np.arange(n_samples) / sample_rate
    n_points = int(4 * n_samples / sample_rate) + 3
    wander = np.interp(4 * time_s, np.arange(n_points), rng.standard_normal(n_points))
    phase = np.cumsum(BLADES_PER_S * (1 + 0.02 * wander)) / sample_rate % 1.0
    slap = 0.37 + 0.63 * np.exp(-2.6 * phase)
    curve = ((60, -4), (125, -7), (250, 0), (500, -14), (1000, -3), (2000, -19), (4000, -44), (8000, -42))
    return _peak(slap * coloured_noise(rng, n_samples, sample_rate, curve))


def crackling_fire(rng: np.random.Generator, n_samples: int, sample_rate: int) -> Float32:
    """Return a fire: bursts of hard clicks of very unequal strength over the low noise of the flames."""
    breath = coloured_noise(rng, n_samples, sample_rate, ((50, 0), (150, 1.4), (500, -29), (2000, -37), (8000, -42)))
    snaps = strike(rng, n_samples, sample_rate, per_s=8, pitch_hz=(1800, 4500), decay_s=(0.0002, 0.001), spread=0.5)
    fizz = strike(rng, n_samples, sample_rate, per_s=640, pitch_hz=(3600, 7500), decay_s=(0.0003, 0.0009), spread=1.0)
    return _peak(3.1 * breath / _rms(breath) + snaps / _rms(snaps) + 0.28 * fizz / _rms(fizz))


def sea_waves(rng: np.random.Generator, n_samples: int, sample_rate: int) -> Float32:
    """Return one wave at the sea: it swells, breaks with a bright rush and runs out."""
    time = np.linspace(0, 1, n_samples, dtype=np.float32)
    low = ((80, -3), (250, -4), (700, 0), (1500, -5), (3000, -14), (5000, -23), (8000, -34))
    bright = ((80, -1), (250, -3), (700, -3), (1500, 0), (3000, -4), (5000, -6), (8000, -20))
    rumble = coloured_noise(rng, n_samples, sample_rate, low)
    rush = coloured_noise(rng, n_samples, sample_rate, bright)
    swell = np.exp(-(((time - 0.3) / 0.3) ** 2))
    breaking = np.exp(-(((time - 0.4) / 0.15) ** 2))
    return _peak(rumble * (0.5 + 0.5 * swell) + 0.4 * rush * (0.07 + breaking))


def crying_baby(rng: np.random.Generator, n_samples: int, sample_rate: int) -> Float32:
    """Return a crying baby: cries of one second that rise and fall in pitch, with a gasp between them."""
    period_s, voiced = 1.4, 0.72
    time_s = np.arange(n_samples) / sample_rate
    cycle = time_s % period_s / period_s
    cry = np.clip(cycle / voiced, 0, 1)  # 0…1 during the cry, 1 during the gasp
    wander = np.interp(time_s * 60, np.arange(n_points := int(time_s[-1] * 60) + 3), rng.standard_normal(n_points))
    vibrato = 1 + 0.02 * np.sin(2 * np.pi * 7 * time_s) + 0.01 * wander
    pitch_hz = 460 * (0.72 + 0.28 * np.sin(np.pi * np.minimum(1.25 * cry, 1)) ** 0.7) * vibrato
    loudness = np.clip(cry / 0.08, 0, 1) * np.clip((1 - cry) / 0.15, 0, 1) * (0.7 + 0.3 * np.sin(np.pi * cry))
    phase = 2 * np.pi * np.cumsum(pitch_hz) / sample_rate
    voice = np.zeros(n_samples)
    for harmonic in range(1, int(sample_rate / 2 / pitch_hz.max()) + 1):
        # Formants of a vocal tract 8 cm long: (centre, half width, strength)
        gain = sum(
            strength / (1 + ((harmonic * pitch_hz - centre_hz) / width_hz) ** 2)
            for centre_hz, width_hz, strength in (
                (1300, 250, 1.0),
                (2200, 300, 0.5),
                (4400, 500, 0.8),
                (6800, 800, 0.3),
            )
        )
        voice += gain * harmonic**-0.2 * np.sin(harmonic * phase + rng.uniform(0, 6))
    breath = coloured_noise(rng, n_samples, sample_rate, ((300, -10), (1500, 0), (8000, -10)))
    gasp = np.where((cycle > 0.8) & (cycle < 0.95), np.sin(np.pi * (cycle - 0.8) / 0.15), 0)
    return _peak((voice / _rms(voice) + 0.1 * breath) * loudness + 0.12 * gasp * breath)


def traffic(rng: np.random.Generator, n_samples: int, sample_rate: int) -> Float32:
    """Return far traffic behind closed windows: soft low noise that grows and fades."""
    noise = coloured_noise(rng, n_samples, sample_rate, ((40, 0), (150, -3), (500, -14), (2000, -30), (8000, -46)))
    slow = 1.0 + 0.3 * np.sin(2 * np.pi * 0.13 * np.arange(n_samples) / sample_rate)
    return _peak(noise * slow)


def coloured_noise(rng: np.random.Generator, n_samples: int, sample_rate: int, curve: Curve) -> Float32:
    """Return Gaussian noise of rms 1 whose power spectrum follows a curve.

    Parameters
    ----------
    rng : Generator
        Makes the noise.
    n_samples, sample_rate : int
        Length of the result and samples per second.
    curve : sequence of (Hz, dB)
        Power spectrum, interpolated linearly over log frequency and constant outside.

    Returns
    -------
    ndarray, shape (n_samples,)
        Periodic: it continues from its end to its beginning.
    """
    spectrum = np.fft.rfft(rng.standard_normal(n_samples))
    frequency_hz = np.maximum(np.fft.rfftfreq(n_samples, 1 / sample_rate), 1.0)
    curve_hz, curve_db = np.array(curve).T
    gain_db = np.interp(np.log(frequency_hz), np.log(curve_hz), curve_db)
    noise = np.fft.irfft(spectrum * 10 ** (gain_db / 20), n_samples)
    return np.asarray(noise / _rms(noise), np.float32)


def strike(
    rng: np.random.Generator,
    n_samples: int,
    sample_rate: int,
    per_s: float,
    pitch_hz: tuple[float, float],
    decay_s: tuple[float, float],
    spread: float = 0.7,
) -> Float32:
    """Return small hard bodies struck at random times (a Poisson process), each ringing at its own pitch.

    Parameters
    ----------
    per_s : float
        Mean number of strikes per second.
    pitch_hz, decay_s : tuple of float
        Ranges of the pitch (log-uniform) and of the time to decay to 1/e.
    spread : float
        Standard deviation of the logarithm of the strength: with 0 all are equal, with 1 a few stand out.
    """
    out = np.zeros(n_samples, np.float32)
    n_kinds = 24
    places = rng.integers(0, n_samples, rng.poisson(per_s * n_samples / sample_rate))
    strengths = rng.lognormal(0, spread, places.size).astype(np.float32) * rng.choice((-1, 1), places.size)
    kinds = rng.integers(0, n_kinds, places.size)
    for kind in range(n_kinds):
        train = np.zeros(n_samples, np.float32)
        np.add.at(train, places[kinds == kind], strengths[kinds == kind])
        pitch = float(np.exp(rng.uniform(*np.log(pitch_hz))))
        out += convolve(train, damped_sine(sample_rate, pitch, float(rng.uniform(*decay_s))))
    return out


def damped_sine(sample_rate: int, pitch_hz: float, decay_s: float) -> Float32:
    """Return the impulse response of a resonator, with an energy of 1."""
    time_s = np.arange(int(6 * decay_s * sample_rate) + 2) / sample_rate
    ring = np.exp(-time_s / decay_s) * np.cos(2 * np.pi * pitch_hz * time_s)
    return np.asarray(ring / np.sqrt((ring**2).sum()), np.float32)


def convolve(signal: Float32, response: Float32) -> Float32:
    """Return a signal convolved with a short response, cut to the signal's length."""
    return np.convolve(signal, response)[: signal.size].astype(np.float32)


def _rms(samples: NDArray[np.floating]) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))


def _peak(samples: NDArray[np.floating]) -> Float32:
    """Return samples scaled to a peak of 1."""
    return np.asarray(samples / np.abs(samples).max(), np.float32)
