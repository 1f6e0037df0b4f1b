"""What the shipped motion model's file, and the card beside it, say about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from streamer.config import EventSettings, LabelThresholds
from streamer.model_spec import Card, ModelSpec, MotionFrontEnd, Normalisation, WindowSettings
from streamer.training.motion.draw import SETTINGS
from streamer.training.motion.evaluate import STRIDE
from streamer.training.motion.network import LEVEL_SCALE

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
        front_end=MotionFrontEnd(n_rows=SETTINGS.n_rows, n_columns=SETTINGS.n_columns, n_images=SETTINGS.n_images),
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


def write_card(template: Path, measured: str) -> None:
    """Replace what the card beside the model says between its two marks by newly measured tables."""
    begin, end = "<!-- measured -->\n", "<!-- /measured -->"
    text = template.read_text()
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    template.write_text(f"{before}{begin}{measured}\n{end}{after}")
