"""Demo source of sound: a synthetic street scene with everyday sounds at known times."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from streamer.arrays import Float32
from streamer.config import SourceSettings
from streamer.messages import SoundFormat
from streamer.sources.base import BeginSound
from streamer.sources.sound import synthesis
from streamer.sources.sound.playback import BLOCK_S, play_sound

SAMPLE_RATE = 16_000
DURATION_S = 30.0  # then the scene begins again
FIRST_ONSET_S = 1.2
SOUND_S = 3.4  # length of each sound
PAUSE_S = 1.15  # between two sounds
FADE_S = 0.08
BACKGROUND_PEAK = 0.006  # about −55 dBFS rms

Synthesis = Callable[[np.random.Generator, int, int], Float32]
# In order, each with its label in the shipped model and its peak (full scale is 1).
SOUNDS: tuple[tuple[str, Synthesis, float], ...] = (
    ("rain", synthesis.rain, 0.8),
    ("clock_tick", synthesis.clock_tick, 0.7),
    ("helicopter", synthesis.helicopter, 0.5),
    ("crackling_fire", synthesis.crackling_fire, 0.9),
    ("crying_baby", synthesis.crying_baby, 0.45),
    ("sea_waves", synthesis.sea_waves, 0.45),
)


@dataclass(frozen=True)
class SoundScene:
    """A rendered street scene and the sounds in it."""

    samples: Float32  # shape (n_samples,), range −1…1; continues from its end to its beginning
    sample_rate: int
    truth: tuple[tuple[str, float, float], ...]  # (label, onset_s, offset_s), in order, without overlap


def sound_scene(seed: int = 0) -> SoundScene:
    """Render the street scene.

    Parameters
    ----------
    seed : int
        The same seed and version of numpy give the same samples; order and times never change.

    Returns
    -------
    SoundScene
        30 s of soft traffic with six sounds of 3.4 s, at least 1.1 s apart.
    """
    rng = np.random.default_rng(seed)
    samples = BACKGROUND_PEAK * synthesis.traffic(rng, round(DURATION_S * SAMPLE_RATE), SAMPLE_RATE)
    n_samples = round(SOUND_S * SAMPLE_RATE)
    ramp = np.linspace(0, 1, round(FADE_S * SAMPLE_RATE), dtype=np.float32)
    truth = []
    for index, (label, synthesise, peak) in enumerate(SOUNDS):
        onset_s = FIRST_ONSET_S + index * (SOUND_S + PAUSE_S)
        sound = peak * synthesise(rng, n_samples, SAMPLE_RATE)
        sound[: ramp.size] *= ramp
        sound[-ramp.size :] *= ramp[::-1]
        start = round(onset_s * SAMPLE_RATE)
        samples[start : start + n_samples] += sound
        truth.append((label, round(onset_s, 3), round(onset_s + SOUND_S, 3)))
    return SoundScene(np.clip(samples, -1, 1), SAMPLE_RATE, tuple(truth))


class DemoSoundSource:
    """Source that plays the street scene again and again until it is stopped.

    Parameters
    ----------
    settings : SourceSettings
        ``realtime`` is used.
    """

    uri = "demo"
    medium: Final = "sound"
    is_live = False
    overflows = 0
    drift_ppm = 0.0
    backlog_s = 0.0
    note = ""
    stuck = False

    def __init__(self, settings: SourceSettings) -> None:
        self.is_paced = settings.realtime
        self.start_epoch_s = None if self.is_paced else math.nan

    def capture(self, begin: BeginSound, stop: threading.Event) -> None:
        """Render and play the scene; see :class:`streamer.sources.Source`."""
        scene = sound_scene()
        ring = begin(SoundFormat(scene.sample_rate, 1, "demo street"))
        play_sound(_endless_blocks(scene), scene.sample_rate, ring, stop, self.is_paced)


def _endless_blocks(scene: SoundScene) -> Iterator[Float32]:
    block_length = round(BLOCK_S * scene.sample_rate)
    column = scene.samples[:, np.newaxis]
    while True:
        for start in range(0, column.shape[0], block_length):
            yield column[start : start + block_length]
