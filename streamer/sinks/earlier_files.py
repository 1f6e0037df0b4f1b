"""EarlierFiles: the files that a growing file was put aside as, each time it was full."""

from __future__ import annotations

import os

from streamer.sinks.manifest import Manifest, numbered


class EarlierFiles(Manifest):
    """List of the files that one growing file was put aside as; those that streamer began may be removed."""

    def claim(self, name: str) -> None:
        """List a file that streamer has just made, empty, and goes on to write under its own name."""
        with self._locked():
            self._append({"part": name})

    def disclaim(self, name: str) -> None:
        """Take a file off the list in whose place the user has put another."""
        with self._locked():
            self._append({"gone": name})

    def put_aside(self, name: str, full: os.stat_result, new_name: str) -> None:
        """Rename a file that is written under its own name; it may be removed from then on if it was claimed.

        Does nothing if another process has done so: then ``full`` is no longer what has the name.
        """
        path = self.folder / name
        with self._locked():
            if not path.exists() or not os.path.samestat(full, path.stat()):
                return
            aside = next(free for each in numbered(new_name) if not os.path.lexists(free := self.folder / each))
            if name in self._parts:
                self._append({"file": aside.name, "bytes": full.st_size, "mtime_s": full.st_mtime})
                self._append({"gone": name})
            path.rename(aside)
