"""The panel of an image stream: image, measurements and spectra above, labels, events and health below."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment

from streamer.dashboard.body import (
    SPLIT_WIDTH,
    health_height,
    health_part,
    left_lines,
    right_lines,
    side_by_side,
    titles,
)
from streamer.dashboard.frame import bottom, framed, message, place, rule, title
from streamer.dashboard.health import health_lines
from streamer.dashboard.measurements import figures_height, measurement_lines
from streamer.dashboard.picture import picture_lines, picture_size
from streamer.dashboard.spectra import image_lines, motion_lines, spectra_lines
from streamer.dashboard.theme import Line, Theme
from streamer.messages import State
from streamer.monitor.snapshot import ImageView, Snapshot

_GAP = 2  # cells between the image and what stands beside it
_BAND = 8  # lines that are worth a band across the panel
_LOW = 14  # lines below which labels and health stand beside the image, too
_IDLE = (State.STARTING, State.WAITING, State.FAILED)  # nothing of what is shown is of now


@dataclass(frozen=True)
class _Plan:
    """Number of lines given to each part of a panel."""

    scene: int  # image, measurements, spectra
    band: int  # the spectrum of motion across the whole panel, 0 where it stands in the scene
    body: int  # labels and events
    health: int
    health_rule: int
    is_split: bool  # labels and events side by side


def image_panel(snapshot: Snapshot, width: int, height: int, theme: Theme) -> list[Line]:
    """Draw one stream of images; parameters as in :func:`streamer.dashboard.panel.stream_panel`.

    Before the first image the snapshot has no view.
    """
    inner = width - 4  # frame and one space at either side
    lines = [title(snapshot, width, theme)]
    if height < _LOW and width >= 56:
        lines += [framed(line, theme) for line in _low(snapshot, inner, height - 2, theme)]
        return [*lines, bottom(width, theme, [])]
    plan = _plan(width, height, snapshot)
    lines += [framed(line, theme) for line in _scene(snapshot, inner, plan, theme)]
    left = inner * 11 // 20 if plan.is_split else inner
    joints = [left + 3] if plan.is_split else []
    n_running = len(snapshot.running)
    if plan.body:
        counts = f"{n_running} running" if n_running and plan.is_split else ""
        lines.append(rule(width, titles(snapshot, left, plan.is_split, theme), theme, below=joints, right=counts))
    lines += [framed(line, theme) for line in _body(snapshot, inner, left, plan, theme)]
    return lines + health_part(snapshot, width, plan.health_rule, plan.health, joints, theme)


def _plan(width: int, height: int, snapshot: Snapshot) -> _Plan:
    health_rule, n_health = health_height(width, height)
    rows = height - 2 - n_health - health_rule
    is_split = width >= SPLIT_WIDTH
    body = min(max(rows // 3, 2), max(len(snapshot.labels), 6), 12)
    scene = rows - body - 1
    if scene < 3:
        return _Plan(max(rows, 0), 0, 0, n_health, health_rule, is_split)
    # More height than an image half as wide as the panel can fill goes to the spectrum of motion, or to the labels.
    image_px = snapshot.view.image_px if isinstance(snapshot.view, ImageView) else (4, 3)
    most = max(picture_size(image_px, (width - 4) // 2, scene)[1], 21)
    spare = max(scene - most, 0)
    scene -= spare
    band = min(spare, most) if spare >= _BAND else 0
    body += spare - band
    return _Plan(scene, band, body, n_health, health_rule, is_split)


def _body(snapshot: Snapshot, inner: int, left: int, plan: _Plan, theme: Theme) -> list[Line]:
    """Return the labels, with the events beside or below them."""
    if plan.is_split:
        labels = left_lines(snapshot, left, plan.body, theme)
        return side_by_side(labels, right_lines(snapshot, inner - left - 3, plan.body, theme), theme)
    n_events = plan.body // 3
    labels = left_lines(snapshot, inner, plan.body - n_events, theme)
    return labels + right_lines(snapshot, inner, n_events, theme)


def _scene(snapshot: Snapshot, width: int, plan: _Plan, theme: Theme) -> list[Line]:
    """Return the image, and beside it the measurements above the spectra; a message covers all unless the stream
    runs.
    """
    view = snapshot.view if isinstance(snapshot.view, ImageView) else None
    height = plan.scene
    if view is None:
        lines = [_blank(width, theme) for _ in range(height + plan.band)]
    else:
        n_most = width // 2 if width >= 70 else width * 2 // 5
        faint = snapshot.health.state in _IDLE
        image, n_image = _image(view, n_most, height, theme, faint)
        right = width - n_image - _GAP
        n_figures = figures_height(right, height)
        beside = measurement_lines(view, snapshot.health.position_s, right, n_figures, theme, faint)
        spectra = image_lines if plan.band else spectra_lines
        beside += spectra(view, right, height - n_figures, theme, faint)
        lines = _beside(image, beside, " " * _GAP, theme)
        if plan.band:
            lines += motion_lines(view, width, plan.band, theme, faint)
    if snapshot.health.state is not State.RUNNING and lines:
        place(message(snapshot, width, len(lines), theme), lines, width)
    return lines


def _low(snapshot: Snapshot, width: int, height: int, theme: Theme) -> list[Line]:
    """Return the image over the whole height; beside it measurements, labels, events and health, most needed first."""
    view = snapshot.view if isinstance(snapshot.view, ImageView) else None
    image: list[Line] = []
    n_health = 1 + int(height >= 10)
    n_labels = min(max(height // 3, 1), 3)
    n_figures = max(height - n_labels - n_health, 0)
    if view is None:
        beside_width = width
        figures = [_blank(width, theme) for _ in range(n_figures)]
    else:
        faint = snapshot.health.state in _IDLE
        image, n_image = _image(view, width * 2 // 5, height, theme, faint)
        beside_width = width - n_image - _GAP
        figures = measurement_lines(view, snapshot.health.position_s, beside_width, n_figures, theme, faint)
    labels = left_lines(snapshot, beside_width, n_labels, theme)
    if beside_width >= 56:
        left = beside_width // 2
        labels = _beside(
            left_lines(snapshot, left, n_labels, theme),
            right_lines(snapshot, beside_width - left - 2, n_labels, theme),
            "  ",
            theme,
        )
    beside = figures + labels + health_lines(snapshot.health, beside_width, n_health, theme, snapshot.takes is None)
    lines = _beside(image, beside, " " * _GAP, theme) if view else beside
    if snapshot.health.state is not State.RUNNING:
        upper = lines[: n_figures or height]
        place(message(snapshot, width, len(upper), theme), upper, width)
        lines[: len(upper)] = upper
    return lines


def _image(view: ImageView, n_most: int, height: int, theme: Theme, faint: bool) -> tuple[list[Line], int]:
    """Return the image in the middle of ``height`` lines, and its width."""
    n_cells, n_lines = picture_size(view.image_px, n_most, height)
    lines = picture_lines(view, n_cells, n_lines, theme, faint)
    above = (height - n_lines) // 2
    below = height - n_lines - above
    return [*[_blank(n_cells, theme)] * above, *lines, *[_blank(n_cells, theme)] * below], n_cells


def _beside(left: list[Line], right: list[Line], between: str, theme: Theme) -> list[Line]:
    gap = Segment(between, theme.styles.faint if between.strip() else theme.styles.text)
    return [[*a, gap, *b] for a, b in zip(left, right, strict=True)]


def _blank(width: int, theme: Theme) -> Line:
    return [Segment(" " * width, theme.styles.text)]
