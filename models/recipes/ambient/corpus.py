"""The recordings that the shipped sound model is trained on: their labels and folds, and what is held out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from streamer.errors import UserError
from streamer.evaluation.label_map import read_label_map
from streamer.tasks import SOUND_SUFFIXES
from streamer.training.sound.files import read_sound
from streamer.training.sound.network import FRONT_END

SAMPLE_RATE = FRONT_END.sample_rate
LABEL_MAP = "yamnet-esc50"  # which of YAMNet's labels stand for which of ours
MADE = ("speech", "music", "smoke_alarm")  # labels of no fold: found sounds, and alarms made in code
UNMAPPED = ("can_opening", "drinking_sipping", "washing_machine")  # of which YAMNet has no label
CLASSES = tuple(sorted({*read_label_map(LABEL_MAP).names, *UNMAPPED} - set(MADE)))  # the fifty of ESC-50
OLD_CLASSES = (
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
)  # those of ESC-10
LABELS = (*CLASSES, *MADE, "background")
N_FOLDS = 4
# Never trained on: packages whose sounds share no origin with those of the others.
HELD_OUT = (
    "0ad-data",
    "boswars-data",
    "fillets-ng-data",
    "linphone-common",
    "minetest-data",
    "searchandrescue-data",
    "torcs-data",
    "warmux-data",
)
SPEAKER_FOLDS = {"george": 1, "jackson": 2, "lucas": 3, "nicolas": 4}  # theo is in every fold
SPOKEN = re.compile(r"asterisk/sounds|asterisk-prompt|klettres|_desc|/alsa/|/voices?/|espeak|flite|pocketsphinx", re.I)
MUSICAL = re.compile(r"/music[^/]*/|/musics/|music\.ocg|asterisk/moh|-music/", re.I)
NOT_MUSICAL = re.compile(r"/stamps/", re.I)  # single instruments and their names


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """One sound file with its label and fold."""

    path: Path
    label: str  # one of LABELS; "" where only the teacher can label it
    fold: int = 0  # 1 … 4: left out of the run that tests this fold; 0: no fold


def load_labelled(data: Path) -> list[CorpusFile]:
    """Find ESC-10, the rest of ESC-50 (``esc*/LABEL/FOLD-*.ogg``) and the spoken digits (``speech/*.wav``).

    Raises
    ------
    UserError
        If the folder holds no such recordings.
    """
    recordings = [
        CorpusFile(path, label, int(path.name[0]))
        for label in CLASSES
        for path in sorted(data.glob(f"esc*/{label}/[1-{N_FOLDS}]-*.ogg"))
    ]
    recordings += [
        CorpusFile(path, "speech", SPEAKER_FOLDS.get(path.stem.split("_")[1], 0))
        for path in sorted((data / "speech").glob("*_*_*.wav"))
    ]
    missing = {*CLASSES, "speech"} - {file.label for file in recordings}
    if missing:
        raise UserError(
            f"data={data} must hold esc10/LABEL, esc50/LABEL and speech; {', '.join(sorted(missing))} is not there:"
            " see models/ambient.md for the layout"
        )
    return recordings


def load_found(folders: Iterable[Path]) -> tuple[list[CorpusFile], list[CorpusFile]]:
    """Find every sound file below some folders: (to train on, held out); silent and unreadable ones are left out.

    Whole packages are held out. Speech and music are recognised by their paths; everything else only the teacher can
    label.
    """
    train: list[CorpusFile] = []
    held_out: list[CorpusFile] = []
    for path in sorted(
        path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in SOUND_SUFFIXES
    ):
        if not _is_usable(path):
            continue
        side = held_out if any(name in path.parts for name in HELD_OUT) else train
        side.append(CorpusFile(path, _found_label(path)))
    return train, held_out


def _found_label(path: Path) -> str:
    if SPOKEN.search(str(path)):
        return "speech"
    return "music" if MUSICAL.search(str(path)) and not NOT_MUSICAL.search(str(path)) else ""


def _is_usable(path: Path) -> bool:
    """Return whether a file can be read, lasts 0.05 s or more and is not silent."""
    try:
        samples = read_sound(path, SAMPLE_RATE, longest_s=20.0)
    except UserError:
        return False
    return samples.size >= SAMPLE_RATE // 20 and float(np.abs(samples).max()) >= 1e-3
