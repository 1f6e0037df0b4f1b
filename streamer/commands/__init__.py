"""The commands, one module each, imported when they are called."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """Print a remark that is no result to standard error."""
    print(f"streamer: {text}", file=sys.stderr, flush=True)
