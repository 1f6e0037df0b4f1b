import io
import time

import pytest
from rich.console import Console

from streamer.training.progress import Progress


def _shown(terminal: bool) -> tuple[Progress, io.StringIO]:
    out = io.StringIO()
    return Progress(Console(file=out, force_terminal=terminal, width=100)), out


def test_without_a_terminal_a_stage_ends_with_one_line() -> None:
    shown, out = _shown(terminal=False)
    with shown.stage("drawing") as report:
        report(0.5)
        report(1.0, "12 windows")
    assert out.getvalue() == "  drawing: 0.0 s, 12 windows\n"


def test_long_stages_tell_now_and_then_how_long_they_will_take(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    shown, out = _shown(terminal=False)
    with shown.stage("training") as report:
        for i in range(1, 41):
            now += 1.0
            report(i / 40, f"epoch {i}")
    lines = out.getvalue().splitlines()
    assert lines == [
        "  training: 25 %, 30.0 s left, epoch 10",
        "  training: 50 %, 20.0 s left, epoch 20",
        "  training: 75 %, 10.0 s left, epoch 30",
        "  training: 100 %, 0.0 s left, epoch 40",
        "  training: 40.0 s, epoch 40",
    ]


def test_a_terminal_gets_a_bar_and_keeps_the_line() -> None:
    shown, out = _shown(terminal=True)
    with shown.stage("drawing [bold]") as report:  # no markup
        report(0.25, "3 windows")
    text = out.getvalue()
    assert "25%" in text
    assert "drawing [bold]: 0.0 s, 3 windows" in text


def test_long_news_leave_room_for_bar_and_time() -> None:
    shown, out = _shown(terminal=True)
    with shown.stage("training") as report:
        report(0.25, "messages " * 30)
    bar = next(line for line in out.getvalue().splitlines() if "25%" in line)
    assert "-:--:--" in bar or "0:00:00" in bar
    assert "…" in bar.rpartition("messages")[2]


def test_an_interrupted_stage_leaves_its_line_and_the_cursor() -> None:
    shown, out = _shown(terminal=True)
    with pytest.raises(KeyboardInterrupt), shown.stage("drawing"):
        raise KeyboardInterrupt
    assert out.getvalue().count("\x1b[?25l") == out.getvalue().count("\x1b[?25h") == 1
    assert "drawing: 0.0 s" in out.getvalue()
