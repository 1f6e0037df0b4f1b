"""Sound of FLAC and mp3 files frame by frame, so that what is damaged is known to the frame and all else is decoded."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

from streamer.arrays import Float32
from streamer.sources.sound.decoded import Damage, SoundHeader, SoundPiece, joined_pieces
from streamer.sources.sound.ffmpeg import frame_samples
from streamer.sources.sound.file_bytes import mapped
from streamer.sources.sound.flac_frames import flac_frames, flac_info
from streamer.sources.sound.mp3_frames import DECODER_DELAY, Mp3Tag, mp3_frames, mp3_tag
from streamer.sources.sound.parts import Part

CHECKED = {"err_detect": "crccheck+explode"}  # a frame whose checksum is wrong is no sound


class FlacFramesDecoder:
    """Decode a FLAC file, or one of several that are joined, whose frames say themselves where they belong.

    Parameters
    ----------
    path : Path
        The file.
    part : Part
        Its bytes in it.

    Attributes
    ----------
    header : SoundHeader
        What it says of itself.
    damages : list of Damage
        Frames that are missing or whose checksum is wrong.
    notes : list of str
        Always empty.
    """

    def __init__(self, path: Path, part: Part) -> None:
        self._path, self._part = path, part
        self.damages: list[Damage] = []
        self.notes: list[str] = []
        with mapped(path) as data:
            info = flac_info(data, part.start)
        assert info is not None
        self._info = info
        self.header = SoundHeader(info.sample_rate, info.n_channels, info.n_samples)

    def pieces(self, block_length: int) -> Iterator[SoundPiece]:
        """Decode pieces of about ``block_length`` samples; a gap ends a piece, too."""
        self.damages = []
        return joined_pieces(self._frames(), block_length)

    def _frames(self) -> Iterator[SoundPiece]:
        position = 0
        with mapped(self._path) as data:
            codec = _codec("flac", self._info.block)
            for frame in flac_frames(data, self._info, self._part.end or len(data)):
                if frame.start > position:
                    self._lose(position, frame.start, "frames are missing")
                    position = frame.start
                samples = _decoded(codec, data[frame.at : frame.end])
                if samples is None or samples.shape[0] != frame.n_samples:
                    codec = _codec("flac", self._info.block)
                    self._lose(position, frame.start + frame.n_samples, "the checksum of a frame is wrong")
                else:
                    yield SoundPiece(frame.start, samples)
                position = frame.start + frame.n_samples
        if self.damages and self.damages[-1].start + (self.damages[-1].n_missing or 0) >= position:
            self.damages[-1] = Damage(self.damages[-1].start, self.damages[-1].reason)  # nothing follows
        elif position < self._info.n_samples:
            self.damages.append(Damage(position, "its end is missing"))

    def _lose(self, start: int, end: int, reason: str) -> None:
        last = self.damages[-1] if self.damages else None
        if last is not None and last.n_missing is not None and last.start + last.n_missing == start:
            self.damages[-1] = Damage(last.start, last.reason, end - last.start)
        else:
            self.damages.append(Damage(start, reason, end - start))


class Mp3FramesDecoder:
    """Decode an mp3 file, or one of several that are joined, past what is damaged.

    Frames of mp3 are not numbered: how many are missing in a damaged place follows from its bytes and the length of
    the frames before it.

    Parameters
    ----------
    path : Path
        The file.
    part : Part
        Its bytes in it.

    Attributes
    ----------
    header : SoundHeader
        Of its frames; their number is not stated.
    damages : list of Damage
        Stretches of bytes that are no frames, and frames that cannot be decoded.
    notes : list of str
        Always empty.
    """

    def __init__(self, path: Path, part: Part) -> None:
        self._path, self._part = path, part
        self.damages: list[Damage] = []
        self.notes: list[str] = []
        self._tag = Mp3Tag()
        with mapped(path) as data:
            frames = [frame for frame in self._in_part(data) if frame.head is not None]
            first = frames[0]
            self._tag = mp3_tag(data, first) or Mp3Tag()
        assert first.head is not None
        if len(frames) - 1 > self._tag.n_frames:  # nothing that follows them was put there by the encoder
            self._tag = Mp3Tag(0, self._tag.delay, 0)
        self._layer = first.head.layer
        self.header = SoundHeader(first.head.sample_rate, first.head.n_channels, 0)

    def pieces(self, block_length: int) -> Iterator[SoundPiece]:
        """Decode pieces of about ``block_length`` samples; a gap ends a piece, too."""
        self.damages = []
        return joined_pieces(self._frames(), block_length)

    def _frames(self) -> Iterator[SoundPiece]:
        delay = self._tag.delay + DECODER_DELAY if self._tag.delay else 0
        position, n_bytes, n_frames, n_samples = -delay, 0, 0, 1152
        end = self._tag.n_frames * 1152 - self._tag.delay - self._tag.padding if self._tag.padding else 1 << 62
        with mapped(self._path) as data:
            codec = _codec(f"mp{self._layer}float" if self._layer < 4 else "mp3float")
            for frame in self._in_part(data):
                if frame.head is None:
                    n_missing = round(frame.length * n_frames / n_bytes) * n_samples if n_bytes else 0
                    if n_missing:
                        self.damages.append(Damage(max(0, position), "bytes that are no frames", n_missing))
                        position += n_missing
                    continue
                if mp3_tag(data, frame):
                    continue
                n_samples, n_bytes, n_frames = frame.head.n_samples, n_bytes + frame.length, n_frames + 1
                samples = _decoded(codec, data[frame.at : frame.at + frame.length])
                if samples is None:
                    self.damages.append(Damage(max(0, position), "a frame cannot be decoded", n_samples))
                elif position + samples.shape[0] > 0 and position < end:
                    yield SoundPiece(max(0, position), samples[max(0, -position) : end - position])
                position += n_samples

    def _in_part(self, data: mmap.mmap) -> Iterator[Any]:
        start, end = self._part.start, self._part.end
        return mp3_frames(data, start, len(data) if end is None else end)


def _codec(name: str, extradata: bytes = b"") -> Any:
    codec = av.CodecContext.create(name, "r")
    codec.options = CHECKED if name == "flac" else {}
    if extradata:
        codec.extradata = extradata
    return codec


def _decoded(codec: Any, frame: bytes) -> Float32 | None:
    """Return the samples of one frame; None where it cannot be decoded."""
    try:
        decoded = codec.decode(av.Packet(frame))
    except (av.FFmpegError, ValueError):
        return None
    return frame_samples(decoded[0]) if len(decoded) == 1 else None
