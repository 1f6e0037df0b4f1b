"""The recipe of the shipped motion model: `python -m streamer.training.motion --help`.

Videos are made in code, pass through the product's own front end, and a small network learns what they show.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from streamer.model_file import write_model_file
from streamer.training.motion import evaluate, fit, network
from streamer.training.motion.card import motion_spec, write_card
from streamer.training.motion.draw import LABELS, SETTINGS, make_examples
from streamer.training.motion.network import LEVEL_SCALE

HELD_OUT_SEED = 10_000_000  # seeds of windows to learn from begin at 0 and never come so far
N_TO_LEARN, N_TO_TEST = 2400, 400  # windows of each label
N_STEPS = 3000


def main() -> None:
    """Run the recipe."""
    parser = argparse.ArgumentParser(prog="python -m streamer.training.motion", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True, help="the model file to write")
    parser.add_argument("--card", type=Path, help="a card such as models/motion.md, whose figures are replaced")
    parser.add_argument("--videos", type=Path, help="folder of real videos, to be labelled only")
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers of windows and batches; 1: all")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()

    say("making videos")
    rows, truths, _ = make_examples(_scaled(N_TO_LEARN, options.scale), 0, options.processes)
    unseen, unseen_truths, _ = make_examples(_scaled(N_TO_TEST, options.scale), HELD_OUT_SEED, options.processes)
    rows /= np.float16(LEVEL_SCALE)
    import keras

    keras.utils.set_random_seed(0)
    model = network.build(SETTINGS, len(LABELS))
    fit.train(model, rows, truths, SETTINGS, n_steps=_scaled(N_STEPS, options.scale), report=say)
    flatbuffer = network.to_tflite(model, SETTINGS)

    predict = evaluate.tflite_predictor(flatbuffer, LEVEL_SCALE)
    scores = evaluate.score_windows(predict, unseen)
    measured = evaluate.measure(scores, unseen_truths, LABELS)
    table = evaluate.confusion_table(evaluate.confusion(scores, unseen_truths, LABELS), LABELS)
    say(f"{table}\n{json.dumps(measured, indent=1)}")
    if options.videos:
        say(json.dumps(evaluate.label_videos(predict, options.videos, SETTINGS, LABELS), indent=1))
    write_model_file(options.output, flatbuffer, motion_spec(measured), LABELS)
    if options.card:
        write_card(options.card, _summary(table, measured, options.output.stat().st_size))
    say(f"{options.output}: {options.output.stat().st_size} bytes")


def _scaled(n: int, scale: float) -> int:
    return max(2, round(n * scale))


def _summary(table: str, measured: dict[str, float], n_bytes: int) -> str:
    """Return the part of the card that a run of the recipe writes anew."""
    both = (
        f" Where two are, both score above ½ in {100 * measured['both_seen']:.1f} %." if "both_seen" in measured else ""
    )
    return (
        f"{table}\n\n"
        f"Of the windows with one thing in them {100 * measured['right']:.1f} % are right.{both}\n"
        f"A rhythm that is not there scores above ½ in {100 * measured['false_alarm']:.1f} % of all"
        f" {measured['windows']} windows. The file has {n_bytes:,} bytes."
    )


def say(text: str) -> None:
    """Report progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
