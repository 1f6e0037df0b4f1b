"""Account of the images of a video that cannot be decoded, or show the damage of one before."""

from __future__ import annotations

import math
from typing import Any

# Images after a damaged one are made from it, up to the next that is made of nothing else; there are coders without
# such images, whose damage heals within a few seconds.
MAX_SPOILED = 250


class DamageAccount:
    """Which images were handed to a decoder and have come out of it sound.

    Some damage makes a decoder fail, some makes it give a damaged image, and some makes it give none and say nothing.
    """

    def __init__(self, is_strict: bool) -> None:
        self._is_strict = is_strict
        self._number = 0
        self._waiting: dict[int, tuple[float, bool]] = {}  # packet that has not come out → its time, whether damaged
        self._n_missing = 0
        self._n_spoiled = 0  # images since a damaged one, while they may show its damage

    def send(self, packet: Any) -> int:
        """Return the number of a packet that is about to be decoded."""
        self._number += 1
        if packet.size and not packet.is_discard:
            time = math.inf if packet.pts is None else packet.pts
            self._waiting[self._number] = time, packet.is_corrupt
        return self._number

    def damage(self) -> None:
        """Record that something could not be decoded."""
        self._n_spoiled = max(1, self._n_spoiled)

    def is_sound(self, frame: Any, number: int) -> bool:
        """Return whether a frame that came out shows what was filmed; count it and those before it otherwise."""
        _, is_damaged = self._waiting.pop(number, (0, False))
        is_damaged = is_damaged or frame.is_corrupt
        if is_damaged:
            self.damage()
        past = [n for n, (time, _) in self._waiting.items() if frame.pts is not None and time < frame.pts]
        for other in past:
            del self._waiting[other]
        self._n_missing += len(past) if self._n_spoiled else 0
        if not is_damaged and (frame.key_frame or self._n_spoiled > MAX_SPOILED or not self._is_strict):
            self._n_spoiled = 0
        if self._n_spoiled:
            self._n_spoiled += 1
            self._n_missing += 1
            return False
        return True

    def end(self) -> None:
        """Count what has not come out at the end."""
        self._n_missing += len(self._waiting) if self._n_spoiled else 0

    def take(self) -> int:
        """Return the number of images that are missing since the last call."""
        n_missing, self._n_missing = self._n_missing, 0
        return n_missing
