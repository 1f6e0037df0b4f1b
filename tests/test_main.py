"""The entry point, before anything heavy is imported."""

import subprocess
import sys

import pytest

from tests.support.bands import run_here

CODE = """
import sys
sys.maxsize = 2**31 - 1
sys.argv = ["streamer", "--version"]
from streamer.__main__ import main
try:
    main()
finally:
    print([name for name in ("typer", "numpy", "pydantic", "streamer.cli") if name in sys.modules])
"""


def test_a_32_bit_system_is_told_before_anything_that_needs_64_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "[]\n")
    assert done.stderr.startswith("streamer: 64-bit system needed")
    assert len(done.stderr.splitlines()) == 1


def test_a_64_bit_system_goes_on() -> None:
    assert run_here("--version").returncode == 0
