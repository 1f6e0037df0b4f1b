import io
import os
import signal
import threading
import time

import pytest
from rich.console import Console

from streamer.training.progress import Interruption, Progress


def _progress(terminal: bool) -> tuple[Progress, io.StringIO]:
    out = io.StringIO()
    return Progress(Console(file=out, force_terminal=terminal, width=100)), out


def test_without_a_terminal_a_stage_ends_with_one_line() -> None:
    progress, out = _progress(terminal=False)
    with progress.stage("sampling") as report:
        report(0.5)
        report(1.0, "12 windows")
    assert out.getvalue() == "  sampling: 0.0 s, 12 windows\n"


def test_long_stages_report_the_time_left_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    progress, out = _progress(terminal=False)
    with progress.stage("training") as report:
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
    progress, out = _progress(terminal=True)
    with progress.stage("sampling [bold]") as report:  # no markup
        report(0.25, "3 windows")
    text = out.getvalue()
    assert "25%" in text
    assert "sampling [bold]: 0.0 s, 3 windows" in text


def test_a_long_text_leaves_room_for_bar_and_time() -> None:
    progress, out = _progress(terminal=True)
    with progress.stage("training") as report:
        report(0.25, "epoch " * 30)
    bar = next(line for line in out.getvalue().splitlines() if "25%" in line)
    assert "-:--:--" in bar or "0:00:00" in bar
    assert "…" in bar.rpartition("epoch")[2]


def test_an_interrupted_stage_leaves_its_line_and_the_cursor() -> None:
    progress, out = _progress(terminal=True)
    with pytest.raises(KeyboardInterrupt), progress.stage("sampling"):
        raise KeyboardInterrupt
    assert out.getvalue().count("\x1b[?25l") == out.getvalue().count("\x1b[?25h") == 1
    assert "sampling: 0.0 s" in out.getvalue()


def _press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_press_waits_for_the_next_check() -> None:
    done = []

    def work() -> None:
        with Interruption() as interruption:
            interruption.check()
            _press()
            done.append("begun")
            interruption.check()
            done.append("not begun")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["begun"]


def test_each_press_stops_once() -> None:
    with Interruption() as interruption:
        _press()
        with pytest.raises(KeyboardInterrupt):
            interruption.check()
        interruption.check()
        _press()
        with pytest.raises(KeyboardInterrupt):
            interruption.check()


def test_a_second_press_acts_at_once_whatever_a_library_makes_of_it() -> None:
    def work() -> None:
        with Interruption():
            _press()
            try:
                _press()
            except KeyboardInterrupt:
                raise ValueError("half a file") from None

    with pytest.raises(KeyboardInterrupt):
        work()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_end_the_program_as_an_error_does(number: signal.Signals) -> None:
    removed = []

    def work() -> None:
        with Interruption():
            try:
                os.kill(os.getpid(), number)
            finally:
                removed.append(number)

    with pytest.raises(SystemExit) as ended:
        work()
    assert ended.value.code == 128 + number
    assert removed == [number]


def test_other_errors_are_not_changed() -> None:
    with pytest.raises(ValueError, match="mine"), Interruption():
        raise ValueError("mine")


def test_afterwards_ctrl_c_acts_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interruption():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_are_left_alone() -> None:
    before, failed = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        try:
            with Interruption() as interruption:
                interruption.check()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failed
    assert signal.getsignal(signal.SIGINT) is before
