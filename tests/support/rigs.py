"""What a test needs from outside: absent, it is skipped on a developer's machine and fails in CI."""

from __future__ import annotations

import os

import pytest

from tests.support.paths import ESC10


def need(absent: str) -> None:
    """Skip the test where a rig or data is absent; fail it in CI, where a skipped test would go unseen for months.

    Parameters
    ----------
    absent : str
        Why it is absent; empty where it is there.
    """
    if not absent:
        return
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"CI must have what its tests need; {absent}", pytrace=False)
    pytest.skip(absent)


def need_esc10() -> None:
    """Need the recordings of ESC-10."""
    need("" if ESC10.exists() else f"{ESC10} is not there (STREAMER_SHARED names the folder of rigs and data)")
