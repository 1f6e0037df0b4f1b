"""Tables of an evaluation, for terminals and as Markdown, with headings abbreviated to fit."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rich.table import Table
from rich.text import Text

from streamer.evaluation.detection import Detection
from streamer.evaluation.metrics import Evaluation
from streamer.evaluation.operating import OperatingPoint, Rate
from streamer.evaluation.unknown import UnknownFolder, UnknownLabel

CORNER = "true \\ found"
OTHER = "other"  # heading of the column of clips for which another label was found
N_CONFUSIONS = 20  # most confusions listed if there is no room for a matrix
N_UNKNOWN = 20  # most folders, or labels, listed of recordings of none of the labels
N_OTHERS = 5  # most labels listed for the column OTHER
OVERALL = "all"  # heading of the row of all labels


def markdown_table(
    counts: NDArray[np.integer], labels: Sequence[str], found: str = "found", per_cent_of: str = ""
) -> str:
    """Return a confusion matrix as a Markdown table; a label without examples gets no row.

    Parameters
    ----------
    counts : ndarray of int, shape (n_labels, n_labels) or (n_labels, n_labels + 1)
        Examples by true label (row) and label found (column); a last column counts those for which another label was
        found, and is left out if it is empty.
    labels : sequence of str
        Names of the rows and columns.
    found : str
        Participle for the corner of the table, such as heard or seen.
    per_cent_of : str
        Noun of the examples; if given, rows are in per cent, and a last column of this name has their number.
    """
    shown = list(range(len(labels)))
    columns = list(labels)
    if counts.shape[1] > len(labels) and counts[:, -1].any():
        shown.append(len(labels))
        columns.append(OTHER)
    head = [f"true \\ {found}", *columns, *([per_cent_of] if per_cent_of else [])]
    lines = [_markdown_row(head), "|---" * len(head) + "|"]
    for label, row in zip(labels, counts, strict=True):
        n = int(row.sum())
        if n and per_cent_of:
            lines.append(_markdown_row([label, *(f"{100 * row[i] / n:.1f}" if row[i] else "·" for i in shown), str(n)]))
        elif n:
            lines.append(_markdown_row([label, *(str(row[i]) if row[i] else "·" for i in shown)]))
    return "\n".join(lines)


def confusion_table(evaluation: Evaluation, width: int) -> Table:
    """Return the confusion matrix for a terminal: true labels as rows, labels found as columns.

    Parameters
    ----------
    evaluation : Evaluation
    width : int
        Columns of the terminal. Headings are abbreviated so that all fit; if there are too many labels for that, the
        most frequent confusions are listed instead.
    """
    counts = evaluation.counts if evaluation.others else evaluation.counts[:, :-1]
    headings = [*evaluation.labels, *([OTHER] if evaluation.others else [])]
    longest_row = max(len(CORNER), min(max(len(label) for label in evaluation.labels), width // 4))
    room = (width - longest_row) // len(headings) - 1  # a space separates columns
    if room < max(2, len(str(counts.max()))):
        return _confusions(counts, headings)
    table = _table(CORNER, longest_row)
    for heading in abbreviate(headings, room):
        table.add_column(Text(heading), justify="right", no_wrap=True, header_style="bold")
    for i, label in enumerate(evaluation.labels):
        if n := int(counts[i].sum()):
            table.add_row(Text(label), *(_cell(int(counts[i, j]), n, j == i) for j in range(len(headings))))
    return table


def label_table(evaluation: Evaluation, width: int) -> Table:
    """Return precision, recall and F1 of each label for a terminal of ``width`` columns."""
    table = _table("label", max(12, width - 40), n_spaces=2)
    for name in ("precision", "recall", "F1", "clips"):
        table.add_column(name, justify="right", no_wrap=True, header_style="dim")
    rows = zip(
        evaluation.labels, evaluation.precision, evaluation.recall, evaluation.f1, evaluation.counts.sum(axis=1),
        strict=True,
    )  # fmt: skip
    for label, precision, recall, f1, n in rows:
        table.add_row(Text(label), *(share_text(value) for value in (precision, recall, f1)), str(n))
    return table


def others_line(evaluation: Evaluation) -> str:
    """Return a line with the labels found for the clips of the column ``other``; empty if there are none."""
    if not evaluation.others:
        return ""
    named = ", ".join(f"{label} {n}" for label, n in evaluation.others[:N_OTHERS])
    n_more = len(evaluation.others) - N_OTHERS
    return f"{OTHER}: {named}{f', {n_more} more' if n_more > 0 else ''}"


def detection_table(overall: Detection, by_label: dict[str, Detection], width: int) -> Table:
    """Return a table with a row for each label and one for all, for a terminal of ``width`` columns.

    Columns: events annotated, share of them that a found event overlaps, F1 by events and by segments, false alarms
    per hour with their 95 % interval.
    """
    table = Table(box=None, padding=(0, 0, 0, 2), pad_edge=False, show_edge=False)
    table.add_column("label", no_wrap=True, max_width=max(12, width - 64), overflow="ellipsis", header_style="dim")
    for name in ("events", "heard", "event F1", "segment F1", "false alarms/h"):
        table.add_column(name, justify="right", no_wrap=True, header_style="dim")
    for label, detection in [*by_label.items(), (OVERALL, overall)]:
        true = detection.events.n_true
        overlapped = share_text(detection.n_overlapped / true if true else math.nan)
        table.add_row(
            Text(label, "bold" if detection is overall else ""),
            str(true),
            overlapped,
            share_text(detection.events.f1),
            share_text(detection.segments.f1),
            rate_text(detection.false_alarms),
        )
    return table


def unknown_table(heading: str, found: Sequence[UnknownFolder] | Sequence[UnknownLabel], width: int) -> Table:
    """Return a table of what was found in recordings of none of the labels, for a terminal of ``width`` columns.

    Columns: files, or for labels those that get it; false events, and how many an hour with their 95 % interval.
    """
    table = _table(heading, max(12, width - 56), n_spaces=2)
    for name in ("files", "labelled", "hours", "false events", "an hour"):
        table.add_column(name, justify="right", no_wrap=True, header_style="dim")
    for one in found[:N_UNKNOWN]:
        name = one.name if isinstance(one, UnknownFolder) else one.label
        labelled = str(one.labelled.n) if one.labelled.n else "·"
        events = str(one.false.n) if one.false.n else "·"
        hours = f"{one.false.hours:.2f}"
        table.add_row(Text(name), str(one.labelled.n_all), labelled, hours, events, rate_text(one.false))
    if len(found) > N_UNKNOWN:
        table.add_row(Text(f"{len(found) - N_UNKNOWN} more", "dim"))
    return table


def curve_table(curve: Sequence[OperatingPoint]) -> Table:
    """Return a table of operating points, the thresholds in force in bold."""
    table = Table(box=None, padding=(0, 0, 0, 2), pad_edge=False, show_edge=False)
    for name in ("shift", "false events/h", "own event begins", "a wrong one"):
        table.add_column(name, justify="right", no_wrap=True, header_style="dim")
    for point in curve:
        if point.false is not None and point.shift == int(point.shift):
            shares = (per_cent(share.value) for share in (point.own, point.wrong))
            table.add_row(f"{point.shift:+g}", rate_text(point.false), *shares, style="" if point.shift else "bold")
    return table


def per_cent(share: float) -> str:
    """Return a share as text in per cent; a dash for an unknown one (NaN)."""
    return "–" if math.isnan(share) else f"{100 * share:.1f} %"


def share_text(value: float) -> Text:
    """Return a share for a table, coloured by how good it is; a dash for an unknown one (NaN)."""
    if math.isnan(value):
        return Text("–", "dim")
    return Text(f"{value:.3f}", "" if value >= 0.9 else "yellow" if value >= 0.7 else "red")


def rate_text(rate: Rate) -> str:
    """Return a rate per hour with its 95 % interval, as text; a dash where there was no time for an event."""
    if not rate.hours:
        return "–"
    low, high = rate.interval
    digits = 0 if high >= 100 else 1
    return f"{rate.per_hour:.{digits}f} ({low:.{digits}f} – {high:.{digits}f})"


def abbreviate(names: Sequence[str], width: int) -> list[str]:
    """Shorten names to at most ``width`` characters, each different from the others if possible.

    Names of several words become the beginnings of their words (``sea_waves`` → ``seawav``), single words their
    beginning (``helicopter`` → ``helico``). If two come out the same, letters from the name's end, and as a last
    resort numbers, tell them apart.

    Parameters
    ----------
    names : sequence of str
    width : int
        At least 1.
    """
    short: list[str] = []
    for name in names:
        short.append(next(form for form in _forms(name, width, len(names)) if form not in short))
    return short


def _table(first: str, width: int, n_spaces: int = 1) -> Table:
    """Return an empty table without lines, whose first column holds names of at most ``width`` characters."""
    table = Table(box=None, padding=(0, 0, 0, n_spaces), pad_edge=False, show_edge=False)
    table.add_column(first, no_wrap=True, max_width=width, overflow="ellipsis", header_style="dim")
    return table


def _confusions(counts: NDArray[np.integer], headings: Sequence[str]) -> Table:
    """Return a table of the most frequent confusions, each with the number of the true label's examples."""
    wrong = counts * (np.arange(counts.shape[1]) != np.arange(counts.shape[0])[:, None])
    table = _table("true", 30, n_spaces=2)
    table.add_column("found", no_wrap=True, max_width=30, overflow="ellipsis", header_style="dim")
    table.add_column("clips", justify="right", no_wrap=True, header_style="dim")
    for place in np.argsort(-wrong, axis=None, kind="stable")[:N_CONFUSIONS]:
        row, column = np.unravel_index(place, wrong.shape)
        if wrong[row, column]:
            times = f"{wrong[row, column]} of {counts[row].sum()}"
            table.add_row(Text(headings[row]), Text(headings[column]), times)
    return table


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _cell(n: int, n_row: int, right: bool) -> Text:
    if not n:
        return Text("·", "dim")
    if right:
        return Text(str(n), "bold green")
    return Text(str(n), "bold red" if n > n_row / 10 else "yellow")


