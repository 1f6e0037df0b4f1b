"""Sample the recipe's windows: as for any sound model, and of found sounds that only the teacher can label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.recipes.ambient.alarm import smoke_alarm
from models.recipes.ambient.corpus import LABELS, SAMPLE_RATE, CorpusFile
from models.recipes.ambient.yamnet_features import yamnet_features
from streamer.arrays import Float32, Rng
from streamer.sources.sound.demo import SOUNDS as DEMO_SOUNDS
from streamer.sources.sound.synthesis import traffic
from streamer.training.sound import augment, synthesis
from streamer.training.sound.network import FRONT_END
from streamer.training.sound.sampling import RecordingPool, SampledWindow, WindowSampler, sample_blocks
from streamer.training.sound.task import N_FRAMES, features

WINDOW = (N_FRAMES - 1) * FRONT_END.hop_length + FRONT_END.frame_length  # samples: 1.565 s
PAUSE_SHARE = 0.06  # of the labelled windows
UNKNOWN = np.full(len(LABELS), np.nan, np.float32)  # targets that the teacher fills in


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
        Unlabelled sounds to mix underneath, speech and music.
    """

    def __init__(self, primary: Sequence[CorpusFile], others: Sequence[CorpusFile]) -> None:
        labelled = {label: [file.path for file in primary if file.label == label] for label in LABELS}
        unlabelled = [file.path for file in others if file.label == ""]
        super().__init__(labelled, LABELS, WINDOW, SAMPLE_RATE, unlabelled)
        everything = [*primary, *others]
        self.speech, self.music = (
            RecordingPool([file.path for file in everything if file.label == label]) for label in ("speech", "music")
        )

    def sample_fold(self, rng: Rng) -> SampledWindow:
        """Sample a window of one class or of speech, sometimes one of its pauses."""
        pause = self.sample_pause(rng) if rng.random() < PAUSE_SHARE else None
        return pause or self.sample_labelled(rng)

    def sample_mixture(self, rng: Rng) -> SampledWindow:
        """Sample a window of found or synthetic sounds, mixed freely; its targets are the teacher's to fill in."""
        choice = rng.random()
        if choice < 0.04:
            return self.sample_near_silence(rng)
        sound, targets = self._any_sound(choice, rng)
        while rng.random() < 0.4:
            second, second_targets = self._any_sound(rng.uniform(0.04, 1.0), rng)
            ratio_db = rng.uniform(-5.0, 20.0)
            sound = augment.mix(sound, second, ratio_db)
            present = (targets == 1.0) & (ratio_db >= 3.0) | (second_targets == 1.0) & (ratio_db <= 0.0)
            targets = np.where(present, np.float32(1.0), np.float32(np.nan))
        return self.recorded(sound, targets, None, rng)

    def sample_found(self, rng: Rng) -> SampledWindow:
        """Sample a window of one found sound alone; its targets are the teacher's to fill in, most often background."""
        sound, path = self.cut(self.background, rng)
        return self.recorded(sound, UNKNOWN, path, rng)

    def sample_alarm(self, rng: Rng) -> SampledWindow:
        """Sample a window of a smoke alarm, alone or above another sound, or (one in three) of other beeps."""
        sound, is_alarm = smoke_alarm(WINDOW, SAMPLE_RATE, rng)
        sound = augment.transmit(sound, SAMPLE_RATE, rng)
        if rng.random() < 0.5:
            sound = augment.mix(sound, self._any_sound(rng.uniform(0.04, 1.0), rng)[0], rng.uniform(6.0, 30.0))
        targets = UNKNOWN.copy()
        targets[LABELS.index("smoke_alarm")] = float(is_alarm)
        if is_alarm:
            targets = self.targets({"smoke_alarm": 1.0})
        return self.recorded(sound, targets, None, rng)

    def sample_machine(self, rng: Rng) -> SampledWindow:
        """Sample a window of a hum, hiss, knock, chirp or tone made in code: background.

        The teacher takes the hum of the mains for music.
        """
        sound = augment.transmit(synthesis.random_sound(WINDOW, SAMPLE_RATE, rng), SAMPLE_RATE, rng)
        return self.recorded(sound, self.targets({"background": 1.0}), None, rng)

    def sample_demo(self, rng: Rng) -> SampledWindow:
        """Sample a window of a sound of the demo's street scene, made anew, above traffic.

        These are drawings of rain, clocks and so on, less like them than recordings are; the demo has to be heard at
        thresholds that real sounds of other kinds do not reach.
        """
        label, synthesise, _ = DEMO_SOUNDS[int(rng.integers(len(DEMO_SOUNDS)))]
        sound = synthesise(rng, 2 * WINDOW, SAMPLE_RATE)
        start = int(rng.integers(-WINDOW // 3, WINDOW))  # the sound's beginning, too
        part = np.pad(sound, (WINDOW // 3, 0))[start + WINDOW // 3 :][:WINDOW]
        street = traffic(rng, WINDOW, SAMPLE_RATE)
        return self.recorded(augment.mix(part, street, rng.uniform(15.0, 45.0)), self.targets({label: 1.0}), None, rng)

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
        return self.recorded(window, self.targets({"speech": 1.0}), path, rng)

    def _any_sound(self, choice: float, rng: Rng) -> tuple[Float32, Float32]:
        """Return a synthetic sound, speech, music or a found sound, and its targets."""
        targets = UNKNOWN.copy()
        if choice < 0.14:
            return augment.transmit(synthesis.random_sound(WINDOW, SAMPLE_RATE, rng), SAMPLE_RATE, rng), targets
        if choice < 0.28:
            targets[LABELS.index("speech")] = 1.0
            return self.cut(self.speech, rng)[0], targets
        if choice < 0.42:
            targets[LABELS.index("music")] = 1.0
            return self.cut(self.music, rng)[0], targets
        return self.cut(self.background, rng)[0], targets


def sample_windows(
    sampler: CorpusSampler,
    sample: Callable[[CorpusSampler, Rng], SampledWindow],
    n_windows: int,
    seed: int,
    n_processes: int,
) -> TeacherWindows:
    """Sample windows by one of a sampler's methods, the same for any number of processes."""
    blocks = list(sample_blocks(sampler, sample, (features, clean_features), n_windows, seed, n_processes))
    student, teacher = (np.concatenate([block.features[i] for block in blocks]) for i in (0, 1))
    targets = np.concatenate([block.targets for block in blocks]).astype(np.float16)
    return TeacherWindows(student, teacher, targets)


def clean_features(window: SampledWindow) -> Float32:
    """Return what the teacher gets: the sound as it was before a device recorded it, at a usual loudness.

    The student so learns to see through faint, overloaded and narrow recordings.
    """
    sound = window.samples
    if window.clean is not None:
        sound = window.clean * np.float32(0.1 / (augment.loudness(window.clean) + 1e-9))
    return yamnet_features(np.clip(sound, -1.0, 1.0))
