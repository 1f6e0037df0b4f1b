"""What the shipped motion model's file, and the card beside it, say about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from streamer.arrays import Float32
from streamer.config import EventSettings, LabelThresholds
from streamer.evaluation.metrics import Evaluation, evaluate_scores
from streamer.model.spec import Card, ModelSpec, Normalisation, WindowSettings
from streamer.training.motion.network import LEVEL_SCALE
from streamer.training.motion.sampling import SETTINGS

STRIDE = 16  # images from window to window
# A window overlaps the next by seven eighths, so that two in a row say little more than one: three of four do.
# One that holds the end of one scene and the beginning of another looks like drift: that must be surer than the others.
EVENTS = EventSettings(
    on=0.7,
    off=0.4,
    confirm=3,
    confirm_of=4,
    merge_gap_s=1.0,
    deny=("still",),
    labels={"drift": LabelThresholds(on=0.9, off=0.6)},
)
LIMITS = (
    "Known only from videos made in code. Movement of less than a few hundredths of a grey level per cell is not seen;"
    " a rhythm needs two cycles in the 128 images and fewer than 0.45 cycles per image. Not for medical use."
)


def motion_spec(measured: dict[str, Any]) -> ModelSpec:
    """Return the description zipped into ``motion.tflite``."""
    return ModelSpec(
        format=1,
        name="motion",
        task="motion",
        description="What moves before a camera: nothing, without a rhythm, flickering, to and fro, round, or a pulse.",
        front_end=SETTINGS,
        window=WindowSettings(n_frames=SETTINGS.n_images, stride=STRIDE),
        normalisation=Normalisation(std=LEVEL_SCALE),
        events=EVENTS,
        card=Card(
            training_data="Videos made in code (streamer/training/motion); no real ones.",
            licence="Apache-2.0",
            limits=LIMITS,
            made_by="python -m streamer.training.motion -o motion.tflite",
            accuracy={
                name: value if isinstance(value, str) else round(float(value), 4) for name, value in measured.items()
            },
        ),
    )


def figures(scores: Float32, truths: Float32, labels: tuple[str, ...]) -> dict[str, Any]:
    """Return the figures of the card, from held-out made windows.

    ``right`` is the share of windows with one thing whose highest score is its label; ``right_LABEL`` the same of one
    label; ``both_seen``, where there are such, the share of windows with two things in which both score above ½;
    ``false_alarm`` the share of windows in which a label other than still and drift scores above ½ wrongly.
    """
    evaluation = alone(scores, truths, labels)
    two = truths.sum(axis=1) == 2
    rhythms = [i for i, label in enumerate(labels) if label not in ("still", "drift")]
    both = np.all((scores[two] > 0.5) | (truths[two] == 0), axis=1)
    alarms = np.any((scores[:, rhythms] > 0.5) & (truths[:, rhythms] == 0), axis=1)
    return {
        "right": evaluation.accuracy,
        **{f"right_{label}": float(share) for label, share in zip(labels, evaluation.recall, strict=True)},
        **({"both_seen": float(both.mean())} if both.size else {}),
        "false_alarm": float(alarms.mean()),
        "windows": len(truths),
    }


def alone(scores: Float32, truths: Float32, labels: tuple[str, ...]) -> Evaluation:
    """Evaluate the windows that hold one thing."""
    single = truths.sum(axis=1) == 1
    return evaluate_scores(labels, truths[single].argmax(axis=1), scores[single])


def write_card(template: Path, measured: str) -> None:
    """Replace what the card beside the model says between its two marks by newly measured tables."""
    begin, end = "<!-- measured -->\n", "<!-- /measured -->"
    text = template.read_text()
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    template.write_text(f"{before}{begin}{measured}\n{end}{after}")
