"""The recipe of the shipped motion model: `python -m models.recipes.motion.recipe --help`.

Synthetic videos pass through the live front end, and a small network is trained to label them.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

import numpy as np

from models.recipes.motion.card import evaluate_single, figures, motion_spec
from streamer.arrays import Float32, Rng
from streamer.evaluation.tables import markdown_table
from streamer.model.file import write_model_file
from streamer.model.file_label import file_label
from streamer.offline.check import with_check
from streamer.tasks import VIDEO_SUFFIXES
from streamer.training.card import replace_measured
from streamer.training.conversion import Predict, predictor, to_tflite
from streamer.training.fit import Schedule, fit
from streamer.training.images import live_windows
from streamer.training.motion import network
from streamer.training.motion.augment import mirrored
from streamer.training.motion.network import LEVEL_SCALE
from streamer.training.motion.sampling import LABELS, SETTINGS, synthetic_windows
from streamer.training.progress import Progress
from streamer.training.tensorflow import load_tensorflow
from streamer.training.windows import SYNTHETIC, TrainingWindows, WindowWriter

HELD_OUT_SEED = 10_000_000  # seeds of windows to train on begin at 0 and never reach it
N_TRAINING, N_TEST = 2400, 400  # windows of each label
SCHEDULE = Schedule(13, 2e-3, warm_up=0.03, average_epochs=2.0)  # 3000 batches of 64


def main() -> None:
    """Run the recipe."""
    parser = argparse.ArgumentParser(prog="python -m models.recipes.motion.recipe", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True, help="the model file; 4 GB of room beside it")
    parser.add_argument("--card", type=Path, help="a card such as models/motion.md, whose figures are replaced")
    parser.add_argument("--videos", type=Path, help="folder of real videos, which are only labelled")
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers of windows; 1: all")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    load_tensorflow()
    with tempfile.TemporaryDirectory(dir=options.output.parent, prefix=f".{options.output.name}-") as work:
        make(options, Path(work), Progress())


def make(options: argparse.Namespace, work: Path, progress: Progress) -> None:
    """Synthesise videos, train on them, measure on others, and write the model file."""
    training, held_out = (
        _sampled(work / str(first_seed), max(2, round(n * options.scale)), first_seed, options.processes, progress)
        for n, first_seed in ((N_TRAINING, 0), (N_TEST, HELD_OUT_SEED))
    )
    flatbuffer = _trained(training, progress)
    predict = predictor(flatbuffer, len(LABELS))
    scores = predict(held_out.features)
    measured = figures(scores, held_out.targets, LABELS)
    counts = evaluate_single(scores, held_out.targets, LABELS).counts
    table = markdown_table(counts, LABELS, "found", "windows")
    progress.say(f"{table}\n{json.dumps(measured, indent=1)}")
    if options.videos:
        progress.say(json.dumps(_labelled(predict, options.videos), indent=1))
    spec = with_check(motion_spec(measured), LABELS, flatbuffer)
    write_model_file(options.output, flatbuffer, spec, LABELS)
    n_bytes = options.output.stat().st_size
    if options.card:
        replace_measured(options.card, _summary(table, measured, n_bytes))
    progress.say(f"{options.output}: {n_bytes} bytes")


def _sampled(folder: Path, n_each: int, first_seed: int, n_processes: int, progress: Progress) -> TrainingWindows:
    writer = WindowWriter(folder, (SETTINGS.n_cells, SETTINGS.row_width), len(LABELS))
    jobs = [(label, first_seed + i) for i in range(n_each) for label in LABELS]
    with progress.stage(f"synthesising {len(jobs)} videos") as report:
        for i, (rows, truth) in enumerate(synthetic_windows(jobs, SETTINGS, n_processes)):
            writer.append(rows / np.float16(LEVEL_SCALE), truth, SYNTHETIC)
            report((i + 1) / len(jobs))
    return writer.finish()


def _trained(windows: TrainingWindows, progress: Progress) -> bytes:
    model = network.build(SETTINGS, len(LABELS))

    def augment(rows: Float32, rng: Rng) -> Float32:
        return mirrored(rows, SETTINGS, rng)

    with progress.stage("training") as report:
        fit(model, [windows], [], SCHEDULE, augment=augment, report=report)
    return to_tflite(model, precision="float16")


def _labelled(predict: Predict, folder: Path) -> dict[str, str]:
    """Return the label of every video of a folder that is long enough for a window, by file name."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in VIDEO_SUFFIXES)
    windows = {path.name: list(live_windows(path, motion_spec({}))) for path in paths}
    return {name: file_label(predict(np.stack(cut)), LABELS)[0] for name, cut in windows.items() if cut}


def _summary(table: str, measured: dict[str, float], n_bytes: int) -> str:
    """Return the measured part of the card, in Markdown."""
    both = (
        f" Of those with two, both score above ½ in {100 * measured['both_seen']:.1f} %."
        if "both_seen" in measured
        else ""
    )
    return (
        f"{table}\n\n"
        f"Of the windows with one movement {100 * measured['right']:.1f} % are right.{both}\n"
        f"A rhythm that is absent scores above ½ in {100 * measured['false_alarm']:.1f} % of all"
        f" {measured['windows']} windows. The file has {n_bytes:,} bytes."
    )


if __name__ == "__main__":
    main()
