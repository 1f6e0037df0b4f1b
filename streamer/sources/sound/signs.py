"""Signs that microphones came or went: the kernel's sound devices, and the sound servers that listen."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TypeAlias

Signs: TypeAlias = frozenset[tuple[str, int, int]]

_LISTENS = 0x10000  # __SO_ACCEPTCON: a socket that takes connections
_SERVER = re.compile(r"pulse|pipewire|jack|/native$")  # in the path of a sound server's socket


def sound_signs(root: Path = Path("/")) -> Signs | None:
    """Return what differs once a sound card or a sound server has come, gone or come back.

    Reads two small listings, 0.1 ms, and opens nothing: asking PortAudio takes 20 ms of processor time, and leaks 12 kB
    in the libraries below it.

    Parameters
    ----------
    root : Path
        Folder that holds ``proc`` and ``dev``.

    Returns
    -------
    frozenset or None
        Name, inode and mode of devices, and path and inode of sockets; None where the system shows neither.
    """
    if sys.platform != "linux":
        return None
    return frozenset((*_devices(root / "dev/snd"), *_servers(root / "proc/net/unix")))


def _devices(folder: Path) -> list[tuple[str, int, int]]:
    found = []
    try:
        for entry in os.scandir(folder):
            status = entry.stat()
            found.append((entry.name, status.st_ino, status.st_mode))  # the mode: udev opens it to users a little later
    except OSError:
        pass  # no sound card, or one that goes at this moment
    return found


def _servers(listing: Path) -> list[tuple[str, int, int]]:
    try:
        lines = listing.read_text(errors="replace").splitlines()[1:]
    except OSError:
        return []
    found = []
    for line in lines:
        _, _, _, flags, _, _, inode, *path = line.split(maxsplit=7)
        if path and int(flags, 16) & _LISTENS and _SERVER.search(path[0]):
            found.append((path[0], int(inode), 0))
    return found
