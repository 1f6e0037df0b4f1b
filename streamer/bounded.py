"""Read files from outside without trusting their size."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from streamer.errors import UserError
from streamer.text import file_size

TEXT_LIMIT = 1 << 20  # bytes of settings, descriptions and lists of labels
MAX_DEPTH = 64  # tables within tables
TABLE_LIMIT = 64 << 20  # bytes of tables: a million rows


def read_bounded(path: Path, limit: int, name: str, *, regular: bool = True) -> bytes:
    """Return the content of a file of at most ``limit`` bytes.

    Parameters
    ----------
    path : Path
        The file.
    limit : int
        No more is ever read, whatever the system says of the file's size.
    name : str
        What errors call the file: a setting, an option or an argument.
    regular : bool
        Refuse what is no regular file: a pipe or a device may never end.

    Raises
    ------
    UserError
        If it cannot be read, or is larger.
    """
    try:
        if regular and path.exists() and not path.is_file():
            raise UserError(f"{name}={path} must be a regular file; check the path")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError:
        raise UserError(f"{name}={path} must be an existing file; check the path") from None
    except (OSError, ValueError) as error:  # ValueError: NUL in the name
        raise UserError(f"{name}={path} must be a readable file; {getattr(error, 'strerror', None) or error}") from None
    if len(data) > limit:
        raise UserError(f"{name}={path} must have at most {file_size(limit)}; check that it is the right file")
    return data


def read_text(path: Path, limit: int, name: str, *, regular: bool = True) -> str:
    """Return a text file of UTF-8, as :func:`read_bounded`; a byte order mark, as spreadsheets write, is left out."""
    try:
        return read_bounded(path, limit, name, regular=regular).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{name}={path} must be text in UTF-8; save it as such ({error.reason})") from None


# A key of many parts: tomllib takes a time that grows with the square of their number.
_PART = r"(?:[^\s.=#\"'\[\]{},]++|\"[^\"\n]*+\"|'[^'\n]*+')[ \t]*+\.[ \t]*+"
_DEEP_KEY = re.compile(rf"(?<![^\s.=#\"'\[\]{{}},])(?:{_PART}){{{MAX_DEPTH}}}")


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """Return the values of a text of TOML, which errors call ``where``.

    Raises
    ------
    UserError
        If it is not TOML, or nests more than 64 tables.
    """
    if _DEEP_KEY.search(text):
        raise UserError(f"{where}: must not nest more than {MAX_DEPTH} tables; check that it is the right file")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{where}: not valid TOML: {error}") from None
    except (RecursionError, ValueError) as error:  # ValueError: an integer of more than 4300 digits
        raise UserError(f"{where}: must be TOML that is not nested so deeply ({error})") from None
