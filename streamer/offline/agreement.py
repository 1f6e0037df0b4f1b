"""Keep the label of a file from contradicting what is measured in it: where they differ, the measurement decides."""

from __future__ import annotations

from streamer.messages import Spatial, TaskName, Temporal
from streamer.offline.decision import FileDecision
from streamer.pipeline.agreement import is_ruled_out
from streamer.tasks import TASKS

MOST_OF_IMAGE = 0.5  # share of the image from which a measured pattern is what the image shows
LATTICES = ("grid", "hexagonal", "woven")


def agreeing(decision: FileDecision, task: TaskName, temporal: Temporal | None, spatial: Spatial | None) -> str | None:
    """Return the label of a file, another one than the model's where the measurement rules that out.

    Only labels that the model knows are given. Measurements are stated with their uncertainty and have hardly any false
    ones, so that a pattern over most of an image is not "none", stripes side by side are no lattice, what repeats is
    not "still", mains light is flicker, and blood does not pulse at any rhythm outside of 36 to 240 beats a minute.

    Parameters
    ----------
    decision : FileDecision
        What the model says.
    task : {"sound", "pattern", "motion"}
    temporal, spatial : Temporal, Spatial or None
        What was measured in the file.
    """
    label = decision.label
    if label is None:
        return None
    known = [name for name, _ in decision.ranking]
    moving = [name for name in known if not TASKS[task].is_background(name) and not is_ruled_out(name, temporal)]
    if task == "pattern" and spatial is not None and spatial.components:
        lattices = [each.lattice for each in spatial.components]
        largest = max(spatial.components, key=lambda each: each.share)
        if TASKS[task].is_background(label) and largest.share >= MOST_OF_IMAGE and largest.lattice in known:
            return largest.lattice
        if label in LATTICES and len(lattices) > 1 and set(lattices) == {"stripes"} and "stripes" in known:
            return "stripes"
    if task == "motion" and temporal is not None and temporal.components and moving:
        if all(each.what in ("mains", "lamp") for each in temporal.components) and "flicker" in known:
            return "flicker"
        if is_ruled_out(label, temporal):
            return moving[0]
        if TASKS[task].is_background(label):
            return "pulse" if "pulse" in moving and temporal.components[0].what == "pulse" else moving[0]
    return label
