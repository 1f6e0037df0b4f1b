"""MessageQueue: a queue that is full by the number of its messages, or by the memory that they take."""

from __future__ import annotations

import queue

from streamer.messages import Message


class MessageQueue(queue.Queue[Message | None]):
    """Queue of messages, bounded in number and in bytes.

    Parameters
    ----------
    n_max : int
        Messages that it holds.
    max_bytes : float
        Size of the sound and images in them from which on it is full: so the last message may go beyond it.
    """

    def __init__(self, n_max: int, max_bytes: float = float("inf")) -> None:
        super().__init__(n_max)
        self._max_bytes = max_bytes
        self._n_bytes = 0

    def put_newest(self, item: Message) -> list[Message]:
        """Add a message, for which the oldest make room; return those, which are lost."""
        lost: list[Message] = []
        with self.mutex:
            while self.queue and self._qsize() >= self.maxsize:
                if (oldest := self._get()) is not None:
                    lost.append(oldest)
            self._put(item)
            self.not_empty.notify()
        return lost

    @property
    def n_waiting(self) -> int:
        """Messages in it now."""
        return len(self.queue)

    def _put(self, item: Message | None) -> None:
        self._n_bytes += _size(item)
        super()._put(item)

    def _get(self) -> Message | None:
        item: Message | None = super()._get()
        self._n_bytes -= _size(item)
        return item

    def _qsize(self) -> int:
        return self.maxsize if self._n_bytes >= self._max_bytes else super()._qsize()


def _size(item: Message | None) -> int:
    return getattr(item, "n_bytes", 0)
