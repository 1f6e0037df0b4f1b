"""Files that appear complete or not at all."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from pathlib import Path

from streamer.errors import StreamerError


def write_atomically(path: Path, data: bytes, key: str) -> None:
    """Write a file under another name in the same folder and move it over ``path``; in errors it goes by ``key``.

    Raises
    ------
    StreamerError
        If it cannot be written, as on a full disk; ``path`` then keeps its old content.
    """
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with io.FileIO(handle, "w") as raw, io.BufferedWriter(raw) as file:
            file.write(data)
            file.flush()
            os.fchmod(handle, 0o644)  # mkstemp gives 0o600
            os.fsync(handle)
        os.replace(temporary, path)  # noqa: PTH105
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
        raise StreamerError(f"{key}={path} must be writable; {error.strerror}") from None
