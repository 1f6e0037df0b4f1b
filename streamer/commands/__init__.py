"""The commands, one module each, imported when they are called."""

from __future__ import annotations

import sys

from rich.console import Console

from streamer.errors import UserError


def result_console(file_width: int = 120) -> Console:
    """Return the console for results: as wide as the terminal, or ``file_width`` columns for a file or pipe."""
    console = Console()
    return console if console.is_terminal else Console(width=file_width)


def check_output(*, json: bool, log: bool) -> None:
    """Refuse two forms of output at once: a reader of JSON lines could not read the others.

    Raises
    ------
    UserError
        If both are asked for.
    """
    if json and log:
        raise UserError("output=--json --log must be one of the two; leave one out")


def say(text: str) -> None:
    """Print a remark that is no result to standard error."""
    print(f"streamer: {text}", file=sys.stderr, flush=True)
