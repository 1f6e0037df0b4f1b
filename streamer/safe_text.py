"""Make text from outside safe to show: names of files, labels, descriptions of models, what libraries and cameras say.

Such text may hold control characters, which a terminal obeys, marks that turn the direction of writing, line breaks
that forge a line of a log, and halves of surrogate pairs, by which Python stands for bytes of a name that are no UTF-8.
Everything that is shown goes through one of the functions here.
"""

from __future__ import annotations

import json
import re
from typing import Any

_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def safe(text: str) -> str:
    r"""Return text in one line, in which every character that is not printable is written out: ``\x1b``, ``\u202e``.

    A byte of a file's name that is no UTF-8 is written out as that byte: ``caf\xe9.wav``.
    """
    return text if text.isprintable() else "".join(map(_written_out, text))


def safe_lines(text: str) -> str:
    """Return text as :func:`safe`, but with its line breaks."""
    return "\n".join(map(safe, text.split("\n")))


def safe_within(value: Any) -> Any:
    """Return nested lists and tables with every text in them as :func:`safe`: for files that no terminal shows."""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, dict):
        return {safe(key) if isinstance(key, str) else key: safe_within(each) for key, each in value.items()}
    return [safe_within(each) for each in value] if isinstance(value, list | tuple) else value


def json_line(values: Any, *, ascii_only: bool = False, indent: int | None = None) -> str:
    r"""Return values as JSON, in one line unless indented, that is safe on a terminal and always valid UTF-8.

    A byte of a file's name that is no UTF-8 is a lone surrogate, as ``"caf\udce9.wav"``: in Python, ``os.fsencode``
    turns what ``json.loads`` returns back into the name.

    Parameters
    ----------
    values : Any
        What `json.dumps` takes; NaN and infinities are refused.
    ascii_only : bool
        Write out all characters that are not ASCII.
    indent : int, optional
        Blanks by which each level is indented, in lines of its own.

    Raises
    ------
    ValueError
        For a number that is not finite.
    """
    text = json.dumps(values, ensure_ascii=ascii_only, allow_nan=False, indent=indent)
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def is_unicode(stream: object) -> bool:
    """Return whether every character can be written to a stream, as far as the stream says."""
    return (getattr(stream, "encoding", None) or "utf-8").lower().startswith("utf")


def _written_out(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace() and character not in "\n\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029":
        return " "
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
