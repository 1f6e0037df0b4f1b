"""Report an inspection: for the terminal, for a model's card, and as JSON values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from streamer.dashboard.text import clean
from streamer.dashboard.theme import Theme, theme_of
from streamer.dataset.checks import Problem, Severity, counted
from streamer.dataset.inspection import Inspection
from streamer.tasks import TASKS
from streamer.text import duration

N_PATHS = 3  # files listed for each problem
BAR_CELLS = 20
BAR_FROM = 80  # columns of a terminal with room for bars beside the numbers
STYLES: Final = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}


def inspection_table(inspection: Inspection) -> RenderableType:
    """Return a table of the labels and, below it, the problems, most severe first.

    Parameters
    ----------
    inspection : Inspection
        What to show.

    Returns
    -------
    rich renderable
    """
    return _InspectionPage(inspection)


def inspection_lines(inspection: Inspection) -> list[str]:
    """Return the amount of usable data, in all and of each label, and the problems, as lines for a model's card.

    Parameters
    ----------
    inspection : Inspection
        What to report.

    Returns
    -------
    list of str
        Without the names of files, which are the user's own.
    """
    counts = inspection.counts
    kind = TASKS[inspection.dataset.task].example
    seconds = sum(count.duration_s for count in counts)
    whole = f"{counted(len(inspection.usable), kind)} of {counted(len(inspection.usable.groups), 'group')}"
    lines = [f"{whole}, {counted(len(counts), 'label')}" + (f", {duration(seconds)} in all" if seconds else "")]
    for count in counts:
        line = f"{count.label}: {counted(count.n_files, 'file')} of {counted(count.n_groups, 'group')}"
        lines.append(line + (f", {duration(count.duration_s)}" if seconds else ""))
    return [*lines, *(f"{problem.severity}: {problem}" for problem in inspection.problems)]


def inspection_dict(inspection: Inspection) -> dict[str, Any]:
    """Return an inspection as JSON values; paths are relative to the dataset's folder.

    Parameters
    ----------
    inspection : Inspection
        What to report.

    Returns
    -------
    dict
        ``data``, ``task``, ``n_files`` and ``n_groups`` (usable ones), ``labels`` (the fields of
        :class:`~streamer.dataset.balance.LabelCount` for each) and ``problems``.
    """
    return {
        "data": str(inspection.dataset.folder),
        "task": inspection.dataset.task,
        "n_files": len(inspection.usable),
        "n_groups": len(inspection.usable.groups),
        "labels": [asdict(count) for count in inspection.counts],
        "problems": [
            {
                "kind": problem.kind,
                "severity": problem.severity.value,
                "text": problem.text,
                "files": [{"path": name, "reason": reason} for name, reason in _files(problem, inspection)],
            }
            for problem in inspection.problems
        ],
    }


@dataclass(frozen=True)
class _InspectionPage:
    inspection: Inspection

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        theme = theme_of(console)
        yield _labels(self.inspection, theme, has_bars=options.max_width >= BAR_FROM)
        if self.inspection.problems:
            yield _problems(self.inspection, theme)


def _labels(inspection: Inspection, theme: Theme, has_bars: bool) -> Table:
    counts, is_timed = inspection.counts, TASKS[inspection.dataset.task].is_timed
    most = max((count.n_files for count in counts), default=0)
    seconds = sum(count.duration_s for count in counts)
    n_left_out = sum(count.n_left_out for count in counts)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_footer=True, footer_style="bold")
    table.add_column("label", counted(len(counts), "label"), overflow="ellipsis", no_wrap=True, max_width=28)
    for name, whole in (("files", len(inspection.usable)), ("groups", len(inspection.usable.groups))):
        table.add_column(name, str(whole), justify="right", no_wrap=True)
    if n_left_out:
        table.add_column("left out", str(n_left_out), justify="right", no_wrap=True)
    if is_timed:
        table.add_column("total", duration(seconds), justify="right", no_wrap=True)
    if has_bars:
        table.add_column("", "", no_wrap=True)
    for count in counts:
        cells: list[RenderableType] = [Text(clean(count.label, theme.glyphs.ascii_only))]
        cells += [str(count.n_files), str(count.n_groups)]
        cells += [str(count.n_left_out or "")] if n_left_out else []
        cells += [duration(count.duration_s)] if is_timed else []
        cells += (
            [ProgressBar(most, count.n_files, BAR_CELLS, complete_style="cyan", finished_style="cyan")]
            if has_bars
            else []
        )
        table.add_row(*cells, style="" if count.n_files else "red")
    return table


def _problems(inspection: Inspection, theme: Theme) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for problem in inspection.problems:
        style = STYLES[problem.severity]
        message = Text(f"{problem.kind}: ", style).append(
            clean(problem.text, theme.glyphs.ascii_only), "default not bold"
        )
        table.add_row(Text(problem.severity.value, style), message)
        for line in _some_files(problem, inspection, theme):
            table.add_row("", Padding(Text(line, "dim"), (0, 0, 0, 2)))
    return table


def _some_files(problem: Problem, inspection: Inspection, theme: Theme) -> Iterator[str]:
    for name, reason in _files(problem, inspection)[:N_PATHS]:
        yield clean(f"{name}: {reason}" if reason else name, theme.glyphs.ascii_only)
    more = len(problem.paths) - N_PATHS
    if more > 0:
        yield f"{theme.glyphs.ellipsis} and {more} more"


def _files(problem: Problem, inspection: Inspection) -> list[tuple[str, str]]:
    """Return the path of each file of a problem in the dataset's folder, and the reason given for it."""
    names = [path.relative_to(inspection.dataset.folder).as_posix() for path in problem.paths]
    return list(zip(names, problem.reasons or [""] * len(names), strict=True))
