"""Files that end the process which decodes them, as a fault of a decoder does; child processes do so, too."""

from __future__ import annotations

import os
from pathlib import Path

_PATCH = """
import os
import signal
from streamer.sources import tracks
from streamer.sources.sound.file import SoundFile

chunks, read = SoundFile.chunks, tracks._read

def fatal_chunks(self, block_s=1.0):
    name = self.path.name
    for chunk in chunks(self, block_s):
        if "fatal" in name:
            signal.raise_signal(getattr(signal, name.split("fatal-")[1].split("-")[0]))
        yield chunk

def fatal_read(version):
    if "fatal" in os.path.basename(os.fsdecode(version[0])):
        signal.raise_signal(signal.SIGSEGV)
    return read(version)

SoundFile.chunks, tracks._read = fatal_chunks, fatal_read
"""


def fatal_environment(folder: Path) -> str:
    """Return the PYTHONPATH with which a sound named ``fatal-SIGSEGV-….wav`` ends its process by this signal.

    A video whose name holds ``fatal`` ends the process that looks for its tracks.
    """
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_PATCH)
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
