"""Find the files that together are one recording: each names, in its times file, the one that it continues."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from streamer.errors import UserError
from streamer.sources.times_file import read_times


def chained(files: Sequence[Path]) -> list[list[Path]]:
    """Return the files in their order, those of one recording together in the place of its first.

    Parameters
    ----------
    files : sequence of Path
        Files of any kind; one that continues a file that is not among them begins a recording of its own.
    """
    known = dict.fromkeys(files)
    before = {path: path.with_name(name) for path in known if (name := _continued_by(path))}
    after = {first: path for path, first in before.items() if first in known}
    heads = [path for path in known if before.get(path) not in known]
    chains: dict[Path, list[Path]] = {}
    done: set[Path] = set()
    for head in [*heads, *known]:  # those left after the heads form a ring, which streamer does not write
        path: Path | None = head
        while path is not None and path not in done:
            chains.setdefault(head, []).append(path)
            done.add(path)
            path = after.get(path)
    return [chains[path] for path in known if path in chains]


def _continued_by(path: Path) -> str:
    """Return the name of the file that a file continues; "" where it continues none."""
    try:
        times = read_times(path)
    except UserError:
        return ""  # said when the file itself is read
    name = times.begin.continues if times else ""
    return name if Path(name).name == name else ""
