"""Load OpenCV's video layer on first use, silence its output, and pass FFmpeg its options."""

from __future__ import annotations

import contextlib
import math
import os
import threading
from collections.abc import Iterator
from typing import Any

from streamer.errors import UserError

FFMPEG_OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
# Without these an RTSP stream begins 1.9 s late and stays so. OpenCV's own preference for TCP counts only while
# the variable is not set, so it must be repeated; other protocols ignore what is not theirs.
LOW_DELAY = "rtsp_flags;prefer_tcp|fflags;nobuffer|flags;low_delay|max_delay;0|reorder_queue_size;0"
OPTIONS_PATIENCE_S = 4.0  # longer than an open may take

_turn = threading.Condition()
_holders = 0  # sessions in progress …
_held = ""  # … and the options that they have in common
_is_ours = False  # whether the environment holds them; False where the user set some


def load_opencv(stall_s: float = 2.0) -> Any:
    """Import OpenCV without its output: it and FFmpeg print to file descriptor 2.

    Parameters
    ----------
    stall_s : float
        Time after which reading from a V4L2 camera gives up. OpenCV takes it once, at the first camera of the
        process, in whole seconds; its own is 10 s.

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
    cv2.setNumThreads(1)  # waking other cores for images of this size costs 2 % of one, and saves nothing
    return cv2


@contextlib.contextmanager
def ffmpeg_options(options: str) -> Iterator[None]:
    """Give FFmpeg options for the video that is opened in the ``with`` block, and for no other.

    OpenCV takes them from the process's environment at the beginning of an open. So blocks with equal options
    may overlap in several threads and others wait for their turn, at most 4 s, because an open can hang. What
    the user has set in the environment stays and counts.

    Parameters
    ----------
    options : str
        As OpenCV wants them, ``key;value|key;value``; empty for none.
    """
    global _holders, _held, _is_ours
    with _turn:
        if _holders and _held != options:
            _turn.wait_for(lambda: not _holders or _held == options, OPTIONS_PATIENCE_S)
        if not _holders:
            _held = options
            _is_ours = bool(options) and FFMPEG_OPTIONS not in os.environ
            if _is_ours:
                os.environ[FFMPEG_OPTIONS] = options
        _holders += 1
    try:
        yield
    finally:
        with _turn:
            _holders -= 1
            if not _holders:
                if _is_ours:
                    os.environ.pop(FFMPEG_OPTIONS, None)
                _turn.notify_all()
