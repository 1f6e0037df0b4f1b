"""Where decoded frames lie in a file: counted in samples, and by timestamps where sound is missing."""

from __future__ import annotations

from streamer.arrays import Float32
from streamer.sources.sound.decoded import Damage, SoundPiece

GAP_S = 0.02  # timestamps that jump further, and by most of a frame, mean that sound is missing …
GAP_FRAMES = 0.75
LEAD_S = 0.2  # … except before the first frame, which decoders may swallow without a word
MAX_PADDING = 8192  # samples by which a coder fills up its last packet at most


class Timeline:
    """Place frames one after the other; each is given back when the next one has come.

    A position never goes back: timestamps that jitter delay it by their jitter at most.

    Parameters
    ----------
    sample_rate : int
        Of positions.
    origin_s : float or None
        Timestamp of position 0; None: that of the first frame.
    is_paged : bool
        Whether timestamps are exact and sound is lost by whole pages, as in Ogg; a gap is damage then. FFmpeg gives the
        first packet of a page after a lost one the timestamp that the lost one would have had.
    begins_anywhere : bool
        Whether a file may be cut out of a stream: what cannot be decoded before the first frame is no damage then.

    Attributes
    ----------
    position : int
        End of the newest frame.
    damages : list of Damage
        Where sound is missing or wrong.
    """

    def __init__(
        self, sample_rate: int, origin_s: float | None, *, is_paged: bool = False, begins_anywhere: bool = False
    ) -> None:
        self.position = 0
        self.damages: list[Damage] = []
        self._rate, self._origin_s = sample_rate, origin_s
        self._is_paged, self._begins_anywhere = is_paged, begins_anywhere
        self._gaps: list[Damage] = []
        self._has_failed = False  # since the last frame
        self._held: SoundPiece | None = None
        self._pages = (-1, -1)  # those of the held frame and of the one before it

    def place(self, samples: Float32, time_s: float | None, frame_s: float, page: int = -1) -> SoundPiece | None:
        """Take the next frame and return the one before it.

        Parameters
        ----------
        samples : ndarray of float32, shape (n_samples, n_channels)
        time_s : float or None
            Timestamp of its first sample; None where it has none.
        frame_s : float
            Usual seconds of a frame.
        page : int
            Place of its page in the file.
        """
        if time_s is not None:
            if self._origin_s is None:
                self._origin_s = time_s - self.position / self._rate
            n_missing = round((time_s - self._origin_s) * self._rate) - self.position
            least = 0.0 if self._has_failed else max(GAP_S, GAP_FRAMES * frame_s) * self._rate
            if n_missing > least:
                self._skip(n_missing, page)
            self._has_failed = False
        before, self._held = self._held, SoundPiece(self.position, samples)
        self._pages = page, self._pages[0]
        self.position += samples.shape[0]
        return before

    def fail(self, reason: str) -> None:
        """Take note that what comes now cannot be decoded."""
        if self._begins_anywhere and self._held is None:
            return
        if not (self._has_failed and self.damages and self.damages[-1].start == self.position):
            self.damages.append(Damage(self.position, reason))
        self._has_failed = True

    def rest(self, stated: int) -> SoundPiece | None:
        """Return the last frame, without the padding behind ``stated`` samples; 0 where that is not known."""
        if self._held is None:
            return None
        excess = self.position - stated if stated and 0 < self.position - stated <= MAX_PADDING else 0
        return SoundPiece(self._held.start, self._held.samples[: max(0, self._held.samples.shape[0] - excess)])

    @property
    def gap_notes(self) -> list[str]:
        """A note on gaps in the timestamps of a file without damage, as where a recorder paused; empty if none."""
        if not self._gaps:
            return []
        if len(self._gaps) == 1 and not self._gaps[0].start:
            return [f"its sound begins at {(self._gaps[0].n_missing or 0) / self._rate:.2f} s"]
        missing_s = sum(gap.n_missing or 0 for gap in self._gaps) / self._rate
        places = "1 gap" if len(self._gaps) == 1 else f"{len(self._gaps)} gaps"
        return [
            f"{places} of {missing_s:.2f} s by its timestamps, the first at {self._gaps[0].start / self._rate:.2f} s"
        ]

    def _skip(self, n_missing: int, page: int) -> None:
        """Go on after a gap."""
        start, last = self.position, self.damages[-1] if self.damages else None
        if self._is_paged and self._held is not None and self._pages[0] == page != self._pages[1]:
            start = self._held.start
            self._held = SoundPiece(start + n_missing, self._held.samples)
        self.position += n_missing
        if last is not None and last.start == start and last.n_missing is None:
            self.damages[-1] = Damage(start, last.reason, n_missing)
        elif self._is_paged:
            self.damages.append(Damage(start, "pages are missing or damaged", n_missing))
        elif start or n_missing > LEAD_S * self._rate:
            self._gaps.append(Damage(start, "", n_missing))
