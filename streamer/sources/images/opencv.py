"""Load OpenCV on first use, silence what it prints, and pass options to its FFmpeg."""

from __future__ import annotations

import contextlib
import math
import os
import threading
from collections.abc import Iterator
from typing import Any

from streamer.errors import UserError

FFMPEG_OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
# Without these options an RTSP stream begins 1.9 s late and stays late. OpenCV's own preference for TCP applies only
# while the variable is not set, so it is repeated; other protocols ignore the options of RTSP.
LOW_DELAY = "rtsp_flags;prefer_tcp|fflags;nobuffer|flags;low_delay|max_delay;0|reorder_queue_size;0"
OPTIONS_TIMEOUT_S = 4.0  # longer than opening may take

_condition = threading.Condition()
_n_blocks = 0  # number of `with` blocks that are being run …
_options = ""  # … and the options that they have in common
_is_ours = False  # whether the environment holds these options; False where the user set some


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


@contextlib.contextmanager
def ffmpeg_options(options: str) -> Iterator[None]:
    """Set FFmpeg's options for the video that is opened in the ``with`` block, and for no other.

    OpenCV reads them from the process's environment when it begins to open a video. So blocks with equal options
    may overlap in several threads; a block with other options waits, at most 4 s because opening can hang. Options
    that the user has set in the environment take precedence and stay.

    Parameters
    ----------
    options : str
        In OpenCV's format, ``key;value|key;value``; empty for none.
    """
    global _n_blocks, _options, _is_ours
    with _condition:
        if _n_blocks and _options != options:
            _condition.wait_for(lambda: not _n_blocks or _options == options, OPTIONS_TIMEOUT_S)
        if not _n_blocks:
            _options = options
            _is_ours = bool(options) and FFMPEG_OPTIONS not in os.environ
            if _is_ours:
                os.environ[FFMPEG_OPTIONS] = options
        _n_blocks += 1
    try:
        yield
    finally:
        with _condition:
            _n_blocks -= 1
            if not _n_blocks:
                if _is_ours:
                    os.environ.pop(FFMPEG_OPTIONS, None)
                _condition.notify_all()
