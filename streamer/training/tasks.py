"""Task name → training task: the only file of training that knows sound, pattern and motion."""

from __future__ import annotations

from streamer.messages import TaskName
from streamer.training.task import TrainingTask


def training_task(task: TaskName, labels: tuple[str, ...], window_s: float | None = None) -> TrainingTask:
    """Return the training task of a name; only its own modules are imported.

    Parameters
    ----------
    task : {"sound", "pattern", "motion"}
    labels : tuple of str
        The dataset's.
    window_s : float, optional
        Seconds that one window spans; None: the task's own length.

    Raises
    ------
    UserError
        If the task has no windows of that length.
    """
    if task == "sound":
        from streamer.training.sound.task import SoundTask

        return SoundTask(labels, window_s)
    if task == "pattern":
        from streamer.training.pattern.task import PatternTask

        return PatternTask(labels, window_s)
    from streamer.training.motion.task import MotionTask

    return MotionTask(labels, window_s)
