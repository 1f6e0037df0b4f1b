"""Draw the table of all rhythms, patterns and regions: each keeps its line while it lives."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment

from streamer.dashboard.component_rows import columns_of, header_line, pattern_row, rhythm_row, row_lines
from streamer.dashboard.text import blank_lines, fit
from streamer.dashboard.theme import Line, Theme
from streamer.messages import Spatial
from streamer.monitor.snapshot import ImageView

_WAIT_SHOWN_S = 60.0  # how long the seconds before the first measurement are shown
_MISSING: dict[str, str] = {
    "none": "nothing periodic in time",
    "too_short": "too few images",
    "too_irregular": "images too irregular",
    "changing": "frequency too unsteady",
}


def component_lines(
    view: ImageView,
    position_s: float,
    regions: Sequence[str],
    width: int,
    n_lines: int,
    theme: Theme,
    *,
    has_header: bool = False,
) -> list[Line]:
    """Return the table in ``n_lines`` lines of ``width`` cells: rhythms from the top, patterns and regions at the end.

    Each has a second line where there is room for one of all.

    Parameters
    ----------
    view : ImageView
        What to show.
    position_s : float
        Seconds in the stream.
    regions : sequence of str
        What was measured in each region.
    width, n_lines : int
        Size in cells.
    theme : Theme
        How to show it.
    has_header : bool
        Whether the first line has the titles of the columns.
    """
    columns = columns_of(view, width)
    header = [header_line(columns, width, theme)] * (has_header and n_lines > 0)
    n_lines -= len(header)
    n_rows = max((each.row + 1 for each in view.rhythms), default=1)
    n_each = 2 if 2 * (n_rows + max(len(view.patterns), 1)) + len(regions) <= n_lines else 1
    below: list[Line] = []
    for pattern in view.patterns:
        row = pattern_row(pattern, view, theme)
        below += row_lines(row, pattern, columns, n_each, position_s, width, theme)
    if not view.patterns:
        below.append(_remark(missing_pattern(view.spatial), width, theme))
    below += [[Segment(fit(f"  {text}", width, theme.glyphs), theme.styles.accent)] for text in regions]
    below = below[: max(n_lines - n_each, 0)]
    n_above = n_lines - len(below)
    above = blank_lines(n_rows * n_each, width, theme)
    if not view.rhythms:
        above[0] = _remark(missing_rhythm(view, position_s, theme), width, theme)
    for rhythm in view.rhythms:
        first = rhythm.row * n_each
        row = rhythm_row(rhythm, view, theme)
        above[first : first + n_each] = row_lines(row, rhythm, columns, n_each, position_s, width, theme)
    if len(above) > n_above > 0:
        n_hidden = sum(each.row * n_each >= n_above - 1 for each in view.rhythms)
        above[n_above - 1] = _remark(f"{n_hidden} more", width, theme)
    above = above[: max(n_above, 0)] + blank_lines(n_above - len(above), width, theme)
    return [*header, *above, *below]


def missing_rhythm(view: ImageView, position_s: float, theme: Theme) -> str:
    """Return why there is no rhythm."""
    if not view.temporal_known:
        waited = f" {position_s:.0f} s" if 0 <= position_s < _WAIT_SHOWN_S else ""
        return f"measuring {theme.glyphs.ellipsis}{waited}"
    return _MISSING.get(view.temporal.status if view.temporal else "none", _MISSING["none"])


def missing_pattern(found: Spatial | None) -> str:
    """Return why there is no pattern."""
    is_fine = found is not None and found.status == "too_fine"
    return "pattern too fine to measure" if is_fine else "no pattern in space"


def _remark(text: str, width: int, theme: Theme) -> Line:
    return [Segment(fit(f"  {text}", width, theme.glyphs), theme.styles.dim)]
