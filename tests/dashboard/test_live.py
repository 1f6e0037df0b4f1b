"""The loop of the dashboard on a real pseudo-terminal, which must always be restored."""

import io
import os
import signal
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from streamer.dashboard import live
from tests.support.paths import ROOT
from tests.support.snapshots import snapshot
from tests.support.terminal import LIMIT_S, TerminalSession

PROGRAM = """
import os, sys, threading
sys.path[:0] = {paths!r}
from rich.console import Console
from tests.support.snapshots import image_snapshot, snapshot
from streamer.dashboard.live import run_dashboard
from streamer.dashboard.operation import Operator
frames = 0
def stream():
    global frames
    frames += 1
    {trouble}
    return {shown}
stop = threading.Event()
{before}
run_dashboard([stream], Console(), {frames_per_s}, stop, operator=Operator(print))
{after}
"""


def program(
    trouble: str = "",
    before: str = "",
    after: str = "print('left with', stop.is_set())",
    frames_per_s: float = 20.0,
    shown: str = 'snapshot(stream=f"street{frames}")',
) -> str:
    paths = [str(ROOT), str(ROOT.parent)]
    return PROGRAM.format(
        paths=paths, trouble=trouble, before=before, after=after, frames_per_s=frames_per_s, shown=shown
    )


@pytest.fixture
def start() -> Iterator[Callable[..., TerminalSession]]:
    sessions: list[TerminalSession] = []

    def started(*arguments: Any, **named: Any) -> TerminalSession:
        sessions.append(TerminalSession(*arguments, **named))
        return sessions[-1]

    yield started
    for session in sessions:
        session.close()


def test_q_leaves_a_clean_terminal(start: Callable[..., TerminalSession]) -> None:
    session = start(program())
    session.until(lambda: session.shows("quit") and session.shows("clock_tick"), "first frame")
    assert session.screen.cursor.hidden
    assert not termios.tcgetattr(session.slave)[3] & termios.ECHO
    session.press(b"q")
    assert session.ends() == 0
    assert b"left with True" in session.sent
    session.assert_restored()


@pytest.mark.parametrize("how", ["ctrl-c", "SIGTERM"])
def test_signals_leave_a_clean_terminal(start: Callable[..., TerminalSession], how: str) -> None:
    session = start(program())
    session.until(lambda: session.shows("quit"), "first frame")
    if how == "ctrl-c":
        session.press(b"\x03")
    else:
        session.process.send_signal(signal.SIGTERM)
    assert session.ends() == 0
    assert b"left with True" in session.sent
    session.assert_restored()


def test_an_exception_leaves_a_clean_terminal(start: Callable[..., TerminalSession]) -> None:
    session = start(program(trouble="if frames > 5: raise ValueError('broken stream')"))
    assert session.ends() == 1
    traceback = session.sent[session.sent.rfind(b"\x1b[?1049l") :]
    assert b"ValueError" in traceback
    assert b"broken stream" in traceback
    session.assert_restored()


def test_a_killed_dashboard_leaves_a_clean_terminal(start: Callable[..., TerminalSession]) -> None:
    session = start(program())
    session.until(lambda: session.shows("quit") and b"\x1b[?2004h" in session.sent, "first frame")
    session.process.kill()
    session.until(lambda: b"\x1b[?1049l" in session.sent, "restored by another process")
    session.until(
        lambda: termios.tcgetattr(session.slave)[3] & termios.ECHO and not session.screen.cursor.hidden, "keyboard"
    )
    session.assert_restored()


def choosing(start: Callable[..., TerminalSession]) -> TerminalSession:
    """A dashboard of images on which a region is being chosen."""
    session = start(program(shown="image_snapshot()"))
    session.until(lambda: session.shows("quit"), "first frame")
    assert b"\x1b[?1002h" not in session.sent  # until then the mouse is the terminal's own
    session.press(b"r")
    session.until(lambda: session.shows("region 1: 213") and b"\x1b[?1002h" in session.sent, "a region to choose")
    return session


def test_a_region_is_chosen_with_the_mouse_which_is_reported_meanwhile_alone(
    start: Callable[..., TerminalSession],
) -> None:
    session = choosing(start)
    session.press(b"\x1b[<0;3;3M\x1b[<32;10;8M\x1b[<0;10;8m")  # the image begins in column 3 and line 2
    session.until(lambda: session.shows("region 1: 176×261 px at 0, 44"), "the drag")
    session.press(b"\r")
    session.until(lambda: session.shows("region 1 is measured"), "it is set")
    assert (
        b"Command(stream='porch', action='region', label='region 1', value=0.0, box=(0, 44, 176, 261))" in session.sent
    )
    session.until(
        lambda: session.sent.rfind(b"\x1b[?1002l") > session.sent.rfind(b"\x1b[?1002h"), "no reports any more"
    )
    session.press(b"q")
    assert session.ends() == 0
    session.assert_restored()


