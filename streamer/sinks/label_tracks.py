"""LabelTracks: the events of a recording in files beside it that Audacity and Raven open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from streamer.messages import Event
from streamer.safe_text import safe

N_FILES = 16  # newest recordings of a stream that an event may reach back into
SUFFIXES = (".txt", ".selections.txt")  # of Audacity's label track, and of Raven's selection table
_RAVEN = (
    "Selection", "View", "Channel", "Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)", "Annotation",
    "Score",
)  # fmt: skip


def track_paths(recording: Path) -> tuple[Path, ...]:
    """Return the files that belong to a recording."""
    return tuple(recording.with_suffix(suffix) for suffix in SUFFIXES)


@dataclass
class _Track:
    """A recording and its files; times are in seconds in the stream."""

    path: Path
    start_s: float
    top_hz: float  # the highest frequency that it can hold
    end_s: float = float("inf")  # it still grows
    n_events: int = 0


class LabelTracks:
    """Writes each event that has ended into the files of the recordings that it lies in, cut at their ends.

    A line is added as a whole, so that a process that is killed leaves valid files.
    """

    def __init__(self) -> None:
        self._tracks: dict[str, list[_Track]] = {}  # by stream, the newest last

    def begin(self, stream: str, path: Path, start_s: float, sample_rate: int) -> None:
        """Take notice of a recording that begins at a second of its stream; a later stream begins at 0 again."""
        tracks = [track for track in self._tracks.get(stream, ()) if track.start_s <= start_s]
        self._tracks[stream] = [*tracks, _Track(path, start_s, sample_rate / 2)][-N_FILES:]

    def end(self, path: Path, end_s: float) -> None:
        """Take notice of the second of the stream at which a recording ends."""
        for tracks in self._tracks.values():
            for track in tracks:
                if track.path == path:
                    track.end_s = end_s

    def add(self, event: Event) -> list[Path]:
        """Write an event, and return the recordings in which it lies.

        Raises
        ------
        OSError
            If a file cannot be written.
        """
        assert event.offset_s is not None
        found = []
        for track in self._tracks.get(event.stream, ()):
            begin_s, end_s = max(event.onset_s, track.start_s), min(event.offset_s, track.end_s)
            if begin_s < end_s:
                self._write(track, event, begin_s - track.start_s, end_s - track.start_s)
                found.append(track.path)
        return found

    def _write(self, track: _Track, event: Event, begin_s: float, end_s: float) -> None:
        label = safe(event.label)
        audacity, raven = track_paths(track.path)
        with audacity.open("a", encoding="utf-8") as file:
            file.write(f"{begin_s:.6f}\t{end_s:.6f}\t{label}\n")
        track.n_events += 1
        row = (str(track.n_events), "Spectrogram 1", "1", f"{begin_s:.6f}", f"{end_s:.6f}", "0.0",
               f"{track.top_hz:.1f}", label, f"{event.score:.4f}")  # fmt: skip
        with raven.open("a", encoding="utf-8") as file:
            head = "\t".join(_RAVEN) + "\n" if not file.tell() else ""
            file.write(head + "\t".join(row) + "\n")
