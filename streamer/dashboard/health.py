"""Draw the health of a stream: speed, latency, losses and load."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from rich.segment import Segment
from rich.style import Style

from streamer.dashboard.text import blank_lines, clean, fit, wrap, wrap_reason
from streamer.dashboard.theme import Glyphs, Line, Theme
from streamer.messages import Health, ImageHealth, State
from streamer.text import megabytes, milliseconds, percent

_GAP = 3  # cells between two values
_OF_WINDOWS = ("latency p50/p99", "windows/s")  # values of streams that are classified
_Value = tuple[int, str, str, Style]  # importance, name, value, style


def state_style(state: State, theme: Theme) -> Style:
    """Return the style of a state's name."""
    s = theme.styles
    return {
        State.STARTING: s.badge_info,
        State.RUNNING: s.good,
        State.PAUSED: s.badge_info,
        State.WAITING: s.badge_warn,
        State.ENDED: s.key,
        State.FAILED: s.badge_bad,
    }[state]


def health_lines(health: Health, width: int, n_lines: int, theme: Theme, has_windows: bool = True) -> list[Line]:
    """Return ``n_lines`` lines of ``width`` cells; the least important values are left out where not all fit.

    Every value is padded to a usual width, so that the others stay in place while it changes.

    Parameters
    ----------
    health : Health
        What to show.
    width, n_lines : int
        Size in cells.
    theme : Theme
        How to show it.
    has_windows : bool
        Whether the stream is classified, so that latency and window rate mean something.
    """
    values = [value for value in _values(health, theme) if has_windows or value[1] not in _OF_WINDOWS]
    rows = _packed(values, width)
    while len(rows) > n_lines and values:
        least = min(range(len(values)), key=lambda i: values[i][0])
        values = values[:least] + values[least + 1 :]
        rows = _packed(values, width)
    s = theme.styles
    lines: list[Line] = []
    for row in rows[:n_lines]:
        line: Line = []
        room = width
        for k, (_, name, value, style) in enumerate(row):
            gap = " " * (_GAP if k else 0)
            line += [Segment(f"{gap}{name} ", s.dim), Segment(value, style)]
            room -= len(gap) + len(name) + 1 + len(value)
        lines.append([*line, Segment(" " * room, s.text)])
    return lines + blank_lines(n_lines - len(lines), width, theme)


def without_process(health: Health) -> Health:
    """Return the health without what is true of the whole process, which several panels would repeat."""
    return replace(health, cpu_fraction=math.nan, memory_bytes=0, temperature_c=None)


def process_text(health: Health, glyphs: Glyphs) -> str:
    """Return what is true of the whole process: ``CPU 5.8 %    142 MB   54 °C``."""
    text = f"CPU {percent(health.cpu_fraction):<6} {megabytes(health.memory_bytes):<6}"
    return text if health.temperature_c is None else f"{text} {health.temperature_c:.0f} {glyphs.degree}"


