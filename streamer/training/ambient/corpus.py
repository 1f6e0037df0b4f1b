"""The recordings that the shipped sound model learns from: what is in them, and which share may be used when."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from streamer.errors import UserError
from streamer.messages import Float32

SAMPLE_RATE = 16000
CLASSES = (
    "chainsaw",
    "clock_tick",
    "crackling_fire",
    "crying_baby",
    "dog",
    "helicopter",
    "rain",
    "rooster",
    "sea_waves",
    "sneezing",
)
LABELS = (*CLASSES, "speech", "background")
N_FOLDS = 4
HELD_OUT_SHARE = 8  # one found sound in so many is never trained on: false events are counted on it
LONGEST_S = 45.0  # of one found sound; music would crowd out the rest
SUFFIXES = {".wav", ".ogg", ".oga", ".flac", ".mp3"}
SPEAKER_FOLDS = {"george": 1, "jackson": 2, "lucas": 3, "nicolas": 4}  # theo is heard in every fold
SPOKEN = re.compile(r"asterisk/sounds|asterisk-prompt|klettres|_desc|/alsa/|/voices?/|espeak|flite", re.I)


@dataclass(frozen=True, slots=True)
class Recording:
    """One sound with what is known of it."""

    path: Path
    label: str  # one of LABELS; "" where only the teacher can say
    fold: int  # 1 … 4: left out of the run that tests this fold; 0: no fold
    samples: Float32  # shape (n_samples,), at SAMPLE_RATE, range −1…1


def load_labelled(data: Path) -> list[Recording]:
    """Read ESC-10 (``esc10/LABEL/FOLD-*.ogg``) and the spoken digits (``speech/DIGIT_SPEAKER_N.wav``).

    Raises
    ------
    UserError
        If the folder holds no such recordings.
    """
    recordings = [
        Recording(path, label, int(path.name[0]), read_sound(path))
        for label in CLASSES
        for path in sorted((data / "esc10" / label).glob("[1-4]-*.ogg"))
    ]
    recordings += [
        Recording(path, "speech", SPEAKER_FOLDS.get(path.stem.split("_")[1], 0), read_sound(path))
        for path in sorted((data / "speech").glob("*_*_*.wav"))
    ]
    if len({recording.label for recording in recordings}) < len(LABELS) - 1:
        raise UserError(f"data={data} must hold esc10/LABEL and speech; see models/ambient.md for the layout")
    return recordings


def load_found(folders: list[Path]) -> tuple[list[Recording], list[Recording]]:
    """Read every sound below some folders: (to train on, held out).

    Sounds that differ only in a number at the end of their name share a side. Speech is known by its place;
    of all else only the teacher can tell what it is.
    """
    train: list[Recording] = []
    held_out: list[Recording] = []
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in SUFFIXES):
        samples = read_sound(path, LONGEST_S)
        if samples.size < SAMPLE_RATE // 20 or np.abs(samples).max() < 1e-3:
            continue
        label = "speech" if SPOKEN.search(str(path)) else ""
        family = f"{path.parent.name}/{re.sub(r'[0-9_. -]+$', '', path.stem)}"
        side = held_out if zlib.crc32(family.encode()) % HELD_OUT_SHARE == 0 else train
        side.append(Recording(path, label, 0, samples))
    return train, held_out


def read_sound(path: Path, longest_s: float = np.inf) -> Float32:
    """Return the mean of a file's channels at SAMPLE_RATE, shape (n_samples,); empty where unreadable."""
    import soundfile
    import soxr

    try:
        with soundfile.SoundFile(path) as file:
            n_samples = int(min(file.frames, longest_s * file.samplerate))
            samples = file.read(n_samples, dtype="float32", always_2d=True).mean(axis=1)
            rate = file.samplerate
    except soundfile.LibsndfileError:
        return np.zeros(0, np.float32)
    resampled: Float32 = soxr.resample(samples, rate, SAMPLE_RATE, quality="HQ").astype(np.float32)
    return resampled


def active_frames(samples: Float32, frame: int = 320, range_db: float = 25.0) -> np.ndarray:
    """Return the first sample of every frame whose level lies within ``range_db`` of the loudest one."""
    n_frames = max(1, samples.size // frame)
    padded = np.zeros(n_frames * frame, np.float32)
    padded[: samples.size] = samples[: padded.size]
    power = np.mean(np.square(padded.reshape(n_frames, frame)), axis=1)
    return np.flatnonzero(power >= power.max() * 10 ** (-range_db / 10)) * frame
