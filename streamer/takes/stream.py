"""What is the same for every stream that is cut into examples: its keys, and its end."""

from __future__ import annotations

from abc import ABC, abstractmethod

from streamer.messages import ImageTake, LostTake, SoundTake, Undo
from streamer.takes.cue import Cue
from streamer.takes.gate import Span
from streamer.takes.settings import Wish

News = SoundTake | ImageTake | LostTake | Undo


class Takes(ABC):
    """Base of the streams that are cut; one stands where a pipeline does that classifies.

    Parameters
    ----------
    stream : str
        Name put on the takes.
    cue : Cue
        Says where takes begin and end; its ``wishes`` are read here.

    Attributes
    ----------
    epoch_s : float
        Wall clock at the stream's second 0, seconds since the epoch; may be set as the clocks drift.
    """

    n_windows = 0  # nothing is classified

    def __init__(self, stream: str, cue: Cue) -> None:
        self.stream = stream
        self.cue = cue
        self.epoch_s = 0.0
        self._start_s = 0.0  # of this opening of the source, seconds in the stream

    def end_events(self) -> list[News]:
        """End the take that runs, as the source is lost: it is kept if it is long enough, and marked."""
        return self._takes(self.cue.end(is_cut=True)) + self._heed()

    def finish(self) -> list[News]:
        """End the stream; a take by key ends here as if by its key."""
        return self._takes(self.cue.end(is_cut=self.cue.gate.onset_s is not None)) + self._heed()

    @abstractmethod
    def _takes(self, spans: list[Span]) -> list[News]:
        """Return the takes that spans have become."""

    def _toggle(self) -> list[News]:
        """Begin or end a take by key."""
        return self._takes(self.cue.toggle())

    def _undo(self) -> list[News]:
        """Give up the take that runs, else ask for the last to be deleted."""
        return self._given_up("undone", is_wanted=False) or [Undo(self.stream)]

    def _heed(self) -> list[News]:
        """Do what the user's keys ask for."""
        news: list[News] = []
        while self.cue.wishes:
            wish = self.cue.wishes.popleft()
            if wish is Wish.TAKE:
                news += self._toggle()
            elif wish is Wish.PAUSE:
                news += self._takes(self.cue.pause())
            else:
                news += self._undo()
        return news

    def _given_up(self, reason: str, is_wanted: bool = True) -> list[News]:
        lost = self.cue.give_up()
        if lost is None:
            return []
        return [LostTake(self.stream, self._start_s + lost.first_s, lost.last_s - lost.first_s, reason, is_wanted)]
