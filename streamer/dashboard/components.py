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

    Each has a second line as far as there is room, the rhythms first.

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
    n_spare = max(n_lines - n_rows - max(len(view.patterns), 1) - len(regions), 0)  # for second lines
    below: list[Line] = []
    for k, pattern in enumerate(view.patterns):
        row, n_each = pattern_row(pattern, view, theme), 1 + (n_rows + k < n_spare)
        below += row_lines(row, pattern, columns, n_each, position_s, width, theme)
    if not view.patterns:
        below.append(_remark(missing_pattern(view.spatial), width, theme))
    below += [[Segment(fit(f"  {text}", width, theme.glyphs), theme.styles.accent)] for text in regions]
    below = below[: max(n_lines - 1, 0)]
    n_above = n_lines - len(below)
    first_line = [row + min(row, n_spare) for row in range(n_rows + 1)]  # of each row of rhythms, and after the last
    above = blank_lines(first_line[-1], width, theme)
    if not view.rhythms:
        above[0] = _remark(missing_rhythm(view, position_s, theme), width, theme)
    for rhythm in view.rhythms:
        first, end = first_line[rhythm.row : rhythm.row + 2]
        row = rhythm_row(rhythm, view, theme)
        above[first:end] = row_lines(row, rhythm, columns, end - first, position_s, width, theme)
    if len(above) > n_above > 0:
        n_hidden = sum(first_line[each.row] >= n_above - 1 for each in view.rhythms)
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
