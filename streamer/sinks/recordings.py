"""Keep all captured sound as wav files that lose nothing of its time."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import date
from math import inf
from pathlib import Path
from typing import Literal

from streamer.errors import StreamerError
from streamer.messages import ClockChange, Event, Health, Message, Recording
from streamer.sinks.clock_state import ClockState
from streamer.sinks.folder import file_name, has_room, make_folder, preparing, write_failure
from streamer.sinks.label_tracks import LabelTracks
from streamer.sinks.manifest import numbered
from streamer.sinks.recorded_files import RecordedFiles
from streamer.sinks.wave_file import WaveFile
from streamer.sources.times_file import BeginLine, ClockMark, EndLine, GapLine, TimesFile, utc

N_FILES = 8  # in which recordings under a cap are kept: when the oldest is deleted, an eighth is
LONGEST_SILENCE_S = 60.0  # a longer gap begins a new file instead
_REMEDY = "make room"


@dataclass
class _Open:
    """The file that is being written for a stream."""

    session_s: float  # start of its capture session
    first: int  # position of its first sample in the session
    sample_rate: int
    day: date | None  # in UTC, at its first sample; None where nobody knows
    wave: WaveFile
    times: TimesFile

    @property
    def start_s(self) -> float:
        """Second of the stream of its first sample."""
        return self.session_s + self.first / self.sample_rate

    @property
    def next(self) -> int:
        """Position in the session of the sample that comes next."""
        return self.first + self.wave.n_samples

    def is_full(self, max_bytes: float, message: Recording, n_missing: int) -> bool:
        """Whether a chunk, and the silence before it, would make the file larger than it may be."""
        n_samples = n_missing + message.samples.shape[0]
        return self.wave.n_samples > 0 and self.wave.size_with(n_samples) > max_bytes

    def close(self, *, is_last: bool) -> None:
        try:
            self.wave.close()
            self.times.add(EndLine(samples=self.wave.n_samples, is_last=is_last))
        finally:
            self.times.close()


class RecordingFolder:
    """Sink that writes all captured sound as wav files of float32, with a times file beside each.

    Where samples were lost, or could not be written, there is silence of the same length, and the times file has its
    place: a second in the file is a second in the stream. `streamer classify` leaves the silence out and gives the live
    scores and events again, bit by bit. A capture session begins a new file, as does a gap of more than a minute.

    A file that is full, and one of yesterday, ends, and another continues it; `classify` takes them as one.

    Parameters
    ----------
    folder : Path
        Created if it does not exist.
    file_bytes : float
        Size at which a file is full.
    max_bytes : float
        Size of all recordings in the folder, of which the oldest are deleted: only those that streamer wrote and nobody
        has changed. A file is then full at an eighth of it. 0: no limit.
    has_labels : bool
        Whether the events are written beside the recordings, for Audacity and Raven.

    Raises
    ------
    UserError
        If the folder cannot be created or written.
    """

    def __init__(
        self, folder: Path, file_bytes: float = inf, max_bytes: float = 0.0, *, has_labels: bool = False
    ) -> None:
        self.accepts: tuple[type, ...] = (Recording, ClockChange, Health, *((Event,) if has_labels else ()))
        self._tracks = LabelTracks() if has_labels else None
        self._folder = make_folder(folder, "output.record")
        self._max_bytes = max_bytes
        self._file_bytes = min(file_bytes, max_bytes / N_FILES) if max_bytes else file_bytes
        self._files = RecordedFiles(self._folder)
        self._clock = ClockState()
        self._open: dict[str, _Open] = {}  # by stream
        with preparing(folder, "output.record"):
            self._files.check()
            self._files.complete_dead()
            self._make_room(folder)

    def write(self, message: Message) -> bool | None:
        """Append a chunk to the file of its capture session.

        Raises
        ------
        StreamerError
            If the disk is full or the folder not writable; the place of the chunk then stays silent.
        """
        self._clock.update(message)
        if not isinstance(message, Recording | ClockChange | Event):
            return False
        try:
            if isinstance(message, Event):
                return self._mark_event(message)
            if isinstance(message, Recording):
                self._append(message)
            else:
                return self._mark_clock(message)
        except OSError as error:
            reason = write_failure(error, self._folder, _REMEDY)
            raise StreamerError(f"recording {message.stream} not written: {reason}") from None
        return None

    def works_again(self) -> bool:
        """Return whether sound can be written."""
        return has_room(self._folder)

    def close(self) -> None:
        """Close all files.

        Raises
        ------
        StreamerError
            If one of them could not be finished.
        """
        failures = []
        for stream in list(self._open):
            try:
                self._end(self._open.pop(stream), is_last=True)
            except OSError as error:
                failures.append(f"recording {stream} not finished: {write_failure(error, self._folder, _REMEDY)}")
        if failures:
            raise StreamerError("; ".join(failures))

    def _append(self, message: Recording) -> None:
        file = self._open.get(message.stream)
        if file is not None and file.session_s != message.session_s:
            del self._open[message.stream]
            self._end(file, is_last=False)
            file = None
        if file is None:
            file = self._begin(message)
        n_missing = message.start - file.next
        is_long = n_missing > LONGEST_SILENCE_S * message.sound_format.sample_rate
        if is_long or file.is_full(self._file_bytes, message, n_missing) or file.day != _day(message):
            file = self._continued(file, message)
        elif n_missing > 0:
            self._mark_gap(file, message, n_missing)
        file.wave.write(message.samples)

    def _mark_gap(self, file: _Open, message: Recording, n_missing: int) -> None:
        why: Literal["lost", "not written"] = "lost" if n_missing == message.lost_before else "not written"
        gap = GapLine(at=file.wave.n_samples, samples=n_missing, time=utc(message.time), why=why)
        file.times.add(gap)  # first, so that no silence is ever without its mark
        file.wave.write_silence(n_missing)

    def _mark_event(self, event: Event) -> bool:
        """Write an event that has ended beside the recordings in which it lies; False where that is in none."""
        if self._tracks is None or event.offset_s is None:
            return False
        open_now = {file.wave.path for file in self._open.values()}
        found = self._tracks.add(event)
        for path in found:
            if path not in open_now:  # it is listed already; what has grown is listed anew
                self._files.complete(path)
        return bool(found)

    def _mark_clock(self, change: ClockChange) -> bool:
        """Put into the times file what has happened to the wall clock, at the sound that was captured last before.

        False where there is nothing to put there.
        """
        file = self._open.get(change.stream)
        if file is None or not (change.offset_s or change.suspended_s):
            return False
        at = file.wave.n_samples
        mark = ClockMark(at=at, time=utc(change.time), offset_s=change.offset_s, suspended_s=change.suspended_s)
        file.times.add(mark)
        return True

    def _continued(self, file: _Open, message: Recording) -> _Open:
        """Close a file and begin the one that goes on with a chunk."""
        del self._open[message.stream]
        self._end(file, is_last=False)
        return self._begin(message, continues=file.wave.path.name, lost_before=message.start - file.next)

    def _end(self, file: _Open, *, is_last: bool) -> None:
        """Finish a file, and make room for the next."""
        try:
            file.close(is_last=is_last)
        finally:
            if self._tracks:
                self._tracks.end(file.wave.path, file.start_s + file.wave.n_samples / file.sample_rate)
            self._files.complete(file.wave.path)
        self._make_room(file.wave.path)

    def _make_room(self, newest: Path) -> None:
        """Remove the oldest recordings, but never the newest, so that what is written now has room under the cap."""
        if self._max_bytes:
            reserved = self._file_bytes * (len(self._open) + 1)
            self._files.drop_oldest(max(self._max_bytes - reserved, self._file_bytes), newest)

    def _begin(self, message: Recording, continues: str = "", lost_before: int = 0) -> _Open:
        shape = message.sound_format
        wave = self._new_file(message)
        begin = BeginLine(
            stream=message.stream,
            device=shape.device,
            sample_rate=shape.sample_rate,
            channels=shape.n_channels,
            start_s=message.session_s + message.start / shape.sample_rate,
            time=utc(message.time),
            time_uncertain=self._clock.is_uncertain(message.stream),
            continues=continues,
            lost_before=lost_before,
        )
        try:
            times = TimesFile(wave.path, begin)
        except OSError:
            wave.close()
            wave.path.unlink()
            raise
        file = self._open[message.stream] = _Open(
            message.session_s, message.start, shape.sample_rate, _day(message), wave, times
        )
        self._files.begin_recording(wave.path.name, wave.handle)
        if self._tracks:
            self._tracks.begin(message.stream, wave.path, file.start_s, shape.sample_rate)
        return file

    def _new_file(self, message: Recording) -> WaveFile:
        """Make a file named by the time; with a number where that name is taken, as after a clock was set back."""
        shape = message.sound_format
        position_s = message.session_s + message.start / shape.sample_rate
        is_uncertain = self._clock.is_uncertain(message.stream)
        stem = file_name(message.time, message.stream, position_s=position_s, is_uncertain=is_uncertain)
        for name in numbered(f"{stem}.wav"):
            with contextlib.suppress(FileExistsError):
                return WaveFile(self._folder / name, shape.sample_rate, shape.n_channels)
        raise AssertionError


def _day(message: Recording) -> date | None:
    """Return the day in UTC on which a chunk was captured; None where nobody knows."""
    time = utc(message.time)
    return None if time is None else time.date()
