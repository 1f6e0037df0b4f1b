"""`streamer config`: print a settings file with every setting, or check one."""

from __future__ import annotations

import sys
from pathlib import Path

from streamer.commands import put
from streamer.config import default_text, load_config


def print_default() -> int:
    """Print the shipped settings file; return exit code 0."""
    sys.stdout.write(default_text())
    return 0


def check_config(path: Path) -> int:
    """Read a settings file, and say that it is right; return exit code 0.

    Raises
    ------
    UserError
        With a line for each mistake in it.
    """
    load_config(path)
    put(f"{path}: all is well")
    return 0
