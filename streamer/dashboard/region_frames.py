"""Draw the named regions over the image: a frame with the name in its upper edge."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style

from streamer.dashboard.region_choice import Box, RegionChoice
from streamer.dashboard.text import clean
from streamer.dashboard.theme import Line, Theme
from streamer.messages import NamedRegion


def add_regions(
    lines: list[Line],
    regions: Sequence[NamedRegion],
    choice: RegionChoice | None,
    image_px: tuple[int, int],
    theme: Theme,
) -> None:
    """Draw regions over an image whose segments are cells; the one that is being chosen last, and brighter.

    Parameters
    ----------
    lines : list of lines
        The image; changed in place.
    regions : sequence of NamedRegion
        Those that are measured.
    choice : RegionChoice or None
        The one that is being chosen.
    image_px : tuple of int
        Width and height of the image in pixels.
    theme : Theme
        How to show it.
    """
    if not lines or min(image_px) <= 0:
        return
    s = theme.styles
    for region in regions:
        if choice is None or region.name != choice.name:
            _add_frame(lines, region.box, region.name, image_px, s.text, s.badge_info, theme)
    if choice is not None:
        _add_frame(lines, choice.box, choice.name, image_px, s.title, s.badge_warn, theme)


def _add_frame(
    lines: list[Line], box: Box, name: str, image_px: tuple[int, int], style: Style, of_name: Style, theme: Theme
) -> None:
    g = theme.glyphs
    height, width = len(lines), len(lines[0])
    left, top = box[0] * width // image_px[0], box[1] * height // image_px[1]
    right = min(-(-(box[0] + box[2]) * width // image_px[0]), width) - 1
    below = min(-(-(box[1] + box[3]) * height // image_px[1]), height) - 1
    left, top = max(min(left, right), 0), max(min(top, below), 0)
    if right < left or below < top:
        return
    inner = right - left - 1
    edge = g.horizontal * max(inner, 0)
    for line, ends in ((below, g.corners[2:]), (top, g.corners[:2])):
        text = (ends[0] + edge + ends[1])[: right - left + 1]
        lines[line][left : right + 1] = [Segment(character, style) for character in text]
    for line in range(top + 1, below):
        lines[line][left] = lines[line][right] = Segment(g.vertical, style)
    shown = clean(name, g.ascii_only)[: max(inner, 1)]
    if len(shown) == sum(Segment(character).cell_length for character in shown):  # each of one cell
        start = left + (inner > 0)
        lines[top][start : start + len(shown)] = [Segment(character, of_name) for character in shown]
