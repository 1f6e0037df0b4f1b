"""RecordedFiles: the list of the recordings in a folder and their times files, so that the oldest can be removed."""

from __future__ import annotations

from pathlib import Path

from streamer.sinks.label_tracks import track_paths
from streamer.sinks.manifest import Manifest
from streamer.sinks.written_file import WrittenFile
from streamer.sources.times_file import times_path
from streamer.system import try_lock

NAME = ".streamer-recordings.jsonl"


class RecordedFiles(Manifest):
    """List of recordings, which grow under their own names; those that are complete may be removed.

    Parameters
    ----------
    folder : Path
        The folder; it must exist.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, NAME)

    def begin_recording(self, name: str, handle: int) -> None:
        """List a file that has just been made as one that grows: as long as its process lives nobody removes it.

        Parameters
        ----------
        name : str
        handle : int
            File descriptor with which it is written; it keeps a lock on the file.

        Raises
        ------
        OSError
            If the list cannot be written.
        """
        with self._locked():
            try_lock(handle)
            self._append({"part": name})

    def complete(self, path: Path) -> None:
        """List a recording, and the files that belong to it, as complete.

        Raises
        ------
        OSError
            If the list cannot be written.
        """
        with self._locked():
            for each in (path, times_path(path), *track_paths(path)):
                if (written := WrittenFile.of(each)) is not None:
                    self._append({"file": each.name, "bytes": written.n_bytes, "mtime_s": written.mtime_s})

    def complete_dead(self) -> None:
        """List as complete what a process was writing when it died: it can be read as far as it goes.

        Raises
        ------
        OSError
            If the list or a file cannot be read or written.
        """
        for part in self.dead_parts(".wav"):
            part.close()
            self.complete(part.path)
