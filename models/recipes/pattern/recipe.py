"""The recipe of the shipped pattern model: `python -m models.recipes.pattern.recipe --help`.

Synthetic pictures pass through the live front end, and a small convolutional network is trained to label them; it is
measured on synthetic pictures of another seed and, where given, on photographs.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from models.recipes.pattern.card import figures, pattern_spec
from streamer.dataset.examples import find_examples
from streamer.errors import UserError
from streamer.evaluation.metrics import evaluate_scores
from streamer.evaluation.tables import markdown_table
from streamer.model.file import read_model_file, write_model_file
from streamer.offline.check import with_check
from streamer.training.conversion import Predict, predictor, to_tflite
from streamer.training.fit import Schedule, fit
from streamer.training.pattern import network
from streamer.training.pattern.augment import turned
from streamer.training.pattern.sampling import FRONT_END, PictureMaker, synthetic_spectra
from streamer.training.pattern.scene import LABELS, make_picture, make_plain_picture
from streamer.training.pattern.task import PatternTask
from streamer.training.progress import Progress
from streamer.training.tensorflow import load_tensorflow
from streamer.training.windows import SYNTHETIC, TrainingWindows, WindowWriter

N_TRAINING, N_PLAIN, N_HELD_OUT, N_PLAIN_HELD_OUT = 40_000, 8_000, 6_000, 1_800
SEEDS = {"training": 1, "held_out": 2, "plain": 3, "plain_held_out": 4}
SHARES = (0.35, 0.15, 0.15, 0.1, 0.1, 0.15)  # of LABELS; most images of a camera are `none`
# As a camera takes pictures; then with plain ones among them. The average's time constant is 100 batches.
FIRST = Schedule(8, 3e-3, batch=256, label_smoothing=0.05, weight_decay=1e-3, average_epochs=0.64)
THEN = Schedule(4, 1.5e-3, batch=256, label_smoothing=0.05, weight_decay=1e-3, average_epochs=0.53)
# Scenes without a pattern are commoner than in training. Chosen on the synthetic and the Debian pictures: 0 calls 8 %
# of the stamps and corners periodic, 1.5 calls 1.6 % so, and costs 1.6 % of the synthetic pictures; 2.5 costs 4 %.
NONE_LOG_ODDS = 1.5
N_CALIBRATION = 500  # spectra that set the ranges of the int8 tensors


def main() -> None:
    """Run the recipe."""
    parser = argparse.ArgumentParser(prog="python -m models.recipes.pattern.recipe", description=__doc__)
    parser.add_argument("--photographs", type=Path, nargs="*", default=[], help="folders of LABEL/*.jpg, to measure on")
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of pictures; 1: all")
    parser.add_argument("--begin-with", type=Path, help="a model file of this recipe whose weights are trained on")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("-o", "--output", type=Path, required=True, help="the model file; 250 MB of room beside it")
    options = parser.parse_args()
    load_tensorflow()
    with tempfile.TemporaryDirectory(dir=options.output.parent, prefix=f".{options.output.name}-") as work:
        make(options, Path(work), Progress())


def make(options: argparse.Namespace, work: Path, progress: Progress) -> None:
    """Synthesise pictures, train on them, measure on others, and write the model file."""
    sampled = functools.partial(_sampled, work=work, options=options, progress=progress)
    training = sampled("training", N_TRAINING, SHARES, make_picture)
    plain = sampled("plain", N_PLAIN, SHARES, make_plain_picture)
    equal = (1.0,) * len(LABELS)
    tests = {
        "made": sampled("held_out", N_HELD_OUT, equal, make_picture),
        "plain": sampled("plain_held_out", N_PLAIN_HELD_OUT, equal, make_plain_picture),
        **{folder.name: _photographs(folder, work / f"photographs{i}") for i, folder in enumerate(options.photographs)},
    }
    flatbuffer = _trained([training, plain], options.begin_with, progress)
    predict = predictor(flatbuffer, len(LABELS))
    measured: dict[str, float] = {}
    for name, windows in tests.items():
        measured |= _measured(predict, windows, name, progress)
    progress.say(json.dumps(measured, indent=1))
    spec = with_check(pattern_spec(measured), LABELS, flatbuffer)
    write_model_file(options.output, flatbuffer, spec, LABELS)
    progress.say(f"{options.output}: {options.output.stat().st_size} bytes")


def _sampled(
    name: str,
    n_pictures: int,
    shares: tuple[float, ...],
    make_one: PictureMaker,
    work: Path,
    options: argparse.Namespace,
    progress: Progress,
) -> TrainingWindows:
    writer = WindowWriter(work / name, (FRONT_END.n_radii, FRONT_END.n_angles), len(LABELS))
    n = max(2, round(n_pictures * options.scale))
    targets = dict(zip(LABELS, np.eye(len(LABELS), dtype=np.float32), strict=True))
    with progress.stage(f"synthesising {n} pictures ({name})") as report:
        spectra = synthetic_spectra(n, SEEDS[name], dict(zip(LABELS, shares, strict=True)), make_one, options.processes)
        for i, (spectrum, label) in enumerate(spectra):
            writer.append(spectrum, targets[label], SYNTHETIC)
            report((i + 1) / n)
    return writer.finish()


def _photographs(folder: Path, work: Path) -> TrainingWindows:
    """Return the windows of the pictures in ``folder/LABEL/``, cut as live."""
    dataset = find_examples(folder, "pattern", n_labels=1)
    if unknown := set(dataset.labels) - set(LABELS):
        raise UserError(f"photographs={folder} must hold folders named {', '.join(LABELS)}; rename {min(unknown)}")
    return PatternTask(LABELS).cut(dataset, work, lambda _: None)


def _trained(parts: list[TrainingWindows], begin_with: Path | None, progress: Progress) -> bytes:
    if begin_with is None:
        model: Any = network.build(FRONT_END.n_radii, FRONT_END.n_angles, len(LABELS))
    else:
        flatbuffer = read_model_file(begin_with).flatbuffer
        model = network.rebuilt(flatbuffer, FRONT_END.n_radii, FRONT_END.n_angles)
        network.add_prior(model, LABELS.index("none"), -NONE_LOG_ODDS)
    for n_parts, schedule in ((1, FIRST), (2, THEN)):
        with progress.stage(f"training on {sum(map(len, parts[:n_parts]))} pictures") as report:
            fit(
                model,
                parts[:n_parts],
                [],
                schedule,
                activation="softmax",
                augment=turned,
                seed=SEEDS["training"],
                report=report,
            )
    network.add_prior(model, LABELS.index("none"), NONE_LOG_ODDS)
    n_each = [max(1, N_CALIBRATION * len(part) // sum(map(len, parts))) for part in parts]
    calibration = [part.features[: n_each[i]] for i, part in enumerate(parts)]
    return to_tflite(model, np.concatenate(calibration), "int8", "softmax")


def _measured(predict: Predict, windows: TrainingWindows, name: str, progress: Progress) -> dict[str, float]:
    evaluation = evaluate_scores(LABELS, windows.targets.argmax(axis=1), predict(windows.features))
    progress.say(f"{name}:\n{markdown_table(evaluation.counts, LABELS, 'found')}")
    return figures(evaluation, name)


if __name__ == "__main__":
    main()
