"""A stretch of a file as a file of its own, which decoders read without knowing the rest."""

from __future__ import annotations

import contextlib
import io
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamer.system import native_name


class FileBytes(io.RawIOBase):
    """The bytes of a file from ``start`` up to ``end``, with others put before them.

    Parameters
    ----------
    path : Path
        The file.
    start, end : int
        First byte, and the one after the last; None: to the end of the file.
    before : bytes
        What is read first, such as a corrected header.
    """

    def __init__(self, path: Path, start: int = 0, end: int | None = None, before: bytes = b"") -> None:
        self._file = open(native_name(path), "rb")  # noqa: SIM115, PTH123 (closed by close; no name that is UTF-8 only)
        size = self._file.seek(0, io.SEEK_END)
        self._start = start
        self._length = max(0, (size if end is None else min(end, size)) - start)
        self._before = before
        self._place = 0
        self.name = str(path)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the place of the next byte."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, as in any file."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: len(self._before) + self._length}[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes into a buffer and return how many; 0 at the end."""
        view = memoryview(buffer).cast("B")
        if self._place < len(self._before):
            found = self._before[self._place : self._place + len(view)]
            view[: len(found)] = found
            n_read = len(found)
        else:
            at = self._place - len(self._before)
            if at >= self._length:
                return 0
            self._file.seek(self._start + at)
            n_read = self._file.readinto(view[: max(0, self._length - at)])
        self._place += n_read
        return n_read

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


STEP = 16 << 20  # bytes of a mapped file that are kept in memory at most


def forget(data: mmap.mmap | bytes, end: int) -> int:
    """Give back the memory of a mapped file's bytes before ``end``, and return the place at which to do so next."""
    if isinstance(data, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED") and end >= mmap.PAGESIZE:
        data.madvise(mmap.MADV_DONTNEED, 0, end // mmap.PAGESIZE * mmap.PAGESIZE)
    return end + STEP


@contextlib.contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap]:
    """Give the bytes of a file without reading them before they are used; the file must not be empty."""
    with open(native_name(path), "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:  # noqa: PTH123
        yield data
