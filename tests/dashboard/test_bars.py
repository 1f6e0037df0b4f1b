"""Exact glyphs of the gauges."""

import numpy as np
import pytest

from streamer.dashboard.bars import bar, meter
from streamer.dashboard.labels import label_lines, top_labels
from streamer.dashboard.theme import ASCII, Line, theme_for
from streamer.messages import Level
from tests.support.snapshots import snapshot

PLAIN = theme_for(None)
NAN = float("nan")


def text(line: Line) -> str:
    return "".join(segment.text for segment in line)


@pytest.mark.parametrize(
    ("value", "on", "off", "expected"),
    [
        (0.0, NAN, NAN, "··········"),
        (1.0, NAN, NAN, "██████████"),
        (0.5, NAN, NAN, "█████·····"),
        (0.55, NAN, NAN, "█████▌····"),
        (0.5125, NAN, NAN, "█████▏····"),
        (0.3, 0.6, 0.4, "███·┊·│···"),
        (0.9, 0.6, 0.4, "████┊█│██·"),
        (2.0, 1.0, -1.0, "┊████████│"),
        (NAN, 0.6, 0.4, "····┊·│···"),
    ],
)
def test_bar(value: float, on: float, off: float, expected: str) -> None:
    assert text(bar(10, value, on, off, PLAIN.styles.bar, PLAIN)) == expected


def test_bar_in_ascii() -> None:
    assert text(bar(10, 0.9, 0.6, 0.4, PLAIN.styles.bar, theme_for(None, ASCII))) == "####:#|##."


def test_the_last_cell_of_a_painted_bar_is_mixed() -> None:
    painted = theme_for("truecolor")
    full, mixed, empty = bar(10, 0.55, NAN, NAN, painted.styles.bar, painted)
    assert [len(part.text) for part in (full, mixed, empty)] == [5, 1, 4]
    colours = [part.style.color.get_truecolor() for part in (full, mixed, empty) if part.style and part.style.color]
    assert all(min(a, b) < m < max(a, b) for a, m, b in zip(*colours, strict=True))


def test_meter() -> None:
    lines = [text(line) for line in meter(Level(-30.0, -12.0), 7, 12, PLAIN)]
    assert lines == [
        " ·· 0       ",
        " ━━ −12     ",
        " ·· −20     ",
        " ██         ",
        " ██ −40     ",
        " ██ −60     ",
        "  −30.0 dBFS",
    ]


def test_meter_of_silence_and_of_clipping() -> None:
    silent = [text(line) for line in meter(Level(), 4, 8, PLAIN)]
    assert silent[-1] == "   −∞ dB"
    assert "██" not in "".join(silent)
    clipped = [text(line) for line in meter(Level(-0.1, 0.0, is_clipped=True), 4, 8, PLAIN)]
    assert "CLIP" in clipped[0]
    assert all("██" in line for line in clipped[:-1])


def test_meter_fills_by_eighths() -> None:
    lines = meter(Level(-60 * (1 - 1.5 / 3), -np.inf), 4, 8, PLAIN)  # one and a half of three cells
    assert [text(line)[1:3] for line in lines[:-1]] == ["··", "▄▄", "██"]


def test_running_labels_come_first_then_the_highest_scores() -> None:
    shown = snapshot()
    assert [shown.labels[k] for k in top_labels(shown, 5)] == [
        "clock_tick",
        "helicopter",
        "speech",
        "crying_baby",
        "rain",
    ]


def test_scores_that_hardly_differ_keep_the_order_of_the_model() -> None:
    a = snapshot(scores=np.linspace(0.01, 0.04, 10, dtype=np.float32), running=())
    b = snapshot(scores=np.linspace(0.04, 0.01, 10, dtype=np.float32), running=())
    assert top_labels(a, 10) == top_labels(b, 10) == list(range(10))


def test_a_suppressed_label_says_why() -> None:
    lines = [text(line) for line in label_lines(snapshot(), 60, 5, PLAIN)]
    assert lines[2].startswith("speech ")
    assert lines[2].endswith(" denied  0.71")


def test_active_labels_are_highlighted() -> None:
    painted = theme_for("truecolor")
    lines = label_lines(snapshot(), 60, 5, painted)
    filled = [line[2].style for line in lines]
    styles = painted.styles
    assert filled == [styles.bar_active, styles.bar_active, styles.bar_off, styles.bar_near, styles.bar]
