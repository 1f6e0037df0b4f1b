"""Ask a local camera for size, pixel format, rate, exposure and gain, and read back what it gives."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from typing import Any, Literal

from streamer.config import ImageSettings

SLOW = 0.9  # of the rate asked for; below, another pixel format is tried
USUAL_FPS = 25.0  # what a camera should reach when no rate is asked for
Lockable = Literal["auto", "lock"] | float


@dataclass(frozen=True, slots=True)
class Mode:
    """Size, format and rate that a camera reports."""

    width: int
    height: int
    fps: float
    fourcc: int

    def __str__(self) -> str:
        return f"{self.width} × {self.height}" + (f" at {self.fps:g} images/s" if self.fps else "")


def choose_mode(cv2: Any, video: Any, images: ImageSettings) -> Mode:
    """Ask for size and rate, with compressed images where raw ones exceed the bandwidth of the cable.

    A USB 2 camera sends 1280 × 720 raw images 10 times a second and JPEGs 30 times; raw ones are better where both
    do, having no block artefacts.

    Returns
    -------
    Mode
        As read back: cameras say yes to whatever they are asked.
    """
    raw = _ask(cv2, video, images)
    mjpg = cv2.VideoWriter_fourcc(*"MJPG")
    if _serves(raw, images) or raw.fourcc in (mjpg, 0):
        return raw
    video.set(cv2.CAP_PROP_FOURCC, mjpg)
    compressed = _ask(cv2, video, images)
    if compressed.fourcc == mjpg and _misfit(compressed, images) < _misfit(raw, images):
        return compressed
    video.set(cv2.CAP_PROP_FOURCC, raw.fourcc)
    return _ask(cv2, video, images)


def describe_mode(mode: Mode, images: ImageSettings) -> str:
    """Describe what a camera gives where it is not what was asked; empty where it is."""
    wanted = Mode(images.width or mode.width, images.height or mode.height, images.fps or mode.fps, mode.fourcc)
    has_size = (mode.width, mode.height) == (wanted.width, wanted.height)
    if has_size and math.isclose(mode.fps, wanted.fps, rel_tol=0.01):
        return ""
    return f"gives {mode} instead of {wanted}"


def set_exposure_and_gain(cv2: Any, video: Any, images: ImageSettings, settle_s: float, stop: threading.Event) -> str:
    """Leave exposure and gain to the camera, lock them, or set them.

    Parameters
    ----------
    cv2, video : module and VideoCapture
    images : ImageSettings
        ``exposure`` and ``gain`` in the driver's own units; ``lock`` freezes what the automatic has found.
    settle_s : float
        Time that the automatic gets for that, during which images are read and dropped.
    stop : threading.Event
        Ends it early.

    Returns
    -------
    str
        What the camera refuses; empty where it does as asked.
    """
    is_v4l2 = video.getBackendName() == "V4L2"
    automatic, manual = (3.0, 1.0) if is_v4l2 else (1.0, 0.0)  # V4L2: aperture priority, and manual
    refused = []
    video.set(cv2.CAP_PROP_AUTO_EXPOSURE, automatic)
    if "lock" in (images.exposure, images.gain):
        deadline_s = time.monotonic() + settle_s
        while time.monotonic() < deadline_s and not stop.is_set():
            if not video.grab():
                stop.wait(0.02)
    exposure, gain = video.get(cv2.CAP_PROP_EXPOSURE), video.get(cv2.CAP_PROP_GAIN)
    if images.exposure != "auto":
        value = exposure if images.exposure == "lock" else float(images.exposure)
        video.set(cv2.CAP_PROP_AUTO_EXPOSURE, manual)
        is_set = video.set(cv2.CAP_PROP_EXPOSURE, value)
        refused.append(_refusal("exposure", images.exposure, value, is_set, video.get(cv2.CAP_PROP_EXPOSURE)))
    if images.gain != "auto":
        value = gain if images.gain == "lock" else float(images.gain)
        is_set = video.set(cv2.CAP_PROP_GAIN, value)
        refused.append(_refusal("gain", images.gain, value, is_set, video.get(cv2.CAP_PROP_GAIN)))
    return "; ".join(filter(None, refused))


def _ask(cv2: Any, video: Any, images: ImageSettings) -> Mode:
    if images.width and images.height:
        video.set(cv2.CAP_PROP_FRAME_WIDTH, images.width)
        video.set(cv2.CAP_PROP_FRAME_HEIGHT, images.height)
    if images.fps:
        video.set(cv2.CAP_PROP_FPS, images.fps)  # last: a new size resets it
    return Mode(
        width=round(video.get(cv2.CAP_PROP_FRAME_WIDTH)),
        height=round(video.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        fps=_rate(video.get(cv2.CAP_PROP_FPS)),
        fourcc=int(video.get(cv2.CAP_PROP_FOURCC)),
    )


def _rate(fps: float) -> float:
    return fps if math.isfinite(fps) and 0.0 < fps <= 100_000.0 else 0.0


def _serves(mode: Mode, images: ImageSettings) -> bool:
    return _misfit(mode, images) == (0, 0.0)


def _misfit(mode: Mode, images: ImageSettings) -> tuple[int, float]:
    """Return how far a mode is from what was asked: pixels first, then missing images per second."""
    width, height = images.width or mode.width, images.height or mode.height
    wanted_fps = SLOW * images.fps or USUAL_FPS
    missing = max(0.0, wanted_fps - mode.fps) if mode.fps else 0.0
    return abs(mode.width - width) + abs(mode.height - height), missing


def _refusal(name: str, asked: Lockable, value: float, is_set: bool, got: float) -> str:
    if is_set and math.isclose(got, value, rel_tol=0.02, abs_tol=0.5):
        return ""
    outcome = f"stays at {got:g}" if is_set else "refused"
    return f"{name}={asked} {outcome}"
