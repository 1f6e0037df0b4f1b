"""Raw PCM from a pipe, so that any recorder can be the source: ``arecord … | streamer run -``."""

from __future__ import annotations

import math
import os
import select
import threading
import time
from typing import Final

import numpy as np

from streamer.arrays import Float32, finite
from streamer.config import SourceSettings
from streamer.errors import UserError
from streamer.messages import SoundFormat
from streamer.sources.base import BeginSound
from streamer.sources.sound.channel_numbers import channel_numbers
from streamer.sources.sound.pipe_head import PipeFormat, pipe_format
from streamer.sources.start_time import start_of_setting

BLOCK_S = 0.05  # most sound that is read at once
HEAD_STEP = 64  # bytes that are read at once before it is known what the pipe holds
AHEAD_S = 10.0  # of the clock at most: a full pipe may hold as much as the recorder wrote while this program started
POLL_S = 0.1  # most time for which waiting for data delays a stop
EXAMPLE = "arecord -q -t raw -f S16_LE -r 16000 -c 1 | streamer run -s -"

_BYTES = {"u8": 1, "s16le": 2, "s24le": 3, "s32le": 4, "f32le": 4}  # per sample


class PcmSource:
    """Source that reads interleaved samples from a file descriptor until it ends: raw, or a wav with its header.

    Its times are those of the clock, as of a recorder that writes what it captures, or begin with ``start``. Sound that
    comes faster than a recorder could capture it is not live, and has no times; neither has it where ``realtime`` is
    off.

    Nothing is lost here: the writer of the pipe waits while the ring is full. A recorder that cannot wait reports its
    own losses.

    Parameters
    ----------
    settings : SourceSettings
        ``pcm_rate``, ``pcm_channels``, ``pcm_format``, ``channel``, ``realtime``, ``start`` and ``time_zone`` are used.
    fd : int
        File descriptor to read, standard input by default; it is not closed.

    Raises
    ------
    UserError
        When the descriptor is a terminal or closed, or the channel does not exist.
    """

    uri = "-"
    medium: Final = "sound"
    is_live = False
    overflows = 0
    drift_ppm = 0.0
    backlog_s = 0.0
    stuck = False

    def __init__(self, settings: SourceSettings, fd: int = 0) -> None:
        self.note = ""
        self._settings = settings
        self._channel = settings.channel_index
        self._fd = fd
        self.is_paced = settings.realtime
        self.start_epoch_s = start_of_setting(settings)
        if self.start_epoch_s is None and not settings.realtime:
            self.start_epoch_s = math.nan
        if self._channel is not None and self._channel >= settings.pcm_channels:
            numbers = channel_numbers(settings.pcm_channels)
            raise UserError(f"channel={self._channel} must be {numbers} of standard input, by pcm_channels")
        try:
            if os.isatty(fd):
                raise UserError(f"source='-' must be fed by a pipe; for example: {EXAMPLE}")
            os.fstat(fd)
        except OSError:
            raise UserError(f"source='-' must have an open standard input; for example: {EXAMPLE}") from None

    def capture(self, begin: BeginSound, stop: threading.Event) -> None:
        """Copy the pipe into the ring; see :class:`streamer.sources.Source`."""
        settings = self._settings
        raw = PipeFormat(settings.pcm_format, settings.pcm_rate, settings.pcm_channels, 0)
        found, rest = self._begin(raw, stop)
        n_channels = found.n_channels if self._channel is None else 1
        sound_format = SoundFormat(found.sample_rate, n_channels, f"standard input ({found.pcm_format})")
        frame_bytes = _BYTES[found.pcm_format] * found.n_channels
        block_bytes = max(1, round(BLOCK_S * found.sample_rate)) * frame_bytes
        ring, n_read, began_s = None, 0, 0.0
        has_more = True
        while has_more and not stop.is_set():
            data = rest
            if len(rest) < frame_bytes:
                read = self._read(block_bytes, stop)
                has_more, data = bool(read), rest + read
            n_whole = len(data) // frame_bytes * frame_bytes
            rest = data[n_whole:]
            if n_whole == 0:
                continue
            block = decode_pcm(data[:n_whole], found.pcm_format, found.n_channels)
            if self._channel is not None:
                block = block[:, self._channel : self._channel + 1]
            captured_s = time.monotonic()
            if ring is None:
                ring, began_s = begin(sound_format), captured_s
            n_read += block.shape[0]
            if self.start_epoch_s is None and n_read / found.sample_rate - (captured_s - began_s) > AHEAD_S:
                self.start_epoch_s = math.nan
                self.note = "sound comes faster than it can be captured: its times are not known; give --start"
            if not ring.wait_for_space(stop, block.shape[0]):
                return
            ring.write(block, captured_s)
        if rest and not stop.is_set() and not found.n_head:
            self.note = f"the last {len(rest)} bytes were no whole sample; check pcm_format and pcm_channels"
        if ring is None and not stop.is_set():
            raise UserError(f"source='-' must deliver sound; standard input was empty. For example: {EXAMPLE}")

    def _begin(self, raw: PipeFormat, stop: threading.Event) -> tuple[PipeFormat, bytes]:
        """Return what the pipe holds, and the samples that came with its head."""
        head = b""
        while (found := pipe_format(head, raw)) is None:
            data = self._read(HEAD_STEP, stop)
            if not data:
                return raw, head
            head += data
        if self._channel is not None and self._channel >= found.n_channels:
            raise UserError(f"channel={self._channel} must be below {found.n_channels}, the channels of the wav")
        return found, head[found.n_head :]

    def _read(self, n_bytes: int, stop: threading.Event) -> bytes:
        """Return what has come, at most ``n_bytes``; nothing at the end, or when stopped."""
        while not stop.is_set():
            # On Windows select cannot wait for pipes: there a stop waits for the next bytes.
            if os.name != "posix" or select.select([self._fd], [], [], POLL_S)[0]:
                return os.read(self._fd, n_bytes)
        return b""


def decode_pcm(data: bytes, pcm_format: str, n_channels: int) -> Float32:
    """Convert raw bytes to samples; exact, except that 32-bit integers are rounded to the 24 bits of a float32.

    Parameters
    ----------
    data : bytes
        Whole samples of all channels, interleaved, little-endian.
    pcm_format : {"u8", "s16le", "s24le", "s32le", "f32le"}
        Format of one sample. Full scale is 2^(bits−1); u8 is offset by 128.
    n_channels : int
        Number of interleaved channels.

    Returns
    -------
    ndarray of float32, shape (n_samples, n_channels)
        Range −1…1; of f32le the values as they are, with 0 for NaN and infinity.
    """
    if pcm_format == "f32le":
        samples = finite(np.frombuffer(data, "<f4").astype(np.float32))
    elif pcm_format == "u8":
        samples = (np.frombuffer(data, np.uint8).astype(np.float32) - np.float32(128)) / np.float32(2**7)
    elif pcm_format == "s24le":
        widened = np.zeros((len(data) // 3, 4), np.uint8)
        widened[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)  # the value × 2⁸, which keeps its sign
        samples = widened.view("<i4")[:, 0].astype(np.float32) / np.float32(2**31)
    else:
        full_scale = np.float32(2**15 if pcm_format == "s16le" else 2**31)
        samples = np.frombuffer(data, "<i2" if pcm_format == "s16le" else "<i4").astype(np.float32) / full_scale
    return samples.reshape(-1, n_channels)
