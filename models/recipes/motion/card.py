"""The description in the shipped motion model's file, and the figures of its card."""

from __future__ import annotations

from typing import Any

import numpy as np

from streamer.arrays import Float32
from streamer.evaluation.metrics import Evaluation, evaluate_scores
from streamer.model.spec import Card, ModelSpec, Normalisation, WindowSettings
from streamer.training.motion.network import LEVEL_SCALE
from streamer.training.motion.sampling import SETTINGS
from streamer.training.motion.task import EVENTS, STRIDE

LIMITS = (
    "Trained on synthetic videos only. Movement of less than a few hundredths of a grey level per cell is not detected;"
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
            training_data="Synthetic videos (streamer/training/motion); no real ones.",
            licence="Apache-2.0",
            limits=LIMITS,
            made_by="python -m models.recipes.motion.recipe -o motion.tflite",
            accuracy={
                name: value if isinstance(value, str) else round(float(value), 4) for name, value in measured.items()
            },
        ),
    )


def figures(scores: Float32, truths: Float32, labels: tuple[str, ...]) -> dict[str, Any]:
    """Return the figures of the card, from held-out synthetic windows.

    ``right`` is the share of windows with one movement whose highest score is its label; ``right_LABEL`` the same of
    one label; ``both_seen``, where there are such, the share of windows with two movements in which both score above
    ½; ``false_alarm`` the share of windows in which a label other than still and drift scores above ½ wrongly.
    """
    evaluation = evaluate_single(scores, truths, labels)
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


def evaluate_single(scores: Float32, truths: Float32, labels: tuple[str, ...]) -> Evaluation:
    """Evaluate the windows that have a single movement."""
    single = truths.sum(axis=1) == 1
    return evaluate_scores(labels, truths[single].argmax(axis=1), scores[single])
