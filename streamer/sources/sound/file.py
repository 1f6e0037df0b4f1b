"""Sound files from their beginning to their end, with what is odd about them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from streamer.arrays import Float32
from streamer.errors import UserError
from streamer.messages import Chunk, SoundFormat
from streamer.sources.file_check import check_readable
from streamer.sources.sound.decoded import Damage, SoundDecoder
from streamer.sources.sound.libsndfile import LibsndfileDecoder

SAMPLE_RATES = (1000, 768_000)  # a header with a rate outside of this range is damaged …
MAX_CHANNELS = 64  # … as is one with more channels
MAX_BLOCK_VALUES = 1 << 24  # samples of all channels in a block: 64 MB, whatever the header says of rate and channels
MAX_NAMED = 3  # damaged places that are named one by one
OTHER_SOURCES = (
    ", or give mic, mic:NAME, camera, demo, or - for raw PCM on standard input; streamer classify takes folders too"
)


class SoundFile:
    """Sound of a file, read from its beginning to its end without threads and clocks, any number of times.

    Parameters
    ----------
    path : Path
        Any format that libsndfile or FFmpeg reads.
    channel : int, optional
        Index of the only channel to read.
    replace_nonfinite : bool
        Replace NaN and infinite values by 0.

    Attributes
    ----------
    sound_format : SoundFormat
        Of the chunks.
    stated_s : float
        Seconds, by the header; 0 where it does not say.
    notes : list of str
        What is odd about the file and does no harm, as far as it has been read.
    damages : list of Damage
        Where sound is missing or wrong, as far as the file has been read.

    Raises
    ------
    UserError
        When the file is missing, unreadable, empty or no sound, or lacks the channel.
    """

    def __init__(self, path: Path, channel: int | None = None, *, replace_nonfinite: bool = True) -> None:
        check_readable(path, "a sound file", OTHER_SOURCES)
        self.path = path
        self.notes: list[str] = []
        self.damages: list[Damage] = []
        self._channel = channel
        self._replace_nonfinite = replace_nonfinite
        header = self._decoder().header
        if header.n_samples <= 0:
            raise UserError(f"file={path} must hold at least one sample; record or convert it again")
        if not SAMPLE_RATES[0] <= header.sample_rate <= SAMPLE_RATES[1] or header.n_channels > MAX_CHANNELS:
            raise UserError(
                f"file={path} must have {SAMPLE_RATES[0]} … {SAMPLE_RATES[1]} samples per second and at most "
                f"{MAX_CHANNELS} channels; its header says {header.sample_rate} and {header.n_channels}: "
                "convert it again"
            )
        if channel is not None and channel >= header.n_channels:
            raise UserError(f"channel={channel} must be below {header.n_channels}, the number of channels of {path}")
        self._header = header
        self.sound_format = SoundFormat(header.sample_rate, 1 if channel is not None else header.n_channels, path.name)
        self.stated_s = header.n_samples / header.sample_rate

    def chunks(self, block_s: float = 1.0) -> Iterator[Chunk]:
        """Read the whole file; ``notes`` and ``damages`` are complete when the last chunk has been read.

        Parameters
        ----------
        block_s : float
            Seconds of the longest chunk.

        Returns
        -------
        iterator of Chunk
            In order, range −1…1, each a new array. ``lost_before`` counts the samples that are missing between a
            chunk and the one before; ``time_s`` is 0.
        """
        self.notes, self.damages = [], []
        decoder, rate = self._decoder(), self._header.sample_rate
        length = max(1, min(round(block_s * rate), MAX_BLOCK_VALUES // self._header.n_channels))
        must_replace = self._replace_nonfinite and self._header.holds_floats
        position = 0
        for start, samples in decoder.pieces(length):
            if must_replace:
                np.nan_to_num(samples, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
            chosen = samples if self._channel is None else samples[:, self._channel : self._channel + 1]
            yield Chunk(chosen, start, start - position, 0.0)
            position = start + samples.shape[0]
        self.damages = decoder.damages

    @property
    def note(self) -> str:
        """What is odd about the file and does no harm; empty where nothing is."""
        return "; ".join(self.notes)

    @property
    def damage(self) -> str:
        """Error that says where sound is missing or wrong; empty where nothing is."""
        if not self.damages:
            return ""
        rate = self._header.sample_rate
        places = [_place(damage, rate) for damage in self.damages[:MAX_NAMED]]
        if len(self.damages) > MAX_NAMED:
            places.append(f"and at {len(self.damages) - MAX_NAMED} more places")
        return f"file={self.path} must be readable to its end; {', '.join(places)} ({self.damages[0].reason})"

    def _decoder(self) -> SoundDecoder:
        return LibsndfileDecoder(self.path)


def read_header(path: Path, channel: int | None = None) -> tuple[SoundFormat, float]:
    """Return the format of a sound file and its seconds by the header; parameters and errors as :class:`SoundFile`."""
    file = SoundFile(path, channel)
    return file.sound_format, file.stated_s


def read_blocks(
    path: Path, block_s: float = 1.0, channel: int | None = None, *, replace_nonfinite: bool = True
) -> tuple[SoundFormat, Iterator[Float32]]:
    """Open a sound file that must be whole, to read it from beginning to end.

    Parameters and errors are those of :class:`SoundFile` and of its ``chunks``.

    Returns
    -------
    sound_format : SoundFormat
        Format of the blocks.
    blocks : iterator of ndarray of float32, shape (n_samples, n_channels)
        New arrays in order, range −1…1. Raises UserError where the file is damaged.
    """
    file = SoundFile(path, channel, replace_nonfinite=replace_nonfinite)
    return file.sound_format, _whole_blocks(file, block_s)


def _whole_blocks(file: SoundFile, block_s: float) -> Iterator[Float32]:
    for chunk in file.chunks(block_s):
        yield chunk.samples
    if file.damage:
        raise UserError(file.damage)


def _place(damage: Damage, sample_rate: int) -> str:
    """Return where and how much is missing, in seconds of the file."""
    start_s = damage.start / sample_rate
    if damage.n_missing is None:
        return f"damaged after {start_s:.1f} s"
    return f"damaged at {start_s:.2f} s, where {damage.n_missing / sample_rate:.2f} s are missing"
