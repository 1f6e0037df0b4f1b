"""Noise gate: detect the spans in which a level rises out of its own noise."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

LEARN_S = 1.0  # after so long the noise is known for the first time; the blocks until then are judged afterwards
NOISE_WINDOW_S = 4.0  # later the noise is estimated over so many seconds of quiet blocks
NOISE_QUANTILE = 0.25  # of their levels: at least so much of the time is assumed to be quiet
RELEASE = 0.85  # share of the trigger at which a span ends: at 0.5 the murmur of a street joins two sounds


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a stream, in seconds since its source was opened."""

    first_s: float
    last_s: float
    is_cut: bool = False  # the stream ended while the span was still loud


class Gate:
    """Detect the loud spans in a sequence of levels, with hysteresis above a noise level that it estimates itself.

    The noise is the lower quartile of the levels of quiet blocks: short sounds do not move it, a sound that stays
    becomes the noise within three seconds. A span begins with the first block that reaches ``trigger_db`` above the
    noise, continues while blocks reach 0.85 of that, and ends ``pause_s`` after the last one that does.

    The same levels at the same times give the same spans, however they are grouped into calls.

    Parameters
    ----------
    trigger_db : float
        Decibels above the noise at which a span begins, positive.
    lowest_db : float
        Lower limit of the trigger: digital silence has no noise to rise out of.
    pause_s : float
        A span ends after so many quiet seconds.
    shortest_s : float
        Shorter spans are dropped.
    longest_s : float
        Longer spans are ended. After that none begins before the level has fallen below the release level once, or
        has become the noise.

    Attributes
    ----------
    onset_s : float or None
        Beginning of the span that runs; None while nothing is loud.
    noise_db : float
        Level of the noise; NaN until it is known.
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
        """Forget all levels, the noise included."""
        self.onset_s: float | None = None
        self.noise_db = math.nan
        self._last_loud_s = self._end_s = 0.0  # end of the last loud block, and of the last block
        self._must_fall = False  # no span begins before the level has fallen once
        self._unjudged: list[tuple[float, float, float]] | None = []  # blocks before the noise is known
        self._quiet: deque[tuple[float, float]] = deque()  # (length, level) of blocks outside all spans
        self._quiet_s = 0.0

    @property
    def is_learning(self) -> bool:
        """Whether the noise is not known yet."""
        return self._unjudged is not None

    @property
    def trigger_db(self) -> float:
        """Level at which a span begins; NaN until the noise is known."""
        return max(self.noise_db + self._margin_db, self._lowest_db) if math.isfinite(self.noise_db) else math.nan

    @property
    def release_db(self) -> float:
        """Level below which a span ends; NaN until the noise is known."""
        return self.trigger_db - (1 - RELEASE) * self._margin_db

    def push(self, start_s: float, end_s: float, level_db: float) -> list[Span]:
        """Add the level of the next block of time; return the spans that it ends."""
        if self._unjudged is None:
            return self._judge(start_s, end_s, level_db)
        self._unjudged.append((start_s, end_s, level_db))
        return self._learn() if end_s - self._unjudged[0][0] >= LEARN_S - 1e-9 else []

    def end(self, is_cut: bool = False) -> list[Span]:
        """End the span that runs, if it is long enough; a sound that stays loud begins no other.

        Only a span whose last block is loud is marked as cut.
        """
        spans = self._learn() if self._unjudged else []
        if self.onset_s is not None:
            spans += self._close(is_cut and self._last_loud_s == self._end_s)
        self._must_fall = True
        return spans

    def _learn(self) -> list[Span]:
        """Estimate the noise from the first blocks, then judge these blocks by it."""
        first, self._unjudged = self._unjudged or [], None
        self.noise_db = float(np.quantile([level_db for _, _, level_db in first], NOISE_QUANTILE))
        return [span for block in first for span in self._judge(*block)]

    def _judge(self, start_s: float, end_s: float, level_db: float) -> list[Span]:
        self._end_s = end_s
        if self.onset_s is None:
            self._must_fall &= level_db >= self.release_db
            if self._must_fall or level_db < self.trigger_db:
                self._add_quiet(end_s - start_s, level_db)
                return []
            self.onset_s = start_s
        if level_db >= self.release_db:
            self._last_loud_s = end_s
        if end_s - self.onset_s >= self._longest_s - 1e-9:
            self._must_fall = level_db >= self.release_db
            return self._close(is_cut=False)
        return self._close(is_cut=False) if end_s - self._last_loud_s >= self._pause_s - 1e-9 else []

    def _close(self, is_cut: bool) -> list[Span]:
        assert self.onset_s is not None
        span = Span(self.onset_s, self._last_loud_s, is_cut)
        self.onset_s = None
        return [span] if span.last_s - span.first_s >= self._shortest_s - 1e-9 else []

    def _add_quiet(self, length_s: float, level_db: float) -> None:
        self._quiet.append((length_s, level_db))
        self._quiet_s += length_s
        while self._quiet_s > NOISE_WINDOW_S:
            self._quiet_s -= self._quiet.popleft()[0]
        if self._quiet_s >= LEARN_S:
            self.noise_db = float(np.quantile([level for _, level in self._quiet], NOISE_QUANTILE))
