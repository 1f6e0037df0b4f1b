"""What the commands answer, a module each; loaded when asked."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """Tell the user something that is no result."""
    print(f"streamer: {text}", file=sys.stderr, flush=True)
