"""What learning from a user's videos needs: drawing, cutting, and the shipped network to begin with."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from models.recipes.motion.card import EVENTS, STRIDE
from streamer.arrays import Float32, Float64
from streamer.config import ImageSettings
from streamer.errors import UserError
from streamer.features.motion import CellSeries, MotionSpectrum
from streamer.features.motion_rows import motion_rows
from streamer.features.settings import MotionSettings
from streamer.messages import TaskName
from streamer.model.file import find_model, read_model_file
from streamer.model.spec import ModelSpec, Normalisation, WindowSettings
from streamer.pipeline.measurer import MIN_IMAGES
from streamer.sources.images.video import read_images
from streamer.training.fit import Schedule
from streamer.training.images import LONGEST, ImageTask
from streamer.training.motion import network
from streamer.training.motion.augment import another_take
from streamer.training.motion.network import LEVEL_SCALE
from streamer.training.motion.sampling import made_windows
from streamer.training.task import Plan, Stage

USUAL_FPS = 30.0  # of cameras: turns the length of a window into a number of images
N_IMAGES = (32, 64, 128, 256, 512, 1024)  # that a window may have


class MotionTask(ImageTask):
    """Training on videos: spectra of many stretches of each, beginning with the shipped motion model.

    Parameters
    ----------
    labels : sequence of str
        The user's. What shows nothing of these is ``still``, made in code unless the user has videos of it.
    window_s : float, optional
        Length of a window at 30 images/s. Windows count images, a power of two, because only so much is known of a
        camera before it runs: the nearest one is taken; None: 128, as the shipped model.

    Raises
    ------
    UserError
        If no window is as short or as long as asked for.
    """

    task: TaskName = "motion"
    nothing_names = ("still", "none", "background")
    n_windows: ClassVar[int] = 600
    most_views: ClassVar[int] = 24
    n_worth: ClassVar[int] = 20
    plan = Plan(
        (
            Stage("embedding", Schedule(40, 3e-3, patience=8)),
            Stage("", Schedule(12, 5e-4, patience=4), min_examples=20),
        )
    )

    def __init__(self, labels: Sequence[str], window_s: float | None = None) -> None:
        super().__init__(labels)
        self.settings = MotionSettings(n_images=128 if window_s is None else _n_images(window_s))

    @property
    def spec(self) -> ModelSpec:
        """The shipped model's grid and stride; the label for nothing ends no event."""
        s = self.settings
        return ModelSpec(
            format=1,
            name=self.task,
            task=self.task,
            front_end=s,
            window=WindowSettings(n_frames=s.n_images, stride=STRIDE * s.n_images // 128),
            normalisation=Normalisation(std=LEVEL_SCALE),
            events=EVENTS.model_copy(update={"deny": (self.nothing,), "labels": {}}),
        )

    def views(self) -> Callable[[tuple[Path, list[int], int]], NDArray[np.float16]]:
        """Return a function that draws windows of a video as other recordings of the same might give."""
        return functools.partial(_takes, settings=self.settings)

    def made_nothing(self, n: int, seed: int, n_processes: int) -> Iterator[NDArray[np.float16]]:
        """Yield windows of made videos in which nothing moves."""
        for rows, _ in made_windows([("still", seed * 100_000 + i) for i in range(n)], self.settings, n_processes):
            yield rows / np.float16(LEVEL_SCALE)

    def network(self) -> Any:
        """Return the shipped motion model's network with a new head."""
        shipped = read_model_file(find_model("motion")).flatbuffer
        return network.with_new_head(network.rebuilt(shipped, self.settings), self.settings, len(self.labels))

    def augment(self, features: Float32, rng: np.random.Generator) -> Float32:
        """Leave the windows as they were drawn: mirrors and time reversal would make one of labels like left, right."""
        return features


def _n_images(window_s: float) -> int:
    """Return the number of images nearest to a length, by ratio."""
    shortest_s, longest_s = N_IMAGES[0] / USUAL_FPS, N_IMAGES[-1] / USUAL_FPS
    if not shortest_s / math.sqrt(2) <= window_s <= longest_s * math.sqrt(2):
        raise UserError(
            f"window={window_s:g} must be from {shortest_s:.1f} to {longest_s:.0f} s: {N_IMAGES[0]} to {N_IMAGES[-1]}"
            f" images at {USUAL_FPS:g} a second; choose a length between"
        )
    return min(N_IMAGES, key=lambda n: abs(math.log(window_s * USUAL_FPS / n)))


def _takes(job: tuple[Path, list[int], int], settings: MotionSettings) -> NDArray[np.float16]:
    """Return windows drawn of a video: so many, and more of a long one; none of one that gives none live."""
    path, seed, n_views = job
    rng = np.random.default_rng(seed)
    series, times_s = _series(path, settings)
    if len(series) < MIN_IMAGES:
        return np.zeros((0, settings.n_cells, settings.row_width), np.float16)
    spectrum = MotionSpectrum(settings)
    takes = (
        another_take(series, times_s, settings, rng) for _ in range(max(n_views, len(series) // settings.n_images))
    )
    rows = [motion_rows(spectrum.transform(*take), settings) / np.float32(LEVEL_SCALE) for take in takes]
    return np.stack(rows).astype(np.float16)


def _series(path: Path, settings: MotionSettings) -> tuple[Float32, Float64]:
    """Return the mean grey of all cells over a video's images, as many as are cut of it at most, and their times."""
    capacity = LONGEST * STRIDE
    series = CellSeries(settings.n_rows, settings.n_columns, capacity)
    for image in read_images(path, ImageSettings())[1]:
        series.push(np.asarray(cv2.cvtColor(image.pixels, cv2.COLOR_BGR2GRAY), np.uint8), image.time_s)
        if series.n_pushed == capacity:
            break
    return series.last(capacity)