def n_problem_lines(health: Health, width: int, height: int, glyphs: Glyphs) -> int:
    """Return how many lines the problems take in a panel: as many as they need, up to an eighth of its lines."""
    n_most = max(1, height // 8)
    n_wanted = sum(len(wrap(problem.text, _n_words(width - 4), n_most, glyphs)) or 1 for problem in health.problems)
    return min(n_wanted, n_most)


def problem_lines(health: Health, width: int, n_lines: int, theme: Theme) -> list[Line]:
    """Return the problems in ``n_lines`` lines of ``width`` cells; the last one says how many more there are."""
    g, s = theme.glyphs, theme.styles
    texts = [clean(problem.text, g.ascii_only) for problem in health.problems]
    n_words = _n_words(width)
    for n_each in range(n_lines, 0, -1):  # none is cut where there is room for all
        wrapped = [line for text in texts for line in wrap_reason(text, n_words, n_each, g) or ("",)]
        if len(wrapped) <= n_lines:
            return [[Segment(fit(f" {text} ", width, g), s.badge_bad)] for text in wrapped]
    if len(texts) > n_lines > 0:
        n_more = len(texts) - n_lines
        texts = [*texts[: n_lines - 1], f"{n_more + 1} problems: " + " / ".join(texts[n_lines - 1 :])]
    return [[Segment(fit(f" {text} ", width, g), s.badge_bad)] for text in texts[:n_lines]]


def _n_words(width: int) -> int:
    """Return the cells of a line of problems without the space at either end."""
    return max(width - 2, 1)


def _values(health: Health, theme: Theme) -> list[_Value]:
    g, s = theme.glyphs, theme.styles

    def graded(is_bad: bool, is_doubtful: bool = False) -> Style:
        return s.bad if is_bad else s.warn if is_doubtful else s.text

    factor = health.real_time_factor
    is_widened = health.stride_factor > 1
    slow = f" stride {g.times}{health.stride_factor}" if is_widened else " too slow" if factor > 1 else ""
    latency = f"{milliseconds(health.latency_p50_s)}/{milliseconds(health.latency_p99_s)} ms"
    shown: list[_Value] = [
        (9, "real-time", f"{factor:.3f}{g.times}{slow}", graded(factor > 1, factor > 0.7 or is_widened)),
        (8, "latency p50/p99", f"{latency:<8}", s.text),
        (4, "windows/s", f"{health.windows_per_s:<4.1f}", s.text),
        (
            10,
            "lost",
            f"{percent(health.lost_fraction):<7}",
            graded(health.lost_fraction >= 0.01, health.lost_samples > 0),
        ),
        (_raised(6, health.overflows), "overflows", f"{health.overflows:<2}", graded(False, health.overflows > 0)),
        (7, "CPU", f"{percent(health.cpu_fraction):<5}", s.text),
        (5, "memory", f"{megabytes(health.memory_bytes):<6}", s.text),
        (_raised(3, health.reconnects), "reconnects", f"{health.reconnects:<2}", graded(False, health.reconnects > 0)),
        (1, "drift", f"{health.drift_ppm:+.0f} ppm".replace("-", g.minus), graded(False, abs(health.drift_ppm) > 500)),
    ]
    if health.images is not None:
        shown[2:5] = _image_values(health.images, health.lost_fraction, graded)
        shown = [
            value for value in shown if value[1] != "drift"
        ]  # images carry capture times: there is no second clock to drift from
    if math.isnan(health.cpu_fraction):  # told once, elsewhere
        shown = [value for value in shown if value[1] not in ("CPU", "memory")]
    if health.temperature_c is not None:
        hot = health.temperature_c
        place = next(k for k, value in enumerate(shown) if value[1] == "memory") + 1
        shown.insert(
            place, (2 if hot < 75 else 9, "temperature", f"{hot:.0f} {g.degree}", graded(hot >= 80, hot >= 75))
        )
    if health.unwritten:
        shown.insert(1, (9, "not written", f"{health.unwritten}", s.bad))
    if health.backlog_s > 0.5:
        shown.insert(1, (9, "behind", f"{health.backlog_s:.1f} s", graded(health.backlog_s > 2, True)))
    return [(rank, name, fit(value, len(value), g), style) for rank, name, value, style in shown]


def _image_values(images: ImageHealth, lost_fraction: float, graded: Callable[..., Style]) -> list[_Value]:
    """Return the image rate, its regularity and the losses of an image stream."""
    skipped = f"{images.skipped_images}" + (f" ({percent(lost_fraction)})" if images.skipped_images else "")
    gaps = f"{images.gaps}" + (f" (longest {milliseconds(images.longest_gap_s)} ms)" if images.gaps else "")
    is_uneven = images.jitter_s * images.fps > 0.2
    return [
        (8, "images/s", f"{images.fps:.{2 if images.fps < 100 else 1}f}".ljust(5), graded(False)),
        (7, "jitter", f"{milliseconds(images.jitter_s)} ms".ljust(7), graded(False, is_uneven)),
        (10, "skipped", f"{skipped:<3}", graded(lost_fraction >= 0.01, images.skipped_images > 0)),
        (_raised(2, images.gaps), "gaps", f"{gaps:<2}", graded(False, images.gaps > 0)),
    ]


def _raised(importance: int, count: int) -> int:
    return importance + 5 if count else importance  # a fault is not to be left out


def _packed(values: list[_Value], width: int) -> list[list[_Value]]:
    """Pack values into lines in their order; a value wider than a line is left out."""
    rows: list[list[_Value]] = []
    room = 0
    for value in values:
        n_cells = len(value[1]) + 1 + len(value[2])
        if n_cells > width:
            continue
        if not rows or room < n_cells + _GAP:
            rows.append([])
            room = width + _GAP
        rows[-1].append(value)
        room -= n_cells + _GAP
    return rows
