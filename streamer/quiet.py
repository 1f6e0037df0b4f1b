"""Keep what C libraries print to file descriptor 2 off the screen."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

_lock = threading.Lock()
_depth = 0
_saved_fd = -1


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send file descriptor 2 to the null device for the length of a ``with`` block.

    ALSA, PortAudio and LiteRT print from C, past ``sys.stderr``; while a dashboard is drawn such a line tears
    it. The descriptor belongs to the whole process: blocks may nest and overlap in several threads (the first
    redirects, the last restores), and what other threads print to stderr meanwhile is lost too, so keep the
    block around the noisy call only. Where descriptor 2 is closed, nothing is done.
    """
    global _depth, _saved_fd
    with _lock:
        if _depth == 0:
            _saved_fd = _redirect()
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0 and _saved_fd >= 0:
                os.dup2(_saved_fd, 2)
                os.close(_saved_fd)
                _saved_fd = -1


def _redirect() -> int:
    """Point descriptor 2 at the null device; return a duplicate of what it was, −1 where it was closed."""
    with contextlib.suppress(OSError, ValueError, AttributeError):  # sys.stderr is None under pythonw
        sys.stderr.flush()
    try:
        saved_fd = os.dup(2)
    except OSError:
        return -1
    null_fd = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null_fd, 2)
    os.close(null_fd)
    return saved_fd
