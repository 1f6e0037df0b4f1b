"""Load OpenCV on first use, and silence what it prints."""

from __future__ import annotations

import math
import os
from typing import Any

from streamer.errors import UserError


def load_opencv(stall_s: float = 2.0) -> Any:
    """Import OpenCV and keep it and FFmpeg from printing to file descriptor 2.

    Parameters
    ----------
    stall_s : float
        Time after which reading from a V4L2 camera fails. OpenCV reads it once, at the first camera of the
        process, in whole seconds; its default is 10 s.

    Returns
    -------
    module
        ``cv2``.

    Raises
    ------
    UserError
        When OpenCV or a library that it needs is not installed.
    """
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(math.ceil(stall_s)))
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # AV_LOG_QUIET
    try:
        import cv2
    except ImportError as error:
        raise UserError(
            "OpenCV=missing must be installed for images; pip uninstall opencv-python, then "
            f"pip install opencv-python-headless, which needs no screen ({error})"
        ) from None
    if "OPENCV_LOG_LEVEL" not in os.environ:
        set_level = getattr(cv2, "setLogLevel", None) or cv2.utils.logging.setLogLevel  # OpenCV 4, or 5
        set_level(0)  # silent
    cv2.setNumThreads(1)  # for images of this size, waking other cores costs 2 % of a core and saves nothing
    return cv2
