"""Check whether a file can be read at all, with errors in the user's words rather than a decoder's."""

from __future__ import annotations

from pathlib import Path

from streamer.address import shown
from streamer.errors import UserError


def check_readable(path: Path, kind: str, otherwise: str = "") -> None:
    """Check that a file is there, regular, readable and not empty; decoders give one reason for all of these.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        What it should be, as in "a video".
    otherwise : str
        What else could be named in its place, as in ", or give mic".

    Raises
    ------
    UserError
        Which of these it is not.
    """
    name = shown(str(path))
    try:
        is_file, n_bytes = path.is_file(), path.stat().st_size
        if is_file and n_bytes:
            with path.open("rb"):
                pass
    except FileNotFoundError:
        if path.is_symlink():
            raise UserError(f"file={name} must exist; it is a link to a file that is gone") from None
        raise UserError(f"file={name} must exist; check the name{otherwise}") from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise UserError(f"file={name} must be readable; {getattr(error, 'strerror', None) or error}") from None
    if not is_file:
        raise UserError(f"file={name} must be a regular file; give the name of {kind}{otherwise}")
    if n_bytes == 0:
        raise UserError(f"file={name} must be {kind}; it is empty: record or copy it again")
