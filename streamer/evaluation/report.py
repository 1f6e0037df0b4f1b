"""Report an evaluation on a terminal: a page for each model, and a table that compares them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streamer.evaluation.clips import ClipEvaluation
from streamer.evaluation.operating import OperatingPoint, Share, operating_point
from streamer.evaluation.recordings import EventEvaluation
from streamer.evaluation.scorer import EvaluatedModel
from streamer.evaluation.tables import (
    confusion_table,
    curve_table,
    detection_table,
    label_table,
    others_line,
    per_cent,
    rate_text,
    unknown_table,
)
from streamer.evaluation.unknown import UnknownEvaluation
from streamer.text import file_size

N_MISTAKES = 5  # listed on a page


def clip_page(one: EvaluatedModel, outcome: ClipEvaluation, width: int) -> RenderableType:
    """Return the page of one model on labelled files, for a terminal of ``width`` columns."""
    evaluation = outcome.evaluation
    rows = [
        ("closed-set accuracy", f"{per_cent(evaluation.accuracy)}  ({evaluation.n_right} of {evaluation.n_clips} clips;"
         f" 95 %: {_interval(evaluation.interval)} %)"),
    ]  # fmt: skip
    if rejection := evaluation.rejection:
        rows.append(
            ("with rejection", f"{per_cent(rejection.accuracy)}  (a label only where its event begins:"
             f" {rejection.n_rejected} get none, {rejection.n_wrong} a wrong one)"),
        )  # fmt: skip
    if outcome.tracks:
        point = operating_point(outcome.tracks)
        rows.append(("own event begins", f"{_share(point.own)}; a wrong one in {per_cent(point.wrong.value)}"))
    rows.append(("top 3", per_cent(evaluation.top3)))
    if evaluation.others:
        rows.append(("among these labels", f"{per_cent(evaluation.accuracy_among)}  (if no other could be found)"))
    rows += [
        ("macro F1", f"{evaluation.macro_f1:.3f}"),
        ("calibration error", f"{evaluation.calibration_error:.3f}  (expected; 15 bins of the highest score)"),
        *_common_rows(one, evaluation.n_windows, evaluation.window_ms),
    ]
    parts: list[RenderableType] = [Text(one.name, "bold"), _grid(rows), Text(), confusion_table(evaluation, width)]
    if others := others_line(evaluation):
        parts.append(Text(others, "dim"))
    parts += [Text(), label_table(evaluation, width)]
    if outcome.mistakes:
        shown = outcome.mistakes[:N_MISTAKES]
        parts += [Text(), Text(f"mistakes, surest first ({len(shown)} of {len(outcome.mistakes)})", "dim")]
        for mistake in shown:
            line = Text(f"  {mistake.label} → {mistake.found} {mistake.score:.2f}  ")
            parts.append(line.append("/".join(mistake.path.parts[-2:]), "dim"))
    return Group(*parts)


def event_page(one: EvaluatedModel, outcome: EventEvaluation, width: int) -> RenderableType:
    """Return the page of one model on annotated recordings, for a terminal of ``width`` columns."""
    rows = [
        ("recordings", f"{outcome.n_recordings}, {outcome.duration_s / 60:.1f} minutes in all"),
        *_common_rows(one, outcome.n_windows, outcome.window_ms),
    ]
    return Group(Text(one.name, "bold"), _grid(rows), Text(), detection_table(outcome.overall, outcome.by_label, width))


def unknown_page(outcome: UnknownEvaluation, curve: Sequence[OperatingPoint], width: int) -> RenderableType:
    """Return what a model makes of recordings of none of its labels, for a terminal of ``width`` columns."""
    rows = [
        ("unknown recordings", f"{outcome.labelled.n_all}, in which an event could begin during"
         f" {outcome.false.hours:.3g} h of {outcome.duration_s / 3600:.3g} h"),
        ("false events", f"{rate_text(outcome.false)} an hour  (95 %; {outcome.false.n} in all)"),
        ("files labelled", f"{_share(outcome.labelled)} get one of the labels"),
    ]  # fmt: skip
    if outcome.left_out:
        listed = ", ".join(f"{name} {n}" for name, n in outcome.left_out)
        rows.append(("left out", f"files or folders named like labels of the model: {listed}"))
    parts: list[RenderableType] = [_grid(rows), Text(), unknown_table("folder", outcome.folders, width)]
    if outcome.labels:
        parts += [Text(), unknown_table("label", outcome.labels, width)]
    if curve:
        parts += [Text(), Text("all thresholds moved together, by so much on the scale of logits", "dim")]
        parts.append(curve_table(curve))
    return Group(*parts)


def unknown_comparison(outcomes: Sequence[tuple[EvaluatedModel, UnknownEvaluation]]) -> Table:
    """Return a table of models, side by side, on the same recordings of none of their labels."""
    table = _comparison("false events/h", "files labelled %", "size")
    for one, outcome in outcomes:
        labelled = f"{100 * outcome.labelled.value:.1f} ({_interval(outcome.labelled.interval)})"
        table.add_row(Text(one.name), rate_text(outcome.false), labelled, file_size(len(one.model.flatbuffer)))
    return table


def clip_comparison(outcomes: Sequence[tuple[EvaluatedModel, ClipEvaluation]]) -> Table:
    """Return a table of models, side by side, on the same labelled files."""
    table = _comparison("right %", "95 %", "top 3 %", "macro F1", "calibr.", "ms", "size")
    for one, outcome in outcomes:
        evaluation = outcome.evaluation
        table.add_row(
            Text(one.name),
            f"{100 * evaluation.accuracy:.1f}",
            _interval(evaluation.interval),
            f"{100 * evaluation.top3:.1f}",
            f"{evaluation.macro_f1:.3f}",
            f"{evaluation.calibration_error:.3f}",
            _time(evaluation.window_ms),
            file_size(len(one.model.flatbuffer)),
        )
    return table


def event_comparison(outcomes: Sequence[tuple[EvaluatedModel, EventEvaluation]]) -> Table:
    """Return a table of models, side by side, on the same annotated recordings."""
    table = _comparison("event F1", "segment F1", "false alarms/h", "ms", "size")
    for one, outcome in outcomes:
        overall = outcome.overall
        f1 = (f"{matches.f1:.3f}" for matches in (overall.events, overall.segments))
        table.add_row(
            Text(one.name),
            *f1,
            rate_text(overall.false_alarms),
            _time(outcome.window_ms),
            file_size(len(one.model.flatbuffer)),
        )
    return table


def _common_rows(one: EvaluatedModel, n_windows: int, window_ms: float | None) -> list[tuple[str, str]]:
    rows = [("time per window", f"{_time(window_ms)} ms  (median of the model alone; {n_windows:,} windows)")]
    if one.label_map:
        listed = one.label_map.labels.values()
        n_used = len({name for names in listed for name in names})
        rows.append(("labels", f"{n_used} of its {len(one.model.labels)}, mapped to {len(listed)}"))
    if one.model.spec.card.training_data:
        rows.append(("trained on", one.model.spec.card.training_data))
    return rows


def _grid(rows: Sequence[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, value in rows:
        table.add_row(name, Text(value))
    return table


def _share(share: Share) -> str:
    """Return a share of clips with its interval, as text."""
    return f"{per_cent(share.value)}  ({share.n} of {share.n_all}; 95 %: {_interval(share.interval)} %)"


def _comparison(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 0, 0, 2), pad_edge=False, show_edge=False)
    table.add_column("model", header_style="dim", max_width=18, overflow="ellipsis", no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True, header_style="dim")
    return table


def _interval(interval: tuple[float, float]) -> str:
    return f"{100 * interval[0]:.1f} – {100 * interval[1]:.1f}"


def _time(window_ms: float | None) -> str:
    return "–" if window_ms is None else f"{window_ms:.3g}"
