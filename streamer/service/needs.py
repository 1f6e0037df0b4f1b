"""What a run needs of the system, derived from its settings: devices, network, and files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from streamer.config import Config, StreamSettings
from streamer.errors import UserError
from streamer.sinks.registry import SINKS
from streamer.sources.registry import Access, access_of

_HINT = "write the whole path: a service has no folder of its user to start from"


@dataclass(frozen=True, slots=True)
class Needs:
    """What the system must allow; all else can be closed."""

    access: frozenset[Access]
    reads: tuple[Path, ...]  # files and folders beside streamer itself
    writes: tuple[Path, ...]  # folders outside of the service's own


def needs_of(config: Config, start: Path | None = None) -> Needs:
    """Return what a run with these settings needs.

    Parameters
    ----------
    config : Config
        Its settings.
    start : Path or None
        Where relative paths begin; None: those of files to read are refused.

    Raises
    ------
    UserError
        For a source of no known form, or a path to read that is not absolute.
    """
    streams = config.streams or (StreamSettings(source="mic"),)
    access = frozenset[Access]().union(*(access_of(stream.source) for stream in streams))
    if any(not _is_local(sink.name) for sink in config.output.sinks):
        access |= {"network"}
    models = [*config.model.path, *(name for stream in streams for name in stream.model)]
    reads = [name for name in models if _is_path(name)]
    reads += [config.model.sidecar, *(stream.sidecar for stream in streams)]
    reads += [path for stream in streams if (path := _file_of(stream.source))]
    output = config.output
    files = [output.jsonl, output.history, *(sink.argument for sink in output.sinks if _is_local(sink.name))]
    folders = [output.clips, output.record]
    written = [Path(name).parent for name in files if name] + [Path(name) for name in folders if name]
    return Needs(
        access,
        tuple(dict.fromkeys(_absolute(name, start) for name in reads if name)),
        tuple(dict.fromkeys(path for path in written if path.is_absolute())),
    )


def _is_local(sink: str) -> bool:
    return sink in SINKS and SINKS[sink].is_local


def _is_path(model: str) -> bool:
    return "/" in model or model.endswith(".tflite")


def _file_of(uri: str) -> str:
    """Return the path that a source names, up to its first wildcard; empty where it names none."""
    kind, _, rest = uri.partition(":")
    if kind == "file":
        path = rest
    elif access_of(uri) or kind in ("demo", "-"):
        return ""
    else:
        path = uri
    return path.partition("*")[0]


def _absolute(name: str, start: Path | None) -> Path:
    if start:
        return start / Path(name).expanduser()
    if not Path(name).is_absolute():
        raise UserError(f"path={name} must be absolute; {_HINT}")
    return Path(name)
