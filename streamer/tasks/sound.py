"""The task `sound`: sounds from a microphone or a file."""

from __future__ import annotations

from streamer.tasks.base import Task
from streamer.tasks.suffixes import SOUNDS

BACKGROUND = "background"  # the label of sound models for everything that is none of their other labels

SOUND = Task(
    name="sound",
    medium="sound",
    kernels=("streamer.kernels.logmel",),
    default_model="ambient",
    background=(BACKGROUND,),
    file_kind="sound",
    example_suffixes=SOUNDS,
    file_suffixes=SOUNDS,
    example="sound file",
    file="sound",
    content="sounds",
    example_path="dog/1.wav",
    source="",
    measurement=None,
    is_timed=True,
    padding="padded with silence",
    false_alarms=1.0,
    false_alarm_unit="an hour",
)
