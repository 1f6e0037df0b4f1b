"""Manifest: the list, kept in a folder, of the files that streamer wrote there, so that it removes no others."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from streamer.sinks.shared_lines import SharedLines
from streamer.sinks.written_file import PartFile, WrittenFile
from streamer.system import sync_folder, try_lock

NAME = ".streamer-files.jsonl"
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_SPARE_LINES = 1000  # the list is written anew when it has so many lines more than it needs


class Manifest:
    """List of the files that streamer wrote in a folder, shared by all sinks and processes that write there.

    The list is a hidden file to which lines are appended under a lock; each user keeps it in memory and reads only
    what others have added. Files are in the order in which they were written, whatever the clock said. A file that the
    user has added, changed or put in place of another is never removed; one that the user has moved or deleted is
    forgotten.

    Parameters
    ----------
    folder : Path
        The folder; it must exist.
    name : str
        Name of the list: files of several kinds, each with a cap of its own, have a list each.
    """

    def __init__(self, folder: Path, name: str = NAME) -> None:
        self.folder = folder
        self._list = SharedLines(folder / name, "files that streamer wrote in this folder and may remove")
        self._files: dict[str, WrittenFile] = {}  # the oldest first
        self._parts: set[str] = set()  # names that were begun; most of them are complete by now
        self._total_bytes = 0
        self._folder_mtime_ns = 0
        self._is_stale = True  # others have changed the folder since its names were compared with the list

    def check(self) -> None:
        """Read the list, which is made where there is none.

        Raises
        ------
        OSError
            If the folder cannot be written, or the disk is full.
        """
        with self._locked():
            pass

    def begin(self, name: str) -> PartFile:
        """Create the hidden file in which a new file is written until it is complete.

        Raises
        ------
        FileExistsError
            If the name is taken.
        OSError
            If it cannot be created.
        """
        path = self.folder / f".{Path(name).stem}.part{Path(name).suffix}"
        with self._locked():
            if os.path.lexists(self.folder / name) or os.path.lexists(path):
                raise FileExistsError(name)
            self._append({"part": path.name})
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o666)
            try_lock(handle)
        return PartFile(path, name, handle)

    def finish(self, part: PartFile, name: str = "", *, is_listed: bool = True) -> Path:
        """Give a complete file its name, and list it as one that may be removed.

        Parameters
        ----------
        part : PartFile
            The file, written to the disk.
        name : str
            Its name, if that is not the one with which it was begun.
        is_listed : bool
            False for a file that becomes the user's own.

        Raises
        ------
        FileExistsError
            If the name has been taken meanwhile; the part is still there.
        OSError
            If it cannot be renamed.
        """
        path = self.folder / (name or part.name)
        part.sync()
        written = WrittenFile.of(part.path)
        if written is None:
            raise FileNotFoundError(errno.ENOENT, "the file was removed while it was written")
        with self._locked():
            if os.path.lexists(path):
                raise FileExistsError(path.name)
            if is_listed:  # before it has its name: a process that dies in between leaves no file that nobody owns
                self._append({"file": path.name, "bytes": written.n_bytes, "mtime_s": written.mtime_s})
            part.close()  # some systems rename no open file; the list is locked, so nobody takes it for a dead one
            part.path.rename(path)
            self._parts.discard(part.path.name)
            sync_folder(self.folder)
        return path

    def discard(self, part: PartFile) -> None:
        """Remove a file that will not be complete; never fails."""
        with contextlib.suppress(OSError):
            part.close()
            part.path.unlink()
        with contextlib.suppress(OSError), self._locked():
            self._append({"gone": part.path.name})

    def dead_parts(self, suffix: str) -> list[PartFile]:
        """Return the files with a suffix that a process began and died; they belong to the caller now."""
        found = []
        with self._locked():
            names = self._names()
            self._parts &= names
            for name in sorted(self._parts):
                if Path(name).suffix != suffix or WrittenFile.of(self.folder / name) is None:
                    continue
                handle = os.open(self.folder / name, os.O_RDWR | getattr(os, "O_BINARY", 0))
                if try_lock(handle):
                    found.append(PartFile(self.folder / name, name[1:].removesuffix(f".part{suffix}") + suffix, handle))
                else:
                    os.close(handle)
        return found

    def drop_oldest(self, max_bytes: float, newest: Path) -> list[Path]:
        """Remove the oldest of the listed files until all fit under a cap, never the newest; return those removed.

        Raises
        ------
        OSError
            If one cannot be removed.
        """
        removed = []
        with self._locked():
            if self._total_bytes > max_bytes:
                self._forget_missing()
            for name, written in list(self._files.items()):
                if self._total_bytes <= max_bytes or name == newest.name:
                    break
                path = self.folder / name
                if self._is_removable(written, WrittenFile.of(path)):
                    path.unlink(missing_ok=True)
                    removed.append(path)
                self._append({"gone": name})
        return removed

    def remove(self, names: Iterable[str]) -> None:
        """Remove those of some files that are listed and as they were written; the others are not streamer's.

        Raises
        ------
        OSError
            If one cannot be removed.
        """
        with self._locked():
            for name in names:
                if (written := self._files.get(name)) is None:
                    continue
                path = self.folder / name
                if self._is_removable(written, WrittenFile.of(path)):
                    path.unlink(missing_ok=True)
                self._append({"gone": name})

    @classmethod
    def is_in(cls, folder: Path) -> bool:
        """Return whether there is such a list in a folder."""
        return (folder / NAME).is_file()

    def _is_removable(self, written: WrittenFile, now: WrittenFile | None) -> bool:
        """Return whether a file is still as it was written."""
        return written.is_unchanged(now)

    def remove_if_empty(self) -> None:
        """Remove the list if it names no file; never fails."""
        with contextlib.suppress(OSError), self._locked():
            self._parts &= self._names()
            if not self._files and not self._parts:
                self._list.path.unlink()

    def _forget_missing(self) -> None:
        """Forget the files that the user has moved or deleted."""
        if not self._is_stale:
            return
        names = self._names()
        for name in [name for name in self._files if name not in names]:
            self._append({"gone": name})
        self._is_stale = False

    def _names(self) -> set[str]:
        return set(os.listdir(self.folder))  # noqa: PTH208 (a Path for each of tens of thousands of files costs time)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of the list; what others have added to it is known within."""
        with self._list.locked():
            self._is_stale |= self.folder.stat().st_mtime_ns != self._folder_mtime_ns
            lines, is_new = self._list.read()
            if is_new:
                self._clear()
            for values in lines:
                self._apply(values)
            yield
            if self._list.n_lines > len(self._files) + len(self._parts) + _SPARE_LINES:
                self._list.replace(self._lines())
            # Whatever others do in the folder changes this time; names are compared only where it has changed.
            self._folder_mtime_ns = self.folder.stat().st_mtime_ns

    def _clear(self) -> None:
        """Forget a list in whose place there is another."""
        self._files.clear()
        self._parts.clear()
        self._total_bytes = 0
        self._is_stale = True

    def _lines(self) -> list[dict[str, Any]]:
        """Return the lines of a list in which nothing is void."""
        self._parts &= self._names()
        files = self._files.items()
        return [
            *({"part": name} for name in sorted(self._parts)),
            *({"file": name, "bytes": each.n_bytes, "mtime_s": each.mtime_s} for name, each in files),
        ]

    def _append(self, values: dict[str, Any]) -> None:
        self._list.append(values)
        self._apply(values)

    def _apply(self, values: dict[str, Any]) -> None:
        """Take over one line; one that names a file outside the folder or has other values than ours is ignored."""
        match values:
            case {"part": str(name)} if _is_plain(name):
                self._parts.add(name)
            case {"file": str(name), "bytes": int(n_bytes), "mtime_s": int() | float() as mtime_s} if _is_plain(name):
                self._forget(name)
                self._files[name] = WrittenFile(n_bytes, mtime_s)
                self._total_bytes += n_bytes
                self._parts.discard(name)  # one that grew under its own name
            case {"gone": str(name)}:
                self._forget(name)
                self._parts.discard(name)

    def _forget(self, name: str) -> None:
        if (written := self._files.pop(name, None)) is not None:
            self._total_bytes -= written.n_bytes


def numbered(name: str) -> Iterator[str]:
    """Yield a file name, and then the same with ``-2``, ``-3`` and so on."""
    yield name
    path = Path(name)
    yield from (f"{path.stem}-{number}{path.suffix}" for number in count(2))


def _is_plain(name: str) -> bool:
    return bool(name) and name not in (".", "..") and not set(name) & {"/", "\\", "\0"}
