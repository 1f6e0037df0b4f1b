"""MeasuredPlots: figures of what was measured of images: spectrum, places of the rhythms, waterfall, lattice."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float64
from streamer.evaluation.plots import new_figure, save_figure
from streamer.messages import LatticeVector, Spatial, SpatialComponent, Temporal, TemporalComponent
from streamer.offline.result import FileResult, SeenImages
from streamer.safe_text import safe
from streamer.sinks.folder import make_folder
from streamer.sinks.log import pattern_text

N_LOUDEST = 16  # cells whose mean spectrum is drawn: one mover in a still scene stays visible
MOST_COMPONENTS = 6  # rhythms and patterns that are drawn, the most significant
LEAST_IMAGES = 16  # of which a spectrum is drawn
MOST_LINES = 60  # of a lattice in one direction: more would hide the image
WATERFALL_CYCLES = 4  # of the slowest rhythm, that a window of the waterfall holds at least
FLOOR_DB = -60.0  # below the strongest, the end of the colour scale
MOST_PX = 1600  # of an image in a figure


class MeasuredPlots:
    """Figures of files, in one folder, as NAME_spectrum.png, NAME_places.png, NAME_waterfall.png and NAME_lattice.png.

    Parameters
    ----------
    folder : Path
        Made where there is none.

    Raises
    ------
    UserError
        If matplotlib is not installed, or the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        new_figure(1.0, 1.0)  # before the first file is measured
        self._folder = make_folder(folder, "plot")
        self._names: set[str] = set()

    def draw(self, result: FileResult) -> list[Path]:
        """Write the figures of a file for which there is something to draw; return their paths.

        Raises
        ------
        StreamerError
            If one cannot be written.
        """
        if result.seen is None:
            return []
        name, title = self._name(result.path), safe(result.path.name)
        paths = []
        for what, figure in _figures(result, result.seen, title):
            paths.append(self._folder / f"{name}_{what}.png")
            save_figure(figure, paths[-1])
        return paths

    def _name(self, path: Path) -> str:
        """Return how the figures of a file begin: its name, as any file system takes it, numbered where it recurs."""
        plain = re.sub(r"[^\w.-]+", "_", path.name.encode("utf-8", "replace").decode())[:100].lstrip(".") or "file"
        name, n = plain, 1
        while name.casefold() in self._names:
            n += 1
            name = f"{plain}-{n}"
        self._names.add(name.casefold())
        return name


def _figures(result: FileResult, seen: SeenImages, title: str) -> Iterator[tuple[str, Any]]:
    found = result.temporal
    if found is not None and seen.times_s.size >= LEAST_IMAGES:
        yield "spectrum", _spectrum(seen, found, title)
        yield "waterfall", _waterfall(seen, found, title)
        if found.components:
            yield "places", _places(seen, found, title)
    if result.spatial is not None and result.spatial.components:
        yield "lattice", _lattice(seen, result.spatial, title)


def _spectrum(seen: SeenImages, found: Temporal, title: str) -> Any:
    """Return the spectrum in time of the loudest cells, with every rhythm marked."""
    hz, power = _power(seen, slice(None))
    figure = new_figure(10.0, 4.5)
    axes = figure.subplots()
    axes.plot(hz, _decibels(power), color="0.3", linewidth=0.9)
    for k, rhythm in enumerate(found.components[:MOST_COMPONENTS]):
        axes.axvline(rhythm.hz, color=f"C{k}", linewidth=1.2, alpha=0.8, label=_label(found, rhythm))
        for harmonic in range(2, len(rhythm.harmonics) + 1):
            if harmonic * rhythm.hz <= hz[-1]:
                axes.axvline(harmonic * rhythm.hz, color=f"C{k}", linewidth=0.8, linestyle=":", alpha=0.8)
    axes.set_xlim(0.0, hz[-1])
    axes.set_xlabel("frequency, Hz")
    axes.set_ylabel(f"amplitude, dB re 1 {_unit(seen)}")
    axes.set_title(f"{title}: spectrum in time of the {N_LOUDEST} loudest cells")
    axes.grid(alpha=0.3)
    if found.components:
        axes.legend(fontsize="small", title="rhythms; dotted: their harmonics", title_fontsize="small")
    return figure


