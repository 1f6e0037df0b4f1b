"""Camera and microphone on real drivers of the kernel, in a virtual machine that was prepared; each takes minutes."""

import os
import subprocess
import sys

import pytest

from tests.support import vm_device
from tests.support.rigs import need


@pytest.mark.parametrize(
    ("device", "faults"),
    [
        ("camera", ("unplugged", "stalled", "unplugged while stalled", "driver failed")),
        ("microphone", ("pulled out",)),
    ],
)
def test_a_driver_live_unplugged_and_stalled(device: str, faults: tuple[str, ...]) -> None:
    """By hand: the machine takes a kernel to download, and minutes to emulate; CI names none by VM_DIR."""
    if "VM_DIR" not in os.environ:
        pytest.skip("VM_DIR names no folder in which vm_hw.sh install has prepared a machine")
    need(vm_device.why_absent())
    command = [str(vm_device.SCRIPT), device, sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, timeout=580)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(faults) <= vm_device.outcomes(done.stdout).keys()
    assert "all faults survived" in done.stdout
