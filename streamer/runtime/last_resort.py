"""LastResort: end the process where a call into the system never returns."""

from __future__ import annotations

import os
import threading


class LastResort:
    """Timer that ends the process at once when it is not cancelled in time.

    A call that hangs in a driver, a sound server or a dead network disk cannot be interrupted, and would also hang the
    interpreter's own exit, which waits for locks that it holds.

    Parameters
    ----------
    exit_code : int
        Exit code of the process.
    """

    def __init__(self, exit_code: int) -> None:
        self._exit_code = exit_code
        self._timer: threading.Timer | None = None

    def arm(self, seconds: float) -> None:
        """End the process after so many seconds."""
        self._timer = threading.Timer(seconds, os._exit, [self._exit_code])
        self._timer.name, self._timer.daemon = "last resort", True
        self._timer.start()

    def cancel(self) -> None:
        """Let the process live on."""
        if self._timer:
            self._timer.cancel()
