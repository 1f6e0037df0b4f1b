"""Keep all captured sound as wav files that lose nothing of its time."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from streamer.errors import StreamerError
from streamer.messages import ClockChange, Health, Message, Recording
from streamer.sinks.clock_state import ClockState
from streamer.sinks.folder import file_name, make_folder, write_failure
from streamer.sinks.wave_file import WaveFile
from streamer.sources.times_file import BeginLine, ClockMark, EndLine, GapLine, TimesFile, utc

LONGEST_SILENCE_S = 60.0  # a longer gap begins a new file instead
_REMEDY = "make room"


@dataclass
class _Open:
    """The file that is being written for a stream."""

    session_s: float  # start of its capture session
    first: int  # position of its first sample in the session
    wave: WaveFile
    times: TimesFile

    @property
    def next(self) -> int:
        """Position in the session of the sample that comes next."""
        return self.first + self.wave.n_samples

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

    Parameters
    ----------
    folder : Path
        Created if it does not exist.

    Raises
    ------
    UserError
        If the folder cannot be created.
    """

    accepts: tuple[type, ...] = (Recording, ClockChange, Health)

    def __init__(self, folder: Path) -> None:
        self._folder = make_folder(folder, "output.record")
        self._clock = ClockState()
        self._open: dict[str, _Open] = {}  # by stream

    def write(self, message: Message) -> None:
        """Append a chunk to the file of its capture session.

        Raises
        ------
        StreamerError
            If the disk is full or the folder not writable; the place of the chunk then stays silent.
        """
        self._clock.update(message)
        if not isinstance(message, Recording | ClockChange):
            return
        try:
            if isinstance(message, Recording):
                self._append(message)
            else:
                self._mark_clock(message)
        except OSError as error:
            reason = write_failure(error, self._folder, _REMEDY)
            raise StreamerError(f"recording {message.stream} not written: {reason}") from None

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
                self._open.pop(stream).close(is_last=True)
            except OSError as error:
                failures.append(f"recording {stream} not finished: {write_failure(error, self._folder, _REMEDY)}")
        if failures:
            raise StreamerError("; ".join(failures))

    def _append(self, message: Recording) -> None:
        file = self._open.get(message.stream)
        if file is not None and file.session_s != message.session_s:
            del self._open[message.stream]
            file.close(is_last=False)
            file = None
        if file is None:
            file = self._begin(message)
        n_missing = message.start - file.next
        if n_missing > LONGEST_SILENCE_S * message.sound_format.sample_rate:
            file = self._continued(file, message)
        elif n_missing > 0:
            self._mark_gap(file, message, n_missing)
        file.wave.write(message.samples)

    def _mark_gap(self, file: _Open, message: Recording, n_missing: int) -> None:
        why: Literal["lost", "not written"] = "lost" if n_missing == message.lost_before else "not written"
        gap = GapLine(at=file.wave.n_samples, samples=n_missing, time=utc(message.time), why=why)
        file.times.add(gap)  # first, so that no silence is ever without its mark
        file.wave.write_silence(n_missing)

    def _mark_clock(self, change: ClockChange) -> None:
        """Put into the times file what has happened to the wall clock, at the sound that was captured last before."""
        file = self._open.get(change.stream)
        if file is None or not (change.offset_s or change.suspended_s):
            return
        at = file.wave.n_samples
        mark = ClockMark(at=at, time=utc(change.time), offset_s=change.offset_s, suspended_s=change.suspended_s)
        file.times.add(mark)

    def _continued(self, file: _Open, message: Recording) -> _Open:
        """Close a file and begin the one that goes on with a chunk."""
        del self._open[message.stream]
        file.close(is_last=False)
        return self._begin(message, continues=file.wave.path.name, lost_before=message.start - file.next)

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
        file = self._open[message.stream] = _Open(message.session_s, message.start, wave, times)
        return file

    def _new_file(self, message: Recording) -> WaveFile:
        """Make a file named by the time; with a number where that name is taken, as after a clock was set back."""
        shape = message.sound_format
        stem = file_name(message.time, message.stream, is_uncertain=self._clock.is_uncertain(message.stream))
        number = 1
        while True:
            path = self._folder / f"{stem}{f'-{number}' if number > 1 else ''}.wav"
            with contextlib.suppress(FileExistsError):
                return WaveFile(path, shape.sample_rate, shape.n_channels)
            number += 1
