"""What training on one kind of data needs: a course for each of sound, pattern and motion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from streamer.arrays import Float32
from streamer.messages import TaskName
from streamer.model.spec import ModelSpec
from streamer.training.calibration import Activation
from streamer.training.fit import Schedule
from streamer.training.windows import Windows

if TYPE_CHECKING:
    from streamer.dataset.examples import Dataset

Advance = Callable[[float], None]  # takes the share done so far, 0…1


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of training, in which the network changes above one layer."""

    after: str  # the layer up to and including which nothing changes; "": the whole network changes
    schedule: Schedule
    min_examples: int = 0  # of the smallest label; with fewer the stage does not pay and is left out
    n_views: int = 1  # times that each window is drawn into activations of the unchanged part, each augmented anew
    beside: Windows | None = None  # further windows to learn from, known only as activations of the layer ``after``


@dataclass(frozen=True, slots=True)
class Plan:
    """How a course requests to be trained."""

    stages: tuple[Stage, ...]  # each changes all that those before it have changed, or more
    activation: Activation = "sigmoid"


class TrainingTask(Protocol):
    """What training on one kind of data needs."""

    @property
    def task(self) -> TaskName:
        """What it trains for."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """The dataset's labels and the one for nothing of these, unless the user has examples of it."""
        ...

    @property
    def spec(self) -> ModelSpec:
        """Front end, window, stride, normalisation, events; name and card are filled in afterwards."""
        ...

    @property
    def plan(self) -> Plan:
        """How it requests to be trained."""
        ...

    def draw(self, dataset: Dataset, folder: Path, seed: int, advance: Advance) -> Windows:
        """Draw augmented windows to train on; examples are mixed with others of this dataset only.

        Examples made in code for the label of nothing are among them.
        """
        ...

    def cut(self, dataset: Dataset, folder: Path, advance: Advance) -> Windows:
        """Cut windows as the live pipeline does, in order of examples and time: to validate, calibrate and test."""
        ...

    def network(self) -> Any:
        """Return a Keras model, features → logits, begun from what is shipped.

        A layer named ``embedding`` ends the trunk; the last layer is a Dense one named ``logits``.
        """
        ...

    def augment(self, features: Float32, rng: np.random.Generator) -> Float32:
        """Change a batch of drawn windows, shape (n, rows, width), anew each time; cheap, perhaps the identity."""
        ...


def training_task(task: TaskName, labels: tuple[str, ...], window_s: float | None = None) -> TrainingTask:
    """Return the course for a kind of data.

    Parameters
    ----------
    task : {"sound", "pattern", "motion"}
    labels : tuple of str
        The dataset's.
    window_s : float, optional
        Seconds that one window spans; None: the course's own.

    Raises
    ------
    UserError
        If the window does not suit.
    """
    if task == "sound":
        from streamer.training.sound.task import SoundTask

        return SoundTask(labels, window_s)
    if task == "pattern":
        from streamer.training.pattern.task import PatternTask

        return PatternTask(labels, window_s)
    from streamer.training.motion.task import MotionTask

    return MotionTask(labels, window_s)
