"""The end of the process: after a fault of streamer itself, and where a normal exit would hang."""

from __future__ import annotations

import os
import sys
import threading
import traceback

from streamer.commands import say
from streamer.errors import ExitCode

FLUSH_S = 1.0  # for standard output; a reader that has stopped would keep it for ever


def fault(error: BaseException) -> ExitCode:
    """Print the traceback of a fault of streamer itself, without secrets; return the exit code for it."""
    say("".join(traceback.format_exception(error)).rstrip(), begins="")
    say("this is a fault of streamer itself; report it with the lines above")
    return ExitCode.FAULT


def end_at_once(code: int) -> None:
    """End the process without the interpreter's own exit, which would wait for calls that hang."""
    flushing = threading.Thread(target=_flush, name="flush", daemon=True)
    flushing.start()
    flushing.join(FLUSH_S)
    os._exit(code)


def _flush() -> None:
    sys.stderr.flush()
    sys.stdout.flush()
