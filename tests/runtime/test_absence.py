"""Waiting for a source that is away."""

import threading
import time

from streamer.runtime.absence import await_return


class Returning:
    """A source that shows a sign at the ``n``-th time of asking."""

    def __init__(self, n: int) -> None:
        self.n = n

    def may_be_back(self) -> bool:
        self.n -= 1
        return self.n <= 0


def test_a_sign_ends_the_pause_early() -> None:
    begun_s = time.monotonic()
    assert await_return(Returning(2), 3600.0, threading.Event())
    assert time.monotonic() - begun_s < 600.0


def test_without_a_sign_the_pause_is_waited_for() -> None:
    assert not await_return(Returning(1000), 0.05, threading.Event())
    assert not await_return(object(), 0.05, threading.Event())  # a source that cannot tell


def test_a_stop_ends_the_pause() -> None:
    stop = threading.Event()
    stop.set()
    assert not await_return(Returning(1), 3600.0, stop)
    assert not await_return(object(), 3600.0, stop)
