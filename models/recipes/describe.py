"""Write the recipes' descriptions into the shipped model files again: `python -m models.recipes.describe`.

Only the zip behind the flatbuffer changes, for instance the command that made the model; the flatbuffer and the
measured figures and chosen thresholds stay as they are. A check that the model passes stays, too; else one is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.recipes.ambient.card import ambient_spec
from models.recipes.motion.card import motion_spec
from models.recipes.pattern.card import pattern_spec
from streamer.model.file import find_model, read_model_file, write_model_file
from streamer.model.spec import ModelSpec
from streamer.offline.check import check_model, differing, with_check

SPECS: dict[str, Callable[[dict[str, Any]], ModelSpec]] = {  # measured figures → description
    "ambient": ambient_spec,
    "motion": motion_spec,
    "pattern": pattern_spec,
}


def describe(path: Path, spec: Callable[[dict[str, Any]], ModelSpec]) -> None:
    """Replace the description in a model file, but for figures, thresholds of labels and a check that holds."""
    model = read_model_file(path)
    described, check = spec(model.spec.card.accuracy), model.spec.check
    events = described.events.model_copy(update={"labels": model.spec.events.labels})
    described = described.model_copy(update={"events": events})
    if check and not differing(check_model(model, check), check):
        described = described.model_copy(update={"check": check})
    else:
        described = with_check(described, model.labels, model.flatbuffer)
    write_model_file(path, model.flatbuffer, described, model.labels)


def main() -> None:
    """Describe all shipped models."""
    for name, spec in SPECS.items():
        describe(find_model(name), spec)


if __name__ == "__main__":
    main()
