"""Which labels are shown, in which order and style."""

import numpy as np

from streamer.dashboard.labels import label_lines, top_labels
from streamer.dashboard.theme import theme_for
from tests.support.screens import text_of
from tests.support.snapshots import snapshot


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
    lines = [text_of(line) for line in label_lines(snapshot(), 60, 5, theme_for(None))]
    assert lines[2].startswith("speech ")
    assert lines[2].endswith(" denied  0.71")


def test_active_labels_are_highlighted() -> None:
    painted = theme_for("truecolor")
    lines = label_lines(snapshot(), 60, 5, painted)
    filled = [line[2].style for line in lines]
    styles = painted.styles
    assert filled == [styles.bar_active, styles.bar_active, styles.bar_off, styles.bar_near, styles.bar]
