"""Sound files from their beginning to their end, with what is odd about them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from streamer.arrays import Float32
from streamer.errors import UserError
from streamer.messages import Chunk, SoundFormat
from streamer.sources.file_check import check_readable
from streamer.sources.sound.channel_numbers import channel_numbers
from streamer.sources.sound.conform import Conformer
from streamer.sources.sound.contents import decoder_of, find_content, joined_flac
from streamer.sources.sound.decoded import Damage, SoundPiece, scaled
from streamer.sources.sound.libsndfile import LibsndfileDecoder
from streamer.sources.sound.part_reader import PartReader
from streamer.sources.sound.scale import integer_bits

SAMPLE_RATES = (1000, 768_000)  # a header with a rate outside of this range is damaged …
MAX_CHANNELS = 64  # … as is one with more channels
MAX_BLOCK_VALUES = 1 << 24  # samples of all channels in a block: 64 MB, whatever the header says of rate and channels
MAX_DIFFERENCE_S = 0.25  # between what a header says and what is there, that is no note: encoders fill up their packets
LOOK_S = 600.0  # from the beginning, in which numbers beyond full scale are looked for
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
    time_expansion : float
        How many times slower than life the file plays: its samples were taken at so many times the stated rate. All
        seconds here are those of life.

    Attributes
    ----------
    sound_format : SoundFormat
        Of the chunks.
    stated_s : float
        Seconds, by the header or guessed from the size; 0 where nothing is known.
    notes : list of str
        What is odd about the file and does no harm, as far as it has been read.
    damages : list of Damage
        Where sound is missing or wrong, as far as the file has been read.
    is_plain : bool
        Whether libsndfile alone gives the sound of the whole file, with nothing to be joined or scaled.

    Raises
    ------
    UserError
        When the file is missing, unreadable, empty or no sound, or lacks the channel.
    """

    def __init__(
        self,
        path: Path,
        channel: int | None = None,
        *,
        replace_nonfinite: bool = True,
        time_expansion: float = 1.0,
    ) -> None:
        check_readable(path, "a sound file", OTHER_SOURCES)
        self.path = path
        self.notes: list[str] = []
        self.damages: list[Damage] = []
        self._channel = channel
        self._replace_nonfinite = replace_nonfinite
        self._content = find_content(path)
        decoders = [decoder_of(path, part) for part in self._content.parts]
        header = decoders[0].header
        for found in (decoder.header for decoder in decoders):
            if not SAMPLE_RATES[0] <= found.sample_rate <= SAMPLE_RATES[1] or found.n_channels > MAX_CHANNELS:
                raise UserError(
                    f"file={path} must have {SAMPLE_RATES[0]} … {SAMPLE_RATES[1]} samples per second and at most "
                    f"{MAX_CHANNELS} channels; its header says {found.sample_rate} and {found.n_channels}: "
                    "convert it again"
                )
        if channel is not None and channel >= header.n_channels:
            raise UserError(f"channel={channel} must be {channel_numbers(header.n_channels)} of {path}")
        self._header = header
        is_whole = len(decoders) == 1 and self._content.parts[0].is_whole_file
        self.is_plain = is_whole and isinstance(decoders[0], LibsndfileDecoder) and not header.holds_floats
        rate = max(1, round(header.sample_rate * time_expansion))
        self.sound_format = SoundFormat(rate, 1 if channel is not None else header.n_channels, path.name)
        scale = rate / header.sample_rate
        lengths_s = [decoder.header.n_samples / decoder.header.sample_rate / scale for decoder in decoders]
        self.stated_s = sum(lengths_s) if all(lengths_s) else 0.0
        self._is_stated = self.stated_s > 0.0 and all(decoder.header.is_stated for decoder in decoders)

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
        self.notes, self.damages = list(self._content.notes), []
        header = self._header
        length = max(1, min(round(block_s * self.sound_format.sample_rate), MAX_BLOCK_VALUES // header.n_channels))
        must_replace = self._replace_nonfinite and header.holds_floats
        position = 0
        bits = self._integer_bits(length)
        for start, samples in self._pieces(length):
            if bits:
                samples *= np.float32(2.0 ** (1 - bits))
            if must_replace:
                np.nan_to_num(samples, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
            chosen = samples if self._channel is None else samples[:, self._channel : self._channel + 1]
            yield Chunk(chosen, start, start - position, 0.0)
            position = start + samples.shape[0]
        if not position and not self.damages:
            self.damages.append(Damage(0, "nothing in it can be decoded"))
        read_s = position / self.sound_format.sample_rate
        if self._is_stated and not (self.damages or self.notes) and abs(read_s - self.stated_s) > MAX_DIFFERENCE_S:
            self.notes.append(f"its header says {self.stated_s:.1f} s, {read_s:.1f} s are there")

    def _integer_bits(self, block_length: int) -> int:
        """Return of how many bits the integers are that are stored as floating-point numbers, and make a note of it."""
        if not self._header.holds_floats:
            return 0
        look = LOOK_S * self._header.sample_rate
        notes, damages = list(self.notes), list(self.damages)
        bits = integer_bits((samples for _, samples in self._pieces(block_length)), look)
        self.notes, self.damages = notes, damages
        if bits:
            self.notes.append(f"its numbers are integers of {bits} bits: divided by {1 << (bits - 1)}")
        return bits

    def _pieces(self, block_length: int) -> Iterator[SoundPiece]:
        """Decode all parts one after the other, at the rate and with the channels of the first."""
        header, begin = self._header, 0
        conformer = Conformer(header.sample_rate, header.n_channels)
        parts = list(self._content.parts)
        for number, part in enumerate(parts, 1):  # grows
            reader = PartReader(self.path, part)
            scale = header.sample_rate / reader.header.sample_rate
            last = begin
            for start, samples in reader.pieces(block_length):
                at = begin + round(start * scale)
                if at > last:  # a resampler must not join what lies before and after a gap
                    if (rest := conformer.finish()).shape[0]:
                        yield SoundPiece(last, rest[: at - last])
                    last = at
                conformed = conformer.push(samples, reader.header.sample_rate, last)
                if conformed.shape[0]:
                    yield SoundPiece(last, conformed)
                last += conformed.shape[0]
            if (rest := conformer.finish()).shape[0]:
                yield SoundPiece(last, rest)
                last += rest.shape[0]
            self.damages += [scaled(damage, begin, scale) for damage in reader.damages]
            self.notes += reader.notes
            begin = last
            if number == len(parts) and (following := joined_flac(self.path, part)) is not None:
                parts.append(following)
        if len(parts) > len(self._content.parts):
            self.notes.append(f"{len(parts)} files joined to one")
        self.notes += conformer.notes

    @property
    def note(self) -> str:
        """What is odd about the file and does no harm; empty where nothing is."""
        return "; ".join(self.notes)

    @property
    def damage(self) -> str:
        """Error that says where sound is missing or wrong; empty where nothing is."""
        if not self.damages:
            return ""
        rate = self.sound_format.sample_rate
        places = [_place(damage, rate) for damage in self.damages[:MAX_NAMED]]
        if len(self.damages) > MAX_NAMED:
            places.append(f"and at {len(self.damages) - MAX_NAMED} more places")
        return f"file={self.path} must be readable to its end; {', '.join(places)} ({self.damages[0].reason})"


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
