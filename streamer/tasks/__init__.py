"""The facts of sound, pattern and motion, each in one file; everything else looks them up here."""

from __future__ import annotations

from streamer.messages import Medium, TaskName
from streamer.tasks.base import FileKind, Task
from streamer.tasks.motion import MOTION
from streamer.tasks.pattern import PATTERN
from streamer.tasks.sound import SOUND
from streamer.tasks.suffixes import ANIMATED

TASKS: dict[TaskName, Task] = {task.name: task for task in (SOUND, PATTERN, MOTION)}

SOUND_SUFFIXES = SOUND.example_suffixes
PICTURE_SUFFIXES = PATTERN.example_suffixes
VIDEO_SUFFIXES = MOTION.example_suffixes
ANIMATED_SUFFIXES = ANIMATED


def tasks_of(medium: Medium) -> tuple[Task, ...]:
    """Return the tasks whose sources deliver this medium."""
    return tuple(task for task in TASKS.values() if task.medium == medium)


def task_of_kind(kind: FileKind) -> Task:
    """Return the task whose examples are files of this kind."""
    return next(task for task in TASKS.values() if task.file_kind == kind)


def kernels_of(medium: Medium) -> tuple[str, ...]:
    """Return the modules of kernels that the tasks of this medium need, each once."""
    return tuple(dict.fromkeys(name for task in tasks_of(medium) for name in task.kernels))
