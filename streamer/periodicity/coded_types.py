"""The rhythm with which a video coder codes images alone, from earlier ones, or from both sides."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from streamer.arrays import Float32, Float64
from streamer.periodicity.sampling import Sampling

KINDS = " IPB"  # coded types by their number; 0 is unknown
MIN_KEYS = 3  # fewer have no rhythm
REGULAR = 1  # images by which the distances of key images may differ
STANDS = 5.0  # power of a line in the types, relative to their mean power
NEAR = 0.6  # resolutions within which a frequency is that of a line
SAME, APART, CLEAR = 0.15, 6.0, 40.0  # the same of a rival: how near, lines how far apart at least, and how strong
MAX_KEYS = 0.2  # share of key images; where there are more, changes lie at them by chance
MIN_KEY_IMAGES = 6  # shorter distances of key images do not tell a smooth rhythm from a sharp one
SHARP = 3.0  # times the mean change, below which the change at key images is no jump
TINY = 1e-12


def type_number(coded_type: str) -> int:
    """Return the number of a coded type, "I", "P" or "B"; 0 of an unknown one."""
    return KINDS.index(coded_type) if coded_type and coded_type in KINDS else 0


@dataclass(frozen=True, slots=True, eq=False)
class CodedTypes:
    """Types of images in a window, and the lines in the spectrum of their sequence."""

    kinds: Float32  # shape (n_images,): numbers in KINDS
    sampling: Sampling
    terms: Float64  # shape (n_images, n_terms): what may come with the types, each with the mean 0
    power: Float64  # shape (n_bins,): greatest of the spectra of the types, relative to their mean
    key_images: float  # regular distance of key images; 0 where there is none

    @classmethod
    def of(cls, kinds: Float32, sampling: Sampling) -> CodedTypes | None:
        """Return the types of the images in a window; None where they tell nothing, as where each is coded alone."""
        is_key, is_both = kinds == KINDS.index("I"), kinds == KINDS.index("B")
        if not kinds.any() or is_key.all() or not (is_key.any() or is_both.any()):
            return None
        since = np.arange(kinds.size) - np.maximum.accumulate(np.where(is_key, np.arange(kinds.size), 0))
        last = ~is_both & np.append(is_both[1:], False)  # in front of images that are coded from both sides
        raw = np.column_stack([is_key, is_both, last, since, np.exp(-since / 3.0)]).astype(np.float64)
        terms = raw - raw.mean(axis=0)
        evened = sampling.evened(terms[:, :3].astype(np.float32)).astype(np.float64)
        taper = np.hanning(evened.shape[0] + 2)[1:-1, None]
        spectrum = np.abs(np.fft.rfft(evened * taper, 2 * evened.shape[0], axis=0)) ** 2
        spectrum[:4] = 0
        power = (spectrum / np.maximum(spectrum.mean(axis=0), TINY)).max(axis=1)
        steps = np.diff(sampling.number[is_key])
        regular = steps.size >= MIN_KEYS - 1 and np.ptp(steps) <= REGULAR
        return cls(kinds, sampling, terms, power, float(steps.mean()) if regular else 0.0)

    def line_hz(self, hz: float) -> float | None:
        """Return the frequency of a line of the types that lies at ``hz``; None where there is none."""
        return self._line_hz(hz, NEAR / self.sampling.duration_s, 0.0, STANDS)

    def rival_hz(self, hz: float, hz_sigma: float) -> float | None:
        """Return the same of a line that explains a rhythm as well: apart from others, and as exactly at its place."""
        resolution_hz = 1 / self.sampling.duration_s
        return self._line_hz(hz, SAME * resolution_hz + 3 * hz_sigma, APART * resolution_hz, CLEAR)

    def _line_hz(self, hz: float, reach_hz: float, apart_hz: float, stands: float) -> float | None:
        if self.key_images:
            key_hz = self.sampling.fps / self.key_images
            nearest = round(hz / key_hz) * key_hz
            if nearest and key_hz > apart_hz and abs(hz - nearest) < reach_hz:
                return nearest
        bin_hz = 0.5 / self.sampling.duration_s
        k = round(hz / bin_hz)
        around = self.power[max(k - 1, 0) : k + 2]
        if around.size and float(around.max()) > stands:
            return (max(k - 1, 0) + int(np.argmax(around))) * bin_hz
        return None

    def base_hz(self) -> list[float]:
        """Return the rates of the coder: of key images, if they are regular, and of images coded from both sides."""
        rates = [self.sampling.fps / self.key_images] if self.key_images else []
        k = int(np.argmax(self.power))
        return [*rates, k / (2 * self.sampling.duration_s)] if self.power[k] > STANDS else rates

    def key_share(self, values: Float32) -> float:
        """Return which share of the changes of series, shape (n_images, n_series), comes with key images.

        Where the coder copies a cell from image to image, it changes when it is coded anew.
        """
        is_key = self.kinds == KINDS.index("I")
        if not 0 < np.mean(is_key) < MAX_KEYS or np.count_nonzero(is_key) < MIN_KEYS:
            return 0.0
        steps = np.diff(values.astype(np.float64), axis=0) ** 2
        return float(np.median(steps[is_key[1:]].sum(axis=0) / np.maximum(steps.sum(axis=0), TINY)))

    def is_smooth(self, values: Float32) -> bool:
        """Return whether series, shape (n_images, n_series), run smoothly through key images: no coder's rhythm does.

        They are averaged over all images that are as far behind a key image. Only where no image is coded from both
        sides, since these differ from their neighbours too.
        """
        n = round(self.key_images)
        if n < MIN_KEY_IMAGES or (self.kinds == KINDS.index("B")).any():
            return False
        first = int(np.argmax(self.kinds == KINDS.index("I")))
        whole = values[first : first + (values.shape[0] - first) // n * n].astype(np.float64)
        mean = whole.reshape(-1, n, whole.shape[1]).mean(axis=0)
        steps = (mean - np.roll(mean, 1, axis=0)) ** 2
        return float(steps[0].sum()) < SHARP * float(steps.sum()) / n

    def explained(self, values: Float32, hz: float) -> float:
        """Return which share of the amplitude of series at ``hz`` what comes with the types of images explains.

        Each series, shape (n_images, n_series), is fitted with the terms of the types in its own strength.
        """
        phase = 2 * np.pi * hz * self.sampling.times_s
        drift = np.polynomial.legendre.legvander(np.linspace(-1, 1, self.kinds.size), 3)
        base = np.linalg.qr(np.column_stack([drift, np.cos(phase), np.sin(phase)]))[0]
        y = values.astype(np.float64)
        y -= y.mean(axis=0)
        terms = np.linalg.svd(self.terms - base[:, :4] @ (base[:, :4].T @ self.terms), full_matrices=False)[0]
        rest = y - terms @ (terms.T @ y)
        before, after = (float(np.sum((base[:, -2:].T @ each) ** 2)) for each in (y, rest))
        return 1 - math.sqrt(after / max(before, TINY))
