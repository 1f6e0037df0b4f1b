"""`streamer health`: how the running instances fare, for people and by exit code for scripts."""

from __future__ import annotations

from enum import IntEnum

from streamer.commands import put, put_json
from streamer.service.status_file import Condition, InstanceStatus, running_instances


class HealthCode(IntEnum):
    """Exit code of `streamer health`; of several instances the highest counts."""

    WELL = 0  # every stream runs, and nothing is wrong
    NOT_RUNNING = 3  # there is no such instance
    TROUBLED = 4  # it starts, waits for a source, has a failed stream or another problem: it goes on by itself
    STALLED = 5  # it gives no results any more and must be started anew


CODES: dict[Condition, HealthCode] = {
    "well": HealthCode.WELL,
    "starting": HealthCode.TROUBLED,
    "troubled": HealthCode.TROUBLED,
    "stalled": HealthCode.STALLED,
}


def show_health(wanted: str, *, json: bool = False) -> int:
    """Print the health of running instances.

    Parameters
    ----------
    wanted : str
        Name of a service or number of a process; empty: all.
    json : bool
        Print one JSON line for each instance.

    Returns
    -------
    int
        One of :class:`HealthCode`.
    """
    instances = [status for status in running_instances() if wanted in ("", status.name, str(status.pid))]
    for status in instances:
        if json:
            put_json(status.model_dump(exclude={"born", "monotonic_s"}))
        else:
            _put_for_people(status)
    if not instances and not json:
        put(f"no instance {wanted} is running" if wanted else "no instance is running")
    return max((CODES[status.condition] for status in instances), default=HealthCode.NOT_RUNNING)


def _put_for_people(status: InstanceStatus) -> None:
    put(f"{status.title}: {status.condition}{'; ' if status.detail else ''}{status.detail}")
    for stream in status.streams:
        counts = f"{stream['windows']} windows" if "images" not in stream else f"{stream['images']} images"
        lost = f", {stream['lost_fraction']:.2%} lost" if stream["lost_fraction"] else ""
        detail = f": {stream['detail']}" if stream["detail"] else ""
        put(f"  {stream['stream']}: {stream['state']}, {counts}{lost}{detail}")