@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL", "ctrl-c", "q"])
def test_an_end_while_a_region_is_chosen_leaves_a_clean_terminal(
    start: Callable[..., TerminalSession], how: str
) -> None:
    session = choosing(start)
    if how.startswith("SIG"):
        session.process.send_signal(getattr(signal, how))
    else:
        session.press(b"\x03" if how == "ctrl-c" else b"q")
    session.until(lambda: b"\x1b[?1049l" in session.sent, "restored")
    session.until(
        lambda: termios.tcgetattr(session.slave)[3] & termios.ECHO and not session.screen.cursor.hidden, "keyboard"
    )
    session.assert_restored()


def test_an_exception_while_a_region_is_chosen_leaves_a_clean_terminal(start: Callable[..., TerminalSession]) -> None:
    session = start(program(shown="image_snapshot()", trouble="if frames > 60: raise ValueError('broken')"))
    session.until(lambda: session.shows("quit"), "first frame")
    session.press(b"r")
    session.until(lambda: b"\x1b[?1002h" in session.sent, "a region to choose")
    assert session.ends() == 1
    session.assert_restored()


def test_escape_leaves_the_choice_and_the_mouse(start: Callable[..., TerminalSession]) -> None:
    session = choosing(start)
    session.press(b"\x1b")
    session.until(lambda: session.sent.rfind(b"\x1b[?1002l") > session.sent.rfind(b"\x1b[?1002h"), "left")
    session.until(lambda: session.shows("quit"), "the keys of before")
    session.press(b"q")
    assert session.ends() == 0
    session.assert_restored()


def test_escape_sequences_reach_no_command(start: Callable[..., TerminalSession]) -> None:
    session = start(program())
    session.until(lambda: session.shows("quit"), "first frame")
    session.press(b"\x1b[A\x1b[<0;3;3M\x1b[200~q \x1b[201~\x1bq\x1b[")
    session.press(b"B ")
    session.until(lambda: session.shows("HELD"), "the key after them")
    session.press(b"q")
    assert session.ends() == 0
    session.assert_restored()


def test_resize_fills_the_new_size(start: Callable[..., TerminalSession]) -> None:
    session = start(program())
    session.until(lambda: session.shows("quit"), "first frame")
    for columns, lines in ((120, 40), (40, 12), (80, 24)):
        session.resize(columns, lines)
        session.until(session.is_filled, f"{columns}×{lines}")
    session.press(b"q")
    assert session.ends() == 0
    session.assert_restored()


def test_space_holds_the_screen(start: Callable[..., TerminalSession]) -> None:
    session = start(program())
    session.until(lambda: session.shows("quit"), "first frame")
    session.press(b" ")
    session.until(lambda: session.shows("HELD"), "held")
    title = session.screen.display[0]
    n_sent = len(session.sent)
    session.until(lambda: len(session.sent) > n_sent, "the clock goes on")
    assert session.screen.display[0] == title
    session.press(b" ")
    session.until(lambda: session.screen.display[0] != title, "going on")
    session.press(b"q")
    assert session.ends() == 0


def test_v_changes_the_colours_of_the_whole_screen(start: Callable[..., TerminalSession]) -> None:
    session = start(program())
    session.until(lambda: session.shows("quit"), "first frame")
    assert session.screen.buffer[0][0].bg == "0c0f16"
    session.press(b"v")
    session.until(lambda: session.shows("colours: light"), "what it did")
    assert {session.screen.buffer[line][0].bg for line in range(23)} == {"fafbfc"}
    session.press(b"q")
    assert session.ends() == 0


def test_a_terminal_that_takes_no_bytes_does_not_delay_the_end(start: Callable[..., TerminalSession]) -> None:
    """Nobody reads, and the frames do not fit into the buffer of the terminal."""
    ending = "threading.Timer(1.0, stop.set).start()"
    session = start(program(before=ending, after="os._exit(7)", frames_per_s=50.0), 200, 60)
    assert session.process.wait(LIMIT_S) == 7
    assert termios.tcgetattr(session.slave) == session.before


def test_q_works_while_output_is_stopped_by_ctrl_s(start: Callable[..., TerminalSession]) -> None:
    session = start(program())
    session.until(lambda: session.shows("quit"), "first frame")
    session.press(b"\x13")
    session.press(b"q")
    assert session.ends() == 0
    session.assert_restored()


