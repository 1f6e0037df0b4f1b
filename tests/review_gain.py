"""What ten minutes of review bring: false events an hour before and after, on recordings of another origin.

``python -m tests.review_gain FOLDER`` with ``STREAMER_SHARED``: trains a model of four sounds on folds 1 and 2 of
ESC-10, lets it listen to folds 1 and 2 of forty other sounds of ESC-50, fold 3 of its own and half of the ambiences,
reviews its events by their true labels for ten minutes, goes on from the model, and counts the events of both models on
folds 3 and 4 of the forty, on fold 4 of its own and on the other half of the ambiences. Ten minutes of two cores.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from streamer.commands.review_queue import with_scores
from streamer.config import Config
from streamer.model.file import read_model_file
from streamer.sinks.clip_marks import ClipMarks
from streamer.training.sound.files import read_sound
from tests.support.paths import SHARED

LABELS = ("clock_tick", "crying_baby", "dog", "rooster")
ORIGIN = r"(\d+-\d+)-[A-Z]"  # fold and recording, as files of ESC-50 are named
RATE = 16_000
REVIEW_S, DECIDE_S = 600.0, 2.0  # a clip is heard to its end, then a key is pressed
FALSE_ALARMS = 60  # an hour: a model that is to miss little


def streamer(*arguments: object) -> str:
    """Run a command, and return what it prints."""
    command = [sys.executable, "-m", "streamer", *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def copied(folder: Path, files: list[Path]) -> Path:
    """Copy files into folders of their labels."""
    for path in files:
        (folder / path.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / path.parent.name)
    return folder


def linked(folder: Path, files: list[Path]) -> Path:
    """Link files into a folder, by names that say their label."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in files:
        (folder / f"{path.parent.name}-{path.name}").symlink_to(path)
    return folder


def of_folds(collection: str, folds: str, labels: tuple[str, ...] = ()) -> list[Path]:
    """Return the files of some folds."""
    data = SHARED / "data" / collection
    return sorted(path for path in data.glob(f"*/[{folds}]-*.ogg") if not labels or path.parent.name in labels)


def stream_of(files: list[Path], path: Path) -> list[tuple[float, Path]]:
    """Write recordings one after the other as one, and return where each begins."""
    parts, begins, n_samples = [], [], 0
    for each in files:
        begins.append((n_samples / RATE, each))
        parts.append(read_sound(each, RATE))
        n_samples += len(parts[-1])
    soundfile.write(path, np.clip(np.concatenate(parts), -1, 1), RATE, subtype="PCM_16")
    return begins


def origin_of(source: Path) -> str:
    """Return a name that `ORIGIN` tells apart: that of ESC-50, and for an ambience a made one."""
    return source.stem if re.match(ORIGIN, source.stem) else f"0-{zlib.crc32(source.stem.encode())}-A"


def reviewed(clips: Path, model: Path, begins: list[tuple[float, Path]]) -> dict[str, Any]:
    """Mark clips by what truly sounds at their places, the least sure first, as long as ten minutes last."""
    kept = ClipMarks(clips)
    spent_s, counts = 0.0, {"right": 0, "wrong": 0, "label": 0}
    n_all = len(kept.clips())
    origins: dict[Path, str] = {}
    for each in with_scores(kept.clips(), [read_model_file(model)], Config()):
        spent_s += soundfile.info(each.clip.path).duration + DECIDE_S
        if spent_s > REVIEW_S:
            break
        event = each.clip.listed.event
        assert event is not None
        middle_s = event.onset_s + ((event.offset_s or event.onset_s) - event.onset_s) / 2
        source = max((start_s, path) for start_s, path in begins if start_s <= middle_s)[1]
        truth = source.parent.name if source.parent.name in LABELS else "wrong"
        now = kept.mark_as(each.clip, "right" if truth == each.clip.label else truth)
        counts[now.listed.mark] += 1
        origins[now.path] = origin_of(source)
    for clip in kept.clips():
        if clip.path in origins:
            clip.path.rename(clip.path.with_name(f"{origins[clip.path]}_{clip.path.name}"))
        else:
            clip.path.unlink()  # nobody had the time for it
    return {"events": n_all, "reviewed": sum(counts.values()), **counts}


def false_events(model: Path, folder: Path) -> dict[str, Any]:
    """Count the events of a model on recordings of none of its labels."""
    found = json.loads(streamer("evaluate", model, "--unknown", folder, "--json"))["models"][0]["unknown"]
    return {
        key: found[key]
        for key in ("exposed_hours", "false_events", "false_events_per_hour", "false_events_per_hour_95")
    }


def own_events(model: Path, data: Path) -> dict[str, Any]:
    """Count the files of the model's own labels in which an event of their own begins."""
    lines = [json.loads(line) for line in streamer("classify", data, "-m", model, "--json").splitlines()]
    found = [line["label"] == Path(line["path"]).parent.name for line in lines if line["type"] == "file"]
    return {"files": len(found), "found": sum(found)}


def main(folder: Path) -> None:
    """Carry it out and print one JSON object."""
    data, clips = copied(folder / "data", of_folds("esc10", "12", LABELS)), folder / "clips"
    ambiences = sorted((SHARED / "data" / "ambience").glob("*.ogg"))
    groups = ("--groups", ORIGIN, "--false-alarms", FALSE_ALARMS, "--folds", 3)
    streamer("train", "sound", data, "-o", folder / "before.tflite", *groups)
    listened = of_folds("esc50", "12") + of_folds("esc10", "3", LABELS) + ambiences[::2]
    begins = stream_of(listened, folder / "stream.wav")
    streamer("run", folder / "stream.wav", "--fast", "--log", "-m", folder / "before.tflite", "--clips", clips)
    report = {"listened_hours": soundfile.info(folder / "stream.wav").duration / 3600}
    report |= {"review": reviewed(clips, folder / "before.tflite", begins)}
    for path in clips.glob("*/*.flac"):
        (data / path.parent.name).mkdir(exist_ok=True)
        path.rename(data / path.parent.name / path.name)
    shown = streamer(
        "train", "sound", data, "-o", folder / "after.tflite", *groups, "--from", folder / "before.tflite", "--json"
    )
    report["compared"] = json.loads(shown)["compared"]
    others = linked(folder / "others", of_folds("esc50", "34"))
    ambient = linked(folder / "ambience", ambiences[1::2])
    own = copied(folder / "own", of_folds("esc10", "4", LABELS))
    for name in ("before", "after"):
        model = folder / f"{name}.tflite"
        report[name] = {
            "others": false_events(model, others),
            "ambience": false_events(model, ambient),
            "own": own_events(model, own),
        }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
