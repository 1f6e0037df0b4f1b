"""The task `pattern`: patterns periodic in space, in pictures and before a camera."""

from __future__ import annotations

from streamer.tasks.base import Task
from streamer.tasks.motion import MOTION
from streamer.tasks.suffixes import PICTURES

PATTERN = Task(
    name="pattern",
    medium="images",
    kernels=("streamer.kernels.image_fft", "streamer.kernels.polar", "streamer.kernels.resize"),
    default_model="pattern",
    background=("none", "background"),
    file_kind="picture",
    example_suffixes=PICTURES,
    file_suffixes=PICTURES | MOTION.file_suffixes,
    example="picture",
    file="picture or video",
    content="pictures",
    example_path="brick/1.png",
    source="camera",
    measurement="spatial",
    is_timed=False,
    padding="",
    false_alarms=0.01,
    false_alarm_unit="of the pictures",
)
