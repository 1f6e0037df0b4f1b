"""Training windows: what any sound model draws, and windows of found sounds of which only the teacher can tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from models.recipes.ambient.corpus import LABELS, SAMPLE_RATE, Recording
from models.recipes.ambient.yamnet_features import yamnet_features
from streamer.features.logmel import log_mel
from streamer.training.sound import augment, synthesis
from streamer.training.sound import sampling as draw
from streamer.training.sound.augment import Rng
from streamer.training.sound.network import FRONT_END
from streamer.training.sound.sampling import Drawn, Pool, draw_lots
from streamer.training.sound.task import N_FRAMES

WINDOW = (N_FRAMES - 1) * FRONT_END.hop_length + FRONT_END.frame_length  # samples: 1.295 s
PAUSE_SHARE = 0.06  # of the labelled windows
SPEECH = LABELS.index("speech")


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows with targets; all arrays have the same first axis."""

    features: NDArray[np.float16]  # shape (n, N_FRAMES, n_mels), the student's front end
    teacher_features: NDArray[np.float16]  # shape (n, N_FRAMES, 64), YAMNet's front end
    targets: NDArray[np.float16]  # shape (n, n_labels): 0 … 1, NaN where only the teacher can tell

    def __len__(self) -> int:
        return len(self.targets)


class Drawer(draw.Drawer):
    """Draws windows from one set of recordings that may be mixed with each other.

    Parameters
    ----------
    primary : list of Recording
        What the windows are of; those with a class label make a class's windows.
    others : list of Recording
        Unlabelled sounds mixed underneath, and speech.
    """

    def __init__(self, primary: Sequence[Recording], others: Sequence[Recording]) -> None:
        named = {label: [recording.path for recording in primary if recording.label == label] for label in LABELS}
        unnamed = [recording.path for recording in others if recording.label == ""]
        super().__init__(named, LABELS, WINDOW, SAMPLE_RATE, unnamed)
        self.speech = Pool([recording.path for recording in [*primary, *others] if recording.label == "speech"])

    def of_fold(self, rng: Rng) -> Drawn:
        """Draw a window of one class or of speech, now and then one of its pauses."""
        pause = self.pause(rng) if rng.random() < PAUSE_SHARE else None
        return pause or self.labelled(rng)

    def unlabelled(self, rng: Rng) -> Drawn:
        """Draw a window of found or made sounds, mixed freely; the teacher says what it is."""
        targets = self.targets({})
        targets[:] = np.nan
        choice = rng.random()
        if choice < 0.12:
            sound = augment.transmit(synthesis.random_sound(WINDOW, SAMPLE_RATE, rng), SAMPLE_RATE, rng)
        elif choice < 0.30:
            sound, _ = self.cut(self.speech, rng)
            targets[SPEECH] = 1.0
        elif choice < 0.34:
            return self.near_silence(rng)
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
        return Drawn(augment.set_level(sound, rng), targets, None)

    def plain(self, rng: Rng) -> Drawn:
        """Draw a window of one found sound alone; the teacher says what it is, background most often."""
        sound, path = self.cut(self.background, rng)
        return Drawn(augment.set_level(sound, rng), np.full(len(LABELS), np.nan, np.float32), path)

    def word(self, rng: Rng) -> Drawn:
        """Draw a window with a short piece of speech in silence, often of telephone bandwidth."""
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
        return Drawn(augment.set_level(window, rng), self.targets({"speech": 1.0}), path)


def draw_windows(
    drawer: Drawer, kind: Callable[[Drawer, Rng], Drawn], n_windows: int, seed: int, n_processes: int
) -> Windows:
    """Draw windows by one of a drawer's methods, the same for any number of processes."""
    front_ends = (partial(log_mel, settings=FRONT_END), yamnet_features)
    lots = list(draw_lots(drawer, kind, front_ends, n_windows, seed, n_processes))
    features, teacher_features = (np.concatenate([lot.features[i] for lot in lots]) for i in (0, 1))
    return Windows(features, teacher_features, np.concatenate([lot.targets for lot in lots]).astype(np.float16))
