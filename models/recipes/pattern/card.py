"""The description in the shipped pattern model's file, and the figures of its card."""

from __future__ import annotations

from streamer.evaluation.metrics import Evaluation
from streamer.model.spec import Card, ModelSpec, WindowSettings
from streamer.training.pattern.sampling import FRONT_END
from streamer.training.pattern.task import EVENTS, STRIDE


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
            training_data="Synthetic pictures (streamer/training/pattern); no photograph",
            licence="Apache-2.0",
            limits="It takes the centre square at 256 × 256: at least four periods across a quarter of that, from about"
            " 3 px each. Fine weaves are taken for grids, blurred hexagons for either; lines of text are stripes.",
            made_by="python -m models.recipes.pattern.recipe -o pattern.tflite",
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
