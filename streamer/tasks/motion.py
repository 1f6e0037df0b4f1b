"""The task `motion`: patterns periodic in time, in videos and before a camera."""

from __future__ import annotations

from streamer.messages import DirectionKind
from streamer.tasks.base import Task
from streamer.tasks.suffixes import ANIMATED, VIDEOS

MIN_IMAGES = 32  # fewer images show no motion: no window is stretched over them, no period measured

DIRECTIONS: dict[str, DirectionKind | None] = {
    "oscillation": "axis",
    "rotation": "rotation",
    "drift": "travel",
    **dict.fromkeys(("still", "none", "background", "flicker", "pulse")),
}
"""Kind of direction that a movement of this label has; any other label may have each of them."""

MOTION = Task(
    name="motion",
    medium="images",
    kernels=("streamer.kernels.cells", "streamer.kernels.gradients", "streamer.kernels.temporal"),
    default_model="motion",
    background=("still", "none", "background"),
    file_kind="video",
    example_suffixes=VIDEOS | ANIMATED,
    file_suffixes=VIDEOS | ANIMATED,
    example="video",
    file="video",
    content="movements",
    example_path="fan/1.mp4",
    source="camera",
    measurement="temporal",
    is_timed=True,
    padding="stretched",
    false_alarms=1.0,
    false_alarm_unit="an hour",
)
