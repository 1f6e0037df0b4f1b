"""EarlierFiles: the files that a growing file was put aside as, each time it was full."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from streamer.sinks.manifest import Manifest, numbered
from streamer.sinks.written_file import MTIME_S, WrittenFile

_LONGEST_LINE_BYTES = 1 << 20


class EarlierFiles(Manifest):
    """List of the files that one growing file was put aside as; those that streamer began may be removed.

    A file that streamer began is known by its first line: one that the user has put in its place has another.
    """

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(folder, name)
        self._first_lines: set[str] = set()  # digests of those with which streamer began a file

    def claim(self, first_line: bytes) -> None:
        """List the line with which streamer is about to begin an empty file."""
        with self._locked():
            self._append({"begins": _digest(first_line)})

    def put_aside(self, name: str, full: os.stat_result, new_name: str) -> None:
        """Rename a file that is written under its own name; it may be removed from then on if streamer began it.

        Does nothing if another process has done so: then ``full`` is no longer what has the name.
        """
        path = self.folder / name
        with self._locked():
            if not path.exists() or not os.path.samestat(full, path.stat()):
                return
            aside = next(free for each in numbered(new_name) if not os.path.lexists(free := self.folder / each))
            with path.open("rb") as file:
                digest = _digest(file.readline(_LONGEST_LINE_BYTES))
            if digest in self._first_lines:
                self._append({"file": aside.name, "bytes": full.st_size, "mtime_s": full.st_mtime})
                self._append({"begun": digest})
            path.rename(aside)

    def _is_removable(self, written: WrittenFile, now: WrittenFile | None) -> bool:
        """Return whether a file was not changed; another process may have ended its line in it after it was renamed."""
        return now is not None and now.n_bytes >= written.n_bytes and abs(now.mtime_s - written.mtime_s) <= MTIME_S

    def _apply(self, values: dict[str, Any]) -> None:
        match values:
            case {"begins": str(digest)}:
                self._first_lines.add(digest)
            case {"begun": str(digest)}:
                self._first_lines.discard(digest)
        super()._apply(values)

    def _clear(self) -> None:
        super()._clear()
        self._first_lines.clear()

    def _lines(self) -> list[dict[str, Any]]:
        return [*super()._lines(), *({"begins": digest} for digest in sorted(self._first_lines))]


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
