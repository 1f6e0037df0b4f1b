"""When a level rises out of its own noise, and when it has sunk back."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

LEARN_S = 1.0  # of which the noise is first known; nothing in it is missed, it is judged afterwards
FLOOR_S = 4.0  # of which the noise is known later
FLOOR_SHARE = 0.25  # so much of it is assumed to be quiet
RELEASE = 0.85  # of the trigger above the noise: at half, the murmur between two sounds of a street joins them


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a stream, seconds since its source was opened."""

    first_s: float
    last_s: float
    is_cut: bool = False  # the stream ended while it went on


class Gate:
    """Find the loud spans of a sequence of levels, with hysteresis, above a noise that it measures itself.

    The noise is the lower quartile of the levels while nothing is loud: what comes and goes does not move it, what
    stays does within three seconds. A span begins with the first block that reaches ``trigger_db`` above the noise,
    goes on while blocks reach 0.85 of that, and ends ``pause_s`` after the last one that does.

    The same levels at the same times give the same spans, however they are grouped into calls.

    Parameters
    ----------
    trigger_db : float
        Above the noise, positive.
    lowest_db : float
        The trigger is never below: digital silence has no noise to be above of.
    pause_s, shortest_s, longest_s : float
        Quiet that ends a span; spans that are dropped; spans that are ended. After one that was ended, nothing begins
        before the level has sunk once, or has become the noise.

    Attributes
    ----------
    onset_s : float or None
        Where the present span began; None while nothing is loud.
    floor_db : float
        The noise; NaN until it is known.
    """

    def __init__(
        self, trigger_db: float, lowest_db: float, pause_s: float, shortest_s: float, longest_s: float
    ) -> None:
        self._margin_db = trigger_db
        self._lowest_db = lowest_db
        self._pause_s = pause_s
        self._shortest_s = shortest_s
        self._longest_s = longest_s
        self.restart()

    def restart(self) -> None:
        """Forget everything, the noise included."""
        self.onset_s: float | None = None
        self.floor_db = math.nan
        self._loud_s = self._judged_s = 0.0  # end of the last loud block, and of the last block
        self._is_deaf = False
        self._unjudged: list[tuple[float, float, float]] | None = []
        self._quiet: deque[tuple[float, float]] = deque()  # (length, level) of blocks that are no part of a span
        self._quiet_s = 0.0

    @property
    def is_learning(self) -> bool:
        """Whether the noise is not known yet."""
        return self._unjudged is not None

    @property
    def trigger_db(self) -> float:
        """Level at which a span begins; NaN until the noise is known."""
        return max(self.floor_db + self._margin_db, self._lowest_db) if math.isfinite(self.floor_db) else math.nan

    @property
    def release_db(self) -> float:
        """Level below which it ends."""
        return self.trigger_db - (1 - RELEASE) * self._margin_db

    def push(self, start_s: float, end_s: float, level_db: float) -> list[Span]:
        """Take the level of the next block of time and return the spans that it ends."""
        if self._unjudged is None:
            return self._judge(start_s, end_s, level_db)
        self._unjudged.append((start_s, end_s, level_db))
        return self._learn() if end_s - self._unjudged[0][0] >= LEARN_S - 1e-9 else []

    def end(self, is_cut: bool = False) -> list[Span]:
        """End the present span, if there is one and it is long enough; what stays loud begins no other.

        Only a span that is loud to the last is marked as cut.
        """
        spans = self._learn() if self._unjudged else []
        if self.onset_s is not None:
            spans += self._close(is_cut and self._loud_s == self._judged_s)
        self._is_deaf = True
        return spans

    def _learn(self) -> list[Span]:
        """Judge the first blocks by the noise that all of them together tell."""
        first, self._unjudged = self._unjudged or [], None
        self.floor_db = float(np.quantile([level_db for _, _, level_db in first], FLOOR_SHARE))
        return [span for block in first for span in self._judge(*block)]

    def _judge(self, start_s: float, end_s: float, level_db: float) -> list[Span]:
        self._judged_s = end_s
        if self.onset_s is None:
            self._is_deaf &= level_db >= self.release_db
            if self._is_deaf or level_db < self.trigger_db:
                self._listen(end_s - start_s, level_db)
                return []
            self.onset_s = start_s
        if level_db >= self.release_db:
            self._loud_s = end_s
        if end_s - self.onset_s >= self._longest_s - 1e-9:
            self._is_deaf = level_db >= self.release_db
            return self._close(is_cut=False)
        return self._close(is_cut=False) if end_s - self._loud_s >= self._pause_s - 1e-9 else []

    def _close(self, is_cut: bool) -> list[Span]:
        assert self.onset_s is not None
        span = Span(self.onset_s, self._loud_s, is_cut)
        self.onset_s = None
        return [span] if span.last_s - span.first_s >= self._shortest_s - 1e-9 else []

    def _listen(self, length_s: float, level_db: float) -> None:
        self._quiet.append((length_s, level_db))
        self._quiet_s += length_s
        while self._quiet_s > FLOOR_S:
            self._quiet_s -= self._quiet.popleft()[0]
        if self._quiet_s >= LEARN_S:
            self.floor_db = float(np.quantile([level for _, level in self._quiet], FLOOR_SHARE))
