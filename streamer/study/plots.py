"""Plot the results of the study: learning curves, few against many examples, and the inputs of the systems."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from streamer.arrays import Float32, UInt8
from streamer.evaluation.plots import new_figure
from streamer.study import front_ends
from streamer.study.front_ends import MOTION
from streamer.study.kinds import KINDS, DataKind, open_source
from streamer.study.run import StudyResults
from streamer.study.systems import BY_KEY, SYSTEMS
from streamer.study.verdicts import point_of
from streamer.system import write_atomically

DPI, N_COLOURS = 110, 200
# Okabe and Ito's colours, which the colour-blind can tell apart; one for each family, whose members differ in line.
COLOURS = {
    "direct": "#D55E00",
    "sequence": "#CC79A7",
    "flow": "#009E73",
    "periodic": "#0072B2",
    "pretrained": "#E69F00",
    "pixels": "#000000",
}
LINES = {
    "direct": ("-", "o"),
    "spectrogram": ("--", "s"),
    "backbone": (":", "^"),
    "sequence": ("-", "o"),
    "flow": ("--", "s"),
    "flow_turn": ("-", "o"),
    "scalar": (":", "x"),
    "polar_linear": ("--", "s"),
    "polar_network": ("-", "o"),
    "motion_linear": ("--", "D"),
    "motion_network": ("-", "v"),
    "pixels_linear": ("--", "s"),
    "pixels_network": ("-", "o"),
    "one_image": (":", "x"),
}
TITLES = {
    "digits": "pictures: which digit",
    "textures": "pictures: which pattern",
    "motion": "videos: which motion",
    "appearance": "videos: which shape",
}

VIEWS = (
    "the clip",
    "taken for a\nspectrogram",
    "real\nspectrogram",
    "|FFT2|, over\ntime in videos",
    "polar\nspectrum",
    "flow in time\n(pseudo-spectr.)",
    "grey in time\n(motion)",
)


def draw(results: StudyResults, folder: Path) -> None:
    """Write ``curves.png``, ``few_and_many.png`` and ``inputs.png``.

    Raises
    ------
    StreamerError
        If one cannot be written.
    """
    for name, figure in (
        ("curves", curves_figure(results)),
        ("few_and_many", few_and_many_figure(results)),
        ("inputs", inputs_figure(results)),
    ):
        _save(figure, folder / f"{name}.png")


def curves_figure(results: StudyResults) -> Any:
    """Draw accuracy over the number of training examples, one panel for each kind of data."""
    figure = new_figure(9.6, 8.6)
    panels = figure.subplots(2, 2, sharey=True)
    for axes, kind in zip(panels.flat, KINDS, strict=True):
        for curve in (curve for curve in results.curves if curve.kind == kind.key and not curve.blind):
            system = BY_KEY[curve.system]
            if system.key == "one_image" and kind.is_still:
                continue
            line, marker = LINES[system.key]
            numbers = [point.n_per_label for point in curve.points]
            accuracy = 100 * np.array([point.accuracy for point in curve.points])
            low, high = 100 * np.array([point.interval for point in curve.points]).T
            colour = COLOURS[system.family]
            axes.plot(numbers, accuracy, line, marker=marker, color=colour, markersize=4, linewidth=1.3)
            axes.vlines(numbers, low, high, color=colour, linewidth=0.9)
        axes.axhline(100 / len(kind.labels), color="#999999", linewidth=1, linestyle=(0, (1, 3)))
        axes.set_xscale("log")
        axes.set_xticks(results.sizes.per_label, [str(n) for n in results.sizes.per_label])
        axes.minorticks_off()
        axes.set_title(TITLES[kind.key], loc="left", fontsize=10, fontweight="bold")
        axes.set_ylim(0, 101)
        axes.grid(color="#eeeeee")
        axes.spines[["top", "right"]].set_visible(False)
    for axes in panels[1]:
        axes.set_xlabel("training examples of each label")
    for axes in panels[:, 0]:
        axes.set_ylabel("right, % (bars: 95 %; dotted: chance)")
    figure.legend(handles=_handles(results), loc="outside lower center", ncols=2, fontsize=8.5, frameon=False)
    return figure


def few_and_many_figure(results: StudyResults) -> Any:
    """Draw for each system its accuracy after few and after the most examples, with 95 % intervals."""
    systems = [s for s in SYSTEMS if any(c.system == s.key for c in results.curves)]
    figure = new_figure(11.0, 0.9 + 0.3 * len(systems))
    panels = figure.subplots(1, len(KINDS), sharey=True)
    for axes, kind in zip(panels, KINDS, strict=True):
        for row, system in enumerate(systems):
            curve = results.curve(kind.key, system.key)
            if curve is None or curve.blind:
                axes.text(100 / len(kind.labels) + 3, row, "sees nothing", fontsize=7.5, color="#777777", va="center")
                continue
            few, many = point_of(curve, True), point_of(curve, False)
            colour = COLOURS[system.family]
            axes.plot([100 * few.accuracy, 100 * many.accuracy], [row, row], color=colour, linewidth=1, alpha=0.5)
            for point, filled, shift in ((few, False, -0.12), (many, True, 0.12)):
                low, high = (100 * end for end in point.interval)
                axes.plot([low, high], [row + shift, row + shift], color=colour, linewidth=1.2)
                face = colour if filled else "white"
                axes.plot(100 * point.accuracy, row + shift, "o", color=colour, markerfacecolor=face, markersize=5)
        axes.axvline(100 / len(kind.labels), color="#999999", linewidth=1, linestyle=(0, (1, 3)))
        axes.set_title(TITLES[kind.key], loc="left", fontsize=10, fontweight="bold")
        axes.set_xlim(0, 102)
        axes.set_xlabel("right, %")
        axes.grid(axis="x", color="#eeeeee")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_yticks(range(len(systems)), [system.title for system in systems], fontsize=8.5)
    panels[0].invert_yaxis()
    sample = next(curve for curve in results.curves if not curve.blind)
    numbers = (
        f"{point_of(sample, True).n_per_label} examples a label (open) and {sample.points[-1].n_per_label} (filled)"
    )
    figure.suptitle(f"after {numbers}; bars: 95 %; dotted: chance", fontsize=9, x=0.5)
    return figure


def inputs_figure(results: StudyResults) -> Any:
    """Draw one clip of each kind of data, and the inputs of the systems for it."""
    figure = new_figure(10.2, 5.2)
    rows = [kind for kind in KINDS if kind.key != "appearance"]
    panels = figure.subplots(len(rows), len(VIEWS))
    for line, kind in zip(panels, rows, strict=True):
        if kind.source == "digits":  # a digit of our own: those of the data may not be published
            clip = _digit()
        else:
            clip = next(open_source(kind.source, results.sizes, results.seed).clips(2, 3))
        for axes, picture in zip(line, _views(clip), strict=True):
            axes.set_xticks([])
            axes.set_yticks([])
            if picture is None:
                axes.text(0.5, 0.5, "stands still:\nnothing", ha="center", va="center", fontsize=8, color="#777777")
                axes.spines[:].set_visible(False)
            else:
                axes.imshow(
                    picture, cmap="gray" if axes is line[0] else "viridis", aspect="auto", interpolation="nearest"
                )
        line[0].set_ylabel({"digits": "digit", "textures": "texture", "motion": "video"}[kind.key], fontsize=9)
        for axes, (across, upwards) in zip(line[1:], _axes_of(kind), strict=True):
            axes.set_xlabel(across, fontsize=7)
            axes.set_ylabel(upwards, fontsize=7)
    for axes, title in zip(panels[0], VIEWS, strict=True):
        axes.set_title(title, fontsize=9)
    return figure


def _digit() -> UInt8:
    """Return a clip of one digit that resembles handwriting, shape (1, 20, 20)."""
    large = np.zeros((80, 80), np.uint8)
    cv2.putText(large, "3", (18, 66), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 2.4, 255, 8, cv2.LINE_AA)
    return np.asarray(cv2.resize(large, (20, 20), interpolation=cv2.INTER_AREA), np.uint8)[None]


def _save(figure: Any, path: Path) -> None:
    """Write a figure as PNG of few colours, a third of the size."""
    from PIL import Image

    png, small_png = io.BytesIO(), io.BytesIO()
    figure.savefig(png, format="png", dpi=DPI)
    Image.open(png).convert("RGB").quantize(N_COLOURS, dither=Image.Dither.NONE).save(small_png, "png", optimize=True)
    write_atomically(path, small_png.getvalue(), "figure")


def _views(clip: UInt8) -> list[Float32 | UInt8 | None]:
    """Return the clip and its features as images for each of VIEWS; None for features that are all zero."""
    still = len(clip) == 1
    first = clip[0] if still else np.block([[clip[0], clip[4]], [clip[8], clip[12]]])
    spectra = front_ends.spectra_over_time(clip)[:, :, 0]
    spectrum = spectra.reshape(-1, min(clip.shape[2] // 2 + 1, front_ends.MOST_BINS[1])) if still else spectra.T
    flow = front_ends.flow_spectrum(clip).mean(axis=2).T[::-1]
    grey = front_ends.motion(clip)[:, : MOTION.n_bins].T[::-1]
    return [
        first,
        front_ends.as_spectrogram(clip)[:, :, 0].T,
        front_ends.spectrogram(clip)[:, :, 0].T[::-1],
        spectrum,
        front_ends.polar(clip)[::-1],
        flow if flow.any() else None,
        grey if grey.any() else None,
    ]


def _axes_of(kind: DataKind) -> tuple[tuple[str, str], ...]:
    """Return the labels of the horizontal and the vertical axis of each view but the first."""
    angles = ("angle, 0–180°", "radius, to ½ cycle/px")
    if kind.is_still:
        return (
            ("column as time", "row as frequency"),
            ("row", "frequency along it"),
            ("kx", "ky"),
            angles,
            ("", ""),
            ("", ""),
        )
    in_time = ("cell", "0–15 cycles/s")
    return ("time", "pixel as frequency"), ("time", "0–15 cycles/s"), ("time", "kx, ky"), angles, in_time, in_time


def _handles(results: StudyResults) -> list[Any]:
    from matplotlib.lines import Line2D

    present = {curve.system for curve in results.curves}
    return [
        Line2D([], [], color=COLOURS[s.family], linestyle=LINES[s.key][0], marker=LINES[s.key][1], label=s.title, ms=4)
        for s in SYSTEMS
        if s.key in present
    ]
