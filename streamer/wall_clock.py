"""Wall clock: the time of day counted on the monotonic clock, anchored afresh when the system's clock is set."""

from __future__ import annotations

import ctypes
import platform
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CHECK_S = 0.04  # from one comparison of the clocks to the next, at least: less than one step of processing
STEP_S = 0.05  # a smaller difference is the noise of reading the clocks, and is left until it has grown
EARLIEST_S = 1_735_689_600.0  # 2025-01-01: a clock that shows an earlier time was never set
RTC_S = 86_400.0  # a battery clock this near to the system's has set it
_TIME_ERROR = 5  # adjtimex: nothing has set the clock, or too long ago
_TIMEX_BYTES = 512  # struct timex has 208


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of a system, each a function that returns seconds."""

    epoch: Callable[[], float] = time.time  # of the wall clock, since the epoch
    monotonic: Callable[[], float] = time.monotonic
    awake_and_asleep: Callable[[], float] | None = None  # monotonic, and goes on while the machine is suspended
    was_set: Callable[[float], bool] = lambda epoch_s: epoch_s >= EARLIEST_S  # the wall clock, so that it shows this

    @classmethod
    def of_system(cls) -> Clocks:
        """Return the clocks of this machine."""
        asleep = getattr(time, "CLOCK_BOOTTIME", None)
        return cls(
            awake_and_asleep=None if asleep is None else lambda: time.clock_gettime(asleep),
            was_set=_was_set,
        )


@dataclass(frozen=True, slots=True)
class ClockStep:
    """What was noticed of the wall clock at one instant."""

    offset_s: float  # by how much it was set forward; 0 where it was not
    suspended_s: float  # for how long the machine was suspended before
    is_uncertain: bool  # whether it was still not set since the machine started


class WallClock:
    """Wall clock of a run; any thread may use it.

    The system's slow corrections change wall clock and monotonic clock alike, so the difference of the two changes by
    two things only: the clock is set, or the machine is suspended, during which the monotonic clock stands still on
    Linux. The clock that goes on then (``CLOCK_BOOTTIME``) tells which.

    Parameters
    ----------
    clocks : Clocks
        Those of the system by default.

    Attributes
    ----------
    anchor_s : float
        Seconds since the epoch at the monotonic clock's 0, as the clocks are now.
    is_uncertain : bool
        Whether the clock has not been set since the machine started, as far as is known.
    steps : tuple of ClockStep
        All that was noticed, in order.
    """

    def __init__(self, clocks: Clocks | None = None) -> None:
        self._clocks = clocks or Clocks.of_system()
        self._lock = threading.Lock()
        self.steps: tuple[ClockStep, ...] = ()
        self.anchor_s, self._asleep_s = self._read()
        self._checked_s = self._awoke_s = self._clocks.monotonic()
        self._suspended_s = 0.0  # the last time, before `_awoke_s`
        self.is_uncertain = not self._clocks.was_set(self.epoch_s())

    def epoch_s(self, monotonic_s: float | None = None) -> float:
        """Return the wall clock at an instant of the monotonic clock, by default now."""
        at_s = self._clocks.monotonic() if monotonic_s is None else monotonic_s
        return at_s + self.anchor_at(at_s)

    def anchor_at(self, monotonic_s: float) -> float:
        """Return the anchor for an instant: what was captured before a suspension is that much older."""
        return self.anchor_s - (self._suspended_s if monotonic_s < self._awoke_s else 0.0)

    def check(self) -> None:
        """Compare the clocks, and add to ``steps`` what has happened to them; cheap, to be called often."""
        now_s = self._clocks.monotonic()
        if now_s - self._checked_s < CHECK_S:
            return
        with self._lock:
            anchor_s, asleep_s = self._read()
            suspended_s = asleep_s - self._asleep_s if asleep_s - self._asleep_s >= STEP_S else 0.0
            offset_s = anchor_s - self.anchor_s - suspended_s
            if abs(offset_s) < STEP_S:
                offset_s = 0.0
            was_uncertain = self.is_uncertain
            if was_uncertain:
                epoch_s = now_s + anchor_s
                self.is_uncertain = epoch_s < EARLIEST_S or not (offset_s or self._clocks.was_set(epoch_s))
            if suspended_s:
                self._asleep_s, self._suspended_s, self._awoke_s = asleep_s, suspended_s, self._checked_s
            if offset_s or suspended_s:
                self.anchor_s = anchor_s
            self._checked_s = now_s
            if offset_s or suspended_s or self.is_uncertain != was_uncertain:
                self.steps = (*self.steps, ClockStep(offset_s, suspended_s, self.is_uncertain))

    def _read(self) -> tuple[float, float]:
        """Return the wall clock, and the clock that goes on in suspension, at the monotonic clock's 0.

        They cannot be read at the same instant: of three tries, that during which the least time passed is taken.
        """
        clocks = self._clocks
        tries = []
        for _ in range(3):
            before_s = clocks.monotonic()
            epoch_s = clocks.epoch()
            asleep_s = clocks.awake_and_asleep() if clocks.awake_and_asleep else before_s
            after_s = clocks.monotonic()
            middle_s = (before_s + after_s) / 2
            tries.append((after_s - before_s, epoch_s - middle_s, asleep_s - middle_s))
        _, anchor_s, offset_s = min(tries)
        return anchor_s, offset_s


def _was_set(epoch_s: float) -> bool:
    """Whether the system's clock shows a time that something has set.

    A board without a battery clock starts in 1970, or where it was switched off; then only the kernel knows whether
    its clock has been set since.
    """
    if epoch_s < EARLIEST_S:
        return False
    if not sys.platform.startswith("linux") or platform.machine() in ("x86_64", "AMD64"):  # they have battery clocks
        return True
    return _is_synchronised() or any(_is_near(clock, epoch_s) for clock in Path("/sys/class/rtc").glob("rtc*"))


def _is_synchronised() -> bool:
    try:
        state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))  # zeros: it only reads
    except (AttributeError, OSError):
        return True
    return state != _TIME_ERROR


def _is_near(clock: Path, epoch_s: float) -> bool:
    try:
        return abs(float((clock / "since_epoch").read_text()) - epoch_s) < RTC_S
    except (OSError, ValueError):
        return False