def _forms(name: str, width: int, n_names: int) -> list[str]:
    """Return short forms of a name, best first, more than there are names."""
    words = [word for word in re.split(r"[\W_]+", name) if word] or [name]
    text = name if len(name) <= width else _share_out(words, width)
    endings = [text[: width - 1] + letter for letter in reversed(name) if letter.isalnum()] if width > 1 else []
    numbers = range(2, n_names + 2)
    # If a column is too narrow for so many numbers, a wider heading is better than the same one twice.
    return [text, *endings, *(_numbered(text, n, width) for n in numbers), *(f"{text}{n}" for n in numbers)]


def _share_out(words: list[str], width: int) -> str:
    """Return the beginnings of as many words as there is room for, the width shared out among them."""
    words = words[:width]
    lengths = [0] * len(words)
    for _ in range(width):
        # One letter at a time, for the first of the words with fewest letters so far and some left.
        open_places = [i for i, word in enumerate(words) if lengths[i] < len(word)]
        if not open_places:
            break
        lengths[min(open_places, key=lambda i: lengths[i])] += 1
    return "".join(word[:length] for word, length in zip(words, lengths, strict=True))


def _numbered(text: str, number: int, width: int) -> str:
    digits = str(number)
    return text[: max(0, width - len(digits))] + digits
