"""Status of a running instance in a file, which `streamer health` reads."""

from __future__ import annotations

import contextlib
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from streamer import __version__
from streamer.bounded import read_bounded
from streamer.errors import UserError
from streamer.safe_text import safe, safe_within
from streamer.service.places import folders
from streamer.service.process import birth, is_same

MAX_BYTES = 16 << 20  # of such a file: thousands of streams
WRITE_S = 5.0  # between two writes where nothing changes
STALE_S = 20.0  # a file that is older is of a process that has died, was stopped or hangs

Condition = Literal["well", "starting", "troubled", "stalled"]


class InstanceStatus(BaseModel):
    """What a running instance says of itself."""

    model_config = ConfigDict(frozen=True)

    name: str  # of the service; empty where it was started by hand
    pid: int
    born: str  # see `streamer.service.process.birth`
    version: str
    time: str  # wall clock of this status: UTC, ISO 8601
    monotonic_s: float  # monotonic clock of this status, the same for all processes since the machine started
    condition: Condition
    detail: str  # the reason where it is not well
    streams: list[dict[str, Any]] = Field(default_factory=list)  # as health lines

    @property
    def title(self) -> str:
        """Name to show."""
        return f"{self.name} ({self.pid})" if self.name else str(self.pid)


class StatusFile:
    """The file of this process; it is replaced as a whole, so that no reader sees half of it.

    It lies in memory where the system has a place for such files, and is not flushed to a disk: it is worth nothing
    after a power cut.

    Parameters
    ----------
    folder : Path
        Where it lies, beside those of other instances of this user.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{os.getpid()}.json"
        self._name = folder.name if os.environ.get("RUNTIME_DIRECTORY") else ""
        self._born = birth(os.getpid())
        for path in folder.glob("*.json"):  # left by processes that were killed
            status = _read(path)
            if status and _judged(status) is None:
                path.unlink(missing_ok=True)

    def write(self, condition: Condition, detail: str, streams: list[dict[str, Any]]) -> None:
        """Write the status.

        Raises
        ------
        OSError
            When it cannot be written.
        """
        status = InstanceStatus(
            name=safe(self._name),
            pid=os.getpid(),
            born=self._born,
            version=__version__,
            time=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            monotonic_s=time.monotonic(),
            condition=condition,
            detail=safe(detail),
            streams=safe_within(streams),
        )
        temporary = self.path.with_suffix(".part")
        temporary.write_text(status.model_dump_json() + "\n", encoding="utf-8")
        temporary.chmod(0o644)  # whatever the service's umask: the folder says who may look
        os.replace(temporary, self.path)  # noqa: PTH105

    def remove(self) -> None:
        """Remove the file: this instance has ended."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


def running_instances() -> list[InstanceStatus]:
    """Return the status of every instance that runs; what a dead one left is passed over.

    An instance that has not written for long is ``stalled``: its process was stopped or hangs.
    """
    found: dict[tuple[int, str], InstanceStatus] = {}
    for folder in folders():
        for path in sorted(folder.glob("*.json")):
            status = _read(path)
            if status and (current := _judged(status)):
                found[status.pid, status.born] = current
    return list(found.values())


def _judged(status: InstanceStatus) -> InstanceStatus | None:
    """Return a status with the condition that it has by now; None of a process that is gone."""
    age_s = time.monotonic() - status.monotonic_s
    is_fresh = 0.0 <= age_s <= STALE_S
    if is_fresh and birth(status.pid):  # its number cannot be another's yet; emulators state two births of one process
        return status
    is_alive = is_same(status.pid, status.born)
    if is_alive is False or (is_alive is None and not is_fresh):
        return None
    if is_fresh:
        return status
    detail = f"the process {status.pid} has not written its status for {age_s:.0f} s; restart it"
    return status.model_copy(update={"condition": "stalled", "detail": detail})


def _read(path: Path) -> InstanceStatus | None:
    """Return the status in a file; None where the file is none, or is gone."""
    try:
        return InstanceStatus.model_validate_json(read_bounded(path, MAX_BYTES, "status"))
    except (OSError, ValidationError, UserError):
        return None
