"""The virtual machine with real drivers: whether it is there, and what its programs print."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from tests.support.paths import ROOT, SHARED

RIG = SHARED / "rigs" / "vm_hw.sh"
SCRIPT = ROOT / "tests" / "support" / "vm_device.sh"
_LINE = re.compile(r"^(.+): noticed after ([\d.]+) s, back ([\d.]+) s after its end", re.MULTILINE)


def why_absent() -> str:
    """Return what the machine lacks to run; empty where it lacks nothing."""
    if not RIG.exists():
        return f"{RIG} is not there (STREAMER_SHARED names the folder of the rigs)"
    if not shutil.which("qemu-system-x86_64"):
        return "not installed: qemu-system-x86_64"
    if "VM_DIR" not in os.environ or not list(Path(os.environ["VM_DIR"]).glob("initrd-*.gz")):
        return "VM_DIR names no folder in which vm_hw.sh install has prepared a machine"
    return ""


def outcomes(output: str) -> dict[str, tuple[float, float]]:
    """Return of each fault the seconds until it was detected, and those from its end until the device was back."""
    return {what: (float(detected), float(back)) for what, detected, back in _LINE.findall(output)}
