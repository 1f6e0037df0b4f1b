"""LineFile: a file of lines that grows for months: no line is torn, lost unseen or written where nobody looks."""

from __future__ import annotations

import errno
import os
import stat
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from streamer.errors import StreamerError
from streamer.sinks.earlier_files import EarlierFiles
from streamer.sinks.manifest import DISK_FULL

N_FILES = 8  # in which a capped file is kept: when the oldest is deleted, an eighth of the lines is


class LineStream(Protocol):
    """What sinks of lines write to: standard output or a file."""

    def write(self, text: str, /) -> object:
        """Write a text that ends with a line break."""

    def flush(self) -> None:
        """Pass on what is buffered."""

    def close(self) -> None:
        """Close it."""


class LineFile:
    """A file to which lines are appended, each by one call of the system.

    A last line that another process left torn is ended first. Where the file was renamed or removed, as by logrotate,
    the next line goes into a new one of its name. A named pipe may get its reader later and lose it again.

    Parameters
    ----------
    path : Path
        The file; it need not exist.
    max_bytes : float
        Size of this file and those before it together; the file is then closed and renamed by the time when it has an
        eighth of that, and the oldest of those are deleted. Those that hold lines of others are kept. 0: no limit.

    Raises
    ------
    OSError
        If the file cannot be opened for writing.
    """

    def __init__(self, path: Path, max_bytes: float = 0.0) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._handle = -1
        self._is_regular = False
        self._is_torn = False  # the last line has no end yet
        self._n_lost = 0  # lines since the last one that was written
        self._lost_since_s = 0.0
        self._earlier = EarlierFiles(path.parent, f".{path.name}-files.jsonl") if max_bytes else None
        try:
            self._open()
        except OSError as error:
            if error.errno not in (errno.EPIPE, *DISK_FULL):  # a reader may come, and room be made
                raise

    def write(self, text: str) -> None:
        """Write a text that ends with a line break.

        Raises
        ------
        StreamerError
            If it is lost; with the number of lines lost since the last one that was written.
        """
        data = text.encode("utf-8", "backslashreplace")  # names of files need not be text
        try:
            self._prepare(len(data))
            self._append(data)
        except OSError as error:
            if not self._n_lost:
                self._lost_since_s = time.time()
            self._n_lost += 1
            reason = "nobody reads this pipe" if isinstance(error, BrokenPipeError) else error.strerror or str(error)
            lines = "1 line" if self._n_lost == 1 else f"{self._n_lost} lines"
            since = datetime.fromtimestamp(self._lost_since_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            raise StreamerError(f"{lines} of {self._path} lost since {since}: {reason}") from None
        self._n_lost = 0

    def flush(self) -> None:
        """Do nothing: every line is passed on at once."""

    def close(self) -> None:
        """Close the file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _open(self) -> None:
        """Open the file that has the path now; another that takes its place meanwhile is opened in its stead."""
        while (is_torn := self._opened()) is None:
            self.close()
        self._is_torn = is_torn

    def _opened(self) -> bool | None:
        """Open the file; return whether its last line has no end, None if it is out of place before that is known."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        try:
            self._handle = os.open(self._path, flags | getattr(os, "O_NONBLOCK", 0), 0o666)
        except OSError as error:
            if error.errno == errno.ENXIO:
                raise BrokenPipeError(errno.EPIPE, "nobody reads this pipe") from None
            raise
        if hasattr(os, "set_blocking"):
            os.set_blocking(self._handle, True)
        found = os.fstat(self._handle)
        self._is_regular = stat.S_ISREG(found.st_mode)
        if not (self._is_regular and found.st_size):
            return False
        try:
            file = self._path.open("rb")
        except FileNotFoundError:  # put aside by another thread or process
            return None
        with file:
            if not os.path.samestat(os.fstat(file.fileno()), found):
                return None
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"

    def _prepare(self, n_bytes: int) -> None:
        """Open the file that has the path now, after the present one has been put aside if it is full."""
        if self._handle >= 0 and not self._is_in_place():
            self.close()
        if self._handle < 0:
            self._open()
        if self._earlier and self._is_regular:
            size = os.fstat(self._handle).st_size
            if size and size + n_bytes > self._max_bytes / N_FILES:
                self._put_aside()

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._handle), self._path.stat())
        except FileNotFoundError:
            return False

    def _put_aside(self) -> None:
        """Rename the full file by the time, delete the oldest, and begin a new one."""
        assert self._earlier
        full = os.fstat(self._handle)
        self.close()
        name = f"{self._path.stem}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}{self._path.suffix}"
        self._earlier.put_aside(self._path.name, full, name)
        self._earlier.drop_oldest(self._max_bytes * (1 - 1 / N_FILES), self._path)
        self._open()

    def _append(self, data: bytes) -> None:
        data = b"\n" + data if self._is_torn else data
        start, n_written = os.fstat(self._handle).st_size, 0
        if self._earlier and self._is_regular and not start:
            self._earlier.claim(data)
        try:
            while n_written < len(data):
                n_written += os.write(self._handle, data[n_written:])
        except BrokenPipeError:
            self.close()
            raise
        except OSError:
            if n_written:
                self._is_torn = True
                # The part of a line that fitted on a full disk goes again, unless another process has added a line.
                if self._is_regular and os.fstat(self._handle).st_size == start + n_written:
                    os.ftruncate(self._handle, start)
                    self._is_torn = data.startswith(b"\n")
            raise
        self._is_torn = False
