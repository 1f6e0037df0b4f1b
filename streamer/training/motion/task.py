"""The training task for motion: windows of the user's videos, and the shipped network to begin with."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Float64, Rng
from streamer.config import EventSettings, ImageSettings, LabelThresholds
from streamer.errors import UserError
from streamer.features.motion import CellSeries, MotionSpectrum
from streamer.features.motion_rows import motion_rows
from streamer.features.settings import MotionSettings
from streamer.messages import TaskName
from streamer.model.file import find_model, read_model_file
from streamer.model.spec import ModelSpec, Normalisation, WindowSettings
from streamer.sources.images.video import read_images
from streamer.tasks.motion import MIN_IMAGES
from streamer.training.fit import Schedule
from streamer.training.images import MAX_CUT, ImageTask, SampleJob
from streamer.training.motion import network
from streamer.training.motion.augment import another_recording
from streamer.training.motion.network import LEVEL_SCALE
from streamer.training.motion.sampling import synthetic_windows
from streamer.training.task import Plan, TrainingPhase

STRIDE = 16  # images from window to window of 128
# A window overlaps the next by seven eighths, so that two in a row are hardly more evidence than one: three of four
# are. One that holds the end of one scene and the beginning of another looks like drift, which needs a higher score.
EVENTS = EventSettings(
    on=0.7,
    off=0.4,
    confirm=3,
    confirm_of=4,
    merge_gap_s=1.0,
    deny=("still",),
    labels={"drift": LabelThresholds(on=0.9, off=0.6)},
)
USUAL_FPS = 30.0  # of cameras: turns the length of a window into a number of images
N_IMAGES = (32, 64, 128, 256, 512, 1024)  # that a window may have


class MotionTask(ImageTask):
    """Training on videos: spectra of many stretches of each, beginning with the shipped motion model.

    Parameters
    ----------
    labels : sequence of str
        The user's. The background label is ``still``; its examples are synthetic unless the user has videos of it.
    window_s : float, optional
        Length of a window at 30 images/s. Windows count images, a power of two, because only so much is known of a
        camera before it runs: the nearest one is taken; None: 128, as the shipped model.

    Raises
    ------
    UserError
        If no window is as short or as long as asked for.
    """

    task: TaskName = "motion"
    n_windows: ClassVar[int] = 600
    max_views: ClassVar[int] = 24
    n_worth: ClassVar[int] = 20
    plan = Plan(
        (
            TrainingPhase("embedding", Schedule(40, 3e-3, patience=8)),
            TrainingPhase("", Schedule(12, 5e-4, patience=4), min_examples=20),
        )
    )

    def __init__(self, labels: Sequence[str], window_s: float | None = None) -> None:
        super().__init__(labels)
        self.settings = MotionSettings(n_images=128 if window_s is None else _n_images(window_s))

    @property
    def spec(self) -> ModelSpec:
        """The shipped model's grid and stride; the background label has no events."""
        s = self.settings
        return ModelSpec(
            format=1,
            name=self.task,
            task=self.task,
            front_end=s,
            window=WindowSettings(n_frames=s.n_images, stride=STRIDE * s.n_images // 128),
            normalisation=Normalisation(std=LEVEL_SCALE),
            events=EVENTS.model_copy(update={"deny": (self.background,), "labels": {}}),
        )

    def sampler(self) -> Callable[[SampleJob], NDArray[np.float16]]:
        """Return a function that samples windows of a video as other recordings of the same scene might give."""
        return functools.partial(_sample_video, settings=self.settings)

    def synthetic_background(self, n: int, seed: int, n_processes: int) -> Iterator[NDArray[np.float16]]:
        """Yield windows of synthetic videos in which nothing moves."""
        jobs = [("still", seed * 100_000 + i) for i in range(n)]
        for rows, _ in synthetic_windows(jobs, self.settings, n_processes):
            yield rows / np.float16(LEVEL_SCALE)

    def network(self) -> Any:
        """Return the shipped motion model's network with a new head."""
        shipped = read_model_file(find_model("motion")).flatbuffer
        return network.with_new_head(network.rebuilt(shipped, self.settings), self.settings, len(self.labels))

    def augment(self, features: Float32, rng: Rng) -> Float32:
        """Return the windows unchanged: mirrors and time reversal would make left into right, which may be labels."""
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


def _sample_video(job: SampleJob, settings: MotionSettings) -> NDArray[np.float16]:
    """Return windows of a video: as many as asked for, more of a long one; none of one too short for a live window."""
    path, seed, n_views = job
    rng = np.random.default_rng(seed)
    series, times_s = _cell_series(path, settings)
    if len(series) < MIN_IMAGES:
        return np.zeros((0, settings.n_cells, settings.row_width), np.float16)
    spectrum = MotionSpectrum(settings)
    n_windows = max(n_views, len(series) // settings.n_images)
    stretches = (another_recording(series, times_s, settings, rng) for _ in range(n_windows))
    rows = [motion_rows(spectrum.transform(*stretch), settings) / np.float32(LEVEL_SCALE) for stretch in stretches]
    return np.stack(rows).astype(np.float16)


def _cell_series(path: Path, settings: MotionSettings) -> tuple[Float32, Float64]:
    """Return the mean grey of all cells over a video's images, at most as many as are cut of it, and their times."""
    capacity = MAX_CUT * STRIDE
    series = CellSeries(settings.n_rows, settings.n_columns, capacity)
    for image in read_images(path, ImageSettings())[1]:
        series.push(image.grey, image.time_s)
        if series.n_pushed == capacity:
            break
    return series.last(capacity)
