"""SettingsFile: write the threshold of a label into the user's settings file, of which all else stays as it is."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamer.bounded import TEXT_LIMIT, parse_toml, read_bounded
from streamer.config import Config, validated
from streamer.dashboard.view import Note
from streamer.errors import StreamerError, UserError
from streamer.model.toml_text import toml_key
from streamer.system import write_atomically

NO_FILE = "no settings file is in force to write to; run with -c FILE"
CLOSE_S = 5.0  # for the file to be written
_MOST_TRIED = 2000  # places in a file
_BOM = b"\xef\xbb\xbf"
_NUMBER = r"[+-]?[0-9][0-9_]*(?:\.[0-9_]+)?(?:[eE][+-]?[0-9_]+)?"


class SettingsFile:
    """The settings file in force; it is written on a thread, so that no key waits for a disk.

    Parameters
    ----------
    path : Path or None
        None where there is no such file.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def save_threshold(self, label: str, on: float) -> Note:
        """Write the score at which events of a label begin; return what came of it."""
        if self._path is None:
            return NO_FILE
        said = ["…"]
        thread = threading.Thread(target=self._save, args=(self._path, label, on, said), name="settings", daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()
        return lambda: said[0]

    def close(self) -> None:
        """Wait until what was asked for is written."""
        for thread in self._threads:
            thread.join(CLOSE_S)

    def _save(self, path: Path, label: str, on: float, said: list[str]) -> None:
        try:
            with self._lock:
                said[0] = write_threshold(path, label, on)
        except StreamerError as error:
            said[0] = str(error)
        except OSError as error:
            said[0] = f"config={path} must be writable; {error.strerror}"


def write_threshold(path: Path, label: str, on: float) -> str:
    """Write the threshold of a label into a settings file, and return what was written.

    Layout and comments stay. What the file would say then is read and compared before it takes the place of the old
    one, which it does at once or not at all, with the same owner and rights.

    Raises
    ------
    StreamerError
        If it cannot be read or written, is not valid, has changed meanwhile, or has no place for it.
    """
    path = path.resolve()
    data = read_bounded(path, TEXT_LIMIT, "config")
    try:
        text = data.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        raise UserError(f"config={path} must be text in UTF-8; save it as such ({error.reason})") from None
    before = parse_toml(text, str(path))
    validated(Config, before, str(path))
    on = round(on, 4)
    own = before.get("events", {}).get("labels", {})
    name = next((each for each in own if each.casefold() == label.casefold()), label)
    wanted = {"on": on}
    if own.get(name, {}).get("off", 0.0) > on:
        wanted["off"] = on
    if all(own.get(name, {}).get(key) == value for key, value in wanted.items()):
        return f"[events.labels.{toml_key(name)}] {_shown(wanted)} is in {path} already"
    for key in reversed(wanted):  # off first: it is never above on
        text = _with_value(text, name, key, wanted[key], path)
    validated(Config, parse_toml(text, str(path)), str(path))
    if read_bounded(path, TEXT_LIMIT, "config") != data:
        raise UserError(f"config={path} must not change meanwhile; try again")
    with_mark = _BOM * data.startswith(_BOM) + text.encode()
    write_atomically(path, with_mark, "config", like=path.stat())
    return f"[events.labels.{toml_key(name)}] {_shown(wanted)} written to {path}"


def _with_value(text: str, label: str, key: str, value: float, path: Path) -> str:
    """Return the text with one value set: the first change of one place after which it says just that."""
    wanted = parse_toml(text, str(path))
    wanted.setdefault("events", {}).setdefault("labels", {}).setdefault(label, {})[key] = value
    for changed in itertools.islice(_changes(text, label, key, value), _MOST_TRIED):
        if _values(changed) == wanted:
            return changed
    line = f"{key} = {_number(value)} under [events.labels.{toml_key(label)}]"
    raise UserError(f"config={path} must have a place for it that can be found; write {line} there yourself")


def _changes(text: str, label: str, key: str, value: float) -> Iterator[str]:
    """Yield texts in which one place has been changed: a number replaced, or a key put into a table."""
    number = _number(value)
    for found in re.finditer(rf"\b{key}\b([\"']?\s*=\s*)({_NUMBER})", text):
        yield f"{text[: found.start(2)]}{number}{text[found.end(2) :]}"
    end, name = "\r\n" if "\r\n" in text else "\n", toml_key(label)
    for found in re.finditer(r"^[ \t]*\[[^\[\n][^\n]*(\n|$)", text, re.MULTILINE):  # behind the head of a table
        head = text[: found.end()] + ("" if found[1] else end)
        yield f"{head}{key} = {number}{end}{text[found.end() :]}"
    for found in re.finditer(r"\{[ \t]*(\}?)", text):  # a table in one line
        comma = "" if found[1] else ", "
        before, after = text[: found.start() + 1], text[found.start() + 1 :].lstrip(" \t")
        of_label = f"{name} = {{{key} = {number}}}"
        for inside in (f"{key} = {number}", of_label, f"labels = {{{of_label}}}"):
            yield f"{before}{inside}{comma}{after}"
    space = "" if not text or text.endswith(end * 2) else end if text.endswith(end) else end * 2
    yield f"{text}{space}[events.labels.{name}]{end}{key} = {number}{end}"


def _values(text: str) -> dict[str, Any] | None:
    try:
        return parse_toml(text, "")
    except UserError:
        return None


def _shown(wanted: dict[str, float]) -> str:
    return ", ".join(f"{key} = {_number(value)}" for key, value in wanted.items())


def _number(value: float) -> str:
    return f"{value:.1f}" if value == round(value, 1) else f"{value:g}"
