"""Convert the colours of an image into cells of the terminal."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from rich.color import Color, ColorType
from rich.segment import Segment
from rich.style import Style

from streamer.arrays import Float32
from streamer.dashboard.colour import Styles

_BITS = 5  # kept of each channel, so that successive images share most of their cells
_MAX_CELLS = 8_192  # a cell takes 10 µs to make and about 1 kB to keep
# Ordered dither (Bayer's matrix) in grey levels: the 256 fixed colours lie 40 apart, which shows as steps on a wall.
_BAYER = ((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5))
_DITHER: Float32 = (np.array(_BAYER, np.float32) - np.float32(7.5)) * np.float32(0.9)
LUMA: Float32 = np.array((0.299, 0.587, 0.114), np.float32)  # weights of red, green and blue (ITU-R BT.601)


class Pixels:
    """Cells that show an image; each is made when first needed and then kept for later frames.

    In true colour or 256 colours a cell is an upper half block, which shows two pixels one above the other. Elsewhere
    it is a character of a ramp from dark to light.

    Parameters
    ----------
    colour_system : str or None
        Colour system by its name in rich; None for a terminal without colours.
    styles : Styles
        Styles of the rest of the screen.
    ramp : str
        Characters from dark to light.
    ascii_only : bool
        Whether there is no half block.
    """

    def __init__(self, colour_system: str | None, styles: Styles, ramp: str, ascii_only: bool) -> None:
        self.is_coloured = colour_system in ("truecolor", "256")
        self.is_colourless = colour_system is None
        self.rows_per_cell = 2 if self.is_coloured and not ascii_only else 1
        self._is_256 = colour_system == "256"
        self._cells: dict[int, Segment] = {}
        shades = [(glyph, styles.text, styles.accent) for glyph in ramp]
        if colour_system is not None and not self.is_coloured and not ascii_only:
            greys = [Color.parse(c) for c in ("black", "bright_black", "white", "bright_white")]
            shades = [(g, Style(color=b, bgcolor=a), styles.accent) for a, b in pairwise(greys) for g in " ░▒▓"]
            shades.append(("█", Style(color=greys[-1]), styles.accent))
        self._plain = [Segment(glyph, style) for glyph, style, _ in shades]
        # A mark would not show on a space: marked pixels are never darker than the second step.
        self._marked = [Segment(shades[max(k, 1)][0], accent) for k, (_, _, accent) in enumerate(shades)]
        self._marked = [Segment("·" if s.text == " " and not ascii_only else s.text, s.style) for s in self._marked]

    def lines(self, image: Float32, marked: NDArray[np.bool_]) -> list[list[Segment]]:
        """Return an image as lines of one-cell segments.

        Parameters
        ----------
        image : ndarray, shape (n_lines · rows_per_cell, n_columns, 3)
            Red-green-blue, 0…255.
        marked : ndarray of bool, shape (n_lines · rows_per_cell, n_columns)
            Pixels to mark by a style; used only where the image has no colours of its own.
        """
        if not self.is_coloured:
            return self._ramp_lines(image, marked)
        if self._is_256:
            n_rows, n_columns, _ = image.shape
            pattern = np.tile(_DITHER, (n_rows // 4 + 1, n_columns // 4 + 1))[:n_rows, :n_columns]
            image = image + pattern[..., None]
        codes = np.clip(image, 0, 255).astype(np.uint8) >> (8 - _BITS)
        keys = (codes[..., 0].astype(np.int64) << 2 * _BITS) | (codes[..., 1].astype(np.int64) << _BITS) | codes[..., 2]
        if self._is_256:
            keys = _nearest_256()[keys]
        if self.rows_per_cell == 2:
            keys = keys[0::2] << 3 * _BITS | keys[1::2]
        if len(self._cells) > _MAX_CELLS:
            self._cells.clear()
        known = self._cells
        return [[known.get(key) or self._add(key) for key in row] for row in keys.tolist()]

    def _add(self, key: int) -> Segment:
        upper, lower = divmod(key, 1 << 3 * _BITS)
        if self.rows_per_cell == 2:
            cell = Segment("▀", Style(color=self._colour(upper), bgcolor=self._colour(lower)))
        else:
            cell = Segment(" ", Style(bgcolor=self._colour(lower)))
        self._cells[key] = cell
        return cell

    def _colour(self, code: int) -> Color:
        return _ansi(code) if self._is_256 else _true_colour(code)

    def _ramp_lines(self, image: Float32, marked: NDArray[np.bool_]) -> list[list[Segment]]:
        luma = image @ LUMA
        if luma.size:
            dark, light = np.percentile(luma, (2, 98))
            luma = (luma - dark) / max(float(light - dark), 24.0)  # stretch the contrast over all the few characters
        steps = np.clip(luma * len(self._plain), 0, len(self._plain) - 1).astype(np.int64)
        plain, accented = self._plain, self._marked
        return [
            [accented[step] if mark else plain[step] for step, mark in zip(row, marks, strict=True)]
            for row, marks in zip(steps.tolist(), marked.tolist(), strict=True)
        ]


@lru_cache(maxsize=1 << 3 * _BITS)
def _true_colour(code: int) -> Color:
    step = 1 << _BITS
    return Color.from_rgb(*((channel * 255 + 15) // (step - 1) for channel in (code >> 10, code >> 5 & 31, code & 31)))


@lru_cache(maxsize=256)
def _ansi(code: int) -> Color:
    return Color(f"color({code})", ColorType.EIGHT_BIT, number=code)


@lru_cache
def _nearest_256() -> NDArray[np.int64]:
    """Return the nearest of the 240 fixed colours for every colour, by a luminance-weighted distance; takes 60 ms."""
    cube = np.array([0, 95, 135, 175, 215, 255], np.float32)
    fixed = np.stack(np.meshgrid(cube, cube, cube, indexing="ij"), axis=-1).reshape(-1, 3)
    greys = np.repeat(np.arange(8, 248, 10, dtype=np.float32)[:, None], 3, axis=1)
    palette = np.concatenate([fixed, greys])
    steps = np.arange(1 << _BITS, dtype=np.float32) * np.float32(255 / ((1 << _BITS) - 1))
    colours = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    weight = np.sqrt(LUMA)
    a, b = colours * weight, palette * weight
    distance = (b * b).sum(axis=1)[None, :] - 2 * (a @ b.T)  # without a², which is the same for every fixed colour
    nearest: NDArray[np.int64] = 16 + np.argmin(distance, axis=1)
    return nearest
