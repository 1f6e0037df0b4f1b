"""A queue that is full by number or by bytes."""

import queue

import numpy as np
import pytest

from streamer.messages import Recording, SoundFormat
from streamer.runtime.message_queue import MessageQueue
from tests.support.messages import EVENT


def recording(n_samples: int) -> Recording:
    return Recording("mic", SoundFormat(8000, 1, "x"), 0.0, 1.7e9, np.zeros((n_samples, 1), np.float32))


def test_it_is_full_when_its_messages_take_too_much_memory() -> None:
    messages = MessageQueue(10, max_bytes=1000)
    for _ in range(3):
        messages.put_nowait(recording(100))
    with pytest.raises(queue.Full):
        messages.put_nowait(EVENT)
    assert isinstance(messages.get_nowait(), Recording)
    for _ in range(4):
        messages.put_nowait(EVENT)
    messages.put_nowait(recording(10_000))
    with pytest.raises(queue.Full):
        messages.put_nowait(EVENT)
    n_messages = 0
    while not messages.empty():
        messages.get_nowait()
        n_messages += 1
    assert n_messages == 7
    messages.put_nowait(recording(10_000))  # a message of any size has room in an empty queue


def test_it_is_full_when_it_has_too_many_messages() -> None:
    messages = MessageQueue(2)
    messages.put_nowait(recording(1000))
    messages.put_nowait(None)
    with pytest.raises(queue.Full):
        messages.put_nowait(None)
