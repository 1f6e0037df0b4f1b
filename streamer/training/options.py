"""What the user asks of a training: one value, from the command line to the model's card."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from streamer.messages import TaskName
from streamer.tasks import TASKS


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """The options of `streamer train`."""

    task: TaskName
    data: Path  # holds a folder of files for each label
    output: Path  # the model file, NAME.tflite; its card goes beside it, NAME.md
    groups: str = ""  # which files share an origin, see :func:`streamer.dataset.examples.find_examples`
    test: tuple[str, ...] = ()  # groups to measure on and never to train on
    n_folds: int | None = None  # parts for cross-validation; None: chosen by the amount of data
    n_epochs: int | None = None  # at most, in each phase; None: as many as the phase has
    seed: int = 0  # of splits, sampling, augmentation and weights
    int8: bool = False  # compute in 8 bits
    window_s: float | None = None  # seconds that one window spans; None: the task's own length
    false_alarms: float | None = None  # allowed, of all labels together; None: the task's default
    leave_labels_out: bool = False  # also train without some labels, and count what their sounds are taken for
    earlier: Path | None = None  # the model to go on from; None: the shipped start
    unknown: Path | None = None  # recordings of none of the labels, to measure on; None: not measured

    @property
    def allowed_false_alarms(self) -> float:
        """False alarms allowed, of all labels together: per hour; of pictures: a share."""
        return TASKS[self.task].false_alarms if self.false_alarms is None else self.false_alarms

    @property
    def card(self) -> Path:
        """Where the card of the model goes."""
        return self.output.with_suffix(".md")

    @property
    def command(self) -> str:
        """The command line that trains with these options."""
        parts: list[object] = ["streamer", "train", self.task, self.data, "-o", self.output]
        parts += ["--groups", self.groups] if self.groups else []
        parts += [part for group in self.test for part in ("--test", group)]
        values = {
            "--folds": self.n_folds,
            "--epochs": self.n_epochs,
            "--seed": self.seed or None,
            "--window": self.window_s,
            "--false-alarms": self.false_alarms,
            "--from": self.earlier,
            "--unknown": self.unknown,
        }
        parts += [part for name, value in values.items() if value is not None for part in (name, value)]
        parts += ["--leave-labels-out"] if self.leave_labels_out else []
        parts += ["--int8"] if self.int8 else []
        return shlex.join(str(part) for part in parts)
