"""One part of a sound file to its end: past damage by another decoder where libsndfile stops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from streamer.sources.sound.contents import decoder_of, decoder_past_damage
from streamer.sources.sound.decoded import Damage, SoundDecoder, SoundPiece
from streamer.sources.sound.libsndfile import LibsndfileDecoder
from streamer.sources.sound.parts import Part


class PartReader:
    """Read one part of a file.

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
        Where sound is missing or wrong, as far as it has been read.
    notes : list of str
        What is odd and does no harm.
    """

    def __init__(self, path: Path, part: Part) -> None:
        self._path, self._part = path, part
        self._decoder = decoder_of(path, part)
        self.header = self._decoder.header
        self.damages: list[Damage] = []
        self.notes: list[str] = []

    def pieces(self, block_length: int) -> Iterator[SoundPiece]:
        """Decode pieces of about ``block_length`` samples, at their positions in this part."""
        decoder = self._decoder
        yield from decoder.pieces(block_length)
        if isinstance(decoder, LibsndfileDecoder) and decoder.damages:
            damage = decoder.damages[0]
            second = decoder_past_damage(self._path, self._part)
            if second is not None and second.header.sample_rate == self.header.sample_rate:
                yield from self._go_on(second, block_length, damage)
                return
        self.damages, self.notes = decoder.damages, decoder.notes

    def _go_on(self, second: SoundDecoder, block_length: int, damage: Damage) -> Iterator[SoundPiece]:
        """Decode with another decoder what comes after the samples that libsndfile has delivered."""
        end = damage.start
        for start, samples in second.pieces(block_length):
            if start + samples.shape[0] > end:
                yield SoundPiece(max(start, end), samples[max(0, end - start) :])
                end = start + samples.shape[0]
        self.notes = second.notes
        self.damages = second.damages
        if not self.damages and end < self.header.n_samples:
            self.damages = [Damage(end, damage.reason)]
