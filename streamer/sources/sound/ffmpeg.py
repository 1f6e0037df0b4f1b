"""Sound of a file through FFmpeg (PyAV): whatever libsndfile does not read, and the sound track of videos."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from io import RawIOBase
from typing import Any

import av
import numpy as np

from streamer.arrays import Float32
from streamer.errors import UserError
from streamer.sources.container import has_index, open_bytes, reason, what_it_is
from streamer.sources.sound.conform import Conformer
from streamer.sources.sound.decoded import Damage, SoundHeader, SoundPiece, joined_pieces
from streamer.sources.sound.timeline import MAX_PADDING, Timeline

N_TRIED = 8  # bytes that are no sound may look like one frame, not like two of so many
UNREAD = 0.95  # sound that ends before so much of the file has been read has not come to its end
# FFmpeg guesses the length of these from the size of the file, as their headers have none.
GUESSED_LENGTH = frozenset(("aac", "ac3", "amr", "dts", "eac3", "mp3", "mpeg", "mpegts", "mpegvideo", "loas", "truehd"))

LATE = ("wmav1", "wmav2")  # decoders that give a frame the timestamp of the packet after its own
_FULL_SCALE = {"s16": 2.0**15, "s32": 2.0**31, "s64": 2.0**63}


class FFmpegDecoder:
    """Decode the sound of a file, or of a part of one, from its beginning to its end, past what is damaged.

    Positions are those of the container's timestamps: what encoders put before and after the sound is left out where
    the container says how much that is.

    Parameters
    ----------
    open_bytes : callable
        Opens what is to be decoded.
    name : str
        What it is called in errors.

    Attributes
    ----------
    header : SoundHeader
        What the file says of itself.
    damages : list of Damage
        What could not be decoded so far.
    notes : list of str
        What was found so far that does no harm.
    container : str
        FFmpeg's name of the container.

    Raises
    ------
    UserError
        If it holds no sound that FFmpeg knows.
    """

    def __init__(self, open_bytes: Callable[[], RawIOBase], name: str) -> None:
        self._open_bytes = open_bytes
        self._name = name
        self.damages: list[Damage] = []
        self.notes: list[str] = []
        self._size = self._end = 0  # bytes that there are, and up to which packets were read
        with self._open() as container:
            self.container = container.format.name.partition(",")[0]
            stream = _sound_of(container)
            if stream is None:
                raise UserError(f"file={name} must be a sound file, or a video with sound; it holds no sound")
            begin = [frame for frame, _ in itertools.islice(self._frames(container, stream), N_TRIED)]
            frames = [frame for frame in begin if isinstance(frame, av.AudioFrame)]
            if not frames or (self.container in GUESSED_LENGTH and len(frames) < min(2, len(begin))):
                raise UserError(
                    f"file={name} must be a sound file, or a video with sound; nothing in it can be decoded"
                )
            first = frames[0]
            self.header = SoundHeader(
                first.sample_rate,
                len(first.layout.channels),
                self._stated_samples(container, stream, first.sample_rate),
                holds_floats=stream.codec_context.name.startswith("pcm_f"),
                is_stated=self.container not in GUESSED_LENGTH,
            )
        self.damages = []

    def pieces(self, block_length: int) -> Iterator[SoundPiece]:
        """Decode pieces of about ``block_length`` samples, the last one shorter; a gap ends a piece, too."""
        self.damages, self.notes = [], []
        return joined_pieces(self._positioned(), block_length)

    def _positioned(self) -> Iterator[SoundPiece]:
        """Decode packet by packet; the padding of the last one is cut off where the container states the length."""
        rate = self.header.sample_rate
        with self._open() as container:
            stream = _sound_of(container)
            origin_s = None if stream.start_time is None else _start_s(stream) - _lead_s(container, stream)
            begins_anywhere = self.container in GUESSED_LENGTH
            self._note_others(container)
            line = Timeline(rate, origin_s, is_paged=self.container == "ogg", begins_anywhere=begins_anywhere)
            self.damages = line.damages
            conformer = Conformer(rate, self.header.n_channels)
            for frame, page in self._frames(container, stream):
                if isinstance(frame, str):
                    line.fail(frame)
                    continue
                frame_s = frame.samples / frame.sample_rate
                time_s = frame.time
                if time_s is not None and stream.codec_context.name in LATE:
                    time_s -= frame_s
                samples = conformer.push(frame_samples(frame), frame.sample_rate, line.position)
                if (piece := line.place(samples, time_s, frame_s, page)) is not None:
                    yield piece
            self._check_end(line.position)
            if (rest := conformer.finish()).shape[0] and (piece := line.place(rest, None, 0.0)) is not None:
                yield piece
            if (piece := line.rest(self.header.n_samples if self.header.is_stated else 0)) is not None:
                yield piece
            self.notes += [*conformer.notes, *line.gap_notes]

    def _frames(self, container: Any, stream: Any) -> Iterator[tuple[Any, int]]:
        """Decode all that can be decoded; in the place of what cannot, the reason as a text. With each its byte."""
        packets, place = container.demux(stream), 0
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.FFmpegError, OSError) as error:
                yield reason(error), place
                return
            if packet.pos is not None and packet.size:
                place = packet.pos
                self._end = max(self._end, packet.pos + packet.size)
            if packet.is_corrupt and packet.size and stream.codec_context.name[:4] != "pcm_":
                yield "a packet is cut short or has a wrong checksum", place
            try:
                frames = packet.decode()
            except (av.FFmpegError, ValueError) as error:
                frames = [reason(error)]
            for frame in frames:
                yield frame, place

    def _check_end(self, position: int) -> None:
        """Count as damaged what follows sound that ends too early, and long before the end of the bytes."""
        missing = self.header.n_samples - position if self.header.is_stated else 0
        if missing > MAX_PADDING and not self.damages and self._end < UNREAD * self._size:
            self.damages.append(Damage(position, "what follows cannot be read"))

    def _note_others(self, container: Any) -> None:
        """Make a note of sound tracks beside the one that is read, as of several languages or microphones."""
        n_others = sum(stream.codec_context is not None for stream in container.streams.audio) - 1
        if n_others > 0:
            tracks = "another sound track" if n_others == 1 else f"{n_others} other sound tracks"
            self.notes.append(f"it has {tracks}, not read")

    @staticmethod
    def _stated_samples(container: Any, stream: Any, sample_rate: int) -> int:
        if stream.duration and stream.time_base:
            return round((float(stream.duration * stream.time_base) + _lead_s(container, stream)) * sample_rate)
        return round(container.duration / av.time_base * sample_rate) if container.duration else 0

    def _open(self) -> Any:
        data = self._open_bytes()
        self._size, self._end = data.seek(0, 2), 0
        data.seek(0)
        try:
            return open_bytes(data)
        except (av.FFmpegError, OSError, ValueError) as error:
            if not has_index(data):
                raise UserError(
                    f"file={self._name} must be whole; it was cut off before its index was written, and cannot be read "
                    "without: record it again, or repair it (untrunc)"
                ) from None
            data.seek(0)
            what = what_it_is(data.read(64) or b"")
            why = f"it is {what}" if what else f"no decoder knows it ({reason(error)})"
            raise UserError(f"file={self._name} must be a sound file, or a video with sound; {why}") from None


def frame_samples(frame: Any) -> Float32:
    """Return the samples of a decoded frame, range −1…1, shape (n_samples, n_channels)."""
    array = frame.to_ndarray()
    kind = frame.format.name
    values = array.T if kind.endswith("p") else array.reshape(-1, len(frame.layout.channels))
    kind = kind.removesuffix("p")
    if kind in _FULL_SCALE:
        return np.asarray(values, np.float32) / np.float32(_FULL_SCALE[kind])
    if kind == "u8":
        return (np.asarray(values, np.float32) - np.float32(128)) / np.float32(128)
    return np.array(values, np.float32)


def _start_s(stream: Any) -> float:
    return float(stream.start_time * stream.time_base)


def _lead_s(container: Any, stream: Any) -> float:
    """Return by how much the sound of a video begins after its images: its times are those of the video."""
    covers = av.stream.Disposition.attached_pic
    images = [_start_s(s) for s in container.streams.video if s.start_time is not None and not s.disposition & covers]
    if not images or stream.start_time is None:
        return 0.0
    lead_s = _start_s(stream) - min(images)
    longest_s = (container.duration or 0) / av.time_base
    return lead_s if 0.0 < lead_s < longest_s else 0.0  # beyond its end: the timestamps are wrong


def _sound_of(container: Any) -> Any:
    best = container.streams.best("audio")
    streams = [*([best] if best else []), *container.streams.audio]
    return next((stream for stream in streams if stream.codec_context is not None), None)
