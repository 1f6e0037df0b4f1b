"""Draw a history: a timeline of its events, their hours of the day, and measured frequencies over time."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from streamer.errors import UserError
from streamer.evaluation.plots import new_figure, save_figure
from streamer.safe_text import safe
from streamer.sinks.folder import make_folder
from streamer.sinks.history_rows import HistoryChoice, HistoryRows

N_LABELS = 30  # most labels drawn, those with the most events
# The stream and, where it is none of the whole image, the region; lines of earlier versions name no region.
WHOSE = "stream || coalesce(' ' || json_extract(line, '$.region'), '')"
SHORTEST_DRAWN = 1 / 600  # of the width: a shorter event could not be seen


def draw_history(history: HistoryRows, choice: HistoryChoice, folder: Path) -> list[Path]:
    """Write the figures for which the history has rows, and return their paths.

    Raises
    ------
    UserError, StreamerError
        If matplotlib is not installed, the folder cannot be written, or there is nothing to draw.
    """
    events = history.columns("events", ("time", "label", "onset_s", "offset_s"), choice)
    measured = [
        row for row in history.columns("measurements", ("time", WHOSE, "hz", "hz_sigma"), choice) if row[2] is not None
    ]
    if not (events or measured):
        raise UserError("plot= must have events or measurements to draw, and there are none in that time")
    figures: dict[str, Any] = {}
    if events:
        figures |= {"timeline": _timeline(events), "hours": _hours(events)}
    if measured:
        figures["frequencies"] = _frequencies(measured)
    make_folder(folder, "plot")
    paths = []
    for name, figure in figures.items():
        paths.append(folder / f"history_{name}.png")
        save_figure(figure, paths[-1])
    return paths


def _labels(events: list[tuple[Any, ...]]) -> tuple[list[str], str]:
    """Return the labels to draw, the most frequent first, and what the title says of those left out."""
    counts = Counter(label for _, label, *_ in events)
    labels = [label for label, _ in counts.most_common(N_LABELS)]
    n_more = len(counts) - len(labels)
    return labels, f" (the {N_LABELS} most frequent of {len(counts)} labels)" if n_more else ""


def _timeline(events: list[tuple[Any, ...]]) -> Any:
    labels, left_out = _labels(events)
    figure = new_figure(10.0, 1.5 + 0.3 * len(labels))
    axes = figure.subplots()
    first, last = events[0][0], max(time + _length_s(onset_s, offset_s) for time, _, onset_s, offset_s in events)
    shortest_s = max(1e-3, (last - first) * SHORTEST_DRAWN)
    day_s = 86400.0  # matplotlib counts dates in days
    for row, label in enumerate(labels):
        spans = [
            (_date(time), max(_length_s(onset_s, offset_s), shortest_s) / day_s)
            for time, name, onset_s, offset_s in events
            if name == label
        ]
        axes.broken_barh(spans, (row - 0.4, 0.8), facecolors=f"C{row % 10}")
    axes.set_yticks(range(len(labels)), [safe(label) for label in labels])
    axes.invert_yaxis()
    _date_axis(axes)
    axes.set_title(f"{len(events)} events{left_out}")
    return figure


def _hours(events: list[tuple[Any, ...]]) -> Any:
    """Return a heat map of how many events of each label begin in each hour of the day, by local time."""
    labels, left_out = _labels(events)
    rows = {label: row for row, label in enumerate(labels)}
    counts = np.zeros((len(labels), 24), int)
    for time, label, *_ in events:
        if label in rows:
            counts[rows[label], datetime.fromtimestamp(time).hour] += 1
    figure = new_figure(10.0, 1.5 + 0.3 * len(labels))
    axes = figure.subplots()
    image = axes.imshow(counts, aspect="auto", cmap="viridis", interpolation="nearest", vmin=0)
    axes.set_xticks(range(0, 24, 2))
    axes.set_yticks(range(len(labels)), [safe(label) for label in labels])
    axes.set_xlabel("hour of the day (local time)")
    axes.set_title(f"events by the hour in which they begin{left_out}")
    figure.colorbar(image, label="events")
    return figure


def _frequencies(measured: list[tuple[Any, ...]]) -> Any:
    figure = new_figure(10.0, 4.0)
    axes = figure.subplots()
    for k, stream in enumerate(sorted({stream for _, stream, *_ in measured})):
        own = [(_date(time), hz, sigma) for time, name, hz, sigma in measured if name == stream]
        dates, frequencies_hz, sigmas_hz = zip(*own, strict=True)
        errors = [sigma if sigma is not None and np.isfinite(sigma) else 0.0 for sigma in sigmas_hz]
        axes.errorbar(dates, frequencies_hz, yerr=errors, fmt=".", color=f"C{k}", label=safe(stream))
    _date_axis(axes)
    axes.set_ylabel("Hz")
    axes.set_title("measured frequencies, with their standard uncertainty")
    axes.legend()
    return figure


def _date(time: float) -> Any:
    from matplotlib.dates import date2num

    return date2num(datetime.fromtimestamp(time))


def _date_axis(axes: Any) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_xlabel("local time")


def _length_s(onset_s: float, offset_s: float | None) -> float:
    return 0.0 if offset_s is None else offset_s - onset_s
