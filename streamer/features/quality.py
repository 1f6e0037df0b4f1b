"""What is wrong with sound as such: too quiet, clipped, silent, with holes, as of a telephone, not of this scale.

One meter for files, streams and the inspection of training data, so that all say the same of the same sound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from streamer.arrays import Bool, Float32, Float64, hann
from streamer.features.level import is_clipped
from streamer.text import percent

QUIET_DBFS = -50.0  # a lower peak leaves 7 of 16 bits
CLIPPED_SHARE = 0.001  # of the samples in runs at full scale; a sine that just fits reaches it below 20 Hz
BEYOND = 2.0  # decoders of lossy formats overshoot full scale by up to 6 dB
OFFSET = 0.02  # of full scale, that the mean is away from 0 …
OFFSET_OF_RMS = 1.0  # … or this part of the sound itself, if it is at least
LEAST_OFFSET = 0.003
ZEROS_S = 0.1  # of exact zeros in a row: a microphone's noise never is zero for so long
SPECTRUM_S = 1.0  # of sound for each spectrum that is looked at
N_FFT_S = 0.064
EDGE_DB = 25.0  # by which the spectrum falls, at an edge …
EDGE_WIDTH = 1.25  # … within this ratio of frequencies
FLOOR_DB = 12.0  # by which what is above an edge may differ in level: the floor that rounding leaves is even
TELEPHONE_HZ = 4200.0
NARROW = 0.255  # of the sample rate: half of what it could hold; lossy formats cut above that
LOWER_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000)
LEAST_SPECTRA = 3
N_BANDS = 96  # of the spectrum in which an edge is looked for, even in frequency

Fault = Literal["invalid", "silent", "scale", "clipped", "quiet", "offset", "zeros", "padded", "band"]


@dataclass(frozen=True, slots=True)
class Quality:
    """Quality of some sound; the worst of its channels counts.

    Attributes
    ----------
    duration_s : float
        Seconds that were measured.
    peak, rms : float
        Largest magnitude, and root of the mean square without the mean; full scale is 1.
    offset : float
        Mean; full scale is 1.
    clipped_share : float
        Share of the samples that are at full scale and follow one at full scale, range 0…1.
    n_invalid : int
        Samples of all channels that are NaN or infinite.
    n_samples : int
        Samples of all channels.
    zeros_s, longest_zeros_s : float
        Seconds of exact zeros between other sound, in runs of at least 0.1 s, and the longest run; of zeros in all
        channels.
    zeros_at_s : float
        Where the longest run begins.
    padding_s : float
        Seconds of exact zeros at the beginning and end, in runs of at least 0.1 s.
    bandwidth_hz : float
        Frequency above which there is nothing but the noise of rounding; half the sample rate where there is no such
        edge.
    sample_rate : int
        Of the sound.
    """

    duration_s: float
    peak: float
    rms: float
    offset: float
    clipped_share: float
    n_invalid: int
    n_samples: int
    zeros_s: float
    longest_zeros_s: float
    zeros_at_s: float
    padding_s: float
    bandwidth_hz: float
    sample_rate: int

    @property
    def remarks(self) -> list[str]:
        """What is wrong, the worst first; empty of good sound."""
        return list(self.findings().values())

    def findings(self, quiet_dbfs: float = QUIET_DBFS) -> dict[Fault, str]:
        """Return what is wrong by its kind, the worst first.

        Parameters
        ----------
        quiet_dbfs : float
            Sound is too quiet if its peak is below this.
        """
        if not self.n_samples:
            return {}
        if self.n_invalid == self.n_samples:
            return {"invalid": "no sample is a number"}
        found: dict[Fault, str] = {}
        if self.n_invalid:
            found["invalid"] = f"{self.n_invalid} of {self.n_samples} samples are no numbers, taken as 0"
        if self.rms == 0.0:
            found["silent"] = f"digital silence: every sample is {'the same' if self.peak else '0'}"
            return found
        if self.peak > BEYOND:
            found["scale"] = f"values up to {self.peak:.3g} where 1 is full scale, as of pascals: levels are wrong"
        elif self.clipped_share > CLIPPED_SHARE:
            found["clipped"] = f"clipped: {percent(self.clipped_share)} of the samples at full scale"
        if self.peak < 10.0 ** (quiet_dbfs / 20.0):
            found["quiet"] = f"far too quiet: the loudest sample is at {20.0 * math.log10(self.peak):.0f} dBFS"
        if abs(self.offset) > OFFSET or abs(self.offset) > max(LEAST_OFFSET, OFFSET_OF_RMS * self.rms):
            found["offset"] = f"offset of {percent(abs(self.offset))} of full scale"
        if self.longest_zeros_s:
            longest = f"{self.longest_zeros_s:.1f} s of them from {self.zeros_at_s:.1f} s on"
            found["zeros"] = f"exact zeros for {self.zeros_s:.1f} s, {longest}"
        if self.padding_s:
            found["padded"] = f"exact zeros for {self.padding_s:.1f} s at its beginning or end"
        if band := self._band():
            found["band"] = band
        return found

    def _band(self) -> str:
        """Return what the bandwidth tells, if the sample rate could hold twice as much."""
        if self.bandwidth_hz > NARROW * self.sample_rate:
            return ""
        at = f"nothing above {self.bandwidth_hz / 1000.0:.1f} kHz"
        if self.bandwidth_hz <= TELEPHONE_HZ:
            return f"{at}, as over a telephone"
        rate = next((rate for rate in LOWER_RATES if 0.4 * rate < self.bandwidth_hz <= 0.52 * rate), 0)
        return f"{at}, as if recorded at {rate} Hz" if rate else at


class QualityMeter:
    """Meter of the quality of consecutive sound.

    Parameters
    ----------
    sample_rate, n_channels : int
        Of the sound.

    Attributes
    ----------
    n_invalid : int
        Samples so far that are NaN or infinite.
    """

    def __init__(self, sample_rate: int, n_channels: int) -> None:
        self._rate = sample_rate
        self._n_samples = self.n_invalid = 0
        self._n_clipped: Float64 = np.zeros(n_channels)
        self._peak: Float64 = np.zeros(n_channels)
        self._total: Float64 = np.zeros(n_channels)
        self._power: Float64 = np.zeros(n_channels)
        self._run = self._longest = self._longest_at = 0  # of zeros
        self._n_zeros = self._n_first = 0  # in runs that are long enough, and in one at the beginning
        self._n_fft = 2 * max(16, round(N_FFT_S * sample_rate / 2))
        self._taper: Float32 = hann(self._n_fft).astype(np.float32)
        self._spectrum: Float64 = np.zeros(self._n_fft // 2 + 1)
        self._n_spectra = 0
        self._pending: Float32 = np.zeros(self._n_fft, np.float32)
        self._n_pending = 0
        self._next_spectrum = 0  # sample at which it begins

    @property
    def duration_s(self) -> float:
        """Seconds measured so far."""
        return self._n_samples / self._rate

    def push(self, samples: Float32) -> None:
        """Measure consecutive samples, shape (n_samples, n_channels); NaN and infinity may be among them."""
        if not samples.shape[0]:
            return
        with np.errstate(invalid="ignore"):
            magnitude = np.abs(samples).max(axis=0)
        if not np.isfinite(magnitude).all():
            invalid = ~np.isfinite(samples)
            self.n_invalid += int(np.count_nonzero(invalid))
            samples = np.where(invalid, np.float32(0.0), samples)
            magnitude = np.abs(samples).max(axis=0)
        self._peak = np.maximum(self._peak, magnitude)
        if is_clipped(magnitude).any():
            is_full = is_clipped(samples)
            self._n_clipped += np.count_nonzero(is_full[1:] & is_full[:-1], axis=0)
        self._total += samples.sum(axis=0, dtype=np.float64)
        self._power += np.einsum("ij,ij->j", samples, samples)
        self._count_zeros(samples)
        self._add_spectra(samples[:, 0])
        self._n_samples += samples.shape[0]

    def quality(self) -> Quality:
        """Return the quality of everything so far."""
        n = max(self._n_samples, 1)
        n_last = self._run if self._run >= ZEROS_S * self._rate else 0
        variance = np.maximum(self._power / n - (self._total / n) ** 2, 0.0)
        is_constant = variance < 1e-12 * np.maximum(self._power / n, 1e-30)
        rms = np.sqrt(np.where(is_constant, 0.0, variance))
        offset = self._total / n
        return Quality(
            duration_s=self._n_samples / self._rate,
            peak=float(self._peak.max()),
            rms=float(rms.max()),
            offset=float(offset[np.abs(offset).argmax()]),
            clipped_share=float(self._n_clipped.max() / n),
            n_invalid=self.n_invalid,
            n_samples=self._n_samples * self._peak.size,
            zeros_s=self._n_zeros / self._rate,
            longest_zeros_s=self._longest / self._rate,
            zeros_at_s=self._longest_at / self._rate,
            padding_s=(self._n_first + n_last) / self._rate,
            bandwidth_hz=self._bandwidth_hz(),
            sample_rate=self._rate,
        )

    def _count_zeros(self, samples: Float32) -> None:
        is_zero: Bool = np.abs(samples).max(axis=1) == 0.0
        edges = np.flatnonzero(is_zero[1:] != is_zero[:-1]) + 1
        bounds = [0, *edges.tolist(), samples.shape[0]]
        least = ZEROS_S * self._rate
        first_is_zero = bool(is_zero[0])
        for number, (start, end) in enumerate(pairwise(bounds)):
            if first_is_zero == (number % 2 == 0):
                self._run += end - start
                continue
            if self._run >= least and self._run == self._n_samples + start:
                self._n_first = self._run
            elif self._run >= least:
                self._n_zeros += self._run
                if self._run > self._longest:
                    self._longest, self._longest_at = self._run, self._n_samples + start - self._run
            self._run = 0

    def _add_spectra(self, channel: Float32) -> None:
        """Add the power spectrum of the first 64 ms of every second, and drop the rest."""
        at, n_samples = self._n_samples, channel.shape[0]
        while self._next_spectrum < at + n_samples:
            first = max(self._next_spectrum + self._n_pending - at, 0)
            part = channel[first : first + self._n_fft - self._n_pending]
            self._pending[self._n_pending : self._n_pending + part.shape[0]] = part
            self._n_pending += part.shape[0]
            if self._n_pending < self._n_fft:
                return
            self._n_pending = 0
            self._next_spectrum += max(self._n_fft, round(SPECTRUM_S * self._rate))
            if self._pending.any():
                power = np.abs(np.fft.rfft((self._pending - self._pending.mean()) * self._taper)) ** 2
                self._spectrum += power
                self._n_spectra += 1

    def _bandwidth_hz(self) -> float:
        """Return the frequency of an edge of the spectrum, above which it is even and low."""
        nyquist_hz = self._rate / 2
        n_bands = N_BANDS
        if self._n_spectra < LEAST_SPECTRA or self._spectrum.size <= n_bands:
            return nyquist_hz
        edges = np.linspace(1, self._spectrum.size, n_bands + 1).astype(int)
        bands = np.array([self._spectrum[a:b].mean() for a, b in pairwise(edges.tolist())])
        level_db = 10.0 * np.log10(bands / self._n_spectra + 1e-12)
        width_hz = nyquist_hz / n_bands
        for band in range(n_bands // 24, n_bands - 4):
            above = level_db[band + 1 :]
            first_above = max(band + 1, math.ceil((band + 1) * EDGE_WIDTH)) - band - 1
            above = above[first_above:]
            if above.size < 4:
                break
            if level_db[band] - above.max() > EDGE_DB and above.max() - above.min() < FLOOR_DB:
                last = band
                while level_db[last + 1] > above.max() + 3.0:
                    last += 1
                return float((last + 1) * width_hz)
        return nyquist_hz
