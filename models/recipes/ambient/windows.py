"""Sample the recipe's windows: as for any sound model, and of found sounds that only the teacher can label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from models.recipes.ambient.corpus import LABELS, SAMPLE_RATE, CorpusFile
from models.recipes.ambient.yamnet_features import yamnet_features
from streamer.arrays import Rng
from streamer.features.logmel import log_mel
from streamer.training.sound import augment, synthesis
from streamer.training.sound.network import FRONT_END
from streamer.training.sound.sampling import RecordingPool, SampledWindow, WindowSampler, sample_blocks
from streamer.training.sound.task import N_FRAMES

WINDOW = (N_FRAMES - 1) * FRONT_END.hop_length + FRONT_END.frame_length  # samples: 1.295 s
PAUSE_SHARE = 0.06  # of the labelled windows
SPEECH = LABELS.index("speech")


@dataclass(frozen=True, slots=True)
class TeacherWindows:
    """Windows as student and teacher take them, with targets; all arrays have the same first axis."""

    features: NDArray[np.float16]  # shape (n, N_FRAMES, n_mels), the student's front end
    teacher_features: NDArray[np.float16]  # shape (n, N_FRAMES, 64), YAMNet's front end
    targets: NDArray[np.float16]  # shape (n, n_labels): 0 … 1, NaN where only the teacher can label

    def __len__(self) -> int:
        return len(self.targets)


class CorpusSampler(WindowSampler):
    """Sample windows of one set of recordings that may be mixed with each other.

    Parameters
    ----------
    primary : sequence of CorpusFile
        Of the windows; those with a class label give a class's windows.
    others : sequence of CorpusFile
        Unlabelled sounds to mix underneath, and speech.
    """

    def __init__(self, primary: Sequence[CorpusFile], others: Sequence[CorpusFile]) -> None:
        labelled = {label: [file.path for file in primary if file.label == label] for label in LABELS}
        unlabelled = [file.path for file in others if file.label == ""]
        super().__init__(labelled, LABELS, WINDOW, SAMPLE_RATE, unlabelled)
        self.speech = RecordingPool([file.path for file in [*primary, *others] if file.label == "speech"])

    def sample_fold(self, rng: Rng) -> SampledWindow:
        """Sample a window of one class or of speech, sometimes one of its pauses."""
        pause = self.sample_pause(rng) if rng.random() < PAUSE_SHARE else None
        return pause or self.sample_labelled(rng)

    def sample_mixture(self, rng: Rng) -> SampledWindow:
        """Sample a window of found or synthetic sounds, mixed freely; its targets are the teacher's to fill in."""
        targets = self.targets({})
        targets[:] = np.nan
        choice = rng.random()
        if choice < 0.12:
            sound = augment.transmit(synthesis.random_sound(WINDOW, SAMPLE_RATE, rng), SAMPLE_RATE, rng)
        elif choice < 0.30:
            sound, _ = self.cut(self.speech, rng)
            targets[SPEECH] = 1.0
        elif choice < 0.34:
            return self.sample_near_silence(rng)
        else:
            sound, _ = self.cut(self.background, rng)
        while rng.random() < 0.45:
            if rng.random() < 0.2:
                second = synthesis.random_sound(WINDOW, SAMPLE_RATE, rng)
            else:
                second, _ = self.cut(self.background, rng)
            ratio_db = rng.uniform(-5.0, 20.0)
            sound = augment.mix(sound, second, ratio_db)
            if ratio_db < 3.0:
                targets[SPEECH] = np.nan
        return SampledWindow(augment.set_level(sound, rng), targets, None)

    def sample_found(self, rng: Rng) -> SampledWindow:
        """Sample a window of one found sound alone; its targets are the teacher's to fill in, most often background."""
        sound, path = self.cut(self.background, rng)
        return SampledWindow(augment.set_level(sound, rng), np.full(len(LABELS), np.nan, np.float32), path)

    def sample_word(self, rng: Rng) -> SampledWindow:
        """Sample a window with a short piece of speech in silence, often of telephone bandwidth."""
        section, path = self.section(self.speech, rng)
        n_samples = int(rng.uniform(0.2, 0.8) * SAMPLE_RATE)
        sound = augment.cut(section.samples, section.active, n_samples, rng)
        if rng.random() < 0.6:
            sound = augment.band_limit(sound, SAMPLE_RATE, 4000.0)
        if rng.random() < 0.4:
            sound = augment.transmit(sound, SAMPLE_RATE, rng, room_share=0.1)
        place = 0 if rng.random() < 0.5 else int(rng.integers(WINDOW - n_samples))
        window = np.zeros(WINDOW, np.float32)
        window[place : place + n_samples] = sound
        return SampledWindow(augment.set_level(window, rng), self.targets({"speech": 1.0}), path)


def sample_windows(
    sampler: CorpusSampler,
    sample: Callable[[CorpusSampler, Rng], SampledWindow],
    n_windows: int,
    seed: int,
    n_processes: int,
) -> TeacherWindows:
    """Sample windows by one of a sampler's methods, the same for any number of processes."""
    front_ends = (partial(log_mel, settings=FRONT_END), yamnet_features)
    blocks = list(sample_blocks(sampler, sample, front_ends, n_windows, seed, n_processes))
    features, teacher_features = (np.concatenate([block.features[i] for block in blocks]) for i in (0, 1))
    targets = np.concatenate([block.targets for block in blocks]).astype(np.float16)
    return TeacherWindows(features, teacher_features, targets)
