"""streamer on an emulated Raspberry Pi: installed from the wheel, then doctor, demo, microphone, camera and service.

    python tests/arm64.py FOLDER [bookworm|trixie] [--vm]

By hand or on request: it takes some minutes, 1 GB in FOLDER, and the rigs of $STREAMER_SHARED. Without --vm the
programs run by qemu-user in a Debian for arm64 (bookworm has Python 3.11, trixie 3.13), with a microphone of PulseAudio
and a network camera; with --vm on Debian's kernel in a machine with a Cortex-A72 and 512 MB, with drivers for both
(snd-aloop, vivid). Ends with an error where something does not work or, in that machine, takes 300 MB or more: what
qemu-user needs itself counts as the program's. The first run compiles the kernels, which both ways then share.
"""

from __future__ import annotations

import argparse
import atexit
import collections
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RIGS = Path(os.environ.get("STREAMER_SHARED", ROOT.parent / "shared")) / "rigs"
PEAK_BYTES = 300e6
PORT = 8097  # of the network camera
PATIENCE_S = 400.0  # an emulated processor compiles the kernels for minutes


def main() -> int:
    """Prepare a machine and run the checks in it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("suite", nargs="?", choices=("bookworm", "trixie"), default="bookworm")
    parser.add_argument("--vm", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    root = options.folder.resolve() / options.suite
    wheel = build_wheel(options.folder.resolve())
    run(RIGS / "arm64_chroot.sh", "setup", options.suite, root, wheel)
    shutil.copy(__file__, root / "opt" / "arm64.py")
    return in_vm(options.folder.resolve(), root) if options.vm else in_chroot(options.folder.resolve(), root)


def run(*command: object, **options: Any) -> None:
    subprocess.run(list(map(str, command)), check=True, **options)


def build_wheel(folder: Path) -> Path:
    wheels = folder / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    with tempfile.TemporaryDirectory() as copy:  # building leaves files behind in its folder
        source = Path(copy) / "source"
        shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".git", ".venv*", "*.egg-info", "build", "tests"))
        run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", wheels, source)
    (wheel,) = wheels.glob("*.whl")
    print(f"wheel: {wheel.name}, {wheel.stat().st_size / 1e6:.1f} MB", flush=True)
    return wheel


def in_chroot(folder: Path, root: Path) -> int:
    environment = os.environ | {"VMIC_DIR": str(folder / "vmic")}
    microphone = RIGS / "virtual_mic.sh"
    run(microphone, "start", env=environment, stdout=subprocess.DEVNULL)
    camera = subprocess.Popen(
        [sys.executable, str(RIGS / "mjpeg_server.py"), "--port", str(PORT), "--fps", "10", "--size", "320x240"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        guest = ("python3", "/opt/arm64.py", "guest", "mic", f"http://127.0.0.1:{PORT}/video.mjpg")
        command = [str(RIGS / "arm64_chroot.sh"), "run", str(root), *guest]
        environment["PULSE_SERVER"] = f"unix:{folder / 'vmic' / 'native'}"
        return subprocess.run(command, env=environment, check=False).returncode
    finally:
        camera.terminate()
        camera.wait()
        run(microphone, "stop", env=environment)


def in_vm(folder: Path, root: Path) -> int:
    job = folder / "job.sh"
    # Without what libasound2-plugins adds, which Raspberry Pi OS has not: each of its devices would be tried.
    lines = (
        "rm -f /usr/share/alsa/alsa.conf.d/* /etc/alsa/conf.d/*",
        "vmod vivid n_devs=1 node_types=0x1",
        "vmod snd-aloop",
        "export HOME=/root XDG_RUNTIME_DIR=/run/streamer-test",
        "mkdir -p $XDG_RUNTIME_DIR",
        "python3 /opt/arm64.py guest 'mic:(hw:0,1)' camera",
    )
    job.write_text("\n".join(lines) + "\n")
    environment = os.environ | {"VM_ARCH": "arm64", "VM_ROOT": str(root), "VM_DIR": str(folder), "VM_TIMEOUT": "3000"}
    run(RIGS / "vm_hw.sh", "install", env=environment)
    return subprocess.run(
        [str(RIGS / "vm_hw.sh"), "run", str(job), "512", "2"], env=environment, check=False
    ).returncode


class Guest:
    """The checks, in the emulated machine."""

    def __init__(self, microphone: str, camera: str) -> None:
        self.microphone, self.camera = microphone, camera
        self.peak_bytes = 0
        self.folder = Path(tempfile.mkdtemp())

    def check(self) -> int:
        with Path("/proc/meminfo").open() as file:
            memory = file.readline().split()[1]
        python = sys.version.split()[0]
        print(f"machine: {os.uname().machine}, Python {python}, {int(memory) / 1024:.0f} MB", flush=True)
        self.doctor()
        self.live("demo", "demo", "windows", 15)
        self.live("demo of a camera", "demo:camera", "images", 15)
        self.live("microphone", self.microphone, "windows", 15)
        self.live("camera", self.camera, "images", 15)
        self.service()
        is_whole_machine = int(memory) < 1e6  # kB: by qemu-user it is this machine's
        print(f"peak of all: {self.peak_bytes / 1e6:.0f} MB{'' if is_whole_machine else ', the emulator included'}")
        assert self.peak_bytes < PEAK_BYTES or not is_whole_machine
        print("all is well", flush=True)
        return 0

    def doctor(self) -> None:
        done = subprocess.run(command("doctor"), capture_output=True, text=True, check=False)
        print(done.stdout, flush=True)
        assert "Traceback" not in done.stderr
        is_slow = "PortAudio does not answer" in done.stdout  # within the time that a real processor takes
        assert done.returncode == 0 or is_slow, done.stdout + done.stderr

    def live(self, title: str, source: str, count: str, seconds: float) -> None:
        """Run a source for some time, and require results from it and nothing lost that is not counted."""
        began_s = time.monotonic()
        lines_path = self.folder / "lines"
        with lines_path.open("w") as file, (self.folder / "errors").open("w") as errors:
            process = subprocess.Popen(
                command("run", source, "--json", "--seconds", seconds), stdout=file, stderr=errors
            )
            peak_bytes = self.finish(process)
        lines = [json.loads(line) for line in lines_path.read_text().splitlines()]
        error = (self.folder / "errors").read_text()
        hangs = "a call into the system hangs" in error  # closing takes longer than it may, by this emulator
        assert process.returncode == 0 or hangs, error
        summary = lines[-1]
        kinds = dict(collections.Counter(line["type"] for line in lines))
        print(
            f"{title}: {summary['position_s']:.1f} s, {summary[count]} {count}, "
            f"real-time {summary['real_time_factor']:.2f}, {summary['lost_fraction']:.1%} lost, {kinds}, "
            f"peak {peak_bytes / 1e6:.0f} MB, "
            f"{time.monotonic() - began_s:.0f} s in all{', closing it took too long' if hangs else ''}",
            flush=True,
        )
        assert summary[count] > 10, error
        assert summary["type"] == "summary" or hangs

    def service(self) -> None:
        """Run as a service manager does: ready, watchdog, health, end."""
        unit = subprocess.run(
            command("service", "print", "--system"), capture_output=True, text=True, check=True
        ).stdout
        assert "WatchdogSec=" in unit
        address = str(self.folder / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(address)
            manager.settimeout(PATIENCE_S)
            environment = os.environ | {
                "NOTIFY_SOCKET": address,
                "WATCHDOG_USEC": "6000000",
                "RUNTIME_DIRECTORY": str(self.folder),
            }
            process = subprocess.Popen(command("run", self.microphone, "--log"), env=environment)
            atexit.register(process.kill)
            seen: list[str] = []

            def wait_for(line: str) -> None:
                while not any(each.startswith(line) for each in seen):
                    seen.extend(manager.recv(4096).decode().splitlines())
                seen.clear()

            wait_for("READY=1")
            wait_for("WATCHDOG=1")
            wait_for("STATUS=well")
            health = subprocess.run(command("health"), env=environment, capture_output=True, text=True, check=False)
            print(f"service: health {health.returncode}: {health.stdout.strip()}", flush=True)
            assert health.returncode == 0
            wait_for("WATCHDOG=1")
            process.send_signal(signal.SIGTERM)
            wait_for("STOPPING=1")
            peak_bytes = self.finish(process)
            print(f"service: ended with {process.returncode}, peak {peak_bytes / 1e6:.0f} MB", flush=True)
            assert process.returncode in (0, 1)  # 1: closing took too long

    def finish(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for a process and return its peak of memory, bytes."""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        peak_bytes = usage.ru_maxrss * 1024
        self.peak_bytes = max(self.peak_bytes, peak_bytes)
        return peak_bytes


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "streamer", *map(str, arguments)]


if __name__ == "__main__":
    sys.exit(Guest(*sys.argv[2:]).check() if sys.argv[1:2] == ["guest"] else main())
