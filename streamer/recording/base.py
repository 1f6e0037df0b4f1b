"""TakeRecorder: what recorders of sound and of images share, the user's requests and the end of the stream."""

from __future__ import annotations

from abc import ABC, abstractmethod

from streamer.messages import ImageTake, LostTake, SoundTake, Undo
from streamer.pipeline.stage import Stage
from streamer.recording.gate import Span
from streamer.recording.segmenter import Segmenter
from streamer.recording.settings import Request

TakeMessage = SoundTake | ImageTake | LostTake | Undo


class TakeRecorder(ABC):
    """Base of the recorders, which take the place of a pipeline and cut takes instead of classifying.

    Parameters
    ----------
    stream : str
        Name put on the takes.
    segmenter : Segmenter
        Decides where takes begin and end; its ``requests`` are emptied here.

    Attributes
    ----------
    epoch_s : float
        Wall clock at the stream's second 0, seconds since the epoch; may be set as the clocks drift.
    """

    stages: tuple[Stage, ...] = ()  # nothing is classified
    n_windows = 0

    def __init__(self, stream: str, segmenter: Segmenter) -> None:
        self.stream = stream
        self.segmenter = segmenter
        self.epoch_s = 0.0
        self._start_s = 0.0  # of the present source session, seconds in the stream

    def widen(self, factor: int) -> None:  # noqa: B027 (for all recorders)
        """Do nothing: no windows are classified."""

    def end_events(self) -> list[TakeMessage]:
        """End the take that runs, as the source is lost; it is kept if it is long enough, and marked as cut."""
        return self._takes(self.segmenter.end(is_cut=True)) + self._apply_requests()

    def finish(self) -> list[TakeMessage]:
        """End the stream; a take by key ends here as if by its key."""
        is_cut = self.segmenter.gate.onset_s is not None
        return self._takes(self.segmenter.end(is_cut)) + self._apply_requests()

    @abstractmethod
    def _takes(self, spans: list[Span]) -> list[TakeMessage]:
        """Return the takes of spans that have ended."""

    def _toggle(self) -> list[TakeMessage]:
        """Begin or end a take by key."""
        return self._takes(self.segmenter.toggle())

    def _undo(self) -> list[TakeMessage]:
        """Drop the take that runs, or else ask for the last one to be deleted."""
        return self._drop("undone", is_wanted=False) or [Undo(self.stream)]

    def _apply_requests(self) -> list[TakeMessage]:
        """Apply the user's requests in their order."""
        messages: list[TakeMessage] = []
        while self.segmenter.requests:
            request = self.segmenter.requests.popleft()
            if request is Request.TAKE:
                messages += self._toggle()
            elif request is Request.PAUSE:
                messages += self._takes(self.segmenter.pause())
            else:
                messages += self._undo()
        return messages

    def _drop(self, reason: str, is_wanted: bool = True) -> list[TakeMessage]:
        """Drop the take that runs; return that it is lost, or nothing if none runs."""
        lost = self.segmenter.drop()
        if lost is None:
            return []
        return [LostTake(self.stream, self._start_s + lost.first_s, lost.last_s - lost.first_s, reason, is_wanted)]
