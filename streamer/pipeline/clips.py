"""Clip cutters: keep the newest part of a stream and cut out what is around events, while they go on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

import numpy as np

from streamer.arrays import Float32
from streamer.messages import Chunk, Event, SoundClip, SoundFormat
from streamer.pipeline.steps import SoundStep

PART_BYTES = 1 << 20  # a clip is handed on in messages of about this size …
PART_S = 2.0  # … or of this length, while the event goes on: so much is lost with a process that is killed
LONGEST_SILENCE_S = 60.0  # in the place of lost sound

FormatT = TypeVar("FormatT")
PartT = TypeVar("PartT")  # Chunk or Image
StepT = TypeVar("StepT")
ClipT_co = TypeVar("ClipT_co", covariant=True)  # SoundClip or VideoClip
ContentT = TypeVar("ContentT")  # Float32 samples, or the bytes of a JPEG


@dataclass(frozen=True, slots=True)
class Piece(Generic[ContentT]):
    """What is kept of one chunk or image; ``first_s`` and ``last_s`` are seconds in the stream."""

    first_s: float
    last_s: float
    content: ContentT
    n_bytes: int


@dataclass(slots=True)
class _Clip(Generic[ContentT]):
    """A clip of which not all is handed on yet."""

    event: Event
    first_s: float
    last_s: float = float("inf")  # unknown while the event goes on
    pending: list[Piece[ContentT]] = field(default_factory=list)  # no longer kept for others, and not handed on yet
    n_pending_bytes: int = 0
    file: int = 0  # number of the file that is being written
    file_s: float | None = None  # its first second; None before there is anything of it
    end_s: float = 0.0  # and the last so far


class Cutter(ABC, Generic[FormatT, PartT, StepT, ClipT_co, ContentT]):
    """Keep the newest part of a stream and cut clips out of it; the base for sound and images.

    Runs on the processing thread. What leaves the memory while an event goes on is handed on at once, so that memory
    does not grow with the length of events.

    Parameters
    ----------
    lag_s : callable
        Returns the longest time from an event's onset or offset until it is known; may change with the image rate.
    pre_roll_s, post_roll_s : float
        Seconds of a clip before the onset and after the offset.
    max_bytes : float
        Size of what is kept; of an event that is known later than that reaches back, the beginning is missing.
    kept_s : float
        Seconds that are kept in any case, for a clip that is asked for.

    Attributes
    ----------
    pre_roll_s : float
        As given.
    n_bytes : int
        Size of what is kept now.
    n_cut : int
        Clips whose beginning is missing for want of memory.
    longest_file_s : float
        Length of a clip that goes on in another file.
    """

    longest_file_s: float

    def __init__(
        self, lag_s: Callable[[], float], pre_roll_s: float, post_roll_s: float, max_bytes: float, kept_s: float = 0.0
    ) -> None:
        self.n_bytes = self.n_cut = 0
        self._lag_s = lag_s
        self.pre_roll_s = pre_roll_s
        self._kept_s = kept_s
        self._post_roll_s = post_roll_s
        self._max_bytes = max_bytes
        self._kept: deque[Piece[ContentT]] = deque()
        self._dropped_s = float("-inf")  # what is older was dropped for want of memory
        self._clips: dict[tuple[str, float], _Clip[ContentT]] = {}
        self._ready: list[ClipT_co] = []

    def begin(self, opened: FormatT, start_s: float) -> None:
        """Start on a newly opened source, at second ``start_s`` of the stream; what was kept is dropped."""
        self._kept.clear()
        self._clips.clear()
        self.n_bytes = 0
        self._dropped_s = float("-inf")
        self._open(opened, start_s)

    def push(self, part: PartT, step: StepT) -> None:
        """Keep a chunk or image that the pipeline has processed."""
        for piece in self._pieces(part, step):
            self._kept.append(piece)
            self.n_bytes += piece.n_bytes
        oldest_s = self._newest_s() - max(self.pre_roll_s + self._lag_s(), self._kept_s)
        while self._kept and (self._kept[0].last_s < oldest_s or self.n_bytes > self._max_bytes):
            piece = self._kept.popleft()
            self.n_bytes -= piece.n_bytes
            if piece.last_s >= oldest_s:
                self._dropped_s = piece.last_s
            for clip in self._clips.values():
                if (inside := self._inside(piece, clip.first_s, clip.last_s)) is not None:
                    self._add(clip, inside)
                    if clip.pending and inside.last_s - clip.pending[0].first_s >= PART_S:
                        self._hand_on(clip)

    def request(self, event: Event) -> None:
        """Request a clip of an event that begins, or end the clip of one that has ended."""
        clip = self._clips.get((event.label, event.onset_s))
        if clip is None:
            clip = self._clips[event.label, event.onset_s] = _Clip(event, event.onset_s - self.pre_roll_s)
            self.n_cut += self._dropped_s > clip.first_s
        clip.event = event
        if event.offset_s is not None:
            clip.last_s = event.offset_s + self._post_roll_s

    def change_clock(self, offset_s: float) -> None:
        """Correct the times of requested clips: the wall clock was set forward by so many seconds."""
        for clip in self._clips.values():
            clip.event = replace(clip.event, time=clip.event.time + offset_s)

    def finished(self, at_end: bool = False) -> list[ClipT_co]:
        """Return what is complete of the requested clips; at the end of the stream, all there is of them."""
        now_s = self._newest_s()
        for key, clip in list(self._clips.items()):
            if clip.event.offset_s is not None and (at_end or clip.last_s <= now_s):
                del self._clips[key]
                for piece in self._kept:
                    if (inside := self._inside(piece, clip.first_s, clip.last_s)) is not None:
                        self._add(clip, inside)
                if clip.pending or clip.file_s is not None:
                    self._hand_on(clip, is_last=True)
        ready, self._ready = self._ready, []
        return ready

    def _add(self, clip: _Clip[ContentT], piece: Piece[ContentT]) -> None:
        if clip.file_s is not None and piece.first_s - clip.end_s > self._longest_hole_s:
            self._hand_on(clip, is_last=True)
        elif clip.pending and clip.n_pending_bytes + piece.n_bytes > PART_BYTES:
            self._hand_on(clip)
        if clip.file_s is None:
            clip.file_s = piece.first_s
        clip.pending.append(piece)
        clip.n_pending_bytes += piece.n_bytes
        clip.end_s = piece.last_s
        if piece.last_s - clip.file_s >= self.longest_file_s:
            self._hand_on(clip, is_last=True)

    def _hand_on(self, clip: _Clip[ContentT], *, is_last: bool = False) -> None:
        """Make a message of what is pending; after the last one of a file the next begins."""
        self._ready.append(self._message(clip.event, clip.pending, clip.file, is_last))
        clip.pending, clip.n_pending_bytes = [], 0
        if is_last:
            clip.file_s = None
            clip.file += 1

    @property
    @abstractmethod
    def _longest_hole_s(self) -> float:
        """Return the longest time between two pieces in one file."""

    @abstractmethod
    def _open(self, opened: FormatT, start_s: float) -> None:
        """Take over the format of a newly opened source."""

    @abstractmethod
    def _pieces(self, part: PartT, step: StepT) -> Sequence[Piece[ContentT]]:
        """Return what is to be kept of a chunk or image; its content is a copy."""

    @abstractmethod
    def _newest_s(self) -> float:
        """Return the second of the stream up to which it has been kept."""

    @abstractmethod
    def _inside(self, piece: Piece[ContentT], first_s: float, last_s: float) -> Piece[ContentT] | None:
        """Return the part of a piece between two seconds of the stream; None if that is nothing."""

    @abstractmethod
    def _message(self, event: Event, pieces: list[Piece[ContentT]], file: int, is_last: bool) -> ClipT_co:
        """Return the message that hands on consecutive pieces; there may be none at the end of a file."""


class SoundCutter(Cutter[SoundFormat, Chunk, SoundStep, SoundClip, Float32]):
    """Keep the newest sound of a stream, mixed down.

    Lost samples become silence, so that positions stay true; where too many are lost, the clip goes on in another file.
    """

    longest_file_s = 300.0
    _sample_rate = 1
    _start_s = 0.0
    _n_samples = 0  # since the beginning of the capture session, lost ones included

    @property
    def _longest_hole_s(self) -> float:
        return 0.5 / self._sample_rate

    def _open(self, opened: SoundFormat, start_s: float) -> None:
        self._sample_rate = opened.sample_rate
        self._start_s = start_s
        self._n_samples = 0

    def _pieces(self, part: Chunk, step: SoundStep) -> list[Piece[Float32]]:
        pieces = []
        if part.lost_before > LONGEST_SILENCE_S * self._sample_rate:
            self._n_samples += part.lost_before
        elif part.lost_before:
            pieces = [self._piece(np.zeros(part.lost_before, np.float32))]
        return [*pieces, self._piece(step.mono.copy())]

    def _piece(self, samples: Float32) -> Piece[Float32]:
        first_s = self._newest_s()
        self._n_samples += samples.shape[0]
        return Piece(first_s, self._newest_s(), samples, samples.nbytes)

    def _newest_s(self) -> float:
        return self._start_s + self._n_samples / self._sample_rate

    def _inside(self, piece: Piece[Float32], first_s: float, last_s: float) -> Piece[Float32] | None:
        start = round((piece.first_s - self._start_s) * self._sample_rate)
        first = max(0, self._position(first_s) - start)
        last = min(piece.content.shape[0], self._position(last_s) - start)
        if first >= last:
            return None
        if last - first == piece.content.shape[0]:
            return piece
        samples = piece.content[first:last]
        begins_s = self._start_s + (start + first) / self._sample_rate
        return Piece(begins_s, begins_s + samples.shape[0] / self._sample_rate, samples, samples.nbytes)

    def _position(self, time_s: float) -> int:
        return round(min(time_s - self._start_s, 1e12) * self._sample_rate)

    def _message(self, event: Event, pieces: list[Piece[Float32]], file: int, is_last: bool) -> SoundClip:
        samples = np.concatenate([np.zeros(0, np.float32), *(piece.content for piece in pieces)])
        start_s = pieces[0].first_s if pieces else self._newest_s()
        return SoundClip(event, samples, self._sample_rate, start_s, file, is_last)
