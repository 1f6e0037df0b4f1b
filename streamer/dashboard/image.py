"""Draw the newest image of a stream, with the cells that move periodically marked."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.segment import Segment

from streamer.arrays import Float32
from streamer.dashboard.colour import GROUND
from streamer.dashboard.pixels import LUMA
from streamer.dashboard.theme import Line, Theme
from streamer.messages import TemporalComponent
from streamer.monitor.snapshot import ImageView

_TINT = np.array((255.0, 150.0, 40.0), np.float32)  # of moving cells: the orange of a running event
_GROUND = np.array(Color.parse(GROUND).get_truecolor(), np.float32)
CELL_ASPECT = 2.0  # a cell of a terminal is about twice as high as wide


def image_size(image_px: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Return the columns and lines of the largest undistorted image in ``width`` × ``height`` cells."""
    across, down = max(image_px[0], 1), max(image_px[1], 1)
    if across / down * CELL_ASPECT * height <= width:
        return max(round(across / down * CELL_ASPECT * height), 1), height
    return width, max(min(round(width / CELL_ASPECT * down / across), height), 1)


def image_lines(view: ImageView, width: int, height: int, theme: Theme, dimmed: bool = False) -> list[Line]:
    """Return the image in ``height`` lines of ``width`` cells, with the moving cells marked.

    Parameters
    ----------
    view : ImageView
        What to show.
    width, height : int
        Size in cells, at least 1 × 1.
    theme : Theme
        How to show it.
    dimmed : bool
        Whether the image is dimmed behind a message, without the moving cells.
    """
    pixels = theme.pixels
    n_rows = height * pixels.rows_per_cell
    image = resized(view.image, n_rows, width)
    heat = np.zeros((n_rows, width), np.float32)
    first = view.temporal.components[0] if view.temporal and view.temporal.components else None
    if dimmed:
        image = _GROUND + (image - _GROUND) * np.float32(0.35)
    elif first is not None and first.heat.size:
        heat = np.nan_to_num(_nearest(first.heat, n_rows, width), nan=0.0)
    marked = heat > 0
    if pixels.is_coloured and marked.any():
        image = _tinted(image, heat)
    lines = pixels.lines(image, marked)
    if pixels.is_colourless and first is not None and not dimmed:
        _box(lines, first, theme)
    return lines


def _box(lines: list[Line], found: TemporalComponent, theme: Theme) -> None:
    """Draw a frame around the moving cells, for a terminal without colours; none where all cells move."""
    first_column, first_row, n_columns, n_rows = found.box
    if not n_columns or found.heat.shape == (n_rows, n_columns):
        return
    g, style = theme.glyphs, theme.styles.title
    height, width = len(lines), len(lines[0])
    left = first_column * width // found.heat.shape[1]
    right = min((first_column + n_columns) * width // found.heat.shape[1], width - 1)
    top = first_row * height // found.heat.shape[0]
    below = min((first_row + n_rows) * height // found.heat.shape[0], height - 1)
    for row in (top, below):
        ends = g.corners[:2] if row == top else g.corners[2:]
        edge = ends[0] + g.horizontal * (right - left - 1) + ends[1]
        lines[row][left : right + 1] = [Segment(glyph, style) for glyph in edge[: right - left + 1]]
    for row in range(top + 1, below):
        lines[row][left] = lines[row][right] = Segment(g.vertical, style)


def _tinted(image: Float32, heat: Float32) -> Float32:
    """Tint moving cells orange, the more the more they move, and draw their outline, which shows on a bright image."""
    light = (image @ LUMA)[..., None] / np.float32(255)
    orange = _TINT * (np.float32(0.25) + np.float32(0.9) * light)
    moves = heat > 0
    rest = np.float32(
        max(1.0 - float(moves.mean()), 0.1)
    )  # where nearly all moves, a tint would only discolour the image
    share = rest * np.where(moves, np.float32(0.15) + np.float32(0.45) * np.clip(heat, 0, 1), np.float32(0))
    tinted = image + (orange - image) * share[..., None]
    line = np.float32(0.65) * min(np.float32(1.6) * rest, np.float32(1))
    outlined: Float32 = np.where(_outline(moves)[..., None], tinted + (_TINT - tinted) * line, tinted)
    return outlined


def _outline(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels inside that have a neighbour outside; pixels beyond the image count as inside."""
    around = np.pad(inside, 1, constant_values=True)
    core = around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
    edge: NDArray[np.bool_] = inside & ~core
    return edge


def _nearest(values: Float32, n_rows: int, n_columns: int) -> Float32:
    """Resize to the values nearest to the centres of the new pixels."""
    rows = (np.arange(n_rows) * 2 + 1) * values.shape[0] // (2 * n_rows)
    columns = (np.arange(n_columns) * 2 + 1) * values.shape[1] // (2 * n_columns)
    picked: Float32 = values[rows[:, None], columns[None, :]]
    return picked


def resized(image: NDArray[np.uint8], n_rows: int, n_columns: int) -> Float32:
    """Resize to shape (n_rows, n_columns, 3), by means over areas where it shrinks, linearly where it grows."""
    height, width, _ = image.shape
    if not height or not width:
        return np.zeros((n_rows, n_columns, 3), np.float32)
    rows: Float32 = np.zeros((n_rows, width, 3), np.float32)
    for at, share in zip(*_taps(height, n_rows), strict=True):
        rows += image[at] * share[:, None, None]
    small: Float32 = np.zeros((n_rows, n_columns, 3), np.float32)
    for at, share in zip(*_taps(width, n_columns), strict=True):
        small += rows[:, at] * share[:, None]
    return small


@lru_cache(maxsize=32)
def _taps(n_from: int, n_to: int) -> tuple[NDArray[np.intp], Float32]:
    """Return the old pixels that make up each of ``n_to`` new ones, and their shares, both of shape (n_taps, n_to).

    Shares are overlaps where the image shrinks, linear weights where it grows. Sums of a few picked pixels are used
    instead of a product of matrices, which would wake the threads of the linear algebra library and cost more than
    the whole frame on a busy machine.
    """
    scale = n_from / n_to
    centre = (np.arange(n_to) + 0.5) * scale - 0.5
    reach = scale / 2 + 0.5 if scale > 1 else 1.0
    if scale <= 1:
        centre = np.clip(centre, 0, n_from - 1)
    first = np.ceil(centre - reach).astype(np.intp)
    at = first + np.arange(int(2 * reach) + 1)[:, None]  # shape (n_taps, n_to)
    share = np.clip(reach - np.abs(at - centre), 0.0, 1.0) * ((at >= 0) & (at < n_from))
    return np.clip(at, 0, n_from - 1), np.asarray(share / share.sum(axis=0), np.float32)
