"""Name the frequencies that explain a rhythm as well, because their harmonics fold to the same lines."""

from __future__ import annotations

import math

import numpy as np

from streamer.arrays import Float64
from streamer.messages import Rival
from streamer.periodicity.folding import folded

MIN_LINES = 3  # fewer lines do not show a waveform
MAX_HARMONIC = 12
PRESENT = 0.1  # amplitude relative to the strongest line
MISS = 0.4  # resolutions by which a harmonic may miss a line
MAX_ODDS = 1000.0  # an explanation that is less probable is not named


def explanations(hz: float, amplitudes: Float64, fps: float, resolution_hz: float) -> list[Rival]:
    """Return the frequencies that explain the lines of a rhythm, the most probable first, with its odds over each.

    A lamp of 9 Hz whose harmonics of 18, 27, 36 and 45 Hz fold at 30 images/s to 12, 3, 6 and 15 Hz has the lines of
    one of 3 Hz. Which is more probable follows from their strength: the power of the k-th harmonic of a pulse or an
    edge falls about as 1 / k², so that, with c the mean of k² P, the likelihood is that of exponentially distributed
    powers with the expectation c / k².

    Parameters
    ----------
    hz : float
        A frequency that explains them.
    amplitudes : ndarray, shape (n_harmonics,)
        Of its harmonics.
    fps, resolution_hz : float
        Images per second, and 1 / duration.
    """
    present = np.flatnonzero(amplitudes > PRESENT * amplitudes.max()).tolist()
    lines = {folded(float(k + 1) * hz, fps): float(amplitudes[k]) ** 2 for k in present}
    if len(lines) < MIN_LINES:
        return [Rival(hz, 1.0)]
    found = []
    for candidate in [hz, *(line for line in lines if abs(line - hz) > resolution_hz)]:
        places = [folded(k * candidate, fps) for k in range(1, MAX_HARMONIC + 1)]
        orders = []
        for line in lines:
            near = [k for k, place in enumerate(places, 1) if abs(place - line) < MISS * resolution_hz]
            if not near:
                break
            orders.append(near[0])
        else:
            k = np.array(orders, np.float64)
            power = np.array(list(lines.values()))
            found.append((candidate, 2 * float(np.log(k).sum()) - k.size * math.log(float(np.mean(power * k**2)))))
    best = max(each for _, each in found)
    odds = [Rival(candidate, math.exp(min(best - each, 700.0))) for candidate, each in found]
    return sorted((each for each in odds if each.odds < MAX_ODDS), key=lambda each: each.odds)
