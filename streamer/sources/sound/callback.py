"""The device's callback: copy the block, count samples, and detect gaps at once."""

from __future__ import annotations

import threading
import time
from typing import Any

from streamer.arrays import Float32
from streamer.rings import SampleRing

GAP_S = 0.5  # between the capture times of two blocks: a loss, flag or no flag
MAX_AGE_S = 60.0  # a block said to be older has no valid capture time


class Delivery:
    """Callback of one capture session, with its counts; every attribute is written by one thread alone.

    Parameters
    ----------
    sample_rate : int
        Samples per second.
    channel : int, optional
        The only channel to deliver.
    """

    def __init__(self, sample_rate: int, channel: int | None) -> None:
        self.sample_rate = sample_rate
        self.ring: SampleRing | None = None  # set by the watching thread once the reader is ready
        self.came = threading.Event()  # set at the first block
        self.finished = threading.Event()  # set when PortAudio ends the stream
        self.overflows = 0
        self.progress = (0, time.monotonic())  # samples so far, known losses included; arrival of the last
        self.largest = 0  # samples in the largest block
        self.sounded_s = time.monotonic()  # last block whose last sample was not exactly 0
        self.lost_unseen = 0  # added to by the watching thread: losses that only the count shows
        self._unseen_told = 0
        self._channels = slice(None) if channel is None else slice(channel, channel + 1)
        self._captured_s = time.monotonic()  # capture of the last sample

    def __call__(self, block: Float32, n_samples: int, times: Any, status: Any) -> None:
        """Copy a block into the ring; runs on PortAudio's thread, never waits.

        Parameters
        ----------
        block : ndarray, shape (n_samples, n_channels)
            Valid during the call only.
        n_samples : int
            Length of the block.
        times : object
            ``currentTime`` and ``inputBufferAdcTime`` in seconds of the sound system's own clock. Only their
            difference is used, the age of the first sample: that clock may be the wall clock, which jumps.
        status : object
            ``input_overflow`` is set where the device lost samples before this block.
        """
        now_s = time.monotonic()
        duration_s = n_samples / self.sample_rate
        age_s = times.currentTime - times.inputBufferAdcTime
        is_timed = 0 < age_s < MAX_AGE_S
        captured_s = now_s - age_s + duration_s if is_timed else now_s
        n_before = self.progress[0]
        lost = 0
        if n_before:
            gap_s = captured_s - duration_s - self._captured_s
            if is_timed and (gap_s > GAP_S or (status.input_overflow and gap_s > 0)):
                lost = round(gap_s * self.sample_rate)
            if status.input_overflow:
                self.overflows += 1
                lost = max(1, lost)  # however short: no window may span it
        self._captured_s = captured_s
        self.progress = (n_before + lost + n_samples, now_s)
        self.largest = max(self.largest, n_samples)
        if n_before == 0 or block[-1].any():  # one sample of a block is enough: a quiet room moves the last bit
            self.sounded_s = now_s
        if self.ring is not None:
            unseen = self.lost_unseen
            lost += unseen - self._unseen_told
            self._unseen_told = unseen
            self.ring.write(block[:, self._channels], captured_s, lost)
        self.came.set()
