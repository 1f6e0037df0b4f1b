"""Image rate, numbers of images and even resampling from capture times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streamer.arrays import Float32, Float64

NEARBY = 5  # intervals before and after one that are as usual there, since the rate may change
UNSURE = 0.22  # rms by which intervals differ from multiples of the usual one (0.29 if they are anything)
SHORT, MIDDLE = 0.3, 0.5  # intervals relative to their mean: shorter than the first, or this near to it
MIN_SHORT, MAX_MIDDLE = 0.3, 0.15  # shares of these from which images come in bursts
EVEN = 1e-3  # times with a lower jitter, relative to the interval, need no resampling


@dataclass(frozen=True, slots=True, eq=False)
class Sampling:
    """Image rate, numbers of images and regularity of capture times.

    Intervals of about twice, three times … the usual one mean missing images; so the rate is that of the camera rather
    than that of the images that arrived.
    """

    times_s: Float64  # shape (n_images,): capture times relative to the middle of the window
    number: Float64  # shape (n_images,): number of each image, an integer; missing ones are counted
    fps: float  # images per second
    fps_sigma: float  # its standard uncertainty, from the jitter
    jitter_s: float  # rms deviation of the times from even ones
    duration_s: float  # from the first image to the last, plus one interval

    @classmethod
    def of(cls, times_s: Float64) -> Sampling:
        """Return the sampling of strictly increasing capture times, shape (n_images,), at least 3 of them."""
        intervals = np.diff(times_s)
        usual_s = float(np.median(intervals))
        steps = np.maximum(1.0, np.rint(intervals / usual_s))
        nearby = np.lib.stride_tricks.sliding_window_view(np.pad(intervals, NEARBY, mode="edge"), 2 * NEARBY + 1)
        relative_s = intervals / np.median(nearby, axis=1)
        if np.sqrt(np.mean((relative_s - np.maximum(1.0, np.rint(relative_s))) ** 2)) > UNSURE:
            steps[:] = 1.0  # intervals vary so much that missing images do not show
        number = np.concatenate([[0.0], np.cumsum(steps)])
        n = number - number.mean()
        slope_s = float(n @ times_s / (n @ n))
        residual_s = times_s - times_s.mean() - slope_s * n
        jitter_s = float(np.sqrt(np.mean(residual_s**2)))
        relative = jitter_s / np.sqrt(float(n @ n)) / slope_s
        middle_s = (times_s[0] + times_s[-1]) / 2
        return cls(
            times_s - middle_s, number, 1 / slope_s, relative / slope_s, jitter_s, float(slope_s * (number[-1] + 1))
        )

    @property
    def comes_in_bursts(self) -> bool:
        """Whether several images arrive at once, so that their times are those of a network or a driver."""
        intervals = np.diff(self.times_s)
        intervals = intervals / intervals.mean()
        middle = float(np.mean(np.abs(intervals - 1) < MIDDLE))
        return float(np.mean(intervals < SHORT)) > MIN_SHORT and middle < MAX_MIDDLE

    @property
    def is_even(self) -> bool:
        """Whether no image is missing and the times are even."""
        return self.number.size == self.number[-1] + 1 and self.jitter_s * self.fps < EVEN

    def evened(self, series: Float32) -> Float32:
        """Resample series, shape (n_images, n_series), at even times by linear interpolation.

        This is sufficient to find a line in the spectrum; its frequency is then fitted on the capture times themselves.
        """
        if self.is_even:
            return series
        n_even = int(self.number[-1]) + 1
        # Even times at the camera's rate around the middle of the window.
        even_s = (np.arange(n_even) - (n_even - 1) / 2) / self.fps + (self.times_s.mean() - self._number_shift_s())
        after = np.clip(np.searchsorted(self.times_s, even_s), 1, self.times_s.size - 1)
        before_s, after_s = self.times_s[after - 1], self.times_s[after]
        share = np.clip((even_s - before_s) / (after_s - before_s), 0.0, 1.0).astype(np.float32)[:, None]
        result: Float32 = series[after - 1] * (1 - share) + series[after] * share
        return result

    def _number_shift_s(self) -> float:
        return float(self.number.mean() - self.number[-1] / 2) / self.fps
