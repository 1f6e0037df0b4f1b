"""The recordings that the shipped sound model is trained on: their labels and folds, and what is held out."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from streamer.errors import UserError
from streamer.tasks import SOUND_SUFFIXES
from streamer.training.sound.files import read_sound
from streamer.training.sound.network import FRONT_END

SAMPLE_RATE = FRONT_END.sample_rate
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
HELD_OUT_SHARE = 8  # one found sound in eight is never trained on: false events are counted on it
SPEAKER_FOLDS = {"george": 1, "jackson": 2, "lucas": 3, "nicolas": 4}  # theo is in every fold
SPOKEN = re.compile(r"asterisk/sounds|asterisk-prompt|klettres|_desc|/alsa/|/voices?/|espeak|flite", re.I)


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """One sound file with its label and fold."""

    path: Path
    label: str  # one of LABELS; "" where only the teacher can label it
    fold: int = 0  # 1 … 4: left out of the run that tests this fold; 0: no fold


def load_labelled(data: Path) -> list[CorpusFile]:
    """Find ESC-10 (``esc10/LABEL/FOLD-*.ogg``) and the spoken digits (``speech/DIGIT_SPEAKER_N.wav``).

    Raises
    ------
    UserError
        If the folder holds no such recordings.
    """
    recordings = [
        CorpusFile(path, label, int(path.name[0]))
        for label in CLASSES
        for path in sorted((data / "esc10" / label).glob("[1-4]-*.ogg"))
    ]
    recordings += [
        CorpusFile(path, "speech", SPEAKER_FOLDS.get(path.stem.split("_")[1], 0))
        for path in sorted((data / "speech").glob("*_*_*.wav"))
    ]
    if len({file.label for file in recordings}) < len(LABELS) - 1:
        raise UserError(f"data={data} must hold esc10/LABEL and speech; see models/ambient.md for the layout")
    return recordings


def load_found(folders: list[Path]) -> tuple[list[CorpusFile], list[CorpusFile]]:
    """Find every sound file below some folders: (to train on, held out); silent and unreadable ones are left out.

    Sounds whose names differ only in a number at their end are on one side. Speech is recognised by its path;
    everything else only the teacher can label.
    """
    train: list[CorpusFile] = []
    held_out: list[CorpusFile] = []
    for path in sorted(
        path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in SOUND_SUFFIXES
    ):
        if not _is_usable(path):
            continue
        label = "speech" if SPOKEN.search(str(path)) else ""
        family = f"{path.parent.name}/{re.sub(r'[0-9_. -]+$', '', path.stem)}"
        side = held_out if zlib.crc32(family.encode()) % HELD_OUT_SHARE == 0 else train
        side.append(CorpusFile(path, label))
    return train, held_out


def _is_usable(path: Path) -> bool:
    """Return whether a file can be read, lasts 0.05 s or more and is not silent."""
    try:
        samples = read_sound(path, SAMPLE_RATE)
    except UserError:
        return False
    return samples.size >= SAMPLE_RATE // 20 and float(np.abs(samples).max()) >= 1e-3
