"""Turn the bytes that a terminal sends into keys and movements of the mouse."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

ESCAPE_S = 0.05  # an escape character after which nothing comes for so long is the key itself
PASTE_END = b"\x1b[201~"
_LONGEST = 64  # bytes of a sequence; what is longer is none
_PASTE_TAIL = len(PASTE_END) - 1

_LETTERS = {
    b"A": "up", b"B": "down", b"C": "right", b"D": "left", b"H": "home", b"F": "end", b"Z": "backtab",
    b"P": "f1", b"Q": "f2", b"R": "f3", b"S": "f4",
}  # fmt: skip
_NUMBERS = {
    1: "home", 2: "insert", 3: "delete", 4: "end", 5: "pageup", 6: "pagedown", 7: "home", 8: "end",
    **dict(zip((11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24), (f"f{k}" for k in range(1, 13)), strict=True)),
}  # fmt: skip
_CONTROLS = {0x09: "\t", 0x0A: "enter", 0x0D: "enter", 0x08: "backspace", 0x7F: "backspace"}
_LINUX_FUNCTION = re.compile(rb"\x1b\[\[[A-E]")  # F1 … F5 of the Linux console
_CONTROL_SEQUENCE = re.compile(rb"\x1b\[([0-?]*)([ -/]*)([@-~])")
_WHEEL: dict[int, Literal["wheel up", "wheel down"]] = {0: "wheel up", 1: "wheel down"}


@dataclass(frozen=True)
class Mouse:
    """What the mouse did in one cell of the screen."""

    action: Literal["press", "drag", "release", "move", "wheel up", "wheel down"]
    column: int  # 0 is the leftmost
    line: int  # 0 is the uppermost
    button: int = 0  # 0 left, 1 middle, 2 right


Input: TypeAlias = str | Mouse
"""A key: its character, or a name of several letters such as ``up`` and ``pageup``; or the mouse."""


class KeyParser:
    """Parser of what a terminal sends, in pieces of any length.

    Sequences that it does not know are dropped whole, so that no part of one is taken for a key; so is pasted text. A
    sequence that is cut by the end of a piece waits for the next one. A lone escape character is told from the
    beginning of a sequence by :meth:`flush`, which is to be called when nothing has come for :data:`ESCAPE_S`.
    """

    def __init__(self) -> None:
        self._data = b""
        self._is_pasting = False

    @property
    def is_waiting(self) -> bool:
        """Whether the beginning of a sequence waits for its rest."""
        return bool(self._data)

    def feed(self, data: bytes) -> list[Input]:
        """Return the keys and movements that are complete after some more bytes."""
        self._data += data
        found: list[Input] = []
        while self._data:
            n_used, key = self._next(self._data)
            if not n_used:
                break
            self._data = self._data[n_used:]
            if key is not None:
                found.append(key)
        return found

    def flush(self) -> list[Input]:
        """Return the key Escape where that is all that waits; drop a sequence that was never completed."""
        is_escape, self._data = self._data == b"\x1b", b""
        return ["escape"] if is_escape and not self._is_pasting else []

    def _next(self, data: bytes) -> tuple[int, Input | None]:
        """Return the number of bytes of the first input, 0 if it is not complete, and what it means."""
        if self._is_pasting:
            end = data.find(PASTE_END)
            if end < 0:  # the end may be cut itself
                return max(len(data) - _PASTE_TAIL, 0), None
            self._is_pasting = False
            return end + len(PASTE_END), None
        if data[0] != 0x1B:
            return _character(data)
        if len(data) == 1:
            return 0, None
        if data[1:2] == b"[":
            return self._control_sequence(data)
        if data[1:2] == b"O":  # of keys in application mode
            return (3, _LETTERS.get(data[2:3])) if len(data) > 2 else (0, None)
        if data[1] in b"]P_^X":  # a string that a terminal answers with
            end = min((at + len(stop) for stop in (b"\x1b\\", b"\x07") if (at := data.find(stop, 2)) > 0), default=0)
            return (end or (len(data) if len(data) > _LONGEST else 0)), None
        if data[1] == 0x1B:
            return 1, "escape"
        n_used, _ = _character(data[1:])  # with Alt: no key has a meaning then
        return (n_used + 1 if n_used else 0), None

    def _control_sequence(self, data: bytes) -> tuple[int, Input | None]:
        if data[2:3] == b"[":
            if len(data) < 4:
                return 0, None
            return (4, f"f{data[3] - 64}") if _LINUX_FUNCTION.match(data) else (3, None)
        if data[2:3] == b"M":  # the mouse as in X10: three bytes of any value
            return (6, None) if len(data) >= 6 else (0, None)
        found = _CONTROL_SEQUENCE.match(data)
        if found is None:
            at = next((k for k in range(2, len(data)) if not 0x20 <= data[k] <= 0x3F), 0)
            if at:  # a byte that belongs in no sequence ends it
                return at, None
            return (len(data) if len(data) > _LONGEST else 0), None
        given, between, last = found.groups()
        n_used = found.end()
        if between:
            return n_used, None
        if given[:1] == b"<" and last in b"Mm":
            return n_used, _mouse(given[1:], is_release=last == b"m")
        if last == b"~":
            numbers = given.split(b";")
            if numbers == [b"200"]:
                self._is_pasting = True
            is_plain = len(numbers) == 1 and numbers[0].isdigit() and len(numbers[0]) < 4
            return n_used, _NUMBERS.get(int(numbers[0])) if is_plain else None
        if given == b"1;2" and last in b"ABCD":
            return n_used, f"shift-{_LETTERS[last]}"
        is_plain = given in (b"", b"1")
        return n_used, _LETTERS.get(last) if is_plain else None


def _character(data: bytes) -> tuple[int, str | None]:
    """Return the first character of bytes without an escape sequence: its length, and the key."""
    first = data[0]
    if first < 0x20 or first == 0x7F:
        return 1, _CONTROLS.get(first)
    if first < 0x80:
        return 1, chr(first)
    n_bytes = 2 if first >> 5 == 0b110 else 3 if first >> 4 == 0b1110 else 4 if first >> 3 == 0b11110 else 1
    if n_bytes > 1 and len(data) < n_bytes and all(byte >> 6 == 0b10 for byte in data[1:]):
        return 0, None
    try:
        return n_bytes, data[:n_bytes].decode()
    except UnicodeDecodeError:
        return 1, None


def _mouse(given: bytes, *, is_release: bool) -> Mouse | None:
    """Return what the mouse did, from the three numbers of an SGR report."""
    parts = given.split(b";")
    if len(parts) != 3 or not all(part.isdigit() and len(part) <= 5 for part in parts):
        return None
    code, column, line = (int(part) for part in parts)
    button, is_moved, is_wheel = code & 3, bool(code & 32), bool(code & 64)
    at = column - 1, line - 1
    if min(at) < 0 or code >= 128:
        return None
    if is_wheel:
        action = _WHEEL.get(button)
        return None if action is None or is_release else Mouse(action, *at)
    if is_moved:
        return Mouse("move", *at) if button == 3 else Mouse("drag", *at, button)
    return Mouse("release" if is_release or button == 3 else "press", *at, button % 3)
