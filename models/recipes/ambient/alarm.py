"""Smoke and carbon monoxide alarms made in code, and beeps that are none."""

from __future__ import annotations

import numpy as np

from streamer.arrays import Float32, Rng

# Temporal patterns of ISO 8201 (T3: smoke) and of ANSI/UL 2034 (T4: carbon monoxide): pulses, seconds on and off
# within the group, and the pause after it.
T3, T4 = (3, 0.5, 0.5, 1.5), (4, 0.1, 0.1, 5.0)
OTHER_SHARE = 1 / 3  # of the sounds that are beeps, but no alarm


def smoke_alarm(n_samples: int, sample_rate: int, rng: Rng) -> tuple[Float32, bool]:
    """Return a window of an alarm, or of other beeps, and whether it is an alarm; at least half a pulse is within.

    Piezo sounders give 2.9 … 3.6 kHz, those for sleepers a square wave at 520 Hz.
    """
    is_alarm = bool(rng.random() >= OTHER_SHARE)
    if is_alarm:
        n_pulses, on_s, off_s, pause_s = T3 if rng.random() < 0.75 else T4
        low = rng.random() < 0.2
        pitch_hz = rng.normal(520.0, 12.0) if low else rng.uniform(2900.0, 3600.0)
    else:
        n_pulses, on_s, off_s, pause_s = _other_rhythm(rng)
        low = rng.random() < 0.3
        pitch_hz = float(np.exp(rng.uniform(np.log(300.0), np.log(5000.0))))
    tempo = rng.uniform(0.95, 1.05)
    seconds = np.arange(n_samples) / sample_rate
    period_s = tempo * (n_pulses * (on_s + off_s) - off_s + pause_s)
    # Begin where a pulse is, or soon after: in the middle of a pause there is nothing to learn.
    first = int(rng.integers(n_pulses))
    start_s = tempo * (first * (on_s + off_s) + on_s * rng.uniform(-1.0, 0.5))
    place_s = np.mod(seconds + start_s, period_s) / tempo
    within, group = np.mod(place_s, on_s + off_s), place_s < n_pulses * (on_s + off_s)
    is_on = (group & (within < on_s)).astype(np.float64)
    rise = np.hanning(max(3, int(rng.uniform(0.002, 0.01) * sample_rate)))
    envelope = np.convolve(is_on, rise / rise.sum(), "same")
    drift = 1.0 + rng.uniform(0.0, 0.01) * np.sin(2 * np.pi * rng.uniform(0.5, 8.0) * seconds)
    phase = 2 * np.pi * np.cumsum(pitch_hz * drift) / sample_rate
    n_harmonics = int(rng.integers(4, 12)) if low else int(rng.integers(1, 3))
    tone = sum(
        np.sin((2 * k + 1) * phase) / (2 * k + 1) ** rng.uniform(0.8, 1.5)
        for k in range(n_harmonics)
        if (2 * k + 1) * pitch_hz < sample_rate / 2
    )
    return np.asarray(envelope * tone, np.float32) * np.float32(0.3), is_alarm


def _other_rhythm(rng: Rng) -> tuple[int, float, float, float]:
    """Return a rhythm as of a microwave oven, a lorry in reverse, a clock or a till: none of an alarm's."""
    on_s = float(rng.choice([rng.uniform(0.03, 0.08), rng.uniform(0.14, 0.4), rng.uniform(0.65, 2.0)]))
    return int(rng.integers(1, 6)), on_s, rng.uniform(0.03, 1.0), rng.uniform(0.1, 2.0)
