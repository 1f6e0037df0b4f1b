"""Simulate fans whose blades differ by a few per cent, anywhere in the image, at many image rates."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from streamer.bench.situations import COLUMNS, N_CELLS, ROWS, Situation, even, noise, pulses

RATES = (15.0, 25.0, 29.97, 30.0, 60.0, 120.0)


def nearly_equal_blades(rng: Generator) -> Situation:
    """A fan of two to seven blades that differ by 1 … 8 % in brightness or place, large or small, perhaps cut off."""
    fps = float(rng.choice(RATES))
    n = int(rng.integers(2, 8))
    seconds = rng.uniform(240, 400) / fps
    t = even(seconds, fps)
    hz = math.exp(rng.uniform(math.log(6 / seconds), math.log(max(0.42 * fps / n, 7 / seconds))))
    times_s = t + float(rng.choice([0, 0, 0.02, 0.1])) / fps * rng.standard_normal(t.size).clip(-3, 3)
    spread = math.exp(rng.uniform(math.log(0.01), math.log(0.08)))
    in_place = rng.random() < 0.3
    gloss = 1 + (0 if in_place else spread) * rng.standard_normal(n)
    place = (np.arange(n) + (spread if in_place else 0) * rng.standard_normal(n)) / n
    row, column = np.divmod(np.arange(N_CELLS), COLUMNS)
    down, right = row - rng.uniform(-0.5, ROWS - 0.5), column - rng.uniform(-0.5, COLUMNS - 0.5)
    away = np.hypot(down, right)
    reach = max(rng.uniform(1.5, 6), float(np.partition(away, 6)[6]))  # at least some cells of it are in the image
    duty = rng.uniform(0.25, 0.75) / n
    waves = np.zeros((t.size, N_CELLS))
    for cell in np.flatnonzero(away <= reach):
        blur = hz * rng.uniform(0.1, 0.9) / fps + 1 / (2 * math.pi * max(away[cell], 0.5))  # of exposure and cell
        turn = hz * times_s - math.atan2(down[cell], right[cell]) / (2 * math.pi)
        waves[:, cell] = sum(gloss[b] * pulses(turn - place[b], duty, blur) for b in range(n))
    waves *= rng.choice([-1, 1]) * rng.uniform(20, 100) * rng.uniform(0.7, 1.3, N_CELLS)
    level = math.exp(rng.uniform(math.log(0.05), math.log(0.5)))
    series = 100 + waves + noise(t.size, rng, level)
    return Situation(series.astype(np.float32), times_s, ((hz, hz),))


FANS: dict[str, Callable[[Generator], Situation]] = {"nearly equal blades": nearly_equal_blades}
