"""The commands, one module each, imported when they are called."""

from __future__ import annotations

import sys

from rich.console import Console


def result_console(file_width: int = 120) -> Console:
    """Return the console for results: as wide as the terminal, or ``file_width`` columns for a file or pipe."""
    console = Console()
    return console if console.is_terminal else Console(width=file_width)


def say(text: str) -> None:
    """Print a remark that is no result to standard error."""
    print(f"streamer: {text}", file=sys.stderr, flush=True)
