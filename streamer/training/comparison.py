"""What got better and what worse: a new model beside the one that it goes on from, on examples new to both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from streamer.arrays import Float32
from streamer.config import EventSettings
from streamer.dataset.file_stats import FileStats
from streamer.evaluation.metrics import wilson
from streamer.evaluation.tracks import count_begun
from streamer.tasks import TASKS
from streamer.training import scoring
from streamer.training.conversion import predictor
from streamer.training.earlier import EarlierModel
from streamer.training.export import ScoredDataset
from streamer.training.scoring import ExampleScores
from streamer.training.task import TrainingTask
from streamer.training.thresholds import alarms

N_NAMED = 10  # files that are named


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two models makes of the examples kept aside."""

    given: tuple[str | None, ...]  # the label of each by the rule of `streamer classify`
    right: tuple[bool, ...]
    n_false: int  # events of a wrong label that begin


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same examples, none of which either was trained on, as far as that is known."""

    earlier: Path
    is_known: bool  # what the earlier model was trained on
    paths: tuple[Path, ...]
    labels: tuple[str, ...]  # of each
    hours: float
    before: Side
    after: Side

    @property
    def better(self) -> list[int]:
        """Numbers of the examples that only the new model gets right."""
        return [k for k, right in enumerate(self.before.right) if not right and self.after.right[k]]

    @property
    def worse(self) -> list[int]:
        """Numbers of the examples that only the earlier model gets right."""
        return [k for k, right in enumerate(self.before.right) if right and not self.after.right[k]]

    def lines(self) -> list[str]:
        """Return what got better and worse, for people."""
        n, (n_before, n_after) = len(self.paths), (sum(self.before.right), sum(self.after.right))
        if not n:
            return [f"Whether it got better than {self.earlier.name} is not known: no example is new to both models."]
        lines = [
            f"Beside {self.earlier.name}, on {n} files kept aside that neither was trained on: right before {n_before} "
            f"({_interval(n_before, n)}), now {n_after} ({_interval(n_after, n)}); wrong events before "
            f"{self.before.n_false}, now {self.after.n_false}, in {60 * self.hours:.1f} minutes."
        ]
        if not self.is_known:
            lines[0] = lines[0].replace("that neither was trained on", "from this training")
            lines.append(
                f"What {self.earlier.name} was trained on is not known: where these files were among it, its figures "
                "are too kind."
            )
        for label in sorted(set(self.labels)):
            rows = [k for k, each in enumerate(self.labels) if each == label]
            before, after = (sum(side.right[k] for k in rows) for side in (self.before, self.after))
            lines.append(f"  {label}: {before} of {len(rows)} right before, {after} now")
        for word, numbers in (("better", self.better), ("worse", self.worse)):
            for k in numbers[:N_NAMED]:
                given = [side.given[k] or "nothing" for side in (self.before, self.after)]
                lines.append(f"  {word}: {self.paths[k]} ({given[0]} before, {given[1]} now)")
            if len(numbers) > N_NAMED:
                lines.append(f"  {word}: {len(numbers) - N_NAMED} more")
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON values."""
        return {
            "model": str(self.earlier),
            "trained_on_known": self.is_known,
            "files": len(self.paths),
            "hours": self.hours,
            **{
                name: {"right": sum(side.right), "false_events": side.n_false}
                for name, side in (("before", self.before), ("after", self.after))
            },
            "better": [str(self.paths[k]) for k in self.better],
            "worse": [str(self.paths[k]) for k in self.worse],
        }


def compare(
    task: TrainingTask,
    earlier: EarlierModel,
    sets: Sequence[ScoredDataset],
    known: frozenset[str],
    measured: Mapping[Path, FileStats],
    events: EventSettings,
) -> Comparison:
    """Run the earlier model on what the new one was measured on, and compare what becomes of each file.

    Parameters
    ----------
    task : TrainingTask
    earlier : EarlierModel
    sets : sequence of ScoredDataset
        By the new model, or by those of the folds.
    known : frozenset of str
        Groups that the earlier model was trained on; they are left out.
    measured : mapping from Path to FileStats
    events : EventSettings
        Of the new model.
    """
    predict = predictor(earlier.flatbuffer, len(earlier.labels))
    before, after = [], []
    for scored in sets:
        old = _in_order(predict(scored.windows.features), earlier.labels, task.labels)
        given = scoring.by_example(old, scored.windows, scored.dataset)
        before += [one for one in given if one.example.group not in known]
        after += [one for one in scored.examples if one.example.group not in known]
    examples = [one.example for one in after]
    tracks = scoring.score_tracks(after, task.labels, task.spec, measured)
    return Comparison(
        earlier.path,
        earlier.trained_on is not None,
        tuple(example.path for example in examples),
        tuple(example.label for example in examples),
        sum(track.exposure_s(events) for track in tracks) / 3600.0,
        _side(task, before, measured, earlier.spec.events),
        _side(task, after, measured, events),
    )


def _side(
    task: TrainingTask, examples: Sequence[ExampleScores], measured: Mapping[Path, FileStats], events: EventSettings
) -> Side:
    if not examples:
        return Side((), (), 0)
    tracks, background = scoring.score_tracks(examples, task.labels, task.spec, measured), TASKS[task.task].background
    given = [
        scoring.label_of(track, count_begun(track, task.labels, events), task.labels, events, task.task)
        for track in tracks
    ]
    right = [
        label == one.example.label or (one.example.label in background and (label is None or label in background))
        for label, one in zip(given, examples, strict=True)
    ]
    n_false, _ = alarms(tracks, task.labels, events)
    return Side(tuple(given), tuple(right), int(n_false.sum()))


def _in_order(scores: Float32, labels: tuple[str, ...], wanted: tuple[str, ...]) -> Float32:
    """Return scores with the columns of other labels; of those that are not there, 0."""
    result = np.zeros((len(scores), len(wanted)), np.float32)
    for column, label in enumerate(wanted):
        if label in labels:
            result[:, column] = scores[:, labels.index(label)]
    return result


def _interval(n_right: int, n: int) -> str:
    low, high = wilson(n_right, n)
    return f"95 % interval {100 * low:.0f} to {100 * high:.0f} %"
