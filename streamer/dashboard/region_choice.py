"""RegionChoice: choose a part of the images with keys or mouse, to be measured on its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from streamer.dashboard.keys import Mouse
from streamer.messages import Command, NamedRegion
from streamer.monitor.snapshot import ImageView, Snapshot

LEAST_PX = 16  # width and height of a region, see `streamer.config.RegionSettings`
STEPS = 32  # of the keys from one side of the image to the other

Box = tuple[int, int, int, int]  # left, top, width, height
_MOVES = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
_GROWS = {
    "+": (1, 1), "=": (1, 1), "-": (-1, -1), "_": (-1, -1), "]": (1, 0), "[": (-1, 0), "}": (0, 1), "{": (0, -1),
    "shift-right": (1, 0), "shift-left": (-1, 0), "shift-down": (0, 1), "shift-up": (0, -1),
}  # fmt: skip


@dataclass(frozen=True)
class RegionChoice:
    """A part of the images of one stream that is being chosen."""

    stream: str
    image_px: tuple[int, int]  # width and height
    name: str
    box: Box  # pixels of the image
    is_set: bool = False  # whether the region of this name is measured already
    anchor: tuple[int, int] | None = None  # cell of the image, column and line, in which a drag of the mouse began
    focus: int | None = None  # index of the only stream shown before

    @property
    def text(self) -> str:
        """What is chosen, for the last line."""
        left, top, width, height = self.box
        return f"{self.name}: {width}×{height} px at {left}, {top}"

    def press(self, key: str, regions: Sequence[NamedRegion]) -> RegionChoice | Command | None:
        """Return the choice after a key, the command that it ends with, or None where nothing is to be done."""
        if key == "escape":
            return None
        if key == "enter":
            return Command(self.stream, "region", label=self.name, box=self.box)
        if key in ("x", "delete", "backspace"):
            return Command(self.stream, "region", label=self.name) if self.is_set else None
        if key == "\t":
            return self._next(regions)
        if key in _MOVES:
            return self._moved(*_MOVES[key])
        if key in _GROWS:
            return self._grown(*_GROWS[key])
        return self

    def pointed(self, mouse: Mouse, place: Box) -> RegionChoice:
        """Return the choice after something that the mouse did; the image is at ``place``, in cells of the screen."""
        left, top, n_cells, n_lines = place
        column, line = mouse.column - left, mouse.line - top
        if mouse.action == "press" and mouse.button == 0:
            inside = 0 <= column < n_cells and 0 <= line < n_lines
            return replace(self, anchor=(column, line) if inside else None)
        if self.anchor is None:
            return self
        if mouse.action == "release":
            return replace(self, anchor=None)
        if mouse.action != "drag":
            return self
        ends = []
        for first, here, n, size in zip(self.anchor, (column, line), (n_cells, n_lines), self.image_px, strict=True):
            here = min(max(here, 0), n - 1)
            low, high = min(first, here), max(first, here) + 1
            ends.append((-(-low * size // n), high * size // n))  # of the cells, no pixel of their neighbours
        (x, right), (y, bottom) = ends
        return replace(self, box=_within(x, y, right - x, bottom - y, self.image_px))

    def _next(self, regions: Sequence[NamedRegion]) -> RegionChoice:
        """Return the choice of the next region that is set, and after the last one of a new one."""
        names = [region.name for region in regions]
        following = names.index(self.name) + 1 if self.name in names else 0
        if following < len(regions):
            region = regions[following]
            return replace(self, name=region.name, box=region.box, is_set=True, anchor=None)
        return replace(self, name=free_name(regions), is_set=False, anchor=None)

    def _moved(self, across: int, down: int) -> RegionChoice:
        left, top, width, height = self.box
        step_x, step_y = self._steps
        return replace(self, box=_within(left + across * step_x, top + down * step_y, width, height, self.image_px))

    def _grown(self, across: int, down: int) -> RegionChoice:
        """Return the choice with another size; its middle stays, as far as the image reaches."""
        left, top, width, height = self.box
        step_x, step_y = across * self._steps[0], down * self._steps[1]
        wide, high = max(width + step_x, LEAST_PX), max(height + step_y, LEAST_PX)
        return replace(
            self, box=_within(left - (wide - width) // 2, top - (high - height) // 2, wide, high, self.image_px)
        )

    @property
    def _steps(self) -> tuple[int, int]:
        return max(self.image_px[0] // STEPS, 1), max(self.image_px[1] // STEPS, 1)


def begin(snapshot: Snapshot, focus: int | None) -> RegionChoice | str:
    """Return the choice of a new region in the middle of the images, or why there can be none."""
    view = snapshot.view
    if not isinstance(view, ImageView) or snapshot.takes is not None:
        return "a region is a part of images that are measured; this stream has none"
    width, height = view.image_px
    if min(width, height) < LEAST_PX:
        return f"a region has at least {LEAST_PX}×{LEAST_PX} pixels; the images are smaller"
    box = _within(width // 3, height // 3, max(width // 3, LEAST_PX), max(height // 3, LEAST_PX), view.image_px)
    name = free_name([each.region for each in view.regions])
    return RegionChoice(snapshot.health.stream, view.image_px, name, box, focus=focus)


def free_name(regions: Sequence[NamedRegion]) -> str:
    """Return the first of ``region 1``, ``region 2`` … that none has."""
    names = {region.name for region in regions}
    return next(name for k in range(1, len(names) + 2) if (name := f"region {k}") not in names)


def _within(left: int, top: int, width: int, height: int, image_px: tuple[int, int]) -> Box:
    """Return a box of at least the least size that lies within the image."""
    width = min(max(width, LEAST_PX), image_px[0])
    height = min(max(height, LEAST_PX), image_px[1])
    return min(max(left, 0), image_px[0] - width), min(max(top, 0), image_px[1] - height), width, height
