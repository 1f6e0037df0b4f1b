"""Write the card of a model: the page beside a trained one, and the measured part of a shipped one."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path

from streamer.dataset.report import inspection_lines
from streamer.evaluation.metrics import Evaluation
from streamer.evaluation.tables import markdown_table, others_line, per_cent
from streamer.model.runtime import one_line
from streamer.model.spec import ModelSpec
from streamer.tasks import TASKS
from streamer.training.report import TrainingReport
from streamer.training.trainer import changed_layers

MARK = "<!-- written by streamer train -->"  # the first line of a card: only such a file is ever overwritten


def card_page(report: TrainingReport, spec: ModelSpec, n_bytes: int) -> str:
    """Return the card as Markdown.

    Parameters
    ----------
    report : TrainingReport
    spec : ModelSpec
        As filled in by :meth:`TrainingReport.spec`.
    n_bytes : int
        Size of the model file.
    """
    learned, evaluation = report.learned, report.learned.evaluation
    phases = ", then ".join(f"{changed_layers(after)} for {n} epoch{'s' * (n != 1)}" for after, n in learned.epochs)
    labels = ", ".join(f"`{label}`" for label in learned.labels)
    sections = [
        MARK,
        f"# {spec.name}: a model for {spec.task}",
        f"`{spec.name}.tflite` gives {len(learned.labels)} scores between 0 and 1: {labels}. {n_bytes:,} bytes; "
        f"one window takes {report.window_text} on one thread of the machine it was made on.",
        f"```sh\n{report.run_command} {spec.name}.tflite\n```",
        *_open_set(report),
        "## How it was made",
        f"```sh\n{one_line(report.options.command)}\n```",
        f"Learnt from {learned.n_sampled:,} windows sampled from the examples: {phases}.",
        spec.card.attribution,
        "## Data",
        _bullets(inspection_lines(report.inspection)),
        "## How good it is",
        f"**{per_cent(evaluation.accuracy)}** {report.accuracy_text()} Rows are the truth, columns what scored best.",
        markdown_table(evaluation.counts, evaluation.labels),
        others_line(evaluation),
        _table(_label_rows(evaluation)),
        f"Calibration: the highest score of a window and the share that is right differ by "
        f"{per_cent(learned.error_after)} on average, {per_cent(learned.error_before)} before calibration "
        f"({report.learned.split.validation_text}).",
        report.quantisation_text(),
        *_compared(report),
        "## Thresholds",
        report.thresholds_text(),
        _table(report.threshold_rows()),
        "## Limits",
        _bullets(report.limits()),
        f"Made with streamer {_version()}, TensorFlow {report.tensorflow}, Python {platform.python_version()}.",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _open_set(report: TrainingReport) -> list[str]:
    """Return the section on what the model was never taught; none for pictures, in which no time passes."""
    if not TASKS[report.options.task].is_timed:
        return []
    first, *others = report.open_set.lines()
    return ["## What it makes of everything else", f"**{first}**", _bullets(others)]


def _compared(report: TrainingReport) -> list[str]:
    """Return the section on the model that training went on from; none where it began anew."""
    if (comparison := report.learned.comparison) is None:
        return []
    return ["## Better and worse than before", _bullets([line.strip() for line in comparison.lines()])]


def replace_measured(page: Path, measured: str) -> None:
    """Replace the text of a page between the marks ``<!-- measured -->`` and ``<!-- /measured -->``."""
    begin, end = "<!-- measured -->\n", "<!-- /measured -->"
    before, _, rest = page.read_text().partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}{measured}\n{end}{after}")


def _label_rows(evaluation: Evaluation) -> list[tuple[str, ...]]:
    rows = zip(evaluation.labels, evaluation.precision, evaluation.recall, evaluation.counts.sum(axis=1), strict=True)
    return [
        ("label", "precision", "recall", "files"),
        *((label, per_cent(precision), per_cent(recall), str(n)) for label, precision, recall, n in rows),
    ]


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = ("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)
    return "\n".join([head, "|---" * len(rows[0]) + "|", *body])


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _version() -> str:
    from streamer import __version__

    return __version__
