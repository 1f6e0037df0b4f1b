"""Write plain values as TOML, which the standard library's tomllib only reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from streamer.safe_text import safe


def toml_text(values: Mapping[str, Any]) -> str:
    """Return nested mappings of str, bool, int, float and flat sequences of these as TOML.

    ``tomllib.loads(toml_text(values)) == values`` holds, except that tuples become lists.

    Raises
    ------
    TypeError
        For a value of another kind.
    """
    return "".join(_table(values, ()))


def _table(values: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping)}
    lines = [f"{toml_key(key)} = {_value(value)}\n" for key, value in values.items() if key not in tables]
    if path:
        lines.insert(0, f"\n[{'.'.join(map(toml_key, path))}]\n")
    for key, table in tables.items():
        lines += _table(table, (*path, key))
    return lines


def toml_key(key: str) -> str:
    """Return a key as TOML, quoted where it must be."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _string(key)


def _value(value: object) -> str:
    match value:
        case str():
            return _string(value)
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
    raise TypeError(f"no TOML for {value!r}")


def _string(text: str) -> str:
    # JSON's escapes are TOML's, but for DEL, which TOML wants escaped, and halves of surrogate pairs, which it lacks.
    text = re.sub("[\ud800-\udfff]", lambda found: safe(found[0]), text)
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
