"""Manifest: the list, kept in a folder, of the files that streamer wrote there, so that it removes no others."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
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
    forgotten. A name may be ``LABEL/NAME``, of a file in a folder of this folder, which is made for it and removed
    with the last file.

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
        self._made: set[str] = set()  # folders in it that were made for files
        self._total_bytes = 0
        self._mtimes_ns: dict[str, int] = {}  # of the folder and those in it
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
        path = (self.folder / name).with_name(f".{Path(name).stem}.part{Path(name).suffix}")
        with self._locked():
            if os.path.lexists(self.folder / name) or os.path.lexists(path):
                raise FileExistsError(name)
            self._make_folder_of(name)
            self._append({"part": self._name(path)})
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
                self._append({"file": self._name(path), "bytes": written.n_bytes, "mtime_s": written.mtime_s})
            part.close()  # some systems rename no open file; the list is locked, so nobody takes it for a dead one
            part.path.rename(path)
            self._parts.discard(self._name(part.path))
            sync_folder(path.parent)
        return path

    def move(self, name: str, new_name: str, *, is_listed: bool) -> None:
        """Give a file of the folder another place in it, whether it is listed or not.

        Parameters
        ----------
        name, new_name : str
            The same for one that stays where it is.
        is_listed : bool
            Whether it may be removed from then on, where nobody changes it; False for one that becomes the user's own.

        Raises
        ------
        FileExistsError
            If the new name is taken.
        OSError
            If it cannot be renamed.
        """
        old, new = self.folder / name, self.folder / new_name
        with self._locked():
            written = WrittenFile.of(old)
            if written is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(old))
            if name != new_name:
                if os.path.lexists(new):
                    raise FileExistsError(new_name)
                self._make_folder_of(new_name)
            if is_listed:
                self._append({"file": new_name, "bytes": written.n_bytes, "mtime_s": written.mtime_s})
            else:
                self._append({"gone": name})
            if name == new_name:
                return
            _rename(old, new)
            sync_folder(new.parent)
            self._append({"gone": name})
            self._remove_folder_of(name)

    def is_listed(self, name: str) -> bool:
        """Return whether a file is streamer's own, as it was written."""
        with self._locked():
            written = self._files.get(name)
        return written is not None and self._is_removable(written, WrittenFile.of(self.folder / name))

    def discard(self, part: PartFile) -> None:
        """Remove a file that will not be complete; never fails."""
        with contextlib.suppress(OSError):
            part.close()
            part.path.unlink()
        with contextlib.suppress(OSError), self._locked():
            self._append({"gone": self._name(part.path)})
            self._remove_folder_of(self._name(part.path))

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
                    folder, _, hidden = name.rpartition("/")
                    stem = hidden[1:].removesuffix(f".part{suffix}")
                    found.append(PartFile(self.folder / name, f"{folder}/{stem}{suffix}".lstrip("/"), handle))
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
                if self._total_bytes <= max_bytes or name == self._name(newest):
                    break
                path = self.folder / name
                if self._is_removable(written, WrittenFile.of(path)):
                    path.unlink(missing_ok=True)
                    self._remove_folder_of(name)
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
                    self._remove_folder_of(name)
                self._append({"gone": name})

    @classmethod
    def of_file(cls, path: Path) -> tuple[Manifest, str] | None:
        """Return the list that has, or may have, a file on it, and its name there; None where there is none."""
        for folder in path.parents[:2]:
            if cls.is_in(folder):
                return Manifest(folder), path.relative_to(folder).as_posix()
        return None

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

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _names(self) -> set[str]:
        names: set[str] = set()
        for folder in self._folders():
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                inside = os.listdir(self.folder / folder)  # noqa: PTH208 (a Path for each of so many files costs time)
                names.update(f"{folder}/{name}" if folder else name for name in inside)
        return names

    def _folders(self) -> set[str]:
        """Return the folders with files that are listed: the folder itself, "", and some in it."""
        return {"", *(name.rpartition("/")[0] for each in (self._files, self._parts) for name in each)}

    def _mtimes(self) -> dict[str, int]:
        mtimes = {}
        for folder in self._folders():
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                mtimes[folder] = os.stat(self.folder / folder).st_mtime_ns  # noqa: PTH116
        return mtimes

    def _make_folder_of(self, name: str) -> None:
        """Make the folder in this folder that a name says, and remember that it was made."""
        folder = name.rpartition("/")[0]
        if folder and not (self.folder / folder).is_dir():
            (self.folder / folder).mkdir()
            self._append({"made": folder})

    def _remove_folder_of(self, name: str) -> None:
        """Remove a folder that was made for files and has none any more: it would be a label without examples."""
        folder = name.rpartition("/")[0]
        if folder in self._made:
            with contextlib.suppress(OSError):  # it is not empty
                (self.folder / folder).rmdir()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of the list; what others have added to it is known within."""
        with self._list.locked():
            self._is_stale |= self._mtimes() != self._mtimes_ns
            lines, is_new = self._list.read()
            if is_new:
                self._clear()
            for values in lines:
                self._apply(values)
            yield
            if self._list.n_lines > len(self._files) + len(self._parts) + _SPARE_LINES:
                self._list.replace(self._lines())
            # Whatever others do in a folder changes its time; names are compared only where one has changed.
            self._mtimes_ns = self._mtimes()

    def _clear(self) -> None:
        """Forget a list in whose place there is another."""
        self._files.clear()
        self._parts.clear()
        self._made.clear()
        self._total_bytes = 0
        self._is_stale = True

    def _lines(self) -> list[dict[str, Any]]:
        """Return the lines of a list in which nothing is void."""
        self._parts &= self._names()
        files = self._files.items()
        return [
            *({"made": name} for name in sorted(self._made)),
            *({"part": name} for name in sorted(self._parts)),
            *({"file": name, "bytes": each.n_bytes, "mtime_s": each.mtime_s} for name, each in files),
        ]

    def _append(self, values: dict[str, Any]) -> None:
        self._list.append(values)
        self._apply(values)

    def _apply(self, values: dict[str, Any]) -> None:
        """Take over one line; one that names a file outside the folder or has other values than ours is ignored."""
        match values:
            case {"part": str(name)} if _is_inside(name):
                self._parts.add(name)
            case {"made": str(name)} if _is_plain(name):
                self._made.add(name)
            case {"file": str(name), "bytes": int(n_bytes), "mtime_s": int() | float() as mtime_s} if _is_inside(name):
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
    yield from (path.with_name(f"{path.stem}-{number}{path.suffix}").as_posix() for number in count(2))


def _rename(old: Path, new: Path) -> None:
    """Rename a file; to another file system it is copied, whole or not at all, before the old one is removed."""
    try:
        old.rename(new)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = new.with_name(f".{new.name}.new")
        shutil.copy2(old, part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.rename(new)
        sync_folder(new.parent)
        old.unlink()


def _is_inside(name: str) -> bool:
    folder, has_folder, file = name.rpartition("/")
    return _is_plain(file) and (_is_plain(folder) or not has_folder)


def _is_plain(name: str) -> bool:
    return bool(name) and name not in (".", "..") and not set(name) & {"/", "\\", "\0"}
