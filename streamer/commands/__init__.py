"""The commands, one module each, imported when they are called."""

from __future__ import annotations

import contextlib
import sys
from typing import Any, TextIO

from streamer.address import without_secrets
from streamer.console import SafeConsole
from streamer.errors import UserError
from streamer.safe_text import is_unicode, json_line, safe, safe_lines


def result_console(file_width: int = 120) -> SafeConsole:
    """Return the console for results: as wide as the terminal, or ``file_width`` columns for a file or pipe."""
    console = SafeConsole()
    return console if console.is_terminal else SafeConsole(width=file_width)


def check_output(*, json: bool, log: bool) -> None:
    """Refuse two forms of output at once: a reader of JSON lines could not read the others.

    Raises
    ------
    UserError
        If both are asked for.
    """
    if json and log:
        raise UserError("output=--json --log must be one of the two; leave one out")


def say(text: str, begins: str = "streamer: ") -> None:
    """Print a remark that is no result to standard error."""
    with contextlib.suppress(OSError):  # its terminal was closed: nobody can read it
        print(safe_lines(begins + without_secrets(text)), file=sys.stderr, flush=True)


def put_json(values: Any, indent: int | None = None) -> None:
    """Print a result as JSON to standard output: as one line, or indented by so many blanks."""
    print(json_line(values, ascii_only=not is_unicode(sys.stdout), indent=indent), flush=True)


def put(text: str, file: TextIO | None = None) -> None:
    """Print a line of a result for people to standard output, or to another file."""
    print(safe(text), file=file, flush=True)
