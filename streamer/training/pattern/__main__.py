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
from streamer.training.pattern.dataset import FRONT_END, SHARES, Examples, Maker, draw
from streamer.training.pattern.scene import LABELS, make_picture, make_plain_picture

N_TRAINING, N_PLAIN, N_HELD_OUT, N_PLAIN_HELD_OUT = 40_000, 8_000, 6_000, 1_800
SEEDS = {"training": 1, "held_out": 2, "plain": 3, "plain_held_out": 4}
FIRST = (8, 3e-3)  # epochs and peak learning rate, on pictures as a camera takes them
THEN = (4, 1.5e-3)  # and on those with plain ones among them
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

    equal = (1.0,) * len(LABELS)
    training = _drawn("training", N_TRAINING, SHARES, make_picture, options)
    plain = _drawn("plain", N_PLAIN, SHARES, make_plain_picture, options)
    held_out = _drawn("held_out", N_HELD_OUT, equal, make_picture, options)
    plain_held_out = _drawn("plain_held_out", N_PLAIN_HELD_OUT, equal, make_plain_picture, options)
    flatbuffer = _trained(options.work, training, plain)

    predict = evaluate.tflite_predictor(flatbuffer)
    measured: dict[str, float] = {}
    photographs = [(folder.name, evaluate.read_photographs(folder)) for folder in options.photographs]
    for name, examples in [("made", held_out), ("plain", plain_held_out), *photographs]:
        counts = evaluate.confusion(predict, examples)
        say(f"{name}:\n{evaluate.table(counts)}")
        measured |= evaluate.measure(counts, name)
    say(json.dumps(measured, indent=1))
    write_model_file(options.output, flatbuffer, pattern_spec(measured), LABELS)
    say(f"{options.output}: {options.output.stat().st_size} bytes")


def _drawn(name: str, n_pictures: int, shares: tuple[float, ...], make: Maker, options: argparse.Namespace) -> Examples:
    """Make pictures, or read them where an earlier run has left them."""
    path: Path = options.work / f"{name}.npz"
    if not path.exists():
        draw(int(n_pictures * options.scale), SEEDS[name], options.processes, shares, make).save(path)
        say(f"{path}: {n_pictures * options.scale:.0f} pictures")
    return Examples.load(path)


def _trained(work: Path, training: Examples, plain: Examples) -> bytes:
    """Return the trained network as TFLite, reading weights where an earlier run has left them."""
    from streamer.training.pattern import fit, network

    model = network.build(FRONT_END.n_radii, FRONT_END.n_angles, len(LABELS))
    both = training + plain
    for name, examples, (n_epochs, peak_rate) in (("first", training, FIRST), ("then", both, THEN)):
        path = work / f"{name}.weights.h5"
        if not path.exists():
            fit.train(model, examples, n_epochs, peak_rate, SEEDS["training"])
            model.save_weights(path)
        model.load_weights(path)
    network.add_prior(model, LABELS.index("none"), NONE_LOG_ODDS)
    return network.to_tflite(model, both.features[:: max(1, len(both) // N_CALIBRATION)].astype(np.float32))


def say(text: str) -> None:
    """Report progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
