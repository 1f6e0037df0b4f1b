"""Write docs/faults.md: cause every fault of the matrix, one after the other, and say what came of it.

python -m tests.fault_matrix [PAGE]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support import vm_device
from tests.support.faults import FAULTS, MAX_DETECTED_S, MAX_RESUMED_S, Fault, Outcome
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "faults.md"
HEAD = f"""# Faults

What happens when a device fails, caused on real libraries (PortAudio, PulseAudio, OpenCV, FFmpeg, GStreamer, V4L2) and
virtual hardware, with the default settings. Each fault is detected within {MAX_DETECTED_S:.0f} s, and there is sound
or are images again within {MAX_RESUMED_S:.0f} s of its end; tests hold that (`tests/live/test_faults.py`). The table is
one run of `python -m tests.fault_matrix`.

| device | fault | detected after | back after its end | away in all | lost besides | counted |
|---|---|---|---|---|---|---|
"""
FOOT = """
*Detected*: from the beginning of the fault until the stream is WAITING, with the reason in its `detail`. *Back*: from
the beginning of the mending, the start of a server included, until five blocks or images have come. *Away*: from the
last sound or image before to the first one after; the times of all results have that gap, and no window spans it.
*Lost besides*: missing within the sessions, by the numbers in the images or, for sound and RTSP, by the clock, to
0.25 s; *counted* is what health says of it. A dash: a fault that takes nothing away, or that is not measured.

*Isolated* is `isolate = true`. The devices of the last rows are the kernel's drivers `vivid` and `snd-aloop` in an
emulated machine, up to a hundred times slower than a real one: there the limits do not hold for calls that take long.
"""
VM_FAULTS = (
    ("camera, V4L2", "camera", "unplugged"),
    ("camera, V4L2", "camera", "stalled"),
    ("camera, V4L2", "camera", "unplugged while stalled"),
    ("camera, V4L2", "camera", "driver failed"),
    ("microphone, ALSA", "microphone", "pulled out"),
)


def row(fault: Fault, outcome: Outcome) -> str:
    """Return one row of the table."""
    times = [_seconds(value) for value in (outcome.detected_s, outcome.resumed_s, outcome.away_s)]
    return _line(fault.device, fault.what, *times, f"{outcome.lost_s:.2f} s", f"{outcome.counted_s:.2f} s")


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} s"


def machine_rows() -> Iterator[str]:
    """Return the rows of the devices in the emulated machine."""
    is_there = not vm_device.why_absent()
    found = {}
    for program in dict.fromkeys(program for _, program, _ in VM_FAULTS) if is_there else ():
        done = subprocess.run([str(vm_device.SCRIPT), program, sys.executable], capture_output=True, text=True)
        found[program] = vm_device.outcomes(done.stdout)
        if done.returncode:
            print(done.stdout, done.stderr, file=sys.stderr)
    for device, program, what in VM_FAULTS:
        outcome = found.get(program, {}).get(what)
        missing = "failed" if is_there else "not run"
        times = map(_seconds, outcome) if outcome else (missing, missing)
        yield _line(device, what, *times, "–", "–", "–")


def main() -> None:
    """Cause all faults and write the page."""
    page = Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    rows = []
    for fault in FAULTS:
        if reason := fault.absent():
            sys.exit(f"{fault.name}: {reason}")
        with tempfile.TemporaryDirectory() as folder:
            rows.append(row(fault, fault.cause(Path(folder))))
        print(rows[-1], end="", flush=True)
    page.write_text(HEAD + "".join((*rows, *machine_rows())) + FOOT, encoding="utf-8")


if __name__ == "__main__":
    main()
