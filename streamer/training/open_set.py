"""What is known of a trained model's false events on sounds that are none of its labels, for people and programs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamer.evaluation.json_report import found_dict, rate_dict, unknown_values
from streamer.evaluation.operating import Rate
from streamer.evaluation.tables import per_cent, rate_text
from streamer.evaluation.unknown import UnknownEvaluation
from streamer.training.leave_out import LeftOut
from streamer.training.world import WorldEvidence

N_NAMED = 6  # labels named that fire most


@dataclass(frozen=True, slots=True)
class OpenSet:
    """False events of a model on what it was never taught."""

    world: WorldEvidence | None  # None: the task brings no world
    left_out: LeftOut | None  # on examples of labels left out of training; None: not measured
    unknown: UnknownEvaluation | None  # on the user's recordings of none of the labels; None: not measured
    folder: Path | None  # where these lie

    def lines(self) -> list[str]:
        """Return a sentence for each measurement, the most telling first; at least one."""
        found = []
        if self.unknown and self.folder:
            one = self.unknown
            fires = ", ".join(f"{label.label} {label.false.n}" for label in one.labels[:N_NAMED] if label.false.n)
            left_out = ", ".join(name for name, _ in one.left_out)
            found.append(
                f"{_rate(one.false)} on the recordings in {self.folder}, which are none of its labels: {one.false.n} in"
                f" {_hours(one.false)} of {one.labelled.n_all} recordings{f' ({fires})' if fires else ''};"
                f" {per_cent(one.labelled.value)} of these files get one of the labels."
                f"{f' Left out as known to it: {left_out}.' if left_out else ''}"
            )
        if self.world:
            world = self.world
            found.append(
                f"{_rate(world.false)} in the world that comes with streamer: {world.false.n} in"
                f" {_hours(world.false)} of {world.n_recordings} recordings of none of its labels, from"
                f" {world.origins_text}. Thresholds are chosen by this part of the world; no training has seen it."
            )
        if self.left_out:
            left = self.left_out
            most = ", ".join(f"{one.name} {one.false.n}" for one in left.labels[:N_NAMED] if one.false.n)
            found.append(
                f"{_rate(left.false)} with labels left out: {left.n_groups} models, each taught all labels but one"
                f" group (first phase alone, thresholds chosen without them), met the files of these: {left.false.n} in"
                f" {_hours(left.false)}{f' (of {most})' if most else ''}; {per_cent(left.labelled.value)} of the"
                f" {left.labelled.n_all} files get another label."
            )
        if not found:
            found.append(
                "How often it takes something else for one of its labels is not known: it was measured on examples of"
                " its labels alone. Measure it: --unknown DIR, with recordings of anything else."
            )
        return found

    @property
    def rate(self) -> Rate | None:
        """The figure to tell first: of the user's own recordings, else of the world."""
        return self.unknown.false if self.unknown else self.world.false if self.world else None

    def to_dict(self) -> dict[str, Any]:
        """Return all as JSON values; None for what was not measured."""
        world = self.world and {
            "recordings": self.world.n_recordings,
            "origins": dict(self.world.origins),
            "exposed_hours": round(self.world.false.hours, 4),
            **rate_dict(self.world.false),
        }
        left_out = self.left_out and {
            "models": self.left_out.n_groups,
            **found_dict(self.left_out.false, self.left_out.labelled),
            "labels": [{"label": one.name, **found_dict(one.false, one.labelled)} for one in self.left_out.labels],
        }
        return {
            "world": world,
            "left_out": left_out,
            "unknown": self.unknown and unknown_values(self.unknown)["unknown"],
        }


def _rate(rate: Rate) -> str:
    return f"{rate_text(rate)} false events an hour (95 %)"


def _hours(rate: Rate) -> str:
    if math.isclose(rate.hours, 0.0):
        return "no time in which an event could begin"
    return f"{rate.hours:.3g} h" if rate.hours >= 1 else f"{60 * rate.hours:.3g} min"
