"""Capture times of live images: the kernel's timestamps while they are plausible, else the times of arrival."""

from __future__ import annotations

MAX_AGE_S = 2.5  # a reader that was held up gets images up to 1.9 s old; an older timestamp is of another clock
MAX_FUTURE_S = 0.002  # an image arrives after its capture; this allows for rounding
MIN_STEP_S = 1e-6  # least time between two images


class ImageClock:
    """Turn the timestamps of one capture session into strictly increasing capture times.

    V4L2 stamps an image on the monotonic clock when the driver receives it, so that decoding and busy threads add
    neither delay nor jitter. Some drivers use another clock, or give zeros or steps backward. From the first
    such image on, the times of arrival are used until the end of the session: changing back and forth would itself
    be jitter.

    Parameters
    ----------
    has_kernel_times : bool
        Whether the camera's timestamps are the kernel's.

    Attributes
    ----------
    trusts_kernel : bool
        Whether they are used.
    """

    def __init__(self, has_kernel_times: bool) -> None:
        self.trusts_kernel = has_kernel_times
        self._first_s = 0.0  # captured_s of the first image
        self._last_s = -1.0  # time_s of the last one, negative before the first

    def stamp(self, kernel_s: float, arrived_s: float) -> tuple[float, float]:
        """Return the two capture times of the next image.

        Parameters
        ----------
        kernel_s : float
            Timestamp of the driver, seconds of the monotonic clock.
        arrived_s : float
            ``time.monotonic()`` right after the image was read from the driver or the network.

        Returns
        -------
        time_s : float
            Seconds since the first image; strictly increasing.
        captured_s : float
            The same instant on the monotonic clock.
        """
        is_first = self._last_s < 0.0
        if self.trusts_kernel:
            is_near = -MAX_FUTURE_S <= arrived_s - kernel_s <= MAX_AGE_S
            self.trusts_kernel = is_near and (is_first or kernel_s > self._first_s + self._last_s)
        captured_s = kernel_s if self.trusts_kernel else arrived_s
        if is_first:
            self._first_s, self._last_s = captured_s, 0.0
        else:
            self._last_s = max(captured_s - self._first_s, self._last_s + MIN_STEP_S)
        return self._last_s, self._first_s + self._last_s
