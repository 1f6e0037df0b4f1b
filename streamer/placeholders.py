"""Fill in what an address must not hold itself: ``${NAME}`` from the environment, ``${file:PATH}`` from a file."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from streamer.address import hides_something
from streamer.errors import UserError

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_LIMIT = 4096  # bytes of a file with a secret
_MOUNTED = "/run/secrets/"  # where containers have theirs, readable by all inside


def filled(text: str, key: str = "source") -> str:
    """Return an address or secret in which each placeholder is replaced by what it stands for.

    In an address, what a placeholder stands for is percent-encoded, so that a password may hold any character; where
    the placeholder is the whole text, it is the whole address and stays as it is.

    Parameters
    ----------
    text : str
        As the user gave it.
    key : str
        What it is, for the message.

    Raises
    ------
    UserError
        If a variable is not set, or a file is missing, empty, too large or readable by everybody.
    """
    is_part = "://" in text and not _PLACEHOLDER.fullmatch(text.strip())

    def value(found: re.Match[str]) -> str:
        name = found[1]
        secret = _of_file(name.removeprefix("file:"), key) if name.startswith("file:") else _of_environment(name, key)
        return quote(secret, safe="") if is_part else secret

    return _PLACEHOLDER.sub(value, text)


def _of_environment(name: str, key: str) -> str:
    if secret := os.environ.get(name) if name and "=" not in name and "\0" not in name else None:
        return secret
    raise UserError(f"{key}=…${{{name}}}… must name a variable of the environment that is set; export {name or 'NAME'}")


def _of_file(name: str, key: str) -> str:
    place = f"{key}=…${{file:{name}}}…"
    try:
        path = Path(name).expanduser()
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            data = file.read(_LIMIT + 1) if stat.S_ISREG(status.st_mode) else b""
        secret = data.decode().rstrip("\r\n")
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "no text of UTF-8, or no such path"
        raise UserError(f"{place} must name a readable file; {reason}") from None
    if is_open_to_all(status) and not str(path).startswith(_MOUNTED):
        raise UserError(f"{place} must be closed to other users; chmod 600 {path}")
    if not secret or len(data) > _LIMIT or not secret.isprintable():
        raise UserError(f"{place} must name a regular file with one line of text; write only the secret into it")
    return secret


def is_open_to_all(status: os.stat_result) -> bool:
    """Return whether every user of the machine may read a file; False where the system has no such rights."""
    return os.name == "posix" and bool(status.st_mode & stat.S_IROTH)


def exposed(path: Path | None, addresses: Iterable[str]) -> str:
    """Return what to do about a settings file that holds secrets and that everybody may read; empty where all is well.

    Parameters
    ----------
    path : Path or None
        The settings file, if there is one.
    addresses : iterable of str
        The sources that it names.
    """
    if path is None or not any(hides_something(address) and "${" not in address for address in addresses):
        return ""
    try:
        is_open = is_open_to_all(path.stat())
    except OSError:
        return ""
    if not is_open:
        return ""
    return f"config={path} must be closed to other users, for an address in it may hold a password; chmod 600 {path}"
