"""The description in the shipped sound model's file."""

from __future__ import annotations

from typing import Any

from streamer.config import EventSettings, LabelThresholds
from streamer.model.spec import Card, ModelSpec, WindowSettings
from streamer.training.sound.network import FRONT_END
from streamer.training.sound.task import N_FRAMES, STRIDE

# Chosen on the cross-validation's scores and the held-out sounds: see models/ambient.md.
EVENTS = EventSettings(
    smoothing_s=0.64,
    on=0.9,
    off=0.45,
    confirm=2,
    confirm_of=3,
    merge_gap_s=1.0,
    deny=("background",),
    labels={
        "rooster": LabelThresholds(on=0.95),  # birds and sirens score close to it
        "rain": LabelThresholds(on=0.85),
        "sneezing": LabelThresholds(on=0.85),  # over before the smoothed score has risen
    },
)


def ambient_spec(measured: dict[str, Any]) -> ModelSpec:
    """Return the description zipped into ``ambient.tflite``."""
    return ModelSpec(
        format=1,
        name="ambient",
        task="sound",
        description="Ten everyday sounds, speech, and background for everything else and near-silence.",
        front_end=FRONT_END,
        window=WindowSettings(n_frames=N_FRAMES, stride=STRIDE),
        events=EVENTS,
        card=Card(
            training_data="ESC-10 folds 1-4, Free Spoken Digit Dataset, sounds of Debian packages, synthetic sounds;"
            " distilled from YAMNet",
            licence="Apache-2.0 (weights; see models/ambient.md for the data)",
            attribution="ESC-10 (K. J. Piczak) CC BY 3.0; FSDD (Z. Jackson) CC BY-SA 4.0; training began from part"
            " of the weights of YAMNet (Google), Apache-2.0, and changed them",
            limits="Trained on 320 recordings of the ten classes. Rain, fire, surf and helicopters are the most often"
            " confused; a single sneeze or a shower of rain may stay below the event thresholds.",
            made_by="python -m models.recipes.ambient.recipe --data DATA --sounds SOUNDS --teacher yamnet.tflite"
            " --work WORK -o ambient.tflite",
            accuracy={name: round(float(value), 4) for name, value in measured.items()},
        ),
    )
