"""Plot an evaluation: confusion matrix, reliability diagram, figures of each label and of events."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from streamer.errors import UserError
from streamer.evaluation.detection import Detection
from streamer.evaluation.metrics import N_BINS, Evaluation
from streamer.evaluation.operating import OperatingPoint
from streamer.evaluation.tables import OTHER
from streamer.installation import install_command
from streamer.system import write_atomically

DPI = 144
N_NUMBERED = 30  # most labels for which the cells of a confusion matrix have room for numbers


def new_figure(width_in: float, height_in: float) -> Any:
    """Return an empty matplotlib figure that needs no window, whatever backend the environment asks for.

    Raises
    ------
    UserError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UserError(f"figures must be drawn by matplotlib; install it: {install_command('train')}") from None
    return Figure(figsize=(width_in, height_in), layout="constrained")


def save_figure(figure: Any, path: Path) -> None:
    """Write a figure as PNG atomically.

    Raises
    ------
    StreamerError
        If it cannot be written.
    """
    png = io.BytesIO()
    with warnings.catch_warnings():
        # A label may be in any script; the box drawn for a missing glyph makes the warning needless.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure.savefig(png, format="png", dpi=DPI, bbox_inches="tight")
    write_atomically(path, png.getvalue(), "figure")


def draw_clips(evaluation: Evaluation, name: str, folder: Path) -> None:
    """Write all figures of a model on labelled files into a folder, as NAME_….png.

    Raises
    ------
    UserError, StreamerError
        As :func:`new_figure` and :func:`save_figure`.
    """
    drawn = {
        "confusion": confusion_figure(evaluation, name),
        "reliability": reliability_figure(evaluation, name),
        "labels": labels_figure(evaluation, name),
    }
    for what, figure in drawn.items():
        save_figure(figure, folder / f"{_file_name(name)}_{what}.png")


def draw_events(by_label: dict[str, Detection], name: str, folder: Path) -> None:
    """Write the figure of a model on annotated recordings into a folder, as NAME_events.png.

    Raises
    ------
    UserError, StreamerError
        As :func:`new_figure` and :func:`save_figure`.
    """
    save_figure(events_figure(by_label, name), folder / f"{_file_name(name)}_events.png")


def draw_curves(curves: Mapping[str, Sequence[OperatingPoint]], folder: Path) -> None:
    """Write the figure of all models' operating curves into a folder, as open_set.png.

    Raises
    ------
    UserError, StreamerError
        As :func:`new_figure` and :func:`save_figure`.
    """
    save_figure(curve_figure(curves), folder / "open_set.png")


def curve_figure(curves: Mapping[str, Sequence[OperatingPoint]]) -> Any:
    """Draw the share of clips with an own and with a wrong event against false events per hour, a line each model.

    A rate of 0 is drawn at the upper end of its interval, as an arrow to the left: less is all that is known.
    """
    figure = new_figure(7.0, 5.0)
    axes = figure.add_subplot()
    for i, (name, curve) in enumerate(curves.items()):
        points = [(point, point.false) for point in curve if point.false]
        rates = np.array([rate.per_hour if rate.n else rate.interval[1] for _, rate in points])
        own, wrong = (np.array([share.value for share in shares]) for shares in zip(
            *((point.own, point.wrong) for point, _ in points), strict=True))  # fmt: skip
        colour, some = f"C{i}", np.array([rate.n > 0 for _, rate in points])
        axes.plot(rates[some], own[some], "-o", markersize=3, color=colour, label=f"{_literal([name])[0]}: own event")
        axes.plot(rates[some], wrong[some], ":", color=colour, label="wrong event")
        axes.plot(rates[~some], own[~some], "<", markersize=5, color=colour)
        now = [k for k, (point, _) in enumerate(points) if not point.shift]
        axes.plot(rates[now], own[now], "o", markersize=10, fillstyle="none", color=colour)
    axes.set(
        xscale="log", ylim=(0, 1.02), xlabel="false events per hour; ◁ none: below", ylabel="share of labelled clips"
    )
    axes.set_title("thresholds moved together; circle: those in force")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def confusion_figure(evaluation: Evaluation, title: str) -> Any:
    """Draw the confusion matrix: shares of each row as shades, numbers of clips in the cells."""
    counts = evaluation.counts if evaluation.others else evaluation.counts[:, :-1]
    labels = _literal(evaluation.labels)
    found = [*labels, *([OTHER] if evaluation.others else [])]
    side_in = 2.2 + 0.42 * min(len(found), N_NUMBERED)
    figure = new_figure(side_in + 0.6, side_in)
    axes = figure.add_subplot()
    shares = counts / counts.sum(axis=1, keepdims=True)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, label="share of the label's clips", shrink=0.8)
    axes.set_xticks(range(len(found)), found, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(labels)), labels)
    axes.set(xlabel="found", ylabel="true", title=f"{title}: {100 * evaluation.accuracy:.1f} % right (closed set)")
    if len(found) <= N_NUMBERED:
        for row, column in zip(*np.nonzero(counts), strict=True):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, counts[row, column], ha="center", va="center", color=colour, fontsize=8)
    return figure


