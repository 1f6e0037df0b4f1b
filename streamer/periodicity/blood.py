"""Is a wave in the colour of skin made by blood? By colours, place and surroundings."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from streamer.arrays import Bool, Complex128, Float32, Float64
from streamer.periodicity.sampling import Sampling

LEAST_CELLS = 8
HALF_BAND = 2.5  # resolutions around a rhythm that its wave is cut out with
FIXED = (-0.3, 1.7, -1.4)  # weights of blue, green and red: G − B + 0.7 · (G + B − 2 R)
BESIDE = (4.0, 5.5, 7.0)  # resolutions beside it at which the noise of cells is measured
CARRIES = 6.0  # power of the wave in a cell, relative to the noise, from which the cell carries it
IN_STEP = 0.4  # least power of the mean over all cells relative to that of the cells
# Blood absorbs green more than blue, and least red: relative amplitudes 0.77, 0.53 and 0.33 (de Haan and van Leest,
# "Improved motion robustness of remote-PPG by using the blood volume pulse signature", Physiological Measurement 35,
# 2014), so that G − B is 0.38 of G + B − 2 R, and their mean 0.85 of that. Cameras and lamps differ; light and
# movement that change all channels alike, a camera's white balance and saturated channels lie far outside:
GREEN_BLUE = 0.06, 1.5  # bounds of the first of these ratios …
TURNED = 0.6  # … greatest part of it that is out of phase …
MEAN = 0.25, 2.8  # bounds of their mean relative to G + B − 2 R
SHARED = 0.4  # least amplitude of the surroundings' intensity, relative to the skin's green, that is light on both …
SHARED_CLEAR = 9.0  # … its power relative to the noise …
MOST = 0.5  # … and in how many of the surrounding cells
DARK = 16.0  # grey levels below which cells show no light


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """Colour of the cells that showed skin all the time."""

    colours: Float32  # shape (n_images, 3, n_skin): blue, green and red
    mean: Float32  # shape (3, n_skin): theirs over time
    cells: Bool  # shape (n_rows, n_columns)

    @classmethod
    def of(cls, values: Float32, grid: tuple[int, int]) -> Skin | None:
        """Return it from rows of a ``SkinSeries``; None where too few cells have no NaN."""
        mean = (values.sum(axis=0) / values.shape[0]).reshape(3, -1)  # NaN where one is
        cells = ~np.isnan(mean[1])
        if np.count_nonzero(cells) < LEAST_CELLS:
            return None
        chosen = np.flatnonzero(np.tile(cells, 3))
        colours = values[:, chosen].reshape(values.shape[0], 3, -1)
        return cls(colours, np.maximum(mean[:, cells], 1.0), cells.reshape(grid))  # it may darken: no division by 0

    @property
    def level(self) -> float:
        """Mean level of all cells and colours."""
        return float(self.mean.mean())

    def pooled(self) -> Float64:
        """Return the mean of all cells, relative to each one's mean, minus 1, shape (n_images, 3)."""
        return np.asarray(np.einsum("tcs,cs->tc", self.colours, 1.0 / self.mean) / self.mean.shape[1] - 1.0, np.float64)

    def chrominance(self) -> Float32:
        """Return the same of each cell, projected on a fixed axis between those of POS, shape (n_images, n_skin)."""
        blue, green, red = (self.colours[:, c] * (weight / self.mean[c]) for c, weight in enumerate(FIXED))
        return np.asarray(blue + green + red, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class PulseWave:
    """A rhythm cut out of a wave, as a rotating phasor, and copies of it at other frequencies."""

    waves: Float64  # shape (2 · (1 + n_beside), n_images): real parts, then imaginary ones, tapered

    @classmethod
    def of(cls, wave: Float64, hz: float, sampling: Sampling) -> PulseWave:
        """Cut the rhythm of a frequency out of an evenly timed wave; its mean power becomes 1."""
        n = wave.size
        taper = np.hanning(n + 2)[1:-1]
        spectrum = np.fft.fft((wave - wave.mean()) * taper)
        bin_hz = sampling.fps / n
        spectrum[np.abs(np.arange(n) * bin_hz - hz) > HALF_BAND * bin_hz] = 0
        phasor = np.fft.ifft(spectrum)
        phasor /= max(float(np.sqrt(np.mean(np.abs(phasor) ** 2))), 1e-30)
        shifts = [
            0.0,
            *(side * each * bin_hz for each in BESIDE for side in (-1, 1) if hz + side * each * bin_hz > 0.3),
        ]
        waves = phasor * np.exp(2j * np.pi * np.outer(shifts, np.arange(n) / sampling.fps)) * taper / n
        return cls(np.concatenate([waves.real, -waves.imag]))

    def of_series(self, values: Float64) -> tuple[Complex128, Float64]:
        """Return how much of the wave series have, shape (n_images, n), with its phase; and their noise, as a power."""
        parts = self.waves @ (values - values.mean(axis=0))  # real: complex products would take four times as long
        found = parts[: len(parts) // 2] + 1j * parts[len(parts) // 2 :]
        return found[0], np.mean(np.abs(found[1:]) ** 2, axis=0)


def is_blood(skin: Skin, evened: Float64, wave: PulseWave, sampling: Sampling) -> bool:
    """Return whether the colours of skin change as blood makes them, and in most cells in step."""
    blue, green, red = wave.of_series(evened)[0]
    first, second = green - blue, green + blue - 2 * red
    if second.real <= 0:
        return False
    ratio, mean = first / second, (blue + green + red) / 3 / second
    if not GREEN_BLUE[0] <= ratio.real <= GREEN_BLUE[1] or abs(ratio.imag) > TURNED:
        return False
    if not MEAN[0] <= mean.real <= MEAN[1]:
        return False
    amplitude, noise = _of_cells(skin, wave, sampling)
    weight = 1 / (noise + np.median(noise) + 1e-30)  # of dark cells the noise is greater
    weight /= weight.sum()
    together = abs(complex(weight @ amplitude)) ** 2
    return together > IN_STEP * float(weight @ (np.abs(amplitude) ** 2 - noise))


def _of_cells(skin: Skin, wave: PulseWave, sampling: Sampling) -> tuple[Complex128, Float64]:
    """Return how much of the wave each cell with skin has, and its noise."""
    return wave.of_series(sampling.evened(skin.chrominance()).astype(np.float64))


def heat_of(skin: Skin, wave: PulseWave, sampling: Sampling) -> Float32:
    """Return where the wave is, shape (n_rows, n_columns), range 0 … 1."""
    amplitude, noise = _of_cells(skin, wave, sampling)
    carries = np.abs(amplitude) ** 2 > CARRIES * noise
    heat = np.zeros(skin.cells.shape, np.float32)
    heat[skin.cells] = np.where(carries, np.abs(amplitude), 0.0)
    return heat / max(float(heat.max()), 1e-30)


def is_light(wave: PulseWave, skin: Skin, grey: Float32 | None, evened: Float64, sampling: Sampling) -> bool:
    """Return whether what surrounds the skin brightens and darkens with it, so that it is the light."""
    if grey is None:
        return False
    near = cv2.dilate(skin.cells.astype(np.uint8), np.ones((3, 3), np.uint8))
    around = grey[:, near.ravel() == 0]
    around = around[:, around.mean(axis=0) > DARK]
    if around.shape[1] < LEAST_CELLS:
        return False
    relative = sampling.evened(around / around.mean(axis=0))
    amplitude, noise = wave.of_series(relative.astype(np.float64))
    power, green = np.abs(amplitude) ** 2, abs(wave.of_series(evened)[0][1])
    return bool(np.mean((power > (SHARED * green) ** 2) & (power > SHARED_CLEAR * noise)) > MOST)
