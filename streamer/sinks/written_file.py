"""PartFile and WrittenFile: a file while streamer writes it, and what it looked like when it was complete."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

MTIME_S = 2.0  # FAT stores times in steps of two seconds


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file as it was when it was complete; one that looks otherwise is no longer streamer's."""

    n_bytes: int
    mtime_s: float

    @classmethod
    def of(cls, path: Path) -> WrittenFile | None:
        """Return what a path looks like now; None if it is no regular file."""
        try:
            found = path.lstat()
        except OSError:
            return None
        return cls(found.st_size, found.st_mtime) if stat.S_ISREG(found.st_mode) else None

    def is_unchanged(self, now: WrittenFile | None) -> bool:
        """Whether the file still looks as it did."""
        return now is not None and now.n_bytes == self.n_bytes and abs(now.mtime_s - self.mtime_s) <= MTIME_S


class PartFile:
    """A file that is being written: hidden, and locked for as long as its process lives.

    Parameters
    ----------
    path : Path
        The hidden file.
    name : str
        Of the file when it is complete.
    handle : int
        File descriptor that holds the lock.
    """

    def __init__(self, path: Path, name: str, handle: int) -> None:
        self.path, self.name = path, name
        self._handle = handle

    def sync(self) -> None:
        """Write what is in the system's memory to the disk."""
        os.fsync(self._handle)

    def close(self) -> None:
        """Give up the lock."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
