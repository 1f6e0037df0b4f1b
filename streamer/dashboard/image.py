"""Draw the newest image of a stream, with the places of its rhythms and patterns in their tints."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.segment import Segment

from streamer.arrays import Float32
from streamer.dashboard.palettes import GROUND
from streamer.dashboard.pixels import LUMA
from streamer.dashboard.theme import Line, Theme
from streamer.dashboard.tints import Tint, letter_of, number_of
from streamer.messages import SpatialComponent, TemporalComponent
from streamer.monitor.snapshot import Followed, ImageView

_GROUND = np.array(Color.parse(GROUND).get_truecolor(), np.float32)
_MOST_OF_IMAGE = 0.85  # what covers more of it has no frame
CELL_ASPECT = 2.0  # a cell of a terminal is about twice as high as wide


def image_size(image_px: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Return the columns and lines of the largest undistorted image in ``width`` × ``height`` cells."""
    across, down = max(image_px[0], 1), max(image_px[1], 1)
    if across / down * CELL_ASPECT * height <= width:
        return max(round(across / down * CELL_ASPECT * height), 1), height
    return width, max(min(round(width / CELL_ASPECT * down / across), height), 1)


def image_lines(view: ImageView, width: int, height: int, theme: Theme, dimmed: bool = False) -> list[Line]:
    """Return the image in ``height`` lines of ``width`` cells, with the places of rhythms and patterns marked.

    Parameters
    ----------
    view : ImageView
        What to show.
    width, height : int
        Size in cells, at least 1 × 1.
    theme : Theme
        How to show it.
    dimmed : bool
        Whether the image is dimmed behind a message, without these places.
    """
    pixels = theme.pixels
    n_rows = height * pixels.rows_per_cell
    image = resized(view.image, n_rows, width)
    marked = np.zeros((n_rows, width), bool)
    if dimmed:
        return pixels.lines(_GROUND + (image - _GROUND) * np.float32(0.35), marked)
    shown = tuple(each for each in view.rhythms if not each.gone_s and each.newest.what != "coder")
    owners = _owners(shown, n_rows, width)
    if pixels.is_coloured:
        for each in shown:
            heat = _heat_of(each.newest, n_rows, width)
            image = _tinted(
                image, np.where(owners == each.row, heat, np.float32(0)), theme.component_tints.rhythm(each.row)
            )
        for pattern in view.patterns:
            if not pattern.gone_s:
                frame = _frame_of(pattern.newest, view.image_px, n_rows, width)
                tint = np.array(theme.component_tints.pattern(pattern.row).rgb, np.float32)
                image = np.where(frame[..., None], image + (tint - image) * np.float32(0.6), image)
    lines = pixels.lines(image, owners >= 0)
    if not pixels.is_coloured:
        _restyle(lines, owners, theme)
    if pixels.is_colourless:
        for each in shown:
            _box(lines, each.newest, theme)
    _add_names(lines, view, shown, theme)
    return lines


@lru_cache(maxsize=32)
def _heat_of(rhythm: TemporalComponent, n_rows: int, width: int) -> Float32:
    """Return how strong a rhythm is in each pixel, range 0…1."""
    if not rhythm.heat.size:
        return np.zeros((n_rows, width), np.float32)
    return np.asarray(np.clip(np.nan_to_num(_nearest(rhythm.heat, n_rows, width), nan=0.0), 0.0, 1.0), np.float32)


@lru_cache(maxsize=8)
def _owners(shown: tuple[Followed[TemporalComponent], ...], n_rows: int, width: int) -> NDArray[np.int64]:
    """Return the row of the rhythm that is strongest in each pixel; −1 where there is none."""
    owners = np.full((n_rows, width), -1, np.int64)
    strongest = np.zeros((n_rows, width), np.float32)
    for each in shown:
        heat = _heat_of(each.newest, n_rows, width)
        is_stronger = heat > strongest
        owners[is_stronger] = each.row
        strongest = np.maximum(strongest, heat)
    return owners


