"""Task name → training task: the only file of training that knows sound, pattern and motion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from streamer.dataset.examples import Dataset
from streamer.dataset.file_stats import FileStats
from streamer.messages import TaskName
from streamer.training.earlier import EarlierModel
from streamer.training.task import TrainingTask


def training_task(
    task: TaskName, labels: tuple[str, ...], window_s: float | None = None, earlier: EarlierModel | None = None
) -> TrainingTask:
    """Return the training task of a name; only its own modules are imported.

    Parameters
    ----------
    task : {"sound", "pattern", "motion"}
    labels : tuple of str
        The dataset's.
    window_s : float, optional
        Seconds that one window spans; None: the task's own length.
    earlier : EarlierModel, optional
        A model of sounds to go on from.

    Raises
    ------
    UserError
        If the task has no windows of that length, or the model cannot be gone on from.
    """
    if task == "sound":
        from streamer.training.sound.task import SoundTask

        return SoundTask(labels, window_s, earlier=earlier)
    if task == "pattern":
        from streamer.training.pattern.task import PatternTask

        return PatternTask(labels, window_s)
    from streamer.training.motion.task import MotionTask

    return MotionTask(labels, window_s)


def with_background(
    dataset: Dataset, measured: Mapping[Path, FileStats], folder: Path, seed: int, test: Sequence[str] = ()
) -> tuple[Dataset, Mapping[Path, FileStats]]:
    """Add synthetic background examples to a dataset of one label; return others as they are.

    As :func:`streamer.training.sound.background.with_background`.
    """
    if len(dataset.labels) > 1 or dataset.task != "sound":
        return dataset, measured
    from streamer.training.sound import background

    return background.with_background(dataset, measured, folder, seed, test)
