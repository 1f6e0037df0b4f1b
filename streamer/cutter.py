"""Ended events that wait for what belongs to their post-roll to be there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from streamer.messages import Event, Message

Cut = TypeVar("Cut")


class Cutter(ABC, Generic[Cut]):
    """Keep the newest of a stream and cut out events with their pre- and post-roll; the base for sound and images.

    Runs on the processing thread.

    Parameters
    ----------
    keep_s : float
        Time to keep, at least the longest event with both rolls; of a longer event the beginning is missing.
    pre_roll_s, post_roll_s : float
        Time wanted before the onset and after the offset.
    """

    def __init__(self, keep_s: float, pre_roll_s: float, post_roll_s: float) -> None:
        self._keep_s = keep_s
        self._pre_roll_s = pre_roll_s
        self._post_roll_s = post_roll_s
        self._wanted: list[Event] = []

    def want(self, event: Event) -> None:
        """Ask for what is around an ended event."""
        self._wanted.append(event)

    def ripe(self, at_end: bool = False) -> list[Cut]:
        """Return the cuts whose post-roll is complete; at the end of the stream, all that are wanted."""
        now_s = self._newest_s()
        ready = [e for e in self._wanted if at_end or (e.offset_s or 0.0) + self._post_roll_s <= now_s]
        self._wanted = [event for event in self._wanted if event not in ready]
        cuts = (
            self._cut(e, e.onset_s - self._pre_roll_s, (e.offset_s or e.onset_s) + self._post_roll_s) for e in ready
        )
        return [cut for cut in cuts if cut is not None]

    @abstractmethod
    def _newest_s(self) -> float:
        """Return the stream's second up to which it has been kept."""

    @abstractmethod
    def _cut(self, event: Event, first_s: float, last_s: float) -> Cut | None:
        """Return what is kept between two seconds of the stream; None where that is nothing worth writing."""


def asking(cutter: Cutter[Cut] | None, results: Sequence[Message]) -> list[Message]:
    """Return what a pipeline gave, having asked for what is around each event that has ended, if there is a cutter."""
    for message in results:
        if cutter and isinstance(message, Event) and message.offset_s is not None:
            cutter.want(message)
    return list(results)
