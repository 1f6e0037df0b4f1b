"""Capture times of live images: the kernel's timestamp where it is plausible, else the time of arrival."""

from __future__ import annotations

MAX_AGE_S = 2.5  # a reader that was held up sees images up to 1.9 s old; older is another clock
FUTURE_S = 0.002  # no image comes before it was captured, but for rounding
STEP_S = 1e-6  # least distance between two images


class ImageClock:
    """Turn the timestamps of one capture session into strictly increasing capture times.

    V4L2 stamps images on the monotonic clock when the driver gets them: that is free of the delays and the jitter
    of decoding and of busy threads. Some drivers give another clock, zeros or steps backward: from the first such
    image on the time of arrival is taken, for good, since changing back and forth would itself be jitter.

    Parameters
    ----------
    has_kernel_times : bool
        Whether the kernel's times may be believed at all.
    """

    def __init__(self, has_kernel_times: bool) -> None:
        self.trusts_kernel = has_kernel_times
        self._first_s = 0.0  # captured_s of the first image
        self._last_s = -1.0  # time_s of the last one, negative before the first

    def stamp(self, kernel_s: float, arrived_s: float) -> tuple[float, float]:
        """Return the capture time of the next image.

        Parameters
        ----------
        kernel_s : float
            What the driver says, seconds of the monotonic clock.
        arrived_s : float
            ``time.monotonic()`` right after it was taken from the driver or the network.

        Returns
        -------
        time_s : float
            Seconds since the first image; strictly increasing.
        captured_s : float
            The same instant on the monotonic clock.
        """
        is_first = self._last_s < 0.0
        if self.trusts_kernel:
            is_near = -FUTURE_S <= arrived_s - kernel_s <= MAX_AGE_S
            self.trusts_kernel = is_near and (is_first or kernel_s > self._first_s + self._last_s)
        captured_s = kernel_s if self.trusts_kernel else arrived_s
        if is_first:
            self._first_s, self._last_s = captured_s, 0.0
        else:
            self._last_s = max(captured_s - self._first_s, self._last_s + STEP_S)
        return self._last_s, self._first_s + self._last_s
