"""All that there is to tell of one training, in words and values."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from streamer.dataset.inspection import Inspection
from streamer.dataset.report import inspection_lines
from streamer.dataset.report import to_dict as inspection_dict
from streamer.evaluation.tables import per_cent
from streamer.evaluation.tables import to_dict as evaluation_dict
from streamer.messages import TaskName
from streamer.model.runtime import one_line
from streamer.model.spec import ModelSpec
from streamer.text import megabytes
from streamer.training.learn import Learned
from streamer.training.thresholds import Threshold

THINGS: dict[TaskName, str] = {"sound": "sounds", "pattern": "pictures", "motion": "movements"}


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """All that there is to tell of one training."""

    name: str  # of the model
    inspection: Inspection
    learned: Learned
    command: str
    false_alarms: float
    has_groups: bool  # whether the user said which examples share an origin
    tensorflow: str  # version

    def spec(self, spec: ModelSpec) -> ModelSpec:
        """Return a course's description with name, thresholds and card filled in."""
        learned, evaluation = self.learned, self.learned.evaluation
        low, high = evaluation.interval
        accuracy: dict[str, float | str] = {
            "right": round(evaluation.accuracy, 4),
            "right_95_low": round(low, 4),
            "right_95_high": round(high, 4),
            "clips": float(evaluation.n_clips),
            "measured": one_line(self.learned.division.text),
            "calibration_error": round(learned.error_after, 4) if math.isfinite(learned.error_after) else "not known",
            "window_ms": round(evaluation.window_ms or 0.0, 3),
        }
        test = learned.division.test
        apart = f"; {len(test)} of them for testing only" if test is not None else ""
        card = {
            "training_data": one_line(inspection_lines(self.inspection)[0] + apart),
            "limits": " ".join(self.limits()),
            "made_by": one_line(self.command),
            "accuracy": accuracy,
        }
        name = one_line(self.name)[:100] or "model"
        return spec.model_copy(
            update={"name": name, "events": learned.events, "card": spec.card.model_copy(update=card)}
        )

    def limits(self) -> list[str]:
        """Return what the figures do not say, a sentence each."""
        learned = self.learned
        said = [
            f"It knows these {len(self.inspection.usable)} files and what was made of them; other microphones or "
            "cameras, and other places, may be judged worse than measured here."
        ]
        if not self.has_groups:
            said.append(
                "Every file counts as an origin of its own: where several came from one recording, the figures are too "
                "kind."
            )
        if learned.interrupted:
            said.append("Training was stopped by hand.")
        if self.made_up:
            others = THINGS[self.inspection.dataset.task]
            said.append(
                f"What is none of its labels (`{self.made_up}`) was learnt without files of yours: other {others} may "
                f"be taken for one of them. To teach it those, put some into a folder {self.made_up} beside the rest."
            )
        return said

    @property
    def made_up(self) -> str:
        """The label for nothing of these where no file shows it, else empty."""
        return next((label for label in self.learned.events.deny if label not in self.learned.division.labels), "")

    @property
    def run_command(self) -> str:
        """How to run the model, but for its name."""
        return "streamer run -m" if self.inspection.dataset.task == "sound" else "streamer run -s camera -m"

    def thresholds_text(self) -> str:
        """Say how thresholds were chosen and what can be claimed of them."""
        wished = (
            f"{self.false_alarms:g} an hour" if self.is_stream else f"{per_cent(self.false_alarms)} of the pictures"
        )
        text = (
            f"Wished rate of false alarms: at most {wished}, all labels together. Thresholds are chosen on the "
            f"{self.learned.division.validation_text}: as low as that allows, but below the usual one only where these "
            "are enough to tell."
        )
        thresholds = self.learned.thresholds
        if deaf := [threshold.label for threshold in thresholds if not threshold.is_kept]:
            text += (
                f" For {', '.join(deaf)} no threshold keeps to that without missing most of the label's own examples."
            )
        elif sum(threshold.limit for threshold in thresholds) > self.false_alarms:
            text += " They are too few to promise it; what they do show is in the table."
        if alarms := self.learned.alarms:
            text += (
                f" On the test: {alarms.n_false} wrong events in {_span(alarms.hours)}; "
                f"no event of its own label begins in {per_cent(alarms.missed)} of the examples."
            )
        return text

    @property
    def window_text(self) -> str:
        """Time of one window, for people."""
        window_ms = self.learned.evaluation.window_ms or 0.0
        return f"{window_ms:.2g} ms" if window_ms >= 0.01 else "less than 0.01 ms"

    @property
    def is_stream(self) -> bool:
        """Whether events have a rate in time."""
        return self.inspection.dataset.task != "pattern"

    def threshold_rows(self) -> list[tuple[str, ...]]:
        """Return a heading and a row for each label that may fire."""
        unit = "time without the label" if self.is_stream else "pictures without it"
        limit = "at most per hour (95 %)" if self.is_stream else "at most (95 %)"
        head = ("label", "on", "off", "false alarms", unit, limit, "missed")
        return [head, *(self._threshold_row(threshold) for threshold in self.learned.thresholds)]

    def _threshold_row(self, one: Threshold) -> tuple[str, ...]:
        amount = _span(one.amount) if self.is_stream else f"{one.amount:.0f}"
        limit = f"{one.limit:.{0 if one.limit >= 10 else 1}f}" if self.is_stream else per_cent(one.limit)
        if not math.isfinite(one.limit):
            limit = "–"
        return one.label, f"{one.on:g}", f"{one.off:g}", str(one.n_false), amount, limit, per_cent(one.missed)

    def quantisation_text(self) -> str:
        """Say what int8 changed; empty where nothing was."""
        q = self.learned.quantisation
        if q is None:
            return ""
        return (
            f"In int8 {per_cent(q.accuracy_after)} of the files are right, {per_cent(q.accuracy_before)} before; a "
            f"score moves by {q.moved_mean:.3f} on average, {q.moved_most:.3f} at most."
        )

    def to_dict(self, path: Path, card: Path, n_bytes: int) -> dict[str, Any]:
        """Return everything as JSON values; what is not known is None."""
        learned = self.learned
        return {
            "type": "train",
            "model": str(path),
            "card": str(card),
            "bytes": n_bytes,
            "command": self.command,
            "labels": list(learned.labels),
            "data": inspection_dict(self.inspection),
            "measured": self.learned.division.text,
            "evaluation": evaluation_dict(learned.evaluation),
            "calibration_error": _known({"before": learned.error_before, "after": learned.error_after}),
            "thresholds": [_known(asdict(threshold)) for threshold in learned.thresholds],
            "alarms": None if learned.alarms is None else asdict(learned.alarms),
            "int8": None if learned.quantisation is None else asdict(learned.quantisation),
            "windows": learned.n_drawn,
            "epochs": [{"after": after, "epochs": n} for after, n in learned.epochs],
            "interrupted": learned.interrupted,
        }


def size_text(n_bytes: int) -> str:
    """Return a file's size for people."""
    return f"{n_bytes / 1e3:.0f} kB" if n_bytes < 1e6 else megabytes(n_bytes)


def _span(hours: float) -> str:
    return f"{hours:.1f} h" if hours >= 1 else f"{60 * hours:.1f} min" if hours >= 1 / 60 else f"{3600 * hours:.0f} s"


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in values.items()
    }
