"""Draw the panel of an image stream: image, measurements and spectra above, labels, events and health below."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment

from streamer.dashboard.body import body_lines, body_rule, left_lines, panel_end, right_lines
from streamer.dashboard.frame import bottom_edge, framed, message_box, overlay, top_edge
from streamer.dashboard.health import health_lines, n_problem_lines, problem_lines
from streamer.dashboard.image import image_lines, image_size
from streamer.dashboard.measurements import measurement_lines, measurements_height
from streamer.dashboard.plan import PanelPlan
from streamer.dashboard.region_frames import add_regions
from streamer.dashboard.spectra import spatial_lines, spectra_lines, temporal_lines
from streamer.dashboard.text import beside, blank_lines
from streamer.dashboard.theme import Line, Theme
from streamer.dashboard.view import View
from streamer.messages import State
from streamer.monitor.snapshot import ImageView, Snapshot

_GAP = 2  # cells between the image and the parts to its right
_BAND_HEIGHT = 8  # spare lines from which the temporal spectrum gets a band of its own
_LOW_HEIGHT = 14  # lines below which labels and health, too, stand to the right of the image
_LOW_WIDTH = 56  # … where the panel has at least these cells
_DIMMED = (State.STARTING, State.WAITING, State.FAILED)  # in these states the view is not of the present


@dataclass(frozen=True)
class _ImageParts:
    """Number of lines of each part of the panel between its upper edge and its health."""

    scene: int  # image, measurements, spectra
    band: int  # temporal spectrum across the whole panel; 0 where it is part of the scene
    body: int  # labels and events


def image_panel(snapshot: Snapshot, width: int, height: int, theme: Theme, shown: View) -> list[Line]:
    """Draw an image stream; parameters as in :func:`streamer.dashboard.panel.stream_panel`.

    Before the first image the snapshot has no view.
    """
    plan = PanelPlan(width, height, n_problem_lines(snapshot.health, width, height, theme.glyphs))
    lines = [top_edge(snapshot, width, theme, is_chosen=shown.is_marked)]
    if height < _LOW_HEIGHT and width >= _LOW_WIDTH:
        lines += [framed(line, theme) for line in _low_lines(snapshot, plan, height - 2, theme, shown)]
        return [*lines, bottom_edge(width, theme, [])]
    parts = _divide(plan, snapshot)
    lines += [framed(line, theme) for line in _scene_lines(snapshot, plan.inner, parts, theme, shown)]
    if parts.body:
        lines.append(body_rule(snapshot, plan, theme, shown))
    n_events = 0 if plan.is_split else parts.body // 3
    body = body_lines(snapshot, plan, parts.body - n_events, n_events, theme, shown)
    return lines + [framed(line, theme) for line in body] + panel_end(snapshot, plan, theme)


def _divide(plan: PanelPlan, snapshot: Snapshot) -> _ImageParts:
    n_body = min(max(plan.n_lines // 3, 2), max(len(snapshot.labels), 6), 12)
    n_scene = plan.n_lines - n_body - 1
    if n_scene < 3:
        return _ImageParts(max(plan.n_lines, 0), 0, 0)
    # The image takes at most half the width. Lines that it cannot fill then go to the temporal spectrum if they are
    # many, else to the labels.
    image_px = snapshot.view.image_px if isinstance(snapshot.view, ImageView) else (4, 3)
    n_most = max(image_size(image_px, plan.inner // 2, n_scene)[1], 21)
    n_spare = max(n_scene - n_most, 0)
    n_band = min(n_spare, n_most) if n_spare >= _BAND_HEIGHT else 0
    return _ImageParts(n_scene - n_spare, n_band, n_body + n_spare - n_band)


def _scene_lines(snapshot: Snapshot, width: int, parts: _ImageParts, theme: Theme, shown: View) -> list[Line]:
    """Return the image, and right of it the measurements above the spectra; a message over all unless it runs."""
    view = snapshot.view if isinstance(snapshot.view, ImageView) else None
    n_lines = parts.scene
    if view is None:
        lines = blank_lines(n_lines + parts.band, width, theme)
    else:
        dimmed = snapshot.health.state in _DIMMED
        image, n_image = _centred_image(view, _image_width(width), n_lines, theme, shown, dimmed)
        right = width - n_image - _GAP
        n_measured = measurements_height(right, n_lines)
        measurements = measurement_lines(view, snapshot.health.position_s, right, n_measured, theme, dimmed)
        spectra = (spatial_lines if parts.band else spectra_lines)(view, right, n_lines - n_measured, theme, dimmed)
        lines = beside(image, measurements + spectra, _gap(theme))
        if parts.band:
            lines += temporal_lines(view, width, parts.band, theme, dimmed)
    if snapshot.health.state is not State.RUNNING and lines:
        overlay(message_box(snapshot, width, len(lines), theme), lines, width)
    return lines


def _low_lines(snapshot: Snapshot, plan: PanelPlan, n_lines: int, theme: Theme, shown: View) -> list[Line]:
    """Return the image over the whole height, right of it measurements, labels, events and health; then problems."""
    width = plan.inner
    view = snapshot.view if isinstance(snapshot.view, ImageView) else None
    problems = problem_lines(snapshot.health, width, plan.n_problems, theme)
    n_lines -= len(problems)
    n_health = 1 + int(n_lines >= 10)
    n_labels = min(max(n_lines // 3, 1), 3)
    n_measured = max(n_lines - n_labels - n_health, 0)
    if view is None:
        right = width
        measurements = blank_lines(n_measured, width, theme)
    else:
        dimmed = snapshot.health.state in _DIMMED
        image, n_image = _centred_image(view, _low_image_width(width), n_lines, theme, shown, dimmed)
        right = width - n_image - _GAP
        measurements = measurement_lines(view, snapshot.health.position_s, right, n_measured, theme, dimmed)
    n_label_cells = right // 2 if right >= 56 else right
    labels = left_lines(snapshot, n_label_cells, n_labels, theme, shown)
    if n_label_cells < right:
        events = right_lines(snapshot, right - n_label_cells - _GAP, n_labels, theme, shown)
        labels = beside(labels, events, _gap(theme))
    health = health_lines(snapshot.health, right, n_health, theme, snapshot.takes is None)
    lines = measurements + labels + health
    if view is not None:
        lines = beside(image, lines, _gap(theme))
    if snapshot.health.state is not State.RUNNING:
        upper = lines[: n_measured or n_lines]
        overlay(message_box(snapshot, width, len(upper), theme), upper, width)
        lines[: len(upper)] = upper
    return lines + problems


def image_place(snapshot: Snapshot, width: int, height: int, theme: Theme) -> tuple[int, int, int, int] | None:
    """Return where the image is in a panel of this size: first column, first line, cells, lines; None without one."""
    view = snapshot.view
    if not isinstance(view, ImageView) or not view.image.size:
        return None
    plan = PanelPlan(width, height, n_problem_lines(snapshot.health, width, height, theme.glyphs))
    if height < _LOW_HEIGHT and width >= _LOW_WIDTH:
        n_lines = height - 2 - len(problem_lines(snapshot.health, plan.inner, plan.n_problems, theme))
        n_most = _low_image_width(plan.inner)
    else:
        n_lines, n_most = _divide(plan, snapshot).scene, _image_width(plan.inner)
    if n_lines < 1 or n_most < 1:
        return None
    n_cells, n_filled = image_size(view.image_px, n_most, n_lines)
    return 2, 1 + (n_lines - n_filled) // 2, n_cells, n_filled


def _image_width(width: int) -> int:
    """Return how many of the cells in a frame the image takes at most."""
    return width // 2 if width >= 70 else width * 2 // 5


def _low_image_width(width: int) -> int:
    return width * 2 // 5


def _centred_image(
    view: ImageView, n_most: int, n_lines: int, theme: Theme, shown: View, dimmed: bool
) -> tuple[list[Line], int]:
    """Return the image in the middle of ``n_lines`` lines, at most ``n_most`` cells wide, and its width."""
    n_cells, n_filled = image_size(view.image_px, n_most, n_lines)
    above = (n_lines - n_filled) // 2
    image = image_lines(view, n_cells, n_filled, theme, dimmed)
    if not dimmed:
        add_regions(image, [each.region for each in view.regions], shown.region, view.image_px, theme)
    lines = blank_lines(above, n_cells, theme) + image
    return lines + blank_lines(n_lines - n_filled - above, n_cells, theme), n_cells


def _gap(theme: Theme) -> Line:
    return [Segment(" " * _GAP, theme.styles.text)]
