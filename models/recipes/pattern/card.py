"""What the shipped pattern model's file says about itself."""

from __future__ import annotations

from streamer.config import EventSettings
from streamer.evaluation.metrics import Evaluation
from streamer.model.spec import Card, ModelSpec, WindowSettings
from streamer.training.pattern.sampling import FRONT_END

STRIDE = 5  # images from window to window: six scores a second at 30 images/s
EVENTS = EventSettings(
    smoothing_s=0.5,
    on=0.7,
    off=0.4,
    confirm=3,
    confirm_of=4,
    merge_gap_s=1.0,
    max_length_s=3600.0,  # a pattern may stay before the camera
    deny=("none",),
)


def pattern_spec(measured: dict[str, float]) -> ModelSpec:
    """Return the description zipped into ``pattern.tflite``."""
    return ModelSpec(
        format=1,
        name="pattern",
        task="pattern",
        description="What a picture repeats in space: stripes, a grid, a hexagonal lattice, rings, a weave; or none.",
        front_end=FRONT_END,
        window=WindowSettings(n_frames=1, stride=STRIDE),
        events=EVENTS,
        card=Card(
            training_data="Pictures made in code (streamer.training.pattern); no photograph",
            licence="Apache-2.0",
            limits="It sees the centre square at 256 × 256: at least four periods across a quarter of that, from about"
            " 3 px each. Fine weaves look like grids, blurred hexagonal ones like both; lines of text are stripes.",
            made_by="python -m streamer.training.pattern",
            accuracy={name: round(value, 4) for name, value in measured.items()},
        ),
    )


def figures(evaluation: Evaluation, name: str) -> dict[str, float]:
    """Return the card's figures: share right in all and per label, and share of ``none`` called periodic."""
    n, right = evaluation.counts.sum(axis=1), evaluation.counts.diagonal()
    measured = {f"{name}_pictures": float(n.sum()), f"{name}_right": evaluation.accuracy}
    measured |= {f"{name}_{label}_right": float(right[i] / n[i]) for i, label in enumerate(evaluation.labels) if n[i]}
    if n[none := evaluation.labels.index("none")]:
        measured[f"{name}_false_periodic"] = 1.0 - float(right[none] / n[none])
    return measured
