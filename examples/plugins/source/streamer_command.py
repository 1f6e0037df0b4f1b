"""A source for streamer: the sound that any program writes to its standard output.

The program writes 16-bit samples of one channel, 16,000 a second, and no header, as these do::

    streamer run "command:arecord -q -t raw -f S16_LE -r 16000 -c 1"
    streamer run "command:ffmpeg -loglevel error -i talk.mp4 -f s16le -ar 16000 -ac 1 -"
"""

from __future__ import annotations

import os
import select
import shlex
import shutil
import subprocess
import threading
import time
from typing import Final

import numpy as np

from streamer.config import ImageSettings, SourceSettings
from streamer.errors import UserError
from streamer.messages import SoundFormat
from streamer.sources.base import BeginSound
from streamer.sources.registry import SourceKind

SCHEME = "command:"
SAMPLE_RATE = 16_000
BLOCK_BYTES = 2 * SAMPLE_RATE // 20  # 50 ms


class CommandSource:
    """Start a program and deliver the sound that it writes, until it ends or the stream does."""

    medium: Final = "sound"
    is_live = False  # the program waits while its pipe is full, so nothing is lost
    overflows = 0
    drift_ppm = 0.0
    backlog_s = 0.0
    note = ""
    stuck = False

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._words = shlex.split(uri.removeprefix(SCHEME))
        if not self._words or shutil.which(self._words[0]) is None:
            raise UserError(f"source={uri!r} must name an installed program; check its spelling after {SCHEME}")

    def capture(self, begin: BeginSound, stop: threading.Event) -> None:
        """Copy what the program writes into the ring."""
        with subprocess.Popen(self._words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as program:
            assert program.stdout is not None
            try:
                self._copy(program.stdout.fileno(), begin, stop)
            finally:
                program.terminate()

    def _copy(self, pipe: int, begin: BeginSound, stop: threading.Event) -> None:
        ring = begin(SoundFormat(SAMPLE_RATE, 1, self._words[0]))
        rest = b""
        while not stop.is_set():
            if not select.select([pipe], [], [], 0.1)[0]:  # look at `stop` ten times a second
                continue
            data = os.read(pipe, BLOCK_BYTES)
            if not data:
                return  # the program has ended
            data = rest + data
            n_samples = len(data) // 2
            rest = data[2 * n_samples :]
            block = np.frombuffer(data, "<i2", n_samples).astype(np.float32)[:, None] / np.float32(32768)
            if not ring.wait_for_space(stop, n_samples):
                return
            ring.write(block, time.monotonic())


def _open(uri: str, settings: SourceSettings, images: ImageSettings) -> CommandSource:
    return CommandSource(uri)


COMMAND = SourceKind(
    medium="sound",
    forms={"command:PROGRAM …": "what a program writes: 16-bit samples, 16 kHz, one channel"},
    matches=lambda uri: uri.startswith(SCHEME),
    open=_open,
)
