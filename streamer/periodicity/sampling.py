"""Derive from capture times the image rate and the images' numbers, and resample series at even times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streamer.arrays import Float32, Float64

EVEN = 1e-3  # of the interval: times this close to a ruler's marks need no resampling


@dataclass(frozen=True, slots=True, eq=False)
class Sampling:
    """Image rate, numbers and regularity of capture times.

    Missing images are recognised by intervals of about twice, three times … the usual one, so that the rate is the
    camera's and not that of the images that came through.
    """

    times_s: Float64  # shape (n_images,), measured from the middle of the window
    number: Float64  # shape (n_images,), of each image, missing ones counted; whole numbers
    fps: float
    fps_sigma: float  # standard uncertainty, from how far the times stray from even ones
    jitter_s: float  # rms distance of the times from even ones
    duration_s: float  # one interval longer than from the first image to the last

    @classmethod
    def of(cls, times_s: Float64) -> Sampling:
        """Derive the sampling from capture times, which must rise; shape (n_images,), at least 3 of them."""
        intervals = np.diff(times_s)
        usual_s = float(np.median(intervals))
        steps = np.maximum(1.0, np.rint(intervals / usual_s))
        number = np.concatenate([[0.0], np.cumsum(steps)])
        n = number - number.mean()
        slope_s = float(n @ times_s / (n @ n))
        stray_s = times_s - times_s.mean() - slope_s * n
        jitter_s = float(np.sqrt(np.mean(stray_s**2)))
        relative = jitter_s / np.sqrt(float(n @ n)) / slope_s
        middle_s = (times_s[0] + times_s[-1]) / 2
        return cls(
            times_s - middle_s, number, 1 / slope_s, relative / slope_s, jitter_s, float(slope_s * (number[-1] + 1))
        )

    @property
    def is_even(self) -> bool:
        """Whether no image is missing and none is far from even times."""
        return self.number.size == self.number[-1] + 1 and self.jitter_s * self.fps < EVEN

    def evened(self, series: Float32) -> Float32:
        """Resample series, shape (n_images, n_series), at even times by linear interpolation.

        Good enough to find a line in the spectrum; its frequency is then measured on the capture times themselves.
        """
        if self.is_even:
            return series
        n_even = int(self.number[-1]) + 1
        # number ± 0.5 images around the middle, at the camera's own rate
        even_s = (np.arange(n_even) - (n_even - 1) / 2) / self.fps + (self.times_s.mean() - self._number_shift_s())
        after = np.clip(np.searchsorted(self.times_s, even_s), 1, self.times_s.size - 1)
        before_s, after_s = self.times_s[after - 1], self.times_s[after]
        share = np.clip((even_s - before_s) / (after_s - before_s), 0.0, 1.0).astype(np.float32)[:, None]
        result: Float32 = series[after - 1] * (1 - share) + series[after] * share
        return result

    def _number_shift_s(self) -> float:
        return float(self.number.mean() - self.number[-1] / 2) / self.fps
