"""Windows to learn from and to be tested on: a video is made and passes through the product's own front end."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Complex64, Float32, Float64, UInt8
from streamer.features.motion import CellSeries, MotionSpectrum
from streamer.features.motion_rows import motion_rows
from streamer.features.settings import MotionSettings
from streamer.training.images import one_opencv_thread
from streamer.training.motion import camera, drift, lights, movers, signals
from streamer.training.motion.movers import Rhythm
from streamer.training.motion.scene import Scene, scenery
from streamer.training.pool import mapped

LABELS = ("still", "drift", "flicker", "oscillation", "rotation", "pulse")
SETTINGS = MotionSettings()
TWO_AT_ONCE = 0.15  # share of the videos with a rhythm that hold something else too
VISIBLE, N_CELLS = 5.0, 3  # a rhythm must stand so many times out of the noise in so many cells, or is not used

_ADD = {
    "drift": drift.add_drift,
    "flicker": lights.add_flicker,
    "oscillation": movers.add_oscillation,
    "rotation": movers.add_rotation,
    "pulse": lights.add_pulse,
}


@dataclass(frozen=True, slots=True)
class Example:
    """One window and what is in it."""

    rows: Float32  # shape (n_cells, row_width)
    truth: Float32  # shape (n_labels,), 0 or 1
    label: str  # what it was made for


def make_video(
    label: str, rng: np.random.Generator, n_images: int = signals.N_IMAGES
) -> tuple[UInt8, Float64, dict[str, Rhythm | None]]:
    """Return images, shape (n_images, height, width), their times in image intervals, and what they show.

    Every label comes with its rhythm; ``drift`` has none. An empty answer means ``still``.
    """
    times = signals.capture_times(rng, n_images)
    scene = Scene(scenery(rng))
    x, y = camera.shake(times, rng)
    wanted = [] if label == "still" else [label]
    if label not in ("still", "pulse") and rng.random() < TWO_AT_ONCE:
        wanted.append(str(rng.choice([other for other in LABELS[1:-1] if other != label])))
    shown: dict[str, Rhythm | None] = {}
    for name in wanted:
        if name == "drift" and rng.random() < 0.15:
            x, y = drift.pan(times, rng)
            shown[name] = None
        else:
            shown[name] = _ADD[name](scene, times, rng)
    return camera.film(scene.images(x, y), times, rng), times, shown


def spectrum_of(images: UInt8, times_s: Float64, settings: MotionSettings = SETTINGS) -> Complex64:
    """Return the spectra of all cells, as the pipeline makes them."""
    series = CellSeries(settings.n_rows, settings.n_columns, settings.n_images)
    for image, time_s in zip(images, times_s, strict=True):
        series.push(image, float(time_s))
    return MotionSpectrum(settings).transform(*series.last(settings.n_images))


def visible(spectrum: Complex64, rhythm: Rhythm | None, duration: float) -> bool:
    """Tell whether something can be seen in enough cells, or in the sum of all where it brightens them together.

    A rhythm must stand out of what else is in its cells; without one (None) there need only be a change.
    """
    amplitude = np.abs(spectrum)
    if rhythm is None:
        return bool(np.sort(amplitude.max(axis=1))[-N_CELLS] >= 1.0)
    lines = np.abs(np.mod(np.array(rhythm.lines) + 0.5, 1.0) - 0.5) * duration - 1  # folded; the first bin is 1
    bins = np.clip(np.rint(lines).astype(int), 0, spectrum.shape[1] - 1)
    rise = amplitude[:, bins] / (np.median(amplitude, axis=1, keepdims=True) + 0.003)
    if np.sort(rise.max(axis=1))[-N_CELLS] >= VISIBLE:
        return True
    if rhythm.map is None:
        return False
    n_rows, n_columns = SETTINGS.n_rows, SETTINGS.n_columns
    height, width = rhythm.map.shape
    weight = rhythm.map.reshape(n_rows, height // n_rows, n_columns, width // n_columns).mean((1, 3)).ravel()
    together = np.abs(weight @ spectrum) / weight.sum()
    return bool((together[bins] / (np.median(together) + 0.003)).max() >= VISIBLE)


def make_example(label: str, seed: int, settings: MotionSettings = SETTINGS) -> Example:
    """Return one window of a made video; the same seed gives the same window."""
    for attempt in range(100):
        rng = np.random.default_rng((seed, attempt))
        images, times, shown = make_video(label, rng, settings.n_images)
        spectrum = spectrum_of(images, times, settings)
        duration = float(times[-1] - times[0]) * settings.n_images / (settings.n_images - 1)
        if not np.isfinite(spectrum).all():
            raise FloatingPointError(f"label={label}, seed={seed}: a spectrum is not finite")
        if all(visible(spectrum, rhythm, duration) for rhythm in shown.values()):
            truth = np.array([name in shown for name in LABELS], np.float32)
            if not shown:
                truth[0] = 1.0
            return Example(motion_rows(spectrum, settings), truth, label)
    raise RuntimeError(f"label={label}, seed={seed}: no visible video in 100 attempts")


def made_windows(
    jobs: Sequence[tuple[str, int]], settings: MotionSettings = SETTINGS, n_processes: int = 1
) -> Iterator[tuple[NDArray[np.float16], Float32]]:
    """Make a video for every label and seed, and yield its rows, shape (n_cells, row_width), and truth, (n_labels,)."""
    yield from mapped(functools.partial(_make_one, settings=settings), jobs, n_processes, 8, one_opencv_thread)


def _make_one(job: tuple[str, int], settings: MotionSettings) -> tuple[NDArray[np.float16], Float32]:
    example = make_example(*job, settings)
    return example.rows.astype(np.float16), example.truth
