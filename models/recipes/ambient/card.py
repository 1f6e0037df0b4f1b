"""The description in the shipped sound model's file."""

from __future__ import annotations

from typing import Any

from streamer.config import EventSettings
from streamer.model.spec import Card, ModelSpec, WindowSettings
from streamer.training.sound.network import FRONT_END
from streamer.training.sound.task import N_FRAMES, STRIDE

# Chosen on the cross-validation's scores and the held-out sounds: see models/ambient.md.
EVENTS = EventSettings(
    smoothing_s=0.64, on=0.9, off=0.45, confirm=2, confirm_of=3, merge_gap_s=1.0, deny=("background",)
)  # the thresholds of every label are chosen by the recipe


def ambient_spec(measured: dict[str, Any]) -> ModelSpec:
    """Return the description zipped into ``ambient.tflite``."""
    return ModelSpec(
        format=1,
        name="ambient",
        task="sound",
        description="Fifty everyday sounds, speech, music, smoke alarms; background for all else and near-silence.",
        activation="sigmoid",
        front_end=FRONT_END,
        window=WindowSettings(n_frames=N_FRAMES, stride=STRIDE),
        events=EVENTS,
        card=Card(
            training_data="ESC-50 folds 1-4 (the clips under CC0 or CC BY), Free Spoken Digit Dataset, sounds of Debian"
            " packages, synthetic sounds and smoke alarms; distilled from YAMNet",
            licence="Apache-2.0 (weights; see models/ambient.md for the data)",
            attribution="ESC-50 (K. J. Piczak) clips CC0, CC BY 3.0; FSDD (Z. Jackson) CC BY-SA 4.0; training began"
            " from part of the weights of YAMNet (Google), Apache-2.0, and changed them",
            limits="Thresholds keep false alarms rare: an event begins in about one of three clips of 5 s. Trained on"
            " 1,403 recordings. Machines, engines and wind are the most often confused.",
            made_by="python -m models.recipes.ambient.recipe --data DATA --sounds SOUNDS --teacher yamnet.tflite"
            " --work WORK -o ambient.tflite",
            accuracy={name: round(float(value), 4) for name, value in measured.items()},
        ),
    )
