"""What decoders deliver: pieces of sound at true positions, and the places where a file is damaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from streamer.arrays import Float32


@dataclass(frozen=True, slots=True)
class SoundHeader:
    """What a file, or a part of one, says of its sound; it may be wrong.

    Attributes
    ----------
    n_samples : int
        Of each channel; 0 where it is not stated.
    holds_floats : bool
        Whether its samples are floating-point numbers, which alone can be NaN or infinite.
    """

    sample_rate: int
    n_channels: int
    n_samples: int
    holds_floats: bool = False


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


class SoundDecoder(Protocol):
    """Decodes one file, or a part of one."""

    header: SoundHeader
    damages: list[Damage]

    def pieces(self, block_length: int) -> Iterator[SoundPiece]:
        """Decode from the beginning; pieces have at most ``block_length`` samples, and their positions increase."""