def _waterfall(seen: SeenImages, found: Temporal, title: str) -> Any:
    """Return frequency over time: the same spectrum in short windows, with the track of every rhythm."""
    times_s = seen.times_s
    duration_s = float(times_s[-1])
    slowest_hz = min((rhythm.hz for rhythm in found.components), default=math.inf)
    window_s = min(duration_s / 2, max(duration_s / 8, WATERFALL_CYCLES / slowest_hz))
    n_columns = max(2, min(400, int(16 * (duration_s - window_s) / window_s)))
    starts_s = np.linspace(0.0, duration_s - window_s, n_columns)
    columns: list[Float64 | None] = []
    hz: Float64 = np.zeros(0)
    for start_s in starts_s:
        first, last = np.searchsorted(times_s, (start_s, start_s + window_s))
        if last - first < LEAST_IMAGES:
            columns.append(None)
            continue
        own_hz, power = _power(seen, slice(int(first), int(last)))
        hz = own_hz if not hz.size else hz
        columns.append(np.interp(hz, own_hz, power))
    decibels = np.array([np.full(hz.size, np.nan) if column is None else _decibels(column) for column in columns])
    figure = new_figure(10.0, 5.0)
    axes = figure.subplots()
    top_db = float(np.nanmax(decibels)) if hz.size else 0.0
    edges_s = (float(starts_s[0] + window_s / 2), float(starts_s[-1] + window_s / 2))
    image = axes.imshow(
        decibels.T, origin="lower", aspect="auto", cmap="magma", vmax=top_db, vmin=top_db + FLOOR_DB,
        extent=(*edges_s, float(hz[0]), float(hz[-1])), interpolation="nearest",
    )  # fmt: skip
    for k, rhythm in enumerate(found.components[:MOST_COMPONENTS]):
        points = [(point.time_s, point.hz) for point in rhythm.track]
        points = points or [(max(rhythm.start_s, 0.0), rhythm.hz), (min(rhythm.end_s, duration_s), rhythm.hz)]
        axes.plot(*zip(*points, strict=True), color=f"C{k}", linestyle="--", linewidth=1.2, label=_label(found, rhythm))
    axes.set_xlim(*edges_s)
    axes.set_ylim(float(hz[0]), float(hz[-1]))
    axes.set_xlabel(f"time, s (middle of windows of {window_s:.3g} s)")
    axes.set_ylabel("frequency, Hz")
    axes.set_title(f"{title}: waterfall of the {N_LOUDEST} loudest cells")
    if found.components:
        axes.legend(fontsize="small", loc="upper right")
    figure.colorbar(image, label=f"amplitude, dB re 1 {_unit(seen)}")
    return figure


def _places(seen: SeenImages, found: Temporal, title: str) -> Any:
    """Return the heat map of each rhythm over the image."""
    components = found.components[:MOST_COMPONENTS]
    n_columns = min(3, len(components))
    n_rows = math.ceil(len(components) / n_columns)
    height, width = seen.image.shape[:2]
    panel_in = 4.5 if n_columns > 1 else 7.0
    figure = new_figure(panel_in * n_columns + 1.0, panel_in * height / width * n_rows + 0.9)
    panels = figure.subplots(n_rows, n_columns, squeeze=False).flat
    shown = None
    for k, (axes, rhythm) in enumerate(zip(panels, components, strict=False)):
        axes.imshow(_grey(seen.image), cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0))
        heat_db = 20.0 * np.log10(np.maximum(rhythm.heat.astype(np.float64), 1e-6))
        heat_db = np.where(rhythm.heat > 0.0, heat_db, np.nan)
        shown = axes.imshow(
            heat_db, cmap="inferno", vmin=-30.0, vmax=0.0, alpha=0.65, extent=(0, width, height, 0),
            interpolation="nearest",
        )  # fmt: skip
        axes.set_title(_label(found, rhythm), color=f"C{k}", fontsize="medium")
        axes.set_xlabel("px")
        axes.set_ylabel("px")
    for axes in panels:
        axes.set_visible(False)
    figure.suptitle(f"{title}: where each rhythm is")
    figure.colorbar(shown, ax=figure.axes, label="strength in the cell, dB re the strongest", shrink=0.9)
    return figure


