"""Training windows: augmented cuts and mixtures with their targets, drawn once and shared by all runs."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamer.features.logmel import LogMelSettings, log_mel
from streamer.messages import Float32
from streamer.training.ambient.corpus import CLASSES, LABELS, SAMPLE_RATE, Recording, active_frames
from streamer.training.ambient.yamnet_features import yamnet_features
from streamer.training.sound import augment, synthesis
from streamer.training.sound.augment import Rng

FRONT_END = LogMelSettings(
    sample_rate=SAMPLE_RATE, n_fft=512, frame_length=400, hop_length=160, n_mels=64, fmin_hz=125.0, fmax_hz=7500.0
)
N_FRAMES = 128
WINDOW = (N_FRAMES - 1) * 160 + 400  # samples: 1.295 s
UNKNOWN = np.float16(np.nan)  # a target that only the teacher can fill in
CHUNK = 250  # windows drawn by one seed
SPEECH, BACKGROUND = LABELS.index("speech"), LABELS.index("background")


@dataclass(frozen=True, slots=True)
class Pool:
    """Windows with targets; all arrays have the same first axis."""

    features: NDArray[np.float16]  # shape (n, N_FRAMES, n_mels), the student's front end
    teacher_features: NDArray[np.float16]  # shape (n, N_FRAMES, 64), YAMNet's front end
    targets: NDArray[np.float16]  # shape (n, n_labels): 0 … 1, NaN where unknown

    def __len__(self) -> int:
        return len(self.targets)


class Drawer:
    """Draws windows from one set of recordings that may be mixed with each other.

    Parameters
    ----------
    primary : list of Recording
        What the windows are of; those with a class label make a class's windows.
    others : list of Recording
        Unlabelled sounds mixed underneath.
    """

    def __init__(self, primary: list[Recording], others: list[Recording]) -> None:
        self._by_label = {
            label: [recording for recording in primary if recording.label == label] for label in (*LABELS, "")
        }
        self._others = [recording for recording in others if recording.label == ""]
        self._speech = [recording for recording in [*primary, *others] if recording.label == "speech"]
        self._active = {id(r): active_frames(r.samples) for r in [*primary, *others]}

    def labelled(self, rng: Rng) -> tuple[Float32, Float32]:
        """Draw a window of one class or of speech, often with another sound underneath."""
        target = np.zeros(len(LABELS), np.float32)
        label = LABELS[rng.integers(len(CLASSES) + 1)]
        if label == "background" or not self._by_label[label]:
            label = "speech" if self._by_label["speech"] else CLASSES[0]
        sound = self._cut(self._by_label[label], rng)
        target[LABELS.index(label)] = 1.0
        choice = rng.random()
        if choice < 0.35 and self._others:  # any other sound, clearly below
            sound = augment.mix(sound, self._cut(self._others, rng), rng.uniform(3.0, 30.0))
        elif choice < 0.50:  # a second class: both are there
            second = CLASSES[rng.integers(len(CLASSES))]
            if second != label and self._by_label[second]:
                ratio_db = rng.uniform(-6.0, 12.0)
                sound = augment.mix(sound, self._cut(self._by_label[second], rng), ratio_db)
                target[LABELS.index(second)] = np.interp(ratio_db, [0.0, 12.0], [1.0, 0.3])
                target[LABELS.index(label)] = np.interp(ratio_db, [-6.0, 0.0], [0.6, 1.0])
        elif choice < 0.55 and self._speech and label != "speech":
            ratio_db = rng.uniform(-3.0, 12.0)
            sound = augment.mix(sound, self._cut(self._speech, rng), ratio_db)
            target[SPEECH] = np.interp(ratio_db, [0.0, 12.0], [1.0, 0.3])
        elif choice < 0.70:
            noise = augment.coloured_noise(WINDOW, rng.uniform(0.0, 6.0), rng)
            sound = augment.mix(sound, noise, rng.uniform(6.0, 40.0))
        return self._set_level(sound, rng), target

    def unlabelled(self, rng: Rng) -> tuple[Float32, Float32]:
        """Draw a window of found or made sounds, mixed freely; the teacher says what it is."""
        target = np.full(len(LABELS), np.nan, np.float32)
        choice = rng.random()
        if choice < 0.12:
            sound = augment.transmit(synthesis.random_sound(WINDOW, SAMPLE_RATE, rng), SAMPLE_RATE, rng)
        elif choice < 0.30:
            sound = self._cut(self._speech, rng)
            target[SPEECH] = 1.0
        elif choice < 0.34:  # near-silence
            noise = augment.coloured_noise(WINDOW, rng.uniform(-3.0, 9.0), rng)
            target[:] = 0.0
            target[BACKGROUND] = 1.0
            return noise * np.float32(10.0 ** (rng.uniform(-120.0, -66.0) / 20.0)), target
        else:
            sound = self._cut(self._others, rng)
        while rng.random() < 0.45:
            if rng.random() < 0.2:
                second = synthesis.random_sound(WINDOW, SAMPLE_RATE, rng)
            else:
                second = self._cut(self._others, rng)
            ratio_db = rng.uniform(-5.0, 20.0)
            sound = augment.mix(sound, second, ratio_db)
            if ratio_db < 3.0:
                target[SPEECH] = np.nan
        return self._set_level(sound, rng), target

    def plain(self, rng: Rng) -> tuple[Float32, Float32]:
        """Draw a window of one found sound alone; the teacher says what it is, background most often."""
        return self._set_level(self._cut(self._others, rng), rng), np.full(len(LABELS), np.nan, np.float32)

    def word(self, rng: Rng) -> tuple[Float32, Float32]:
        """Draw a window with a short piece of speech in silence, often of telephone bandwidth."""
        recording = self._speech[rng.integers(len(self._speech))]
        n_samples = int(rng.uniform(0.2, 0.8) * SAMPLE_RATE)
        sound = augment.cut(recording.samples, self._active[id(recording)], n_samples, rng)
        if rng.random() < 0.6:
            sound = augment.band_limit(sound, SAMPLE_RATE, 4000.0)
        if rng.random() < 0.4:
            sound = augment.transmit(sound, SAMPLE_RATE, rng, room_share=0.1)
        place = 0 if rng.random() < 0.5 else int(rng.integers(WINDOW - n_samples))
        window = np.zeros(WINDOW, np.float32)
        window[place : place + n_samples] = sound
        target = np.zeros(len(LABELS), np.float32)
        target[SPEECH] = 1.0
        return self._set_level(window, rng), target

    def pause(self, rng: Rng) -> tuple[Float32, Float32] | None:
        """Draw a part of a class recording in which next to nothing sounds, or None where there is none."""
        recordings = self._by_label[CLASSES[rng.integers(len(CLASSES))]]
        recording = recordings[rng.integers(len(recordings))]
        start = int(rng.integers(recording.samples.size - WINDOW))
        sound = recording.samples[start : start + WINDOW]
        if augment.loudness(sound) > 10 ** (-45 / 20) * augment.loudness(recording.samples):
            return None
        target = np.zeros(len(LABELS), np.float32)
        target[BACKGROUND] = 1.0
        return (sound * 10 ** (rng.uniform(-20.0, 0.0) / 20)).astype(np.float32), target

    def _cut(self, recordings: list[Recording], rng: Rng) -> Float32:
        recording = recordings[rng.integers(len(recordings))]
        factor = float(np.exp(rng.normal(0.0, 0.06)))
        n_samples = int(WINDOW * factor) + 2
        sound = augment.cut(recording.samples, self._active[id(recording)], n_samples, rng)
        sound = augment.change_speed(sound, factor, WINDOW)
        return augment.transmit(sound, SAMPLE_RATE, rng) if rng.random() < 0.8 else sound

    @staticmethod
    def _set_level(sound: Float32, rng: Rng) -> Float32:
        """Bring the sound to a level between −50 and −8 dBFS while it sounds, over a faint noise floor."""
        level = 10.0 ** (rng.uniform(-50.0, -8.0) / 20.0)
        sound = sound * np.float32(level / (augment.loudness(sound) + 1e-9))
        if rng.random() < 0.7:
            floor = 10.0 ** (rng.uniform(-95.0, -62.0) / 20.0)
            sound = sound + augment.coloured_noise(sound.size, rng.uniform(0.0, 4.0), rng) * np.float32(floor)
        return np.clip(sound, -1.0, 1.0).astype(np.float32)


_drawer: Drawer | None = None  # the forked workers' view of the recordings: no copy is made


def _draw_chunk(task: tuple[str, int]) -> tuple[NDArray[np.float16], NDArray[np.float16], NDArray[np.float16]]:
    kind, seed = task
    assert _drawer is not None
    rng = np.random.default_rng(seed)
    features: list[NDArray[np.float16]] = []
    teacher_features: list[NDArray[np.float16]] = []
    targets: list[NDArray[np.float16]] = []
    while len(targets) < CHUNK:
        drawn: tuple[Float32, Float32] = getattr(_drawer, kind)(rng)
        if kind == "labelled" and rng.random() < 0.06:
            drawn = _drawer.pause(rng) or drawn
        features.append(log_mel(drawn[0], FRONT_END).astype(np.float16))
        teacher_features.append(yamnet_features(drawn[0]).astype(np.float16))
        targets.append(drawn[1].astype(np.float16))
    return np.stack(features), np.stack(teacher_features), np.stack(targets)


def draw_pool(drawer: Drawer, kind: str, n_windows: int, seed: int, n_processes: int) -> Pool:
    """Draw a pool, the same for any number of processes; call before tensorflow is imported (it forks)."""
    global _drawer
    _drawer = drawer
    tasks = [(kind, seed * 1_000_000 + chunk) for chunk in range(-(-n_windows // CHUNK))]
    with multiprocessing.get_context("fork").Pool(n_processes) as processes:
        chunks = processes.map(_draw_chunk, tasks, chunksize=1)
    _drawer = None
    return Pool(*(np.concatenate(parts) for parts in zip(*chunks, strict=True)))
