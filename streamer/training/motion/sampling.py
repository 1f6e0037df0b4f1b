"""Sample synthetic videos and compute their windows by the live front end."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Complex64, Float32, Float64, Rng, UInt8
from streamer.features.motion import CellSeries, Motion, MotionSpectrum
from streamer.features.series import SharedSeries
from streamer.features.settings import MotionSettings
from streamer.training.images import use_one_opencv_thread
from streamer.training.motion import camera, drift, lights, movers, signals
from streamer.training.motion.movers import Rhythm
from streamer.training.motion.scene import VideoScene, scenery
from streamer.training.pool import mapped

LABELS = ("still", "drift", "flicker", "oscillation", "rotation", "pulse")
SETTINGS = MotionSettings()
TWO_AT_ONCE = 0.15  # share of the videos with a rhythm that have a second movement
CHUNK = 8  # videos handed to a process at a time
VISIBLE, N_CELLS = 5.0, 3  # a video is used if its rhythm is so many times the noise in so many cells

_ADD = {
    "drift": drift.add_drift,
    "flicker": lights.add_flicker,
    "oscillation": movers.add_oscillation,
    "rotation": movers.add_rotation,
    "pulse": lights.add_pulse,
}


@dataclass(frozen=True, slots=True)
class SyntheticWindow:
    """One window of a synthetic video, and the movements in it."""

    rows: Float32  # shape (n_cells, row_width)
    truth: Float32  # shape (n_labels,), 0 or 1
    label: str  # for which the video was made


def make_video(
    label: str, rng: Rng, n_images: int = signals.N_IMAGES
) -> tuple[UInt8, Float64, dict[str, Rhythm | None]]:
    """Return images, shape (n_images, height, width), their times in image intervals, and their movements.

    The movements are a label and its rhythm (None for ``drift``) each; without any the video is ``still``.
    """
    times = signals.capture_times(rng, n_images)
    scene = VideoScene(scenery(rng))
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
    return camera.record(scene.images(x, y), times, rng), times, shown


def spectrum_of(images: UInt8, times_s: Float64, settings: MotionSettings = SETTINGS) -> Complex64:
    """Return the spectra of the grey of all cells, as the live pipeline computes them."""
    series = CellSeries(settings.n_rows, settings.n_columns, settings.n_images)
    for image, time_s in zip(images, times_s, strict=True):
        series.push(image, float(time_s))
    return MotionSpectrum(settings).transform(*series.last(settings.n_images))


def rows_from(images: UInt8, times_s: Float64, settings: MotionSettings = SETTINGS) -> Float32:
    """Return the rows of one window, as the live pipeline computes them."""
    series = SharedSeries(settings.n_images)
    front_end = Motion(settings)
    front_end.begin(series.share)
    for image, time_s in zip(images, times_s, strict=True):
        series.push(image, float(time_s))
    return front_end.window()[0]


def is_visible(spectrum: Complex64, rhythm: Rhythm | None, duration: float) -> bool:
    """Return whether a movement is visible in enough cells, or in the sum of those that it brightens together.

    A rhythm must stand `VISIBLE` times out of the median of its cells; without one (None) any change will do.
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


def make_window(label: str, seed: int, settings: MotionSettings = SETTINGS) -> SyntheticWindow:
    """Return one window of a synthetic video; the same seed gives the same window."""
    for attempt in range(100):
        rng = np.random.default_rng((seed, attempt))
        images, times, shown = make_video(label, rng, settings.n_images)
        spectrum = spectrum_of(images, times, settings)
        duration = float(times[-1] - times[0]) * settings.n_images / (settings.n_images - 1)
        if not np.isfinite(spectrum).all():
            raise FloatingPointError(f"label={label}, seed={seed}: a spectrum is not finite")
        if all(is_visible(spectrum, rhythm, duration) for rhythm in shown.values()):
            truth = np.array([name in shown for name in LABELS], np.float32)
            if not shown:
                truth[0] = 1.0
            return SyntheticWindow(rows_from(images, times, settings), truth, label)
    raise RuntimeError(f"label={label}, seed={seed}: no visible video in 100 attempts")


def synthetic_windows(
    jobs: Sequence[tuple[str, int]], settings: MotionSettings = SETTINGS, n_processes: int = 1
) -> Iterator[tuple[NDArray[np.float16], Float32]]:
    """Yield the rows, shape (n_cells, row_width), and truth, (n_labels,), of a video for every label and seed."""
    work = functools.partial(_rows_and_truth, settings=settings)
    yield from mapped(work, jobs, n_processes, CHUNK, use_one_opencv_thread)


def _rows_and_truth(job: tuple[str, int], settings: MotionSettings) -> tuple[NDArray[np.float16], Float32]:
    window = make_window(*job, settings)
    return window.rows.astype(np.float16), window.truth
