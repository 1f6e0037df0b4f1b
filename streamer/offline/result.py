"""Results of one file: what each model of a pipeline made of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from streamer.arrays import Float32, Float64, UInt8
from streamer.features.quality import Quality
from streamer.messages import Direction, Event, Medium, Message, RegionFindings, Scores, Spatial, Temporal
from streamer.offline.agreement import agreeing
from streamer.offline.decision import decide
from streamer.pipeline.agreement import is_ruled_out
from streamer.pipeline.directions import direction_of
from streamer.pipeline.stage import Stage


@dataclass(frozen=True, slots=True, eq=False)
class SeenImages:
    """What was measured of the images of a file, for whoever draws it."""

    image: UInt8  # shape (height, width, 3), blue-green-red: the last of them
    values: Float32  # shape (n_images, n_series): the series of all cells, row by row
    times_s: Float64  # (n_images,), seconds since the first image; empty of a picture
    grid: tuple[int, int]  # rows and columns of cells


@dataclass(frozen=True, slots=True)
class FileResult:
    """Labels, events and measurements of one file by one model, or why it could not be classified.

    Of a damaged file both: what was found in the sound that could be read, and the ``error`` that names the damage.
    """

    path: Path
    model: str = ""  # its name; "" where the file could not be classified
    duration_s: float = 0.0
    label: str | None = None  # see streamer.offline.decision and streamer.offline.agreement
    score: float | None = None  # of that label over the whole file
    labels: list[tuple[str, float]] = field(default_factory=list)  # every label with such a score, best first
    events: list[Event] = field(default_factory=list)
    scores: list[Scores] = field(default_factory=list)
    error: str | None = None
    medium: Medium = "sound"
    temporal: Temporal | None = None  # measured of the file, whatever the model says
    spatial: Spatial | None = None
    regions: tuple[RegionFindings, ...] = ()  # the same of each named region
    note: str = ""  # what is wrong with a file that could be used all the same
    quality: Quality | None = None  # of sound
    seen: SeenImages | None = None  # of images
    direction: Direction | None = None  # of the movement that the label stands for; None where none can be told


def results_by_model(
    path: Path,
    duration_s: float,
    messages: Sequence[Message],
    stages: Sequence[Stage],
    *,
    medium: Medium,
    temporal: Temporal | None = None,
    spatial: Spatial | None = None,
    regions: tuple[RegionFindings, ...] = (),
    measured: Collection[str] = (),
) -> list[FileResult]:
    """Divide the messages of a whole file between the models that gave them.

    Parameters
    ----------
    path : Path
    duration_s : float
        Length of the file.
    messages : sequence of Message
        All that the pipeline gave.
    stages : sequence of Stage
        Those of the pipeline; their labels differ, and only one of them may give events of a label.
    medium, temporal, spatial, regions
        As in :class:`FileResult`, the same for all models.
    measured : collection of str
        Labels of events from measurements, which go to the first model.

    Returns
    -------
    list of FileResult
        One for each stage, in their order.
    """
    results = []
    for stage in stages:
        labels, may_fire = stage.detector.labels, stage.detector.may_fire
        scores = [message for message in messages if isinstance(message, Scores) and message.labels == labels]
        own = (*may_fire, *(measured if stage is stages[0] else ()))
        events = [
            message
            for message in messages
            if isinstance(message, Event) and message.label in own and not is_ruled_out(message.label, temporal)
        ]
        values: Float32 = np.stack([s.values for s in scores]) if scores else np.zeros((0, len(labels)), np.float32)
        fired = {event.label for event in events if event.label in may_fire}
        decision = decide(values, stage.detector, fired, stage.task)
        label = agreeing(decision, stage.task, temporal, spatial)
        score = decision.score if label == decision.label else dict(decision.ranking)[str(label)]
        direction = None
        if label is not None:
            off = float(stage.detector.off[labels.index(label)])
            direction = direction_of(label, off, scores)
        results.append(
            FileResult(
                path=path,
                model=stage.spec.name,
                duration_s=duration_s,
                label=label,
                score=None if score is None else round(score, 4),
                labels=[(label, round(score, 4)) for label, score in decision.ranking],
                events=[event for event in events if event.offset_s is not None],  # at a file's end all have ended
                scores=scores,
                medium=medium,
                temporal=temporal,
                spatial=spatial,
                regions=regions,
                direction=direction,
            )
        )
    return results
