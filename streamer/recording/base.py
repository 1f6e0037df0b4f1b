"""What is the same for every stream that is cut into examples: its keys, and its end."""

from __future__ import annotations

from abc import ABC, abstractmethod

from streamer.messages import ImageTake, LostTake, SoundTake, Undo
from streamer.recording.gate import Span
from streamer.recording.segmenter import Segmenter
from streamer.recording.settings import Request

News = SoundTake | ImageTake | LostTake | Undo


class Takes(ABC):
    """Base of the streams that are cut; one stands where a pipeline does that classifies.

    Parameters
    ----------
    stream : str
        Name put on the takes.
    segmenter : Segmenter
        Says where takes begin and end; its ``requests`` are read here.

    Attributes
    ----------
    epoch_s : float
        Wall clock at the stream's second 0, seconds since the epoch; may be set as the clocks drift.
    """

    n_windows = 0  # nothing is classified

    def __init__(self, stream: str, segmenter: Segmenter) -> None:
        self.stream = stream
        self.segmenter = segmenter
        self.epoch_s = 0.0
        self._start_s = 0.0  # of this opening of the source, seconds in the stream

    def end_events(self) -> list[News]:
        """End the take that runs, as the source is lost: it is kept if it is long enough, and marked."""
        return self._takes(self.segmenter.end(is_cut=True)) + self._heed()

    def finish(self) -> list[News]:
        """End the stream; a take by key ends here as if by its key."""
        return self._takes(self.segmenter.end(is_cut=self.segmenter.gate.onset_s is not None)) + self._heed()

    @abstractmethod
    def _takes(self, spans: list[Span]) -> list[News]:
        """Return the takes that spans have become."""

    def _toggle(self) -> list[News]:
        """Begin or end a take by key."""
        return self._takes(self.segmenter.toggle())

    def _undo(self) -> list[News]:
        """Give up the take that runs, else ask for the last to be deleted."""
        return self._given_up("undone", is_wanted=False) or [Undo(self.stream)]

    def _heed(self) -> list[News]:
        """Do what the user's keys ask for."""
        messages: list[News] = []
        while self.segmenter.requests:
            wish = self.segmenter.requests.popleft()
            if wish is Request.TAKE:
                messages += self._toggle()
            elif wish is Request.PAUSE:
                messages += self._takes(self.segmenter.pause())
            else:
                messages += self._undo()
        return messages

    def _given_up(self, reason: str, is_wanted: bool = True) -> list[News]:
        lost = self.segmenter.give_up()
        if lost is None:
            return []
        return [LostTake(self.stream, self._start_s + lost.first_s, lost.last_s - lost.first_s, reason, is_wanted)]
