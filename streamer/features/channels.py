"""Several channels → one, by what is in them: an inverted, dead or noisy channel does not spoil the others.

The mean of all channels is silence where one is the other with its sign turned, as by a miswired cable, and noise where
one microphone is broken. So each block of 50 ms is mixed by what the blocks before it have shown: the first 50 ms of a
source are the plain mean, and any chunking of the same samples gives the same mix, live as in a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from streamer.arrays import Bool, Float32, Float64, finite, mono

BLOCK_S = 0.05
MEMORY = 0.98  # of correlations, from block to block: a time constant of 2.5 s
N_STEADY = 20  # blocks over which a level must be steady …
LEAST_STEADY = 5  # … or so many since the beginning
INVERTED = -0.5  # a correlation below this: the mean of two would lose 6 dB or more
UPRIGHT = 0.0  # above this an inverted channel no longer is
UNRELATED = 0.1  # correlation of two channels that have nothing to do with each other
WHITE = 0.2  # correlation of neighbouring samples of static; what sounds in a room has more
STEADY_DB = 0.15  # in addition to what chance gives: no natural sound is as steady
SURE_DB = 3.0  # static that changes by so much is none
LOUDER_DB = 10.0  # hum that drowns the other channels
SOUND_DBFS = -75.0  # a channel that was above this, and not by static, hears something
DEAD_DBFS = -90.0  # below this for a second, while another channel hears something, it is dead
N_TOLD = 20  # blocks from which on something is worth a remark

Finding = Literal["inverted", "dead", "noise"]
_SAID: dict[Finding, str] = {
    "inverted": "is inverted: its sign is turned before mixing",
    "dead": "is silent: left out",
    "noise": "holds nothing but steady noise: left out",
}


@dataclass(slots=True)
class _Told:
    """How often something was found in a channel."""

    first: int  # number of the block
    n_blocks: int = 0


class ChannelMix:
    """Mix of the channels of one source, made as its sound comes.

    Parameters
    ----------
    sample_rate, n_channels : int
        Of the source.
    looks : bool
        Whether to look what is in the channels first; False: always the plain mean.
    """

    def __init__(self, sample_rate: int, n_channels: int, *, looks: bool = True) -> None:
        self._looks = looks and n_channels > 1
        self._length = max(2, round(BLOCK_S * sample_rate))
        self._block: Float32 = np.zeros((self._length, n_channels), np.float32)
        self._n_filled = self._n_blocks = 0
        self._covariance: Float64 = np.zeros((n_channels, n_channels))
        self._levels: Float64 = np.zeros((N_STEADY, n_channels))  # of the newest blocks, dBFS, in any order
        self._colours: Float64 = np.zeros((N_STEADY, n_channels))  # correlation of neighbouring samples in them
        self._n_silent = np.zeros(n_channels, np.int64)  # blocks since a channel was above DEAD_DBFS
        self._hears: Bool = np.zeros(n_channels, np.bool_)
        self._is_static: Bool = np.zeros(n_channels, np.bool_)
        self._is_hum: Bool = np.zeros(n_channels, np.bool_)
        self._signs: Float32 = np.ones(n_channels, np.float32)  # 0 of a channel that is left out
        self._told: dict[tuple[int, Finding], _Told] = {}
        chance_db = 4.34 * np.sqrt(2.0 / self._length)  # standard deviation of the level of white noise
        self._steady_db = STEADY_DB + 2.0 * chance_db

    def push(self, samples: Float32) -> Float32:
        """Return the mix of consecutive samples, shape (n_samples, n_channels)."""
        if not self._looks:
            return mono(samples)
        n_samples = samples.shape[0]
        mixed: Float32 = np.empty(n_samples, np.float32)
        at = 0
        while at < n_samples:
            part = samples[at : at + self._length - self._n_filled]
            end = at + part.shape[0]
            mixed[at:end] = self._mixed(part)
            self._block[self._n_filled : self._n_filled + part.shape[0]] = part
            self._n_filled += part.shape[0]
            if self._n_filled == self._length:
                self._look()
            at = end
        return mixed

    def interrupt(self) -> None:
        """Prepare for sound that does not continue what came before; what is known of the channels stays."""
        self._n_filled = 0

    @property
    def remark(self) -> str:
        """What was found in the channels so far and done about it; empty where nothing is odd."""
        said = []
        for (channel, finding), told in sorted(self._told.items()):
            if told.n_blocks >= N_TOLD:
                since_s = told.first * BLOCK_S
                when = f" from {since_s:.0f} s on" if since_s > 2.0 and finding != "inverted" else ""
                said.append(f"channel {channel}{when} {_SAID[finding]}")
        return "; ".join(said)

    def _mixed(self, samples: Float32) -> Float32:
        if self._signs.all() and (self._signs > 0).all():
            return mono(samples)
        chosen = self._signs != 0
        return mono(samples[:, chosen] * self._signs[chosen])

    def _look(self) -> None:
        """Decide from the blocks so far how the next one is mixed."""
        self._n_filled = 0
        block = np.ascontiguousarray(self._block.T, np.float64)
        if not np.isfinite(block).all():
            block = finite(block)
        block -= block.mean(axis=1, keepdims=True)
        covariance = block @ block.T / self._length
        power = covariance.diagonal()
        level_db = 10.0 * np.log10(power + 1e-20)
        self._covariance = MEMORY * self._covariance + (1.0 - MEMORY) * covariance
        neighbours = np.einsum("ij,ij->i", block[:, 1:], block[:, :-1]) / self._length
        self._levels[self._n_blocks % N_STEADY] = level_db
        self._colours[self._n_blocks % N_STEADY] = neighbours / (power + 1e-20)
        self._n_blocks += 1
        self._n_silent = np.where(level_db < DEAD_DBFS, self._n_silent + 1, 0)
        correlations = self._correlations()
        self._find_noise(level_db, correlations)
        is_noise = self._is_static | self._is_hum
        self._hears |= (level_db > SOUND_DBFS) & ~is_noise & (self._n_blocks >= LEAST_STEADY)
        is_dead = self._n_silent >= N_STEADY
        left_out = is_dead | is_noise
        if not (self._hears & ~left_out).any():  # a pause of the only one that hears something
            is_dead = np.zeros_like(is_dead)
            left_out = self._is_static if (self._hears & ~self._is_static).any() else is_dead
        self._turn(correlations, left_out)
        self._tell("inverted", self._signs < 0)
        self._tell("dead", is_dead & ~is_noise)
        self._tell("noise", is_noise & left_out)

    def _tell(self, finding: Finding, found: Bool) -> None:
        if found.any():
            for channel in found.nonzero()[0].tolist():
                self._told.setdefault((channel, finding), _Told(self._n_blocks - 1)).n_blocks += 1

    def _correlations(self) -> Float64:
        """Return the correlation of each pair of channels of late; 0 with one that is silent."""
        power = self._covariance.diagonal()
        scale = np.sqrt(np.outer(power, power))
        is_known = scale > 10.0 ** (DEAD_DBFS / 10.0) * (1.0 - MEMORY)
        correlations: Float64 = np.where(is_known, self._covariance / np.maximum(scale, 1e-30), 0.0)
        return correlations

    def _find_noise(self, level_db: Float64, correlations: Float64) -> None:
        """Find the channels that hold nothing but static or hum."""
        if self._n_blocks < LEAST_STEADY:
            return
        levels = self._levels[: self._n_blocks]
        is_steady = levels.std(axis=0) < self._steady_db
        if not (is_steady.any() or self._is_static.any() or self._is_hum.any()):
            return
        typical = np.median(levels, axis=0)
        is_white = np.abs(self._colours[: self._n_blocks].mean(axis=0)) < WHITE
        off_diagonal = np.abs(correlations - np.diag(correlations.diagonal()))
        is_apart = off_diagonal.max(axis=0) < UNRELATED
        others = np.array([np.delete(typical, channel).max() for channel in range(typical.size)])
        stays = np.abs(level_db - typical) < SURE_DB
        is_white_noise = is_steady & is_white & is_apart & (typical > DEAD_DBFS)
        is_loud_hum = is_steady & is_apart & (typical > others + LOUDER_DB) & (self._n_blocks >= N_STEADY)
        self._is_static = is_white_noise | (self._is_static & stays)
        self._is_hum = ~self._is_static & (is_loud_hum | (self._is_hum & stays))

    def _turn(self, correlations: Float64, left_out: Bool) -> None:
        """Set the signs: those of channels that go together as the loudest one is."""
        chosen = np.flatnonzero(~left_out)
        power = self._covariance.diagonal()
        reference = chosen[int(np.argmax(power[chosen] > 0.5 * power[chosen].max()))]  # the first of the loud ones
        signs = np.where(self._signs < 0, -1.0, 1.0).astype(np.float32)
        relative = correlations[reference] * signs[reference]
        signs = np.where(relative < INVERTED, -1.0, np.where(relative > UPRIGHT, 1.0, signs)).astype(np.float32)
        if signs[chosen[0]] < 0:  # one of them stays as it is: the first
            signs = -signs
        signs[left_out] = 0.0
        self._signs = signs
