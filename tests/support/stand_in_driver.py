"""A driver without hardware that hangs, spins or crashes: a plug-in that works in this process and in a child."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from streamer.sources.registry import PLUG_INS
from tests.support.plugins import install, look_again

RATE = 8000
N_BLOCKS, BLOCK = 50, 160  # delivered before the fault: a ramp of 1 … 8000, each divided by 16384
MODULE = """
import ctypes, os, pathlib, re, threading, time
import numpy as np
from streamer.errors import SourceUnavailable, UserError
from streamer.messages import ImageFormat, SoundFormat
from streamer.sources.registry import SourceKind

class Driver:
    is_live, stuck, note, overflows, drift_ppm, backlog_s = True, False, "a remark", 3, 1.5, 0.25

    def __init__(self, uri, medium):
        self.uri, self.medium = uri, medium
        _, self._fault, self._marker = uri.split(":", 2)

    def may_be_back(self):
        return pathlib.Path(self._marker + ".back").exists()

    def capture(self, begin, stop):
        is_first = not pathlib.Path(self._marker).exists()
        pathlib.Path(self._marker).write_text(str(os.getpid()))
        if is_first and self._fault == "absent":
            raise SourceUnavailable("it is not there")
        if is_first and self._fault == "wrong":
            raise UserError("its channel must be below 2")
        if self._fault != "none":
            print("what a library prints", flush=True)
            os.write(1, b"and what one writes from C" + bytes([10]))
        if self.medium == "sound":
            ring = begin(SoundFormat(8000, 1, f"process {os.getpid()}"))
            for n in range(50):
                ramp = np.arange(160 * n + 1, 160 * (n + 1) + 1, dtype=np.float32)[:, None] / 16384
                ring.write(ramp, time.monotonic(), 7 if n == 20 else 0)
        else:
            ring = begin(ImageFormat(64, 48, 0.0, f"process {os.getpid()}"))
            for n in range(10):
                time.sleep(0.05)
                ring.write(np.full((48, 64, 3), n, np.uint8), 0.1 * n, time.monotonic(), 2 if n == 5 else 0)
        if is_first:
            time.sleep(0.5)  # for a status
            self._fail()
        while not stop.wait(0.02):
            if self.medium == "sound":
                ring.write(np.zeros((160, 1), np.float32), time.monotonic())
            else:
                ring.write(np.zeros((48, 64, 3), np.uint8), time.monotonic(), time.monotonic())

    def _fail(self):
        if self._fault == "hang":
            ctypes.PyDLL(None).pause()  # in a call that keeps every Python thread from running
        if self._fault == "spin":
            re.match("(a+)+$", "a" * 60 + "b")
        if self._fault == "crash":
            os.abort()
        if self._fault == "wait":
            threading.Event().wait()
        if self._fault == "stuck":
            self.stuck = True
            raise SourceUnavailable("it does not answer")
        if self._fault == "bug":
            raise ValueError("odd")

SOUND = SourceKind("sound", {}, lambda uri: uri.startswith("stand-in:"), lambda uri, *_: Driver(uri, "sound"))
IMAGES = SourceKind("images", {}, lambda uri: uri.startswith("stand-in-images:"), lambda uri, *_: Driver(uri, "images"))
"""


def install_driver(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the driver for this process and its children; its URI is ``stand-in:FAULT:MARKER``.

    It fails in its first session only: MARKER is a file that is created then, with the number of the process.
    """
    install(
        directory, "stand-in-driver", "streamer.sources", {"stand-in": "SOUND", "stand-in-images": "IMAGES"}, MODULE
    )
    monkeypatch.syspath_prepend(directory)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(directory), os.environ.get("PYTHONPATH", ""))))
    look_again(monkeypatch, PLUG_INS)
