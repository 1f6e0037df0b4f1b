"""Tables of the study's results: for the terminal, for the page `study.md`, and as JSON values."""

from __future__ import annotations

import dataclasses
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streamer.study.curves import LearningCurve
from streamer.study.kinds import KINDS, DataKind
from streamer.study.run import StudyResults
from streamer.study.systems import BY_KEY
from streamer.study.verdicts import verdicts

STYLES = {"found": "green", "refuted": "red", "undecided": "yellow"}


def render(results: StudyResults) -> RenderableType:
    """Return all tables for the terminal."""
    parts: list[RenderableType] = []
    for kind in KINDS:
        table = Table(title=_title(results, kind), title_justify="left", title_style="bold", box=None, pad_edge=False)
        header, rows = _rows(results, kind)
        table.add_column(header[0], min_width=30)
        for name in header[1:]:
            table.add_column(name, justify="right", no_wrap=True)
        best = _best(results, kind)
        for curve, row in zip(_curves(results, kind), rows, strict=True):
            table.add_row(*(Text(cell) for cell in row), style="bold green" if curve.system == best else "")
        parts += [table, Text()]
    table = Table(title="the expected answer", title_justify="left", title_style="bold", box=None, pad_edge=False)
    for name in ("", "measured", ""):
        table.add_column(name)
    for verdict in verdicts(results):
        table.add_row(Text(verdict.claim), Text(verdict.evidence), Text(verdict.word, STYLES[verdict.word]))
    return Group(*parts, table, Text(), Text(f"ImageNet backbone: {results.backbone}", "dim"))


def markdown(results: StudyResults) -> str:
    """Return the measured part of the page as Markdown."""
    lines: list[str] = []
    for kind in KINDS:
        header, rows = _rows(results, kind)
        lines += [f"### {_title(results, kind)}", ""]
        lines += ["| " + " | ".join(header) + " |", "|---|" + "--:|" * (len(header) - 1)]
        lines += [_line(row) for row in rows]
        lines.append("")
    lines += ["### The expected answer, held against this", "", "| expected | measured | |", "|---|---|---|"]
    for verdict in verdicts(results):
        lines.append(_line([verdict.claim, verdict.evidence, verdict.word]))
    lines += ["", f"ImageNet backbone: {results.backbone}.", ""]
    origins = "; ".join(f"{source}: {origin}" for source, origin in results.origins.items())
    draws = f"{results.sizes.draws} draw{'s' if results.sizes.draws > 1 else ''} of examples"
    lines.append(f"Data: {origins}. Seed {results.seed}, {draws}; {results.seconds / 60:.1f} minutes in all.")
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def study_dict(results: StudyResults) -> dict[str, Any]:
    """Return the results as JSON values."""
    return {
        "type": "study",
        "seed": results.seed,
        "seconds": round(results.seconds, 1),
        "backbone": results.backbone,
        "origins": results.origins,
        "sizes": dataclasses.asdict(results.sizes),
        "kinds": {kind.key: {"title": kind.title, "labels": kind.labels} for kind in KINDS},
        "rows": [
            {"title": BY_KEY[c.system].title, "family": BY_KEY[c.system].family, **dataclasses.asdict(c)}
            for c in results.curves
        ],
        "verdicts": [dataclasses.asdict(verdict) for verdict in verdicts(results)],
    }


def _curves(results: StudyResults, kind: DataKind) -> list[LearningCurve]:
    return [curve for curve in results.curves if curve.kind == kind.key]


def _best(results: StudyResults, kind: DataKind) -> str:
    return max(_curves(results, kind), key=lambda curve: curve.points[-1].accuracy).system


def _title(results: StudyResults, kind: DataKind) -> str:
    curve = _curves(results, kind)[0]
    chance = 100 / len(kind.labels)
    clips = "pictures" if kind.is_still else "videos"
    return f"{kind.title} ({len(kind.labels)} labels, {curve.n_test} {clips} to test on, chance {chance:.1f} %)"


def _rows(results: StudyResults, kind: DataKind) -> tuple[list[str], list[list[str]]]:
    """Return the header, and a row for each system: accuracies in %, the last one's interval, sizes and times."""
    curves = _curves(results, kind)
    numbers = [str(point.n_per_label) for point in curves[0].points]
    has_photographs = any(curve.n_photographs for curve in curves)
    header = ["right, %, after so many examples a label", *numbers, "95 %"]
    header += ["photographs"] if has_photographs else []
    header += ["parameters", "training, s", "front end, ms", "classifier, ms"]
    rows = []
    for curve in curves:
        low, high = curve.points[-1].interval
        row = [BY_KEY[curve.system].title + (" (sees nothing)" if curve.blind else "")]
        row += [f"{100 * point.accuracy:.1f}" for point in curve.points]
        row.append(f"{100 * low:.1f}–{100 * high:.1f}")
        row += [f"{curve.photographs_right:.1f} of {curve.n_photographs}"] if has_photographs else []
        learned = ["–", "–"] if curve.blind else [f"{curve.n_parameters:,}", f"{curve.points[-1].train_s:.1f}"]
        row += [*learned, f"{curve.front_end_ms:.2f}", "–" if curve.blind else f"{curve.classifier_ms:.2f}"]
        rows.append(row)
    return header, rows
