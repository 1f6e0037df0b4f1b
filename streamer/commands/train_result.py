"""Show the result of a training on a terminal."""

from __future__ import annotations

import shlex

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from streamer.console import SafeConsole
from streamer.evaluation.tables import confusion_table, label_table, others_line, per_cent
from streamer.tasks import TASKS
from streamer.text import file_size
from streamer.training.report import TrainingReport


def show(report: TrainingReport, console: Console | None = None) -> None:
    """Print how good the model is, where it is and how to run it."""
    console = console or SafeConsole()
    learned, evaluation, output = report.learned, report.learned.evaluation, report.options.output
    compared = learned.comparison
    timed = TASKS[report.options.task].is_timed
    parts: list[Text | Padding] = [
        *(Text(line, "bold" if i == 0 else "") for i, line in enumerate(report.open_set.lines() if timed else ())),
        Text.assemble((per_cent(evaluation.accuracy), "bold"), f" {report.accuracy_text()}"),
        _inset(confusion_table(evaluation, console.width - 2)),
        Text(others_line(evaluation)),
        _inset(label_table(evaluation, console.width - 2)),
        Text(
            f"A window's highest score is off by {per_cent(learned.error_after)} on average, "
            f"{per_cent(learned.error_before)} before calibration."
        ),
        Text(report.quantisation_text()),
        *(Text(line, "bold" if i == 0 else "") for i, line in enumerate(compared.lines() if compared else ())),
        _inset(_thresholds(report)),
        Text(report.thresholds_text(), "dim"),
        Text(_hint(report)),
    ]
    console.print()
    console.print(Group(*(part for part in parts if not isinstance(part, Text) or part.plain)))
    n_bytes = file_size(output.stat().st_size)
    written = Text.assemble(
        (str(output), "bold"), f": {n_bytes}, {report.window_text} a window; its card: {report.options.card}"
    )
    run = Text.assemble("try it:  ", (f"{report.run_command} {shlex.quote(str(output))}", "bold"))
    for line in (written, run):
        console.print(line, soft_wrap=True)  # to be copied


def _hint(report: TrainingReport) -> str:
    if not report.synthetic_background:
        return ""
    folder = report.inspection.dataset.folder / report.synthetic_background
    return f"Something else may be taken for one of these: put examples of it into {folder}, and train again."


def _inset(table: Table) -> Padding:
    return Padding(table, (1, 0, 0, 2))


def _thresholds(report: TrainingReport) -> Table:
    head, *rows = report.threshold_rows()
    table = Table(box=None, padding=(0, 0, 0, 2), pad_edge=False, show_edge=False)
    table.add_column(head[0], no_wrap=True, overflow="ellipsis", max_width=28, header_style="dim")
    for name in head[1:]:
        table.add_column(name, justify="right", header_style="dim")
    for row in rows:
        table.add_row(*row)
    return table
