"""Images captured at uneven times as a video of a constant rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

N_PASSES = 3


def even_times(times_s: Sequence[float]) -> tuple[float, list[int]]:
    """Choose a constant rate, and for each of its instants the image captured nearest to it.

    Each image has a place: from one to the next it grows by their distance in intervals, rounded. A straight line
    through times over places gives the interval, beginning with the median distance. So an image that did not come
    leaves its place to a neighbour, and what is seen happens when it happened, to half an interval.

    Parameters
    ----------
    times_s : sequence of float
        Capture times, at least two, strictly increasing.

    Returns
    -------
    tuple of float and list of int
        Images per second, and the index of the image to show at each instant.
    """
    times = np.asarray(times_s, np.float64)
    steps_s = np.diff(times)
    interval_s = float(np.median(steps_s))
    for _ in range(N_PASSES):
        places = np.concatenate([[0.0], np.cumsum(np.rint(steps_s / interval_s))])
        about_mean = places - places.mean()
        interval_s = float(times @ about_mean / (about_mean @ about_mean))
    first_s = float(times.mean() - interval_s * places.mean())
    instants_s = first_s + np.arange(round((times[-1] - first_s) / interval_s) + 1) * interval_s
    after = np.clip(np.searchsorted(times, instants_s), 1, times.size - 1)
    nearest = after - (instants_s - times[after - 1] <= times[after] - instants_s)
    return 1.0 / interval_s, nearest.tolist()
