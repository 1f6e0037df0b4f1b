"""Capture times of live images: those of the kernel or the camera while they are plausible, else of arrival."""

from __future__ import annotations

import math

MAX_AGE_S = 2.5  # a reader that was held up gets images up to 1.9 s old; an older timestamp is of another clock
MAX_FUTURE_S = 0.002  # an image arrives after its capture; this allows for rounding
MIN_STEP_S = 1e-6  # least time between two images
FIRST_S = 2.0  # time over which the delay of the first images is taken
CHECK_S = 2.0  # from one check of a camera's clock to the next
MAX_DRIFT = 5e-4  # of a camera's clock against this machine's
MAX_JUMP_S = 0.25  # change of the least delay beyond drift: more, and the stated times are not those of the images


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


class StreamClock:
    """Turn the times that a network camera states into strictly increasing capture times.

    Images of a network arrive unevenly, but the camera stamps them when it captures them. Some cameras state a rate in
    place of times. So the least delay of the images of a few seconds, from the time that is stated to that of arrival,
    is compared with that at the beginning: it must stay the same. From the first check that fails on, and where times
    are missing or do not increase, the times of arrival are used until the end of the session.

    Attributes
    ----------
    trusts_camera : bool
        Whether the stated times are used.
    """

    def __init__(self) -> None:
        self.trusts_camera = True
        self._first: tuple[float, float] | None = None  # stated and arrival time of the first image
        self._last_s = 0.0
        self._delays: list[float] = []  # since the last check
        self._check_s = FIRST_S
        self._least_s: float | None = None  # delay at the beginning
        self._fastest_s = 0.0  # least delay so far, relative to that of the first image
        self._captured_s = -math.inf  # of the last image

    def stamp(self, stated_s: float, arrived_s: float) -> tuple[float, float]:
        """Return the two capture times of the next image; see :meth:`ImageClock.stamp`."""
        if self._first is None:
            self._first = stated_s, arrived_s
            self.trusts_camera = not math.isnan(stated_s)
            self._captured_s = arrived_s
            return 0.0, arrived_s
        first_stated_s, first_arrived_s = self._first
        since_s = arrived_s - first_arrived_s
        stated_since_s = stated_s - first_stated_s
        if self.trusts_camera:
            self.trusts_camera = stated_since_s > self._last_s and self._agrees(since_s - stated_since_s, since_s)
        time_s = stated_since_s if self.trusts_camera else since_s
        self._last_s = max(time_s, self._last_s + MIN_STEP_S)
        # The fastest image tells best how old they are; often the first one waited for the connection.
        self._fastest_s = min(self._fastest_s, since_s - self._last_s)
        captured_s = min(arrived_s, first_arrived_s + self._last_s + self._fastest_s)
        self._captured_s = max(captured_s, self._captured_s + MIN_STEP_S)
        return self._last_s, self._captured_s

    def _agrees(self, delay_s: float, since_s: float) -> bool:
        """Return whether an image was delayed as those at the beginning, as far as one can tell by now."""
        self._delays.append(delay_s)
        if since_s < self._check_s:
            return abs(delay_s) < MAX_AGE_S
        least_s, self._delays = min(self._delays), []
        self._check_s = since_s + CHECK_S
        if self._least_s is None:
            self._least_s = least_s
        return abs(least_s - self._least_s) < MAX_JUMP_S + MAX_DRIFT * since_s
