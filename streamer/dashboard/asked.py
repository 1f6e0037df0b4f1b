"""Asked: what keys have asked of the streams and no snapshot shows yet, so that the next key counts from there."""

from __future__ import annotations

import time
from dataclasses import dataclass

from streamer.monitor.snapshot import Snapshot

PATIENCE_S = 2.0  # a stream that has not done it in this time will not
_SAME = 1e-6


@dataclass(slots=True)
class _Wish:
    value: float
    passed: list[float]  # values on the way to it, as snapshots may still show them
    snapshot: Snapshot  # that was shown then
    asked_s: float


class Asked:
    """Values that were asked for, by stream and by what they are of."""

    def __init__(self) -> None:
        self._wishes: dict[tuple[str, str], _Wish] = {}

    def value(self, snapshot: Snapshot, what: str, shown: float) -> float:
        """Return a value as it will be: what was asked for last, unless the stream has it or something else by now."""
        key = snapshot.health.stream, what
        wish = self._wishes.get(key)
        if wish is None:
            return shown
        is_late = time.monotonic() - wish.asked_s > PATIENCE_S and snapshot is not wish.snapshot
        if not is_late and any(abs(shown - each) < _SAME for each in wish.passed):
            return wish.value
        del self._wishes[key]
        return shown

    def ask(self, snapshot: Snapshot, what: str, shown: float, value: float) -> None:
        """Remember that a value was asked for, while the snapshot shows another."""
        before = self._wishes.get((snapshot.health.stream, what))
        passed = [*before.passed, before.value] if before else [shown]
        self._wishes[snapshot.health.stream, what] = _Wish(value, passed, snapshot, time.monotonic())