def _frame_of(pattern: SpatialComponent, image_px: tuple[int, int], n_rows: int, width: int) -> NDArray[np.bool_]:
    """Return the pixels of the frame around a pattern; none where it covers nearly all of the image."""
    frame = np.zeros((n_rows, width), bool)
    place = _place(pattern.box, image_px, n_rows, width)
    if place is None:
        return frame
    left, top, right, below = place
    frame[top, left : right + 1] = frame[below, left : right + 1] = True
    frame[top : below + 1, left] = frame[top : below + 1, right] = True
    return frame


def _place(
    box: tuple[int, int, int, int], image_px: tuple[int, int], n_rows: int, n_columns: int
) -> tuple[int, int, int, int] | None:
    """Return the first and last column and row of a box of pixels of the image: left, top, right, below.

    None where it covers nearly all of the image, or nothing of it.
    """
    left, top, across, down = box
    if min(image_px) <= 0 or across * down >= _MOST_OF_IMAGE * image_px[0] * image_px[1]:
        return None
    first_column, first_row = left * n_columns // image_px[0], top * n_rows // image_px[1]
    last_column = -(-(left + across) * n_columns // image_px[0]) - 1
    last_row = -(-(top + down) * n_rows // image_px[1]) - 1
    first_column, first_row = max(first_column, 0), max(first_row, 0)
    last_column, last_row = min(last_column, n_columns - 1), min(last_row, n_rows - 1)
    is_empty = last_column < first_column or last_row < first_row
    return None if is_empty else (first_column, first_row, last_column, last_row)


def _restyle(lines: list[Line], owners: NDArray[np.int64], theme: Theme) -> None:
    """Give marked cells the style of their rhythm, on a terminal that cannot mix colours."""
    for row, column in np.argwhere(owners >= 0).tolist():
        style = theme.component_tints.rhythm(int(owners[row, column])).text
        lines[row][column] = Segment(lines[row][column].text, style)


def _add_names(lines: list[Line], view: ImageView, shown: Sequence[Followed[TemporalComponent]], theme: Theme) -> None:
    """Write the digit of each rhythm and the letter of each pattern at the upper left of its place."""
    height, width = len(lines), len(lines[0])
    names: dict[tuple[int, int], Segment] = {}

    def add(row: int, column: int, name: Segment) -> None:
        while (row, column) in names and column + 1 < width:
            column += 1
        names.setdefault((row, column), name)

    for each in shown:
        first_column, first_row, n_columns, n_rows = each.newest.box
        if n_columns and n_rows and each.newest.heat.shape != (n_rows, n_columns):
            of_rows, of_columns = each.newest.heat.shape
            add(
                first_row * height // of_rows,
                first_column * width // of_columns,
                Segment(number_of(each.row), theme.component_tints.rhythm(each.row).badge),
            )
    for pattern in view.patterns:
        place = None if pattern.gone_s else _place(pattern.newest.box, view.image_px, height, width)
        if place:
            add(place[1], place[0], Segment(letter_of(pattern.row), theme.component_tints.pattern(pattern.row).badge))
    for (row, column), name in names.items():
        if row < height and column < width:
            lines[row][column] = name


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


def _tinted(image: Float32, heat: Float32, tint: Tint) -> Float32:
    """Tint the cells of a rhythm, the more the more they move, and draw their outline, which shows on bright ones."""
    moves = heat > 0
    if not moves.any():
        return image
    colour = np.array(tint.rgb, np.float32)
    light = (image @ LUMA)[..., None] / np.float32(255)
    tone = colour * (np.float32(0.25) + np.float32(0.9) * light)
    # Where nearly all moves, a tint would only discolour the image.
    rest = np.float32(max(1.0 - float(moves.mean()), 0.1))
    share = rest * np.where(moves, np.float32(0.15) + np.float32(0.45) * heat, np.float32(0))
    tinted = image + (tone - image) * share[..., None]
    line = np.float32(0.65) * min(np.float32(1.6) * rest, np.float32(1))
    outlined: Float32 = np.where(_outline(moves)[..., None], tinted + (colour - tinted) * line, tinted)
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
