"""Wait for a source that is away: until a pause is over, or until there is a sign that it is back."""

from __future__ import annotations

import threading
import time

from streamer.sources import CanReturn

POLL_S = 0.5  # from one look for a sign to the next, and the least that a pause lasts


def await_return(source: object, pause_s: float, stop: threading.Event) -> bool:
    """Wait until a source may be back, for at most a pause.

    Parameters
    ----------
    source : Source
        Asked twice a second where it is one that :class:`streamer.sources.CanReturn`; else the whole pause is waited.
    pause_s : float
        Longest wait.
    stop : threading.Event
        Ends the wait.

    Returns
    -------
    bool
        Whether there was a sign.
    """
    if not isinstance(source, CanReturn):
        stop.wait(pause_s)
        return False
    deadline_s = time.monotonic() + pause_s
    while not stop.wait(min(POLL_S, max(0.0, deadline_s - time.monotonic()))):
        if time.monotonic() >= deadline_s:
            return False
        if source.may_be_back():
            return True
    return False
