"""The task `pattern`: patterns periodic in space, in pictures and before a camera."""

from __future__ import annotations

from streamer.tasks.base import Task
from streamer.tasks.motion import MOTION

_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm"})

PATTERN = Task(
    name="pattern",
    medium="images",
    kernels=("streamer.kernels.image_fft", "streamer.kernels.polar", "streamer.kernels.resize"),
    default_model="pattern",
    background=("none", "background"),
    file_kind="picture",
    example_suffixes=_SUFFIXES,
    file_suffixes=_SUFFIXES | MOTION.file_suffixes,
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
