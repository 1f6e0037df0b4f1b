"""The recipe of the shipped pattern model: `python -m streamer.training.pattern --help`.

Pictures are made in code, go through the product's own front end, and train a small convolutional network; it is
measured on made pictures of another seed and, where given, on photographs.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from streamer.model_file import write_model_file
from streamer.training.pattern import evaluate
from streamer.training.pattern.card import pattern_spec
from streamer.training.pattern.dataset import FRONT_END, SHARES, Examples, draw
from streamer.training.pattern.scene import LABELS

N_TRAINING, N_HELD_OUT = 40_000, 6_000
N_EPOCHS = 8
SEED, HELD_OUT_SEED = 1, 2
# Scenes without a pattern are commoner than in training. Chosen on the made and the Debian pictures: 0 calls 8 % of
# the stamps and corners periodic, 1.5 calls 1.6 % so, and costs 1.6 % of the made pictures; 2.5 costs 4 %.
NONE_LOG_ODDS = 1.5
N_CALIBRATION = 500  # spectra that set the ranges of the int8 tensors


def main() -> None:
    """Run the recipe."""
    parser = argparse.ArgumentParser(prog="python -m streamer.training.pattern", description=__doc__)
    parser.add_argument("--photographs", type=Path, nargs="*", default=[], help="folders of LABEL/*.jpg, to measure on")
    parser.add_argument("--work", type=Path, required=True, help="folder for the spectra (350 MB) and the weights")
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of pictures; 1: all")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, required=True, help="the model file to write")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)

    n_held_out, n_training = (int(n * options.scale) for n in (N_HELD_OUT, N_TRAINING))
    equal = (1.0,) * len(LABELS)
    held_out = _drawn(options.work / "held_out.npz", HELD_OUT_SEED, n_held_out, options.processes, equal)
    training = _drawn(options.work / "training.npz", SEED, n_training, options.processes, SHARES)
    flatbuffer = _trained(options.work / "pattern.weights.h5", training)

    predict = evaluate.tflite_predictor(flatbuffer)
    measured: dict[str, float] = {}
    photographs = [(folder.name, evaluate.read_photographs(folder)) for folder in options.photographs]
    for name, examples in [("made", held_out), *photographs]:
        counts = evaluate.confusion(predict, examples)
        say(f"{name}:\n{evaluate.table(counts)}")
        measured |= evaluate.measure(counts, name)
    say(json.dumps(measured, indent=1))
    write_model_file(options.output, flatbuffer, pattern_spec(measured), LABELS)
    say(f"{options.output}: {options.output.stat().st_size} bytes")


def _drawn(path: Path, seed: int, n_pictures: int, n_processes: int, shares: tuple[float, ...]) -> Examples:
    """Make pictures, or read them where an earlier run has left them."""
    if not path.exists():
        draw(n_pictures, seed, n_processes, shares).save(path)
        say(f"{path}: {n_pictures} pictures")
    return Examples.load(path)


def _trained(path: Path, training: Examples) -> bytes:
    """Return the trained network as TFLite, reading its weights where an earlier run has left them."""
    from streamer.training.pattern import fit, network

    model = network.build(FRONT_END.n_radii, FRONT_END.n_angles, len(LABELS))
    if not path.exists():
        fit.train(model, training, N_EPOCHS, SEED)
        model.save_weights(path)
    model.load_weights(path)
    network.add_prior(model, LABELS.index("none"), NONE_LOG_ODDS)
    return network.to_tflite(model, training.features[:N_CALIBRATION].astype(np.float32))


def say(text: str) -> None:
    """Report progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
