"""What C code writes to descriptor 2 disappears inside the block, and only there."""

import os
import subprocess
import sys
import threading

import pytest

from streamer.system import quiet_stderr


def test_writes_inside_the_block_vanish_and_later_ones_return(capfd: pytest.CaptureFixture[str]) -> None:
    os.write(2, b"before ")
    with quiet_stderr():
        os.write(2, b"inside ")
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after"


def test_blocks_nest_and_survive_an_exception(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with quiet_stderr():
            with quiet_stderr():
                os.write(2, b"inner ")
            os.write(2, b"outer ")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_overlapping_threads_restore_once_the_last_leaves(capfd: pytest.CaptureFixture[str]) -> None:
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with quiet_stderr():
            entered.set()
            leave.wait(10)

    with quiet_stderr():
        thread = threading.Thread(target=hold)
        thread.start()
        assert entered.wait(10)
    os.write(2, b"still quiet ")
    leave.set()
    thread.join(10)
    os.write(2, b"loud")
    assert capfd.readouterr().err == "loud"


def test_no_descriptor_is_left_open_and_a_closed_one_is_no_error() -> None:
    code = (
        "import os\nfrom streamer.system import quiet_stderr\n"
        "n = len(os.listdir('/dev/fd'))\n"
        "for _ in range(5):\n    with quiet_stderr(): pass\n"
        "assert len(os.listdir('/dev/fd')) == n\n"
        "os.close(2)\nwith quiet_stderr(): pass\nprint('fine')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "fine\n"
