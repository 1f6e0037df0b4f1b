"""What a live camera costs: streamer without and with its dashboard beside a thirty-line script, in turns."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from streamer.errors import UserError

N_ROUNDS = 2
SETTLE_S = 12.0  # from the start of a program to the first figure: it has started, and its window is full
ROWS, COLUMNS = 40, 120  # of the terminal in which the dashboard is shown
SCRIPT, ALONE, SHOWN = "thirty lines of OpenCV and numpy.fft", "streamer run --json", "streamer run, dashboard 120×40"
TARGETS = {ALONE: (4.0, 120.0)}  # % of a core and MB
SHOWING = 4.0  # points of a core that the dashboard may add


@dataclass(frozen=True, slots=True)
class LiveRow:
    """Figures of one program, means over all rounds."""

    name: str
    cpu_percent: float  # of one core, decoding included
    pss_mb: float  # memory, of what is shared with other processes its part
    rss_mb: float
    latency_p50_ms: float | None = None  # from the arrival of a window's last image to its scores; None: not told
    latency_p99_ms: float | None = None
    cpu_target: float | None = None
    memory_target: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the targets are reached; None where there are none."""
        if self.cpu_target is None:
            return None
        is_small = self.memory_target is None or self.pss_mb <= self.memory_target
        return self.cpu_percent <= self.cpu_target and is_small


@dataclass(frozen=True, slots=True)
class _Figures:
    """Figures of one program in one round."""

    cpu_percent: float
    pss_mb: float
    rss_mb: float
    latency_s: tuple[float, float] | None = None


def live_rows(seconds: float, settle_s: float = SETTLE_S) -> list[LiveRow]:
    """Run all programs on the same camera in turns, and measure each for so many seconds in each of two rounds.

    Raises
    ------
    UserError
        On systems that do not tell what a process uses.
    """
    if sys.platform != "linux":
        raise UserError("bench=live must run on Linux, which tells what a process uses; run `streamer bench` here")
    folder = Path(__file__).parent
    with _camera(folder / "mjpeg_camera.py") as url:
        commands = {
            SCRIPT: [sys.executable, str(folder / "camera_script.py"), url],
            ALONE: [sys.executable, "-m", "streamer", "run", url, "--json"],
            SHOWN: [sys.executable, "-m", "streamer", "run", url],
        }
        figures: dict[str, list[_Figures]] = {name: [] for name in commands}
        for _ in range(N_ROUNDS):
            for name, command in commands.items():
                figures[name].append(_measured(command, seconds, settle_s, in_terminal=name == SHOWN))
    rows = [_row(name, each) for name, each in figures.items()]
    shown = next(row for row in rows if row.name == ALONE).cpu_percent + SHOWING
    return [
        LiveRow(row.name, row.cpu_percent, row.pss_mb, row.rss_mb, cpu_target=shown) if row.name == SHOWN else row
        for row in rows
    ]


def _row(name: str, rounds: Sequence[_Figures]) -> LiveRow:
    cpu, memory = TARGETS.get(name, (None, None))
    latencies_s = [each.latency_s for each in rounds if each.latency_s is not None]
    p50, p99 = (1e3 * statistics.fmean(each) for each in zip(*latencies_s, strict=True)) if latencies_s else (None,) * 2
    return LiveRow(
        name,
        statistics.fmean(each.cpu_percent for each in rounds),
        statistics.fmean(each.pss_mb for each in rounds),
        statistics.fmean(each.rss_mb for each in rounds),
        p50,
        p99,
        cpu,
        memory,
    )


@contextlib.contextmanager
def _camera(program: Path) -> Iterator[str]:
    """Run a camera; yield its URL."""
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True) as camera:
        try:
            assert camera.stdout is not None
            yield f"http://127.0.0.1:{int(camera.stdout.readline())}/video.mjpg"
        finally:
            camera.kill()


def _measured(command: Sequence[str], seconds: float, settle_s: float, *, in_terminal: bool) -> _Figures:
    """Run a program, and return what it uses once it has settled."""
    import pty

    terminal, program_end = pty.openpty() if in_terminal else os.pipe()
    if in_terminal:
        import termios

        termios.tcsetwinsize(program_end, (ROWS, COLUMNS))
    stdin = program_end if in_terminal else subprocess.DEVNULL
    error = program_end if in_terminal else subprocess.DEVNULL
    with subprocess.Popen(command, stdin=stdin, stdout=program_end, stderr=error, start_new_session=True) as process:
        os.close(program_end)
        output: list[bytes] = []
        reader = threading.Thread(target=_read_all, args=(terminal, output), daemon=True)
        reader.start()
        try:
            time.sleep(settle_s)
            before_s, begun_s = _cpu_s(process.pid), time.monotonic()
            time.sleep(seconds)
            share = (_cpu_s(process.pid) - before_s) / (time.monotonic() - begun_s)
            pss_mb, rss_mb = _memory_mb(process.pid)
        except (FileNotFoundError, ProcessLookupError):
            raise UserError(f"command={' '.join(command)} must run on; it ended: try it alone") from None
        finally:
            process.kill()
    reader.join(5.0)
    os.close(terminal)
    return _Figures(100 * share, pss_mb, rss_mb, None if in_terminal else _latency_s(b"".join(output)))


def _read_all(file: int, output: list[bytes]) -> None:
    with contextlib.suppress(OSError):  # as a terminal ends
        while part := os.read(file, 1 << 16):
            output.append(part)


def _cpu_s(pid: int) -> float:
    """Return the CPU time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int) -> tuple[float, float]:
    """Return PSS and RSS of a process."""
    sizes = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, size, *_ = line.split()
        sizes[name] = int(size) * 1024 / 1e6
    return sizes["Pss:"], sizes["Rss:"]


def _latency_s(output: bytes) -> tuple[float, float] | None:
    """Return median and 99th percentile of the latency in the last line of health; None where there is none."""
    for line in reversed(output.splitlines()):
        if b'"type": "health"' in line and line.endswith(b"}"):
            health = json.loads(line)
            if health["latency_p50_s"] is not None:
                return health["latency_p50_s"], health["latency_p99_s"]
    return None
