"""Parts of a sound file: what one decoder reads as one stream of sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reading = Literal["libsndfile first", "ffmpeg", "mp3 frames", "flac frames"]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a file that holds one stream of sound from its beginning to its end.

    Attributes
    ----------
    start, end : int
        Its first byte, and the one after its last; None: to the end of the file.
    before : bytes
        What a decoder reads before these bytes, such as a corrected header.
    by : {"libsndfile first", "ffmpeg", "mp3 frames", "flac frames"}
        What decodes it.
    stated_samples : int or None
        Samples of each channel by a header that is not among what the decoder reads; None: as the decoder finds it.
    """

    start: int = 0
    end: int | None = None
    before: bytes = b""
    by: Reading = "libsndfile first"

    @property
    def is_whole_file(self) -> bool:
        """Whether it is the file as it is."""
        return not self.start and self.end is None and not self.before


@dataclass(frozen=True, slots=True)
class Content:
    """What was found in the bytes of a file.

    Attributes
    ----------
    parts : tuple of Part
        In their order; at least one.
    notes : tuple of str
        What is odd and does no harm.
    """

    parts: tuple[Part, ...] = (Part(),)
    notes: tuple[str, ...] = ()