def test_a_hung_up_terminal_ends_the_loop(start: Callable[..., TerminalSession]) -> None:
    session = start(program())
    session.until(lambda: session.shows("quit"), "first frame")
    os.close(session.master)
    os.close(session.slave)
    session.master, session.slave = os.pipe()
    session.process.wait(LIMIT_S)


SHELL = """
import os, signal, sys, termios, time
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
before = termios.tcgetattr(0)
child = os.fork()
if child == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.executable, [sys.executable, "-c", {program!r}])
for how in ("TSTP", "STOP"):  # Ctrl-Z is pressed; SIGSTOP comes from elsewhere and cannot be noticed
    if how == "STOP":
        while not os.path.exists({now!r}):
            time.sleep(0.02)
        os.kill(child, signal.SIGSTOP)
    _, status = os.waitpid(child, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    os.tcsetpgrp(0, os.getpgrp())
    print("shell", how, termios.tcgetattr(0) == before, flush=True)
    termios.tcsetattr(0, termios.TCSANOW, before)
    sys.stdin.readline()
    os.tcsetpgrp(0, child)
    os.kill(child, signal.SIGCONT)
_, status = os.waitpid(child, 0)
os.tcsetpgrp(0, os.getpgrp())
print("shell ends", status, flush=True)
"""


def test_stop_and_continue(start: Callable[..., TerminalSession], tmp_path: Path) -> None:
    now = tmp_path / "stop-now"
    session = start(SHELL.format(program=program(), now=str(now)))

    def is_on() -> bool:
        entered = session.sent.rfind(b"\x1b[?1049h") > session.sent.rfind(b"shell")
        cooked = termios.tcgetattr(session.slave)[3] & (termios.ECHO | termios.ICANON)
        return entered and session.screen.cursor.hidden and session.shows("quit") and not cooked

    session.until(is_on, "first frame")
    session.press(b"\x1a")
    session.until(lambda: b"shell TSTP True" in session.sent, "stopped with a clean terminal")
    assert session.sent.rfind(b"\x1b[?1049l") > session.sent.rfind(b"\x1b[?1049h")
    assert session.sent.rfind(b"\x1b[?2004l") > session.sent.rfind(b"\x1b[?2004h")
    assert not session.screen.cursor.hidden
    session.press(b"\n")
    session.until(is_on, "continued")
    now.touch()
    session.until(lambda: b"shell STOP False" in session.sent, "stopped unawares")
    session.press(b"\n")
    session.until(is_on, "continued and entered again")
    session.press(b"q")
    assert session.ends() == 0
    assert b"left with True" in session.sent
    assert b"shell ends 0" in session.sent
    session.assert_restored()


class StoppedTerminal:
    """A terminal that is entered again after each time that this process was continued."""

    is_foreground, is_busy, is_gone, size = True, False, False, (80, 24)

    def __init__(self, *_: object) -> None:
        self.n_entered = 0
        self.n_waits = 0

    def __enter__(self) -> "StoppedTerminal":
        return self

    def __exit__(self, *_: object) -> None: ...

    def enter(self) -> None:
        self.n_entered += 1
        if self.n_entered == 1:
            os.kill(os.getpid(), signal.SIGCONT)  # stopped and continued again meanwhile

    def write(self, text: str) -> None: ...

    def report_mouse(self, wanted: bool) -> None: ...

    def keys(self, timeout_s: float) -> list[str]:
        self.n_waits += 1
        if self.n_waits == 1:
            os.kill(os.getpid(), signal.SIGCONT)
        time.sleep(timeout_s)
        return ["q"] if self.n_waits == 5 else []


def test_keys_are_read_on_a_machine_too_slow_for_the_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()

    class BusyTerminal(StoppedTerminal):
        n_frames = 0

        def write(self, text: str) -> None:
            self.n_frames += 1
            if self.n_frames > 20:
                stop.set()

        def keys(self, timeout_s: float) -> list[str]:
            self.n_waits += 1
            return ["q"] if self.n_waits == 3 else []

    terminal = BusyTerminal()
    monkeypatch.setattr(live, "Terminal", lambda *_: terminal)
    live.run_dashboard([snapshot], Console(file=io.StringIO()), 1e9, stop)
    assert terminal.n_waits == 3


def test_a_stop_while_the_terminal_is_entered_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = StoppedTerminal()
    monkeypatch.setattr(live, "Terminal", lambda *_: terminal)
    live.run_dashboard([snapshot], Console(file=io.StringIO()), 1000.0)
    assert terminal.n_entered == 2
