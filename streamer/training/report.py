"""The report of one training: what the card, the terminal, the model file and JSON say about it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from streamer.dataset.inspection import Inspection
from streamer.dataset.report import inspection_dict, inspection_lines
from streamer.evaluation.json_report import evaluation_dict
from streamer.evaluation.tables import per_cent
from streamer.evaluation.unknown import UnknownEvaluation
from streamer.model.runtime import one_line
from streamer.model.spec import ModelSpec
from streamer.tasks import TASKS
from streamer.training.learn import Learned
from streamer.training.open_set import OpenSet
from streamer.training.options import TrainingOptions
from streamer.training.thresholds import MOST_MISSED, Threshold


@dataclass(frozen=True, slots=True, eq=False)
class TrainingReport:
    """One training: what was asked for, the examples, and what came of it."""

    options: TrainingOptions
    inspection: Inspection
    learned: Learned
    tensorflow: str  # version
    unknown: UnknownEvaluation | None = None  # on the user's recordings of none of the labels

    @property
    def open_set(self) -> OpenSet:
        """What is known of its false events on what it was never taught."""
        return OpenSet(self.learned.world, self.learned.left_out, self.unknown, self.options.unknown)

    def spec(self, spec: ModelSpec) -> ModelSpec:
        """Return the description of a training task with name, thresholds and card filled in."""
        learned, evaluation = self.learned, self.learned.evaluation
        low, high = evaluation.interval
        accuracy: dict[str, float | str] = {**self._false_events()}
        accuracy |= {
            "right": round(evaluation.accuracy, 4),
            "right_95_low": round(low, 4),
            "right_95_high": round(high, 4),
            **({"right_with_rejection": round(evaluation.rejection.accuracy, 4)} if evaluation.rejection else {}),
            "clips": float(evaluation.n_clips),
            "measured": one_line(self.measured_text),
            "calibration_error": round(learned.error_after, 4) if math.isfinite(learned.error_after) else "not known",
            "window_ms": round(evaluation.window_ms or 0.0, 3),
        }
        test = learned.split.test
        apart = f"; {len(test)} of them for testing only" if test is not None else ""
        card = {
            "training_data": one_line(inspection_lines(self.inspection)[0] + apart),
            "limits": " ".join(self.limits()),
            "made_by": one_line(self.options.command),
            "accuracy": accuracy,
        }
        name = one_line(self.options.output.stem)[:100] or "model"
        return spec.model_copy(
            update={"name": name, "events": learned.events, "card": spec.card.model_copy(update=card)}
        )

    def _false_events(self) -> dict[str, float]:
        """Return the open-set figures for the model's file, where there are any."""
        rate = self.open_set.rate
        if rate is None or not rate.hours:
            return {}
        return {
            "false_events_per_hour": round(rate.per_hour, 2),
            "false_events_per_hour_95_high": round(rate.interval[1], 2),
        }

    def limits(self) -> list[str]:
        """Return what the figures do not show, a sentence each."""
        learned = self.learned
        sentences = [
            f"It knows these {len(self.inspection.usable)} files and what was made of them; other microphones or "
            "cameras, and other places, may be classified worse than measured here."
        ]
        if not self.options.groups:
            sentences.append(
                "Every file counts as an origin of its own: where several came from one recording, the figures are too "
                "kind."
            )
        if learned.interrupted:
            sentences.append("Training was stopped by hand.")
        if self.synthetic_background in learned.split.labels:
            sentences.append(
                f"The figures tell it from synthetic sounds only: how often real ones are taken for "
                f"`{self.inspection.dataset.labels[0]}` is not known."
            )
        if self.synthetic_background:
            others = TASKS[self.options.task].content
            sentences.append(
                f"The background (`{self.synthetic_background}`) was learnt without files of yours: other {others} may "
                f"be taken for one of them. To teach it those, put some into a folder "
                f"{self.synthetic_background} beside the rest."
            )
        return sentences

    @property
    def synthetic_background(self) -> str:
        """The background label where it was learnt from synthetic examples alone, else empty."""
        return next((label for label in self.learned.events.deny if label not in self.inspection.dataset.labels), "")

    @property
    def measured_text(self) -> str:
        """What the figures are measured on, for people."""
        split, background = self.learned.split, self.synthetic_background
        if background in split.labels:
            return f"{split.text}; the files of `{background}` among them are synthetic"
        return split.text

    @property
    def run_command(self) -> str:
        """The command line that runs the model, up to its name."""
        source = TASKS[self.options.task].source
        return f"streamer run -s {source} -m" if source else "streamer run -m"

    def thresholds_text(self) -> str:
        """Return how thresholds were chosen and what they promise, for people."""
        allowed, unit = self.options.allowed_false_alarms, TASKS[self.options.task].false_alarm_unit
        rate = f"{allowed:g}" if self._is_timed else per_cent(allowed)
        world, thresholds = self.learned.world, self.learned.thresholds
        also = "" if world is None else f" and, by itself, on {world.n_recordings} recordings of the world"
        text = (
            f"Allowed rate of false alarms: at most {rate} {unit}, all labels together. Thresholds are chosen on the "
            f"{self.learned.split.validation_text}{also}: as low as that allows, but below the usual one only where "
            "these are enough to show that it is safe."
        )
        if silent := [threshold.label for threshold in thresholds if not threshold.is_kept]:
            text += (
                f" For {', '.join(silent)} no threshold keeps to that without missing most of the label's own examples."
            )
        if world and (faint := [one.label for one in thresholds if one.missed > MOST_MISSED]):
            text += (
                f" At thresholds that the world allows most examples of {', '.join(faint)} are missed: more, and more"
                " varied, ones help."
            )
        if not silent and sum(min(one.limit, one.world_limit) for one in thresholds) > allowed:
            text += " They are too few to promise it; what they do show is in the table."
        if alarms := self.learned.alarms:
            text += (
                f" On the test: {alarms.n_false} wrong events in {_span(alarms.hours)}; "
                f"no event of its own label begins in {per_cent(alarms.missed)} of the examples."
            )
        return text

    @property
    def window_text(self) -> str:
        """Time to score one window, for people."""
        window_ms = self.learned.evaluation.window_ms or 0.0
        return f"{window_ms:.2g} ms" if window_ms >= 0.01 else "less than 0.01 ms"

    @property
    def _is_timed(self) -> bool:
        """Whether false alarms have a rate in time."""
        return TASKS[self.options.task].is_timed

    def threshold_rows(self) -> list[tuple[str, ...]]:
        """Return a heading and a row for each label that may fire."""
        unit = "time without the label" if self._is_timed else "pictures without it"
        limit = "at most per hour (95 %)" if self._is_timed else "at most (95 %)"
        of_world = ("in the world", limit) if self.learned.world else ()
        head = ("label", "on", "off", "false alarms", unit, limit, *of_world, "missed")
        return [head, *(self._threshold_row(threshold) for threshold in self.learned.thresholds)]

    def _threshold_row(self, one: Threshold) -> tuple[str, ...]:
        amount = _span(one.amount) if self._is_timed else f"{one.amount:.0f}"
        limit = _per_hour(one.limit) if self._is_timed else per_cent(one.limit)
        of_world = (f"{one.n_world} in {_span(one.world_hours)}", _per_hour(one.world_limit))
        return (
            *(one.label, f"{one.on:g}", f"{one.off:g}", str(one.n_false), amount, limit),
            *(of_world if self.learned.world else ()),
            per_cent(one.missed),
        )

    def accuracy_text(self) -> str:
        """Return how many files get their label, for people: by the best score, and where a label needs an event."""
        evaluation, rejection = self.learned.evaluation, self.learned.evaluation.rejection
        low, high = evaluation.interval
        text = (
            f"of {evaluation.n_clips} files (95 % interval {per_cent(low)} to {per_cent(high)}) have their own label "
            f"as the best-scoring one (closed-set accuracy), {self.measured_text}."
        )
        if rejection is not None:
            low, high = rejection.interval
            text += (
                f" With rejection, as `streamer classify` labels a file – by a label of which an event begins in it – "
                f"{per_cent(rejection.accuracy)} get their own ({per_cent(low)} to {per_cent(high)}), "
                f"{per_cent(rejection.n_wrong / rejection.n_clips)} a wrong one, the rest none."
            )
        return text

    def quantisation_text(self) -> str:
        """Return how int8 changed the scores, for people; empty for a model in float."""
        q = self.learned.quantisation
        if q is None:
            return ""
        return (
            f"In int8 {per_cent(q.accuracy_after)} of the files are right, {per_cent(q.accuracy_before)} before; a "
            f"score moves by {q.moved_mean:.3f} on average, {q.moved_most:.3f} at most."
        )

    def to_dict(self, n_bytes: int) -> dict[str, Any]:
        """Return the report as JSON values; unknown ones are None."""
        learned = self.learned
        return {
            "type": "train",
            "model": str(self.options.output),
            "card": str(self.options.card),
            "bytes": n_bytes,
            "command": self.options.command,
            "labels": list(learned.labels),
            "data": inspection_dict(self.inspection),
            "open_set": self.open_set.to_dict(),
            "measured": self.measured_text,
            "evaluation": evaluation_dict(learned.evaluation),
            "calibration_error": _finite_or_none({"before": learned.error_before, "after": learned.error_after}),
            "thresholds": [_finite_or_none(asdict(threshold)) for threshold in learned.thresholds],
            "compared": None if learned.comparison is None else learned.comparison.to_dict(),
            "alarms": None if learned.alarms is None else _finite_or_none(asdict(learned.alarms)),
            "int8": None if learned.quantisation is None else asdict(learned.quantisation),
            "windows": learned.n_sampled,
            "epochs": [{"after": after, "epochs": n} for after, n in learned.epochs],
            "interrupted": learned.interrupted,
        }


def _per_hour(limit: float) -> str:
    return f"{limit:.{0 if limit >= 10 else 1}f}" if math.isfinite(limit) else "–"


def _span(hours: float) -> str:
    return f"{hours:.1f} h" if hours >= 1 else f"{60 * hours:.1f} min" if hours >= 1 / 60 else f"{3600 * hours:.0f} s"


def _finite_or_none(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in values.items()
    }
