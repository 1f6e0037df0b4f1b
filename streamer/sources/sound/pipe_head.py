"""The first bytes of a pipe: raw samples, a wav that says what it holds, or another kind of file."""

from __future__ import annotations

import struct
from typing import NamedTuple

from streamer.errors import UserError

MAX_HEAD = 65_536  # bytes before the samples of a wav
N_SIGN = 12  # bytes by which a kind of file is known
_FILES = {
    b"fLaC": "FLAC", b"OggS": "Ogg", b"ID3": "mp3", b"FORM": "AIFF", b".snd": "AU", b"caff": "CAF",
    b"\x1aE\xdf\xa3": "Matroska or WebM", b"\x30\x26\xb2\x75": "Windows Media", b"#!AMR": "AMR", b"RIFX": "RIFX",
}  # fmt: skip
_FORMATS = {(1, 8): "u8", (1, 16): "s16le", (1, 24): "s24le", (1, 32): "s32le", (3, 32): "f32le"}  # by tag and bits
_EXTENSIBLE = 0xFFFE


class PipeFormat(NamedTuple):
    """What a pipe holds."""

    pcm_format: str
    sample_rate: int
    n_channels: int
    n_head: int  # bytes before the first sample


def pipe_format(head: bytes, otherwise: PipeFormat) -> PipeFormat | None:
    """Return what the samples in a pipe are; None while its first bytes do not suffice to tell.

    Parameters
    ----------
    head : bytes
        What has come so far.
    otherwise : PipeFormat
        What the samples are where there is no header.

    Raises
    ------
    UserError
        If it is a file of another kind.
    """
    if len(head) < N_SIGN:
        return None
    kind = next((kind for sign, kind in _FILES.items() if head.startswith(sign)), "")
    if head[4:8] == b"ftyp":
        kind = "mp4"
    if kind:
        raise UserError(
            f"source='-' must be raw PCM or a wav; this is {kind}: save it as a file, or decode it first: "
            "ffmpeg -i FILE -f s16le -ac 1 -ar 16000 - | streamer run -s -"
        )
    if head[:4] not in (b"RIFF", b"RF64") or head[8:12] != b"WAVE":
        return otherwise
    return _wav(head)


def _wav(head: bytes) -> PipeFormat | None:
    at, fmt = 12, b""
    while at + 8 <= len(head):
        name, length = head[at : at + 4], struct.unpack("<I", head[at + 4 : at + 8])[0]
        if name == b"data":
            return _format(fmt, at + 8)
        if name == b"fmt ":
            fmt = head[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    if len(head) >= MAX_HEAD:
        raise UserError("source='-' must be raw PCM or a wav; this wav has no samples at its beginning: save it")
    return None


def _format(fmt: bytes, n_head: int) -> PipeFormat:
    tag, n_channels, sample_rate, _, _, bits = struct.unpack("<HHIIHH", fmt[:16].ljust(16, b"\0"))
    if tag == _EXTENSIBLE and len(fmt) >= 26:
        tag = struct.unpack("<H", fmt[24:26])[0]
    pcm_format = _FORMATS.get((tag, bits))
    if pcm_format is None or not 1 <= n_channels <= 64 or not 1000 <= sample_rate <= 768_000:
        raise UserError(
            f"source='-' must be a wav of 8 to 32 bits; this one has the format {tag} of {bits} bits, {n_channels} "
            f"channels at {sample_rate} Hz: decode it first: "
            "sox FILE -t raw -e signed -b 16 - | streamer run -s -"
        )
    return PipeFormat(pcm_format, sample_rate, n_channels, n_head)
