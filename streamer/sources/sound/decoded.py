"""What decoders deliver: pieces of sound at true positions, and the places where a file is damaged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from streamer.arrays import Float32


@dataclass(frozen=True, slots=True)
class SoundHeader:
    """What a file, or a part of one, says of its sound; it may be wrong.

    Attributes
    ----------
    n_samples : int
        Of each channel; 0 where it is not known.
    is_stated : bool
        Whether that is stated somewhere, not a guess from the size of the file.
    holds_floats : bool
        Whether its samples are floating-point numbers, which alone can be NaN or infinite.
    """

    sample_rate: int
    n_channels: int
    n_samples: int
    holds_floats: bool = False
    is_stated: bool = True


class SoundPiece(NamedTuple):
    """Consecutive samples, shape (n_samples, n_channels), the first of which is the ``start``-th of its file."""

    start: int
    samples: Float32


@dataclass(frozen=True, slots=True)
class Damage:
    """A place at which a file cannot be decoded.

    Attributes
    ----------
    start : int
        Position of the first sample that is missing or wrong.
    reason : str
        What the decoder says of it.
    n_missing : int or None
        Samples that are missing there; None where nothing follows.
    """

    start: int
    reason: str
    n_missing: int | None = None


def scaled(damage: Damage, begin: int, scale: float) -> Damage:
    """Return a damage of a part that begins at a sample of a file, in samples of the file's rate."""
    n_missing = None if damage.n_missing is None else round(damage.n_missing * scale)
    return Damage(begin + round(damage.start * scale), damage.reason, n_missing)


class SoundDecoder(Protocol):
    """Decodes one file, or a part of one."""

    header: SoundHeader
    damages: list[Damage]
    notes: list[str]

    def pieces(self, block_length: int) -> Iterator[SoundPiece]:
        """Decode from the beginning; pieces have at most ``block_length`` samples, and their positions increase."""


def joined_pieces(pieces: Iterable[SoundPiece], block_length: int) -> Iterator[SoundPiece]:
    """Join short pieces to ones of about ``block_length`` samples; a gap ends a piece, too."""
    waiting: list[Float32] = []
    start = n_waiting = 0
    for piece in pieces:
        if waiting and piece.start != start + n_waiting:
            yield SoundPiece(start, np.concatenate(waiting))
            waiting = []
        if not waiting:
            start, n_waiting = piece.start, 0
        waiting.append(piece.samples)
        n_waiting += piece.samples.shape[0]
        if n_waiting >= block_length:
            yield SoundPiece(start, np.concatenate(waiting))
            waiting = []
    if waiting:
        yield SoundPiece(start, np.concatenate(waiting))
