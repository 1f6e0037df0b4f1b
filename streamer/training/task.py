"""What training needs of a task: the protocol `TrainingTask`, and the plan by which its network is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from streamer.arrays import Float32, Rng
from streamer.messages import TaskName
from streamer.model.spec import ModelSpec
from streamer.training.calibration import Activation
from streamer.training.fit import Schedule
from streamer.training.windows import TrainingWindows

if TYPE_CHECKING:
    from streamer.dataset.examples import Dataset

Advance = Callable[[float], None]  # takes the share done so far, 0…1


@dataclass(frozen=True, slots=True)
class TrainingPhase:
    """A part of training in which only the layers above one layer change."""

    after: str  # the layer up to and including which nothing changes; "": the whole network changes
    schedule: Schedule
    min_examples: int = 0  # of the smallest label; with fewer the phase does not pay and is left out
    n_views: int = 1  # activations of the unchanged layers computed of each window, each augmented anew
    beside: TrainingWindows | None = None  # further windows to train on, given as activations of the layer ``after``


@dataclass(frozen=True, slots=True)
class Plan:
    """How the network of a task is trained."""

    phases: tuple[TrainingPhase, ...]  # each changes all layers that the phases before it have changed, or more
    activation: Activation = "sigmoid"


class TrainingTask(Protocol):
    """What `streamer train` needs of one task: windows of examples, a network, and a plan.

    There is one for each task, see :func:`streamer.training.tasks.training_task`.
    """

    @property
    def task(self) -> TaskName:
        """The task that it trains for."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """The dataset's labels, and the background label unless the user has examples of it."""
        ...

    @property
    def spec(self) -> ModelSpec:
        """Front end, window, stride, normalisation and events; name and card are filled in afterwards."""
        ...

    @property
    def plan(self) -> Plan:
        """Phases and activation."""
        ...

    def sample(self, dataset: Dataset, folder: Path, seed: int, advance: Advance) -> TrainingWindows:
        """Sample augmented windows to train on; examples are mixed with others of this dataset only.

        Synthetic examples of the background label are among them.
        """
        ...

    def cut(self, dataset: Dataset, folder: Path, advance: Advance) -> TrainingWindows:
        """Cut windows as the live pipeline does, in order of examples and time: to validate, calibrate and test."""
        ...

    def network(self) -> Any:
        """Return a Keras model, features → logits, with the weights of a shipped one to begin with.

        A layer named ``embedding`` ends the trunk; the last layer is a Dense one named ``logits``.
        """
        ...

    def augment(self, features: Float32, rng: Rng) -> Float32:
        """Change a batch of sampled windows, shape (n, rows, width), anew each time; cheap, perhaps the identity."""
        ...
