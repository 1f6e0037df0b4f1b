"""Callback of a microphone: copy each block into the ring, count samples and detect gaps."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

from streamer.arrays import Float32
from streamer.rings import SampleRing

GAP_S = 0.5  # a longer gap between the capture times of two blocks is a loss, flagged or not
N_SKEWS = 64  # blocks, about 3 s: one of them was handed over without delay
MAX_AGE_S = 60.0  # a block that states a greater age has no valid capture time
FORGETTING = 15  # sixteenths of the largest block that are left after another one


class CaptureCallback:
    """Callback of one capture session, and its counts. Each attribute is written by one thread only.

    Parameters
    ----------
    sample_rate : int
        Samples per second.
    channel : int, optional
        Index of the only channel to deliver.

    Attributes
    ----------
    ring : SampleRing or None
        Takes the samples; set by the capture thread once the reader is ready.
    first_block : threading.Event
        Set at the first block.
    finished : threading.Event
        Set when PortAudio ends the stream.
    overflows : int
        Number of times that the device reported lost samples.
    progress : tuple of int and float
        Number of samples so far, detected losses included, and the monotonic time at which the last block came.
    largest_block : int
        Samples in the largest of the newest blocks. An older one counts less with each that follows: a backlog that
        came at once after a delay does not tell how often blocks come.
    nonzero_s : float
        Monotonic time of the last block whose last sample was not exactly 0.
    n_lost_unflagged : int
        Samples lost without a flag or a gap of the capture times; increased by the capture thread.
    """

    def __init__(self, sample_rate: int, channel: int | None) -> None:
        self.sample_rate = sample_rate
        self.ring: SampleRing | None = None
        self.first_block = threading.Event()
        self.finished = threading.Event()
        self.overflows = 0
        self.progress = (0, time.monotonic())
        self.largest_block = 0
        self.nonzero_s = time.monotonic()
        self.n_lost_unflagged = 0
        self._n_unflagged_written = 0  # of these, passed on to the ring
        self._channels = slice(None) if channel is None else slice(channel, channel + 1)
        self._captured_s = time.monotonic()  # capture of the last sample
        self._adc_end_s: float | None = None  # the same on the sound system's clock, where that is known
        self._skews_s: deque[float] = deque(maxlen=N_SKEWS)  # of the newest blocks: monotonic clock − sound system's

    def __call__(self, block: Float32, n_samples: int, times: Any, status: Any) -> None:
        """Copy a block into the ring; runs on PortAudio's thread and never waits.

        Parameters
        ----------
        block : ndarray, shape (n_samples, n_channels)
            Valid only during the call.
        n_samples : int
            Samples of the block.
        times : object
            ``currentTime`` and ``inputBufferAdcTime`` in seconds of the sound system's own clock, which may be the
            wall clock and jump. Only their difference is used: the age of the block's first sample.
        status : object
            ``input_overflow`` is set where the device lost samples before this block.
        """
        now_s = time.monotonic()
        duration_s = n_samples / self.sample_rate
        captured_s, gap_s = self._placed(now_s, duration_s, times.currentTime, times.inputBufferAdcTime)
        n_before = self.progress[0]
        lost = 0
        if n_before:
            if gap_s is not None and (gap_s > GAP_S or (status.input_overflow and gap_s > 0)):
                lost = round(gap_s * self.sample_rate)
            if status.input_overflow:
                self.overflows += 1
                lost = max(1, lost)  # so that no window spans the gap, however short it is
        self._captured_s = captured_s
        self.progress = (n_before + lost + n_samples, now_s)
        self.largest_block = max(n_samples, self.largest_block * FORGETTING // 16)
        if n_before == 0 or block[-1].any():  # one sample is enough: even a quiet room changes the last bit
            self.nonzero_s = now_s
        if self.ring is not None:
            n_unflagged = self.n_lost_unflagged
            lost += n_unflagged - self._n_unflagged_written
            self._n_unflagged_written = n_unflagged
            self.ring.write(block[:, self._channels], captured_s, lost)
        self.first_block.set()

    def _placed(self, now_s: float, duration_s: float, current_s: float, adc_s: float) -> tuple[float, float | None]:
        """Return when the last sample of a block was captured, and the time missing before the block.

        This call may come seconds after the sound system took its time, while another thread holds the interpreter:
        that is no loss. So the two clocks are compared by the block of late that was handed over soonest, and a gap
        must be one on both: on the sound system's clock, which is exact but may be set, and on the monotonic one.

        Returns
        -------
        captured_s : float
            On the monotonic clock.
        gap_s : float or None
            Negative where the block came sooner than expected; None where the sound system gives no times.
        """
        age_s = current_s - adc_s
        was_timed = self._adc_end_s is not None
        adc_gap_s = adc_s - self._adc_end_s if self._adc_end_s is not None else float("inf")
        if adc_gap_s < -GAP_S or not 0 < age_s < MAX_AGE_S:
            self._skews_s.clear()  # the sound system's clock was set back, or it has none
        if not 0 < age_s < MAX_AGE_S:
            self._adc_end_s = None
            return now_s, None
        self._skews_s.append(now_s - current_s)
        captured_s = adc_s + duration_s + min(self._skews_s)
        gap_s = captured_s - duration_s - self._captured_s
        if was_timed and gap_s < -GAP_S and adc_gap_s >= -GAP_S:  # it was set between the two times: the age is none
            self._skews_s.clear()
            self._adc_end_s = None
            return now_s, None
        self._adc_end_s = adc_s + duration_s
        return captured_s, adc_gap_s if abs(gap_s - adc_gap_s) < GAP_S / 2 else min(gap_s, adc_gap_s)
