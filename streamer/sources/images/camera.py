"""Local cameras: V4L2 on Linux, AVFoundation on macOS, Media Foundation on Windows."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

from streamer.config import ImageSettings, SourceSettings
from streamer.errors import SourceUnavailable, UserError
from streamer.sources.images.devices import (
    CSI_REMEDY,
    UNREADABLE_REMEDY,
    Camera,
    camera_signs,
    find_camera,
    list_cameras,
)
from streamer.sources.images.grabber import OpenedCamera
from streamer.sources.images.live import SETTLE_S, LiveCamera
from streamer.sources.images.modes import choose_mode, describe_mode, set_exposure_and_gain
from streamer.sources.images.opencv import load_opencv


class CameraSource(LiveCamera):
    """Camera of this machine; it is found again after it was unplugged.

    Parameters
    ----------
    wanted : str
        Empty for the first camera, digits for an index, else the path of its device file.
    settings : SourceSettings
        ``stall_s`` is used.
    images : ImageSettings
        How to capture.
    """

    lost_reason = "it vanished: unplugged, or its driver failed"

    def __init__(self, wanted: str, settings: SourceSettings, images: ImageSettings) -> None:
        super().__init__(f"camera:{wanted}" if wanted else "camera", settings, images)
        self._wanted = wanted
        self._known_uri = ""
        self._signs: frozenset[tuple[str, int, int]] | None = None  # of cameras when the last attempt began

    def _open(self, stop: threading.Event) -> OpenedCamera:
        self._signs = camera_signs()
        camera = self._find()
        cv2 = load_opencv(self._settings.stall_s)
        video = cv2.VideoCapture()
        try:
            if not self._open_device(cv2, video, camera):
                raise self._cannot_open(camera)
            mode = choose_mode(cv2, video, self._images)
            if camera.is_csi and not video.grab():
                raise self._cannot_open(camera)
            refused = set_exposure_and_gain(cv2, video, self._images, SETTLE_S, stop)
        except BaseException:
            video.release()
            raise
        self._known_uri = camera.uri
        detail = "; ".join(filter(None, (describe_mode(mode, self._images), refused)))
        return OpenedCamera(video, camera.name, mode.fps, detail, has_kernel_times=sys.platform == "linux")

    def may_be_back(self) -> bool:
        """Return whether cameras have come or gone since the last attempt."""
        return camera_signs() != self._signs

    def _find(self) -> Camera:
        if sys.platform == "linux":
            return find_camera(list_cameras(), self._wanted, self._known_uri)
        if self._wanted and not self._wanted.isdecimal():
            raise UserError(f"source={self.uri!r} must be camera or camera:INDEX; paths name cameras on Linux only")
        index = self._wanted or "0"
        return Camera(index, f"camera {index}", True, False, self.uri)

    def _open_device(self, cv2: Any, video: Any, camera: Camera) -> bool:
        if sys.platform == "linux":
            return bool(video.open(camera.path, cv2.CAP_V4L2))
        back_end = cv2.CAP_AVFOUNDATION if sys.platform == "darwin" else cv2.CAP_MSMF
        return bool(video.open(int(camera.path), back_end))

    def _cannot_open(self, camera: Camera) -> SourceUnavailable | UserError:
        """Return the error that explains why a camera of the list does not open."""
        text = f"source={self.uri!r} must open; {camera.name} ({camera.path})"
        if camera.is_csi and "v4l2-compat" not in os.environ.get("LD_PRELOAD", ""):
            return UserError(f"{text} is {CSI_REMEDY}")
        if sys.platform == "linux" and not Path(camera.path).exists():
            return SourceUnavailable(f"{text} vanished")
        if not camera.is_readable:
            return SourceUnavailable(f"{text} is {UNREADABLE_REMEDY}")
        if sys.platform == "darwin":
            return SourceUnavailable(f"{text} is not there, or System Settings, Privacy, Camera does not allow it")
        return SourceUnavailable(f"{text} is busy, or no camera: close the program that uses it (fuser -v /dev/video*)")
