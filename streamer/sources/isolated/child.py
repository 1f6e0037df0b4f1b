"""The process that captures for another one: opens a source as it is told, and writes into memory that they share.

Lines of JSON on standard input and output. In: first the request (source and settings), then ``capture``, ``map`` (the
memory is there), ``stop`` and ``may_be_back``. Out: ``status`` five times a second, by which the parent sees that this
process is alive; ``opened`` with the format; ``ended`` with the error.
"""

from __future__ import annotations

import dataclasses
import json
import os
import queue
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, TextIO

from streamer.config import ImageSettings, SourceSettings
from streamer.errors import SourceUnavailable, UserError
from streamer.sources.base import CanReturn
from streamer.sources.isolated.shared_parts import ImageLayout, SampleLayout, SharedImages, SharedSamples
from streamer.sources.registry import open_source
from streamer.system import leave_stopping_to_the_parent

STATUS_S = 0.2
STATUS_KEYS = ("note", "overflows", "drift_ppm", "backlog_s")  # of a source; those of sound are missing for images


class Child:
    """One source, opened as often as the parent asks for it.

    Parameters
    ----------
    request : dict
        ``uri``, ``source`` and ``images``: the source and its settings.
    messages : text file
        Takes the messages to the parent.
    """

    def __init__(self, request: dict[str, Any], messages: TextIO) -> None:
        settings = SourceSettings.model_validate(request["source"])
        self._source: Any = open_source(request["uri"], settings, ImageSettings.model_validate(request["images"]))
        self._stop = threading.Event()
        self._asked: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()  # to capture, or for a sign
        self._memory: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._messages = messages
        self._write_lock = threading.Lock()

    def run(self) -> None:
        """Do as the parent asks, until it closes standard input."""
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._tell_status, daemon=True).start()
        while True:
            if self._asked.get()["do"] == "capture":
                self._capture()
            else:
                self._tell(may_be_back=isinstance(self._source, CanReturn) and self._source.may_be_back())

    def _capture(self) -> None:
        kind, text = "", ""
        try:
            self._source.capture(self._begin, self._stop)
        except UserError as error:
            kind, text = "user", str(error)
        except SourceUnavailable as error:
            kind, text = "unavailable", str(error)
        except Exception as error:
            kind, text = "bug", f"{type(error).__name__}: {error}; report this as a bug"
            traceback.print_exc()
        self._stop.clear()
        self._tell(status=self._status())
        self._tell(ended=kind, text=text, stuck=self._source.stuck)

    def _begin(self, opened: Any) -> Any:
        """Tell the parent the format; return the ring in the memory that it shares."""
        self._tell(status=self._status())
        self._tell(opened=dataclasses.asdict(opened))
        while True:
            try:
                given = self._memory.get(timeout=STATUS_S)
                break
            except queue.Empty:
                if self._stop.is_set():
                    raise SourceUnavailable("stopped") from None
        path, shape = Path(given["map"]), given["layout"]
        ring: Any = (
            SharedSamples(path, SampleLayout(*shape))
            if self._source.medium == "sound"
            else SharedImages(path, ImageLayout(*shape))
        )
        self._tell(mapped=True)
        return ring

    def _listen(self) -> None:
        for line in sys.stdin:
            message = json.loads(line)
            if "map" in message:
                self._memory.put(message)
            elif message["do"] == "stop":
                self._stop.set()
            else:
                self._asked.put(message)
        os._exit(0)  # the parent has ended; a driver that hangs must not keep this process

    def _tell_status(self) -> None:
        paused = threading.Event()
        while not paused.wait(STATUS_S):
            self._tell(status=self._status())

    def _status(self) -> dict[str, Any]:
        return {key: getattr(self._source, key) for key in STATUS_KEYS if hasattr(self._source, key)}

    def _tell(self, **message: Any) -> None:
        with self._write_lock:
            try:
                self._messages.write(json.dumps(message) + "\n")
                self._messages.flush()
            except OSError:  # the parent has ended
                os._exit(0)


def die_with_parent() -> None:
    """Let the kernel kill this process when the parent ends, however it ends; elsewhere than on Linux not at all.

    A driver that spins or hangs may keep every Python thread from running, and so from noticing.
    """
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def main() -> None:
    """Run the child: the parent stops it, not a Ctrl-C or a service manager, which stop the parent."""
    die_with_parent()
    if sys.platform == "linux" and os.getppid() != int(sys.argv[1]):  # it ended before
        return
    leave_stopping_to_the_parent()
    # What a library prints to standard output must not come between the messages.
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    Child(json.loads(sys.stdin.readline()), messages).run()


if __name__ == "__main__":
    main()