def _lattice(seen: SeenImages, found: Spatial, title: str) -> Any:
    """Return the image with the lines of each pattern's lattice over it, in its place."""
    height, width = seen.image.shape[:2]
    figure = new_figure(8.0, 8.0 * height / width + 1.2)
    axes = figure.subplots()
    axes.imshow(_grey(seen.image), cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0))
    for k, component in enumerate(found.components[:MOST_COMPONENTS]):
        left, top, across, down = component.box
        for vector in component.vectors:
            for line in _lines(vector, component):
                axes.plot(line[:, 0], line[:, 1], color=f"C{k}", linewidth=0.7, alpha=0.8)
        right, bottom = left + across, top + down
        frame = np.array([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])
        axes.plot(
            frame[:, 0], frame[:, 1], color=f"C{k}", linewidth=1.5, label=pattern_text(component, found.px_per_mm)
        )
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_xlabel("px")
    axes.set_ylabel("px")
    axes.set_title(f"{title}: patterns (lines one period apart, in directions of the lattice)")
    axes.title.set_fontsize("medium")
    axes.legend(fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.08))
    return figure


def _lines(vector: LatticeVector, component: SpatialComponent) -> Iterator[NDArray[np.float64]]:
    """Yield the ends of the lines of one period in the box of a pattern, shape (2, 2): x and y of each."""
    left, top, across, down = component.box
    angle = math.radians(vector.angle_deg)
    normal = np.array([math.cos(angle), -math.sin(angle)])  # rows run down, angles counter-clockwise
    along = np.array([-normal[1], normal[0]])
    middle = np.array([left + across / 2, top + down / 2])
    reach = abs(normal[0]) * across / 2 + abs(normal[1]) * down / 2
    n_each = min(int(reach / vector.period_px), MOST_LINES // 2)
    for step in range(-n_each, n_each + 1):
        line = _clipped(middle + step * vector.period_px * normal, along, (left, top, left + across, top + down))
        if line is not None:
            yield line


def _clipped(
    point: NDArray[np.float64], along: NDArray[np.float64], box: tuple[int, int, int, int]
) -> NDArray[np.float64] | None:
    """Return the part of a straight line in a rectangle; None where it passes it by."""
    first, last = -math.inf, math.inf
    for axis, (low, high) in enumerate(((box[0], box[2]), (box[1], box[3]))):
        if abs(along[axis]) < 1e-9:
            if not low <= point[axis] <= high:
                return None
            continue
        ends = sorted(((low - point[axis]) / along[axis], (high - point[axis]) / along[axis]))
        first, last = max(first, ends[0]), min(last, ends[1])
    return np.array([point + first * along, point + last * along]) if first < last else None


def _power(seen: SeenImages, span: slice) -> tuple[Float64, Float64]:
    """Return frequencies, and the mean power of the loudest cells in each: amplitude² of a sinusoid there.

    The series are joined by straight lines on an even grid, their straight line is taken away, and they are tapered.
    """
    times_s, values = seen.times_s[span], seen.values[span].astype(np.float64)
    n = times_s.size
    even_s = np.linspace(times_s[0], times_s[-1], n)
    index = np.clip(np.searchsorted(times_s, even_s, side="right") - 1, 0, n - 2)
    weight = ((even_s - times_s[index]) / (times_s[index + 1] - times_s[index]))[:, None]
    even = (1.0 - weight) * values[index] + weight * values[index + 1]
    centred = np.linspace(-1.0, 1.0, n)[:, None]
    even -= even.mean(axis=0) + centred * (centred * even).sum(axis=0) / np.square(centred).sum()
    taper = np.hanning(n)[:, None]
    power = np.square(np.abs(np.fft.rfft(even * taper, axis=0)) * 2.0 / taper.sum())
    n_loudest = min(N_LOUDEST, power.shape[1])
    loudest: Float64 = np.partition(power, -n_loudest, axis=1)[:, -n_loudest:].mean(axis=1)
    hz: Float64 = np.fft.rfftfreq(n, (even_s[-1] - even_s[0]) / (n - 1))
    return hz[1:], loudest[1:]


def _decibels(power: Float64) -> Float64:
    result: Float64 = 10.0 * np.log10(np.maximum(power, 1e-12))
    return result


def _unit(seen: SeenImages) -> str:
    """Return the unit of the series: of flow there are two for each cell."""
    rows, columns = seen.grid
    return "px/s" if seen.values.shape[1] > rows * columns else "grey level"


def _label(found: Temporal, rhythm: TemporalComponent) -> str:
    what = "" if rhythm.what == "steady" else f", {rhythm.what.replace('_', ' ')}"
    return f"{found.unit.text(rhythm.hz, rhythm.hz_sigma)}{what}"


def _grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image in grey, of large ones only every so many pixels."""
    step = max(1, math.ceil(max(image.shape[:2]) / MOST_PX))
    small = image[::step, ::step].astype(np.float32)
    return (small @ np.array([0.114, 0.587, 0.299], np.float32)).astype(np.uint8)
