"""Set size, pixel format, rate, exposure and gain of a local camera, and read back what it gives."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from typing import Any, Literal

from streamer.config import ImageSettings

MIN_FPS_SHARE = 0.9  # share of the requested image rate; below it, another pixel format is tried
USUAL_FPS = 25.0  # expected where no image rate is requested
Lockable = Literal["auto", "lock"] | float


@dataclass(frozen=True, slots=True)
class CameraMode:
    """Size, pixel format and image rate that a camera reports."""

    width: int
    height: int
    fps: float
    fourcc: int

    def __str__(self) -> str:
        return f"{self.width} × {self.height}" + (f" at {self.fps:g} images/s" if self.fps else "")


def choose_mode(cv2: Any, video: Any, images: ImageSettings) -> CameraMode:
    """Request size and rate, with JPEG images where raw images exceed the bandwidth of the cable.

    A USB 2 camera sends 10 raw images of 1280 × 720 pixels a second, or 30 JPEGs. Raw images are preferred where
    they reach the rate, since they have no block artefacts.

    Parameters
    ----------
    cv2, video : module and VideoCapture
    images : ImageSettings
        ``width``, ``height`` and ``fps`` are used.

    Returns
    -------
    CameraMode
        As read back from the camera, since drivers report success whatever is requested.
    """
    raw = _request(cv2, video, images)
    mjpg = cv2.VideoWriter_fourcc(*"MJPG")
    if _misfit(raw, images) == (0, 0.0) or raw.fourcc in (mjpg, 0):
        return raw
    video.set(cv2.CAP_PROP_FOURCC, mjpg)
    compressed = _request(cv2, video, images)
    if compressed.fourcc == mjpg and _misfit(compressed, images) < _misfit(raw, images):
        return compressed
    video.set(cv2.CAP_PROP_FOURCC, raw.fourcc)
    return _request(cv2, video, images)


def describe_mode(mode: CameraMode, images: ImageSettings) -> str:
    """Return how a mode differs from what was requested, for people; empty where it does not."""
    wanted = CameraMode(images.width or mode.width, images.height or mode.height, images.fps or mode.fps, mode.fourcc)
    has_size = (mode.width, mode.height) == (wanted.width, wanted.height)
    if has_size and math.isclose(mode.fps, wanted.fps, rel_tol=0.01):
        return ""
    return f"gives {mode} instead of {wanted}"


def set_exposure_and_gain(cv2: Any, video: Any, images: ImageSettings, settle_s: float, stop: threading.Event) -> str:
    """Set exposure and gain, lock them, or leave them to the camera.

    Parameters
    ----------
    cv2, video : module and VideoCapture
    images : ImageSettings
        ``exposure`` and ``gain`` in the driver's own units; ``lock`` keeps the values that the automatic has found.
    settle_s : float
        Time for the automatic to find them; images are read and dropped meanwhile.
    stop : threading.Event
        Ends this time early.

    Returns
    -------
    str
        What the camera refused, for people; empty where it refused nothing.
    """
    is_v4l2 = video.getBackendName() == "V4L2"
    automatic, manual = (3.0, 1.0) if is_v4l2 else (1.0, 0.0)  # V4L2: aperture priority and manual
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


def _request(cv2: Any, video: Any, images: ImageSettings) -> CameraMode:
    """Request size and rate in the present pixel format, and return the mode that the camera reports."""
    if images.width and images.height:
        video.set(cv2.CAP_PROP_FRAME_WIDTH, images.width)
        video.set(cv2.CAP_PROP_FRAME_HEIGHT, images.height)
    if images.fps:
        video.set(cv2.CAP_PROP_FPS, images.fps)  # last, since a new size resets it
    return CameraMode(
        width=round(video.get(cv2.CAP_PROP_FRAME_WIDTH)),
        height=round(video.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        fps=_plausible_fps(video.get(cv2.CAP_PROP_FPS)),
        fourcc=int(video.get(cv2.CAP_PROP_FOURCC)),
    )


def _plausible_fps(fps: float) -> float:
    """Return an image rate as the driver has it, 0 where it cannot be true."""
    return fps if math.isfinite(fps) and 0.0 < fps <= 100_000.0 else 0.0


def _misfit(mode: CameraMode, images: ImageSettings) -> tuple[int, float]:
    """Return how far a mode is from the request: difference in pixels, then missing images per second."""
    width, height = images.width or mode.width, images.height or mode.height
    wanted_fps = MIN_FPS_SHARE * images.fps or USUAL_FPS
    missing = max(0.0, wanted_fps - mode.fps) if mode.fps else 0.0
    return abs(mode.width - width) + abs(mode.height - height), missing


def _refusal(name: str, requested: Lockable, value: float, is_set: bool, got: float) -> str:
    """Return that a control did not take a value, for people; empty where it did."""
    if is_set and math.isclose(got, value, rel_tol=0.02, abs_tol=0.5):
        return ""
    outcome = f"stays at {got:g}" if is_set else "refused"
    return f"{name}={requested} {outcome}"