def reliability_figure(evaluation: Evaluation, title: str) -> Any:
    """Draw the share of right clips against their highest score, over a histogram of that score."""
    bins = evaluation.calibration
    edges = np.linspace(0, 1, N_BINS + 1)
    filled = bins.n_clips > 0
    figure = new_figure(5.0, 5.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    upper.plot([0, 1], [0, 1], color="grey", linestyle="--", label="as often as the score says")
    upper.bar(edges[:-1][filled], bins.right[filled], 1 / N_BINS, align="edge", alpha=0.5, edgecolor="white")
    upper.plot(bins.score[filled], bins.right[filled], "o", color="C0", label="share right")
    upper.set(ylabel="share right", ylim=(0, 1.02), xlim=(0, 1))
    upper.set_title(f"{title}: calibration error {evaluation.calibration_error:.3f}")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    lower.bar(edges[:-1], bins.n_clips, 1 / N_BINS, align="edge", edgecolor="white")
    lower.set(xlabel="highest score of a clip", ylabel="clips")
    return figure


def labels_figure(evaluation: Evaluation, title: str) -> Any:
    """Draw precision, recall and F1 of each label as bars."""
    places = np.arange(len(evaluation.labels))
    figure = new_figure(6.5, 1.4 + 0.42 * len(places))
    axes = figure.add_subplot()
    series = (("precision", evaluation.precision), ("recall", evaluation.recall), ("F1", evaluation.f1))
    for i, (name, values) in enumerate(series):
        axes.barh(places + 0.27 * (i - 1), np.nan_to_num(values), 0.25, label=name)
    axes.set_yticks(places, _literal(evaluation.labels))
    axes.invert_yaxis()
    axes.set(xlim=(0, 1), title=f"{title}: macro F1 {evaluation.macro_f1:.3f}")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure


def events_figure(by_label: dict[str, Detection], title: str) -> Any:
    """Draw the F1 of each label's events and segments, and its false alarms per hour."""
    places = np.arange(len(by_label))
    figure = new_figure(9.0, 1.6 + 0.38 * max(1, len(places)))
    left, right = figure.subplots(1, 2, sharey=True)
    found = list(by_label.values())
    for i, (name, f1) in enumerate(
        (("events", [one.events.f1 for one in found]), ("segments", [one.segments.f1 for one in found]))
    ):
        left.barh(places + 0.4 * i - 0.2, np.nan_to_num(f1), 0.38, label=name)
    left.set_yticks(places, _literal(list(by_label)))
    left.invert_yaxis()
    left.set(xlim=(0, 1), xlabel="F1")
    rates = np.array([one.false_alarms.per_hour for one in found])
    limits = np.array([one.false_alarms.interval for one in found]).reshape(-1, 2)
    right.barh(places, rates, 0.6, color="C3", alpha=0.6)
    right.errorbar(rates, places, xerr=np.abs(limits.T - rates), fmt="none", ecolor="black", capsize=3)
    right.set(xlabel="false alarms per hour, 95 % interval")
    right.set_xlim(left=0)
    figure.suptitle(_literal([title])[0])
    figure.legend(loc="outside lower left", ncols=2, frameon=False)
    return figure


def _literal(labels: Sequence[str]) -> list[str]:
    """Return labels escaped so that matplotlib does not read them as formulas."""
    return [label.replace("$", "\\$") for label in labels]


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "model"
