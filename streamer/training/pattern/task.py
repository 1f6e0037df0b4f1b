"""The training task for patterns: spectra of the user's pictures, and the shipped network to begin with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Rng, UInt8
from streamer.config import EventSettings, ImageSettings
from streamer.errors import UserError
from streamer.messages import TaskName
from streamer.model.file import find_model, read_model_file
from streamer.model.spec import ModelSpec, WindowSettings
from streamer.sources.images.pictures import read_picture
from streamer.training.fit import Schedule
from streamer.training.images import ImageTask, SampleJob
from streamer.training.pattern import network
from streamer.training.pattern.augment import another_shot, turned
from streamer.training.pattern.sampling import FRONT_END, front_end, synthetic_spectra
from streamer.training.pattern.scene import make_picture
from streamer.training.task import Plan, TrainingPhase

STRIDE = 5  # images from window to window: six scores a second at 30 images/s
EVENTS = EventSettings(
    smoothing_s=0.5,
    on=0.7,
    off=0.4,
    confirm=3,
    confirm_of=4,
    merge_gap_s=1.0,
    max_length_s=3600.0,  # a pattern may stay before the camera
    deny=("none",),
)
TURN_STEPS = 1  # of 5°, each way, in every batch anew: as much as a hand-held camera; labels may differ by direction


class PatternTask(ImageTask):
    """Training on pictures: spectra of each and of other shots of it, beginning with the shipped pattern model.

    Parameters
    ----------
    labels : sequence of str
        The user's. The background label is ``none``; its examples are synthetic unless the user has pictures of it.
    window_s : None
        A picture has no length.

    Raises
    ------
    UserError
        If a window is asked for.
    """

    task: TaskName = "pattern"
    n_windows: ClassVar[int] = 1200
    max_views: ClassVar[int] = 64
    n_worth: ClassVar[int] = 100
    plan = Plan(
        (
            TrainingPhase("embedding", Schedule(40, 3e-3, patience=8), n_views=2),
            TrainingPhase("", Schedule(20, 5e-4, patience=4), min_examples=10),
        )
    )

    def __init__(self, labels: Sequence[str], window_s: float | None = None) -> None:
        if window_s is not None:
            raise UserError(f"window={window_s:g} must not be given for pictures: each is a window; leave it out")
        super().__init__(labels)

    @property
    def spec(self) -> ModelSpec:
        """The shipped model's front end and stride; the background label has no events."""
        return ModelSpec(
            format=1,
            name=self.task,
            task=self.task,
            front_end=FRONT_END,
            window=WindowSettings(n_frames=1, stride=STRIDE),
            events=EVENTS.model_copy(update={"deny": (self.background,)}),
        )

    def sampler(self) -> Callable[[SampleJob], NDArray[np.float16]]:
        """Return a function that samples spectra of a picture and of other shots of it."""
        return _sample_picture

    def synthetic_background(self, n: int, seed: int, n_processes: int) -> Iterator[NDArray[np.float16]]:
        """Yield spectra of synthetic scenes without a pattern."""
        for spectrum, _ in synthetic_spectra(n, seed, {"none": 1.0}, make_picture, n_processes):
            yield spectrum

    def network(self) -> Any:
        """Return the shipped pattern model's network with a new head."""
        shipped = read_model_file(find_model("pattern")).flatbuffer
        trunk = network.rebuilt(shipped, FRONT_END.n_radii, FRONT_END.n_angles)
        return network.with_new_head(trunk, len(self.labels))

    def augment(self, features: Float32, rng: Rng) -> Float32:
        """Turn each spectrum by a few degrees."""
        return turned(features, rng, TURN_STEPS)


def _sample_picture(job: SampleJob) -> NDArray[np.float16]:
    """Return the spectrum of the picture itself, and those of ``n_views − 1`` other shots of it."""
    path, seed, n_views = job
    rng = np.random.default_rng(seed)
    grey = np.asarray(cv2.cvtColor(read_picture(path, ImageSettings()), cv2.COLOR_BGR2GRAY), np.uint8)
    pictures: list[UInt8] = [grey, *(another_shot(grey, rng) for _ in range(n_views - 1))]
    return np.stack([front_end().push(picture).polar.astype(np.float16) for picture in pictures])
