"""Clocks that tests set, in place of the system's."""

from __future__ import annotations

import time
from dataclasses import dataclass

from streamer.wall_clock import EARLIEST_S, Clocks


@dataclass
class FakeClocks:
    """Clocks of a machine: a real monotonic clock, or one that stands still, and a wall clock set by tests."""

    anchor_s: float = 1.8e9  # wall clock at the monotonic clock's 0
    asleep_s: float = 0.0  # for how long the machine has been suspended
    now_s: float | None = None  # on the monotonic clock; None: the real one
    is_synchronised: bool = True

    def monotonic(self) -> float:
        return time.monotonic() if self.now_s is None else self.now_s

    def set_forward(self, offset_s: float) -> None:
        self.anchor_s += offset_s

    def suspend(self, duration_s: float) -> None:
        self.asleep_s += duration_s
        self.anchor_s += duration_s

    def clocks(self) -> Clocks:
        return Clocks(
            epoch=lambda: self.monotonic() + self.anchor_s,
            monotonic=self.monotonic,
            awake_and_asleep=lambda: self.monotonic() + self.asleep_s,
            was_set=lambda epoch_s: self.is_synchronised and epoch_s >= EARLIEST_S,
        )
