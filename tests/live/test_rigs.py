"""A rig that is absent fails the tests in CI, and skips them elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

NEEDS_A_RIG = ["test_rtsp_source.py", "test_microphone_source.py", "test_microphone.py", "test_few_shot.py"]


def outcomes(is_ci: bool, nowhere: Path) -> dict[str, int]:
    """Run all tests that need a rig where there is none; return how many had which outcome."""
    environment = {**os.environ, "STREAMER_SHARED": str(nowhere), "CI": "true" if is_ci else ""}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    paths = [ROOT / "tests" / "live" / name for name in NEEDS_A_RIG]
    done = subprocess.run(
        [*command, *map(str, paths), "-k", "not a_file"], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    return {what.rstrip("s"): int(n) for n, what in re.findall(r"(\d+) (\w+)", done.stdout.splitlines()[-1])}


@pytest.mark.parametrize("is_ci", [True, False])
def test_an_absent_rig_fails_in_ci_and_skips_elsewhere(is_ci: bool, tmp_path: Path) -> None:
    found = outcomes(is_ci, tmp_path)
    n_tests = sum(found.get(what, 0) for what in ("passed", "failed", "error", "skipped"))
    assert n_tests >= 20
    if is_ci:
        assert found.get("failed", 0) + found.get("error", 0) == n_tests, found
    else:
        assert found["skipped"] == n_tests, found
