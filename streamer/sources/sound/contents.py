"""Which decoder reads a sound file truly: found out from its bytes, not from its name."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from streamer.errors import UserError
from streamer.sources.sound.big_endian import find_aiff_parts, find_au_parts
from streamer.sources.sound.decoded import SoundDecoder
from streamer.sources.sound.file_bytes import STEP, FileBytes, forget, mapped
from streamer.sources.sound.flac_frames import flac_info
from streamer.sources.sound.libsndfile import LibsndfileDecoder
from streamer.sources.sound.mp3_frames import find_mp3_parts, is_mp3
from streamer.sources.sound.ogg_pages import find_ogg_parts
from streamer.sources.sound.parts import Content, Part
from streamer.sources.sound.wav_chunks import FORMS, find_wav_parts
from streamer.system import native_name

FLAC_BEGINS = b"fLaC\x00\x00\x00\x22"
MIN_FLAC = 42  # bytes of the shortest header


def find_content(path: Path) -> Content:
    """Return the parts of a sound file, and what its bytes show that no decoder tells."""
    with mapped(path) as data:
        head = data[:16]
        if head[:4] in FORMS and head[8:12] == b"WAVE":
            with open(native_name(path), "rb") as file:  # noqa: PTH123
                return find_wav_parts(file, len(data))
        if head[:4] == b"OggS":
            return find_ogg_parts(data)
        if head[:4] == b".snd":
            return find_au_parts(data)
        if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
            return find_aiff_parts(data)
        if is_mp3(data):
            return find_mp3_parts(data)
        return Content()


def joined_flac(path: Path, part: Part) -> Part | None:
    """Return the FLAC file that is joined behind a part of a file; None where none is.

    Looked for when that part has been read, since it means to read all bytes.
    """
    with mapped(path) as data:
        if part.before or flac_info(data, part.start) is None:
            return None
        begin = part.start + MIN_FLAC
        while begin < len(data):
            at = data.find(FLAC_BEGINS, begin, begin + STEP + len(FLAC_BEGINS))
            if at >= 0:
                return Part(at)
            begin = forget(data, begin)
        return None


def decoder_of(path: Path, part: Part) -> SoundDecoder:
    """Return the decoder that reads a part of a file; libsndfile where it can.

    Raises
    ------
    UserError
        If none can.
    """
    if part.by == "mp3 frames":
        from streamer.sources.sound.frames import Mp3FramesDecoder

        return Mp3FramesDecoder(path, part)
    if part.by == "libsndfile first":
        try:
            return LibsndfileDecoder(path, part)
        except UserError as error:
            why = error
        try:
            return _ffmpeg(path, part)
        except UserError as error:
            raise why if "at least one sample" in str(why) else error from None
    return _ffmpeg(path, part)


def decoder_past_damage(path: Path, part: Part) -> SoundDecoder | None:
    """Return a decoder that goes on where libsndfile has found damage; None where there is none."""
    with mapped(path) as data:
        is_flac = not part.before and flac_info(data, part.start) is not None
    if is_flac:
        from streamer.sources.sound.frames import FlacFramesDecoder

        return FlacFramesDecoder(path, part)
    try:
        return _ffmpeg(path, part)
    except UserError:
        return None


def _ffmpeg(path: Path, part: Part) -> SoundDecoder:
    from streamer.sources.sound.ffmpeg import FFmpegDecoder

    return FFmpegDecoder(partial(FileBytes, path, part.start, part.end, part.before), str(path))
