"""SharedLines: a file of JSON lines that several processes read and append to, under a lock."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from streamer.system import try_lock

_LOCK_S = 5.0  # another process holds the lock for milliseconds
_FIRST_BYTES = 27  # `{"list": "0123456789abcdef"`: differs between any two lists


class SharedLines:
    """A file of JSON lines that grows under a lock; whoever holds the lock knows all of its lines.

    The file is open only while it is locked, so that an idle disk can be unmounted. It may be replaced, removed or
    damaged by others at any time: lines that are no JSON objects are passed over.

    Parameters
    ----------
    path : Path
        The file; made where it does not exist.
    purpose : str
        What the lines are, for people who look into the file.

    Attributes
    ----------
    n_lines : int
        Lines read and appended so far.
    """

    def __init__(self, path: Path, purpose: str) -> None:
        self.path = path
        self.n_lines = 0
        self._purpose = purpose
        self._first = b""
        self._offset = 0  # as far as it has been read
        self._is_torn = False  # it ends within a line: its writer died, or the disk was full
        self._handle = -1

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock within a ``with`` block.

        Raises
        ------
        OSError
            If the file cannot be written, or another process does not give up its lock.
        """
        deadline_s = time.monotonic() + _LOCK_S
        while not self._has_lock():
            if time.monotonic() > deadline_s:
                raise OSError(errno.EBUSY, f"{self.path} is locked by another process")
            time.sleep(0.002)
        try:
            yield
        finally:
            os.close(self._handle)  # and so its lock

    def read(self) -> tuple[list[dict[str, Any]], bool]:
        """Return the lines that others have added, and whether all before are void, as the file is another one."""
        first = os.read(self._handle, _FIRST_BYTES)
        is_new = not first or first != self._first or os.fstat(self._handle).st_size < self._offset
        if not first:
            os.write(self._handle, self._first_line())
        if is_new:
            os.lseek(self._handle, 0, os.SEEK_SET)
            self._first = os.read(self._handle, _FIRST_BYTES)
            self._offset = self.n_lines = 0
            self._is_torn = False
        os.lseek(self._handle, self._offset, os.SEEK_SET)
        added = bytearray()
        while block := os.read(self._handle, 1 << 20):
            added += block
        self._offset += len(added)
        if added:
            self._is_torn = not added.endswith(b"\n")
        lines = bytes(added).splitlines()
        self.n_lines += len(lines)
        return [values for line in lines if (values := _object(line)) is not None], is_new

    def append(self, values: dict[str, Any]) -> None:
        """Add a line.

        Raises
        ------
        OSError
            If the disk is full; what was written of the line is void.
        """
        line = json.dumps(values).encode() + b"\n"
        if self._is_torn:
            line = b"\n" + line
        if os.write(self._handle, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._is_torn = False
        self._offset += len(line)
        self.n_lines += 1

    def replace(self, lines: Iterable[dict[str, Any]]) -> None:
        """Put a file with other lines in place of this one, whole or not at all; never fails."""
        new = self.path.with_name(f"{self.path.name}.new")
        with contextlib.suppress(OSError):  # on a full disk the long list is still right
            with new.open("wb") as file:
                file.write(self._first_line())
                file.writelines(json.dumps(values).encode() + b"\n" for values in lines)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)

    def _has_lock(self) -> bool:
        """Open and lock the file that has the path now; a folder that was moved away is made anew."""
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        try:
            self._handle = os.open(self.path, flags, 0o666)
        except FileNotFoundError:
            self.path.parent.mkdir(exist_ok=True)
            self._handle = os.open(self.path, flags, 0o666)
        with contextlib.suppress(FileNotFoundError):
            if try_lock(self._handle) and os.path.samestat(os.fstat(self._handle), self.path.stat()):
                return True
        os.close(self._handle)
        return False

    def _first_line(self) -> bytes:
        return json.dumps({"list": secrets.token_hex(8), "of": self._purpose}).encode() + b"\n"


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None
