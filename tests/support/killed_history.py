"""Kill a process that writes a history, again and again, and print what each had committed; run as a script."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from streamer.messages import ClipWritten
from streamer.sinks.history import EventHistory
from streamer.sinks.history_limits import HistoryLimits
from tests.support.messages import EVENT, HEALTH


def write_for_good(path: Path, first: int, pipe: int) -> None:
    """Write events until the process is killed; each number goes into the pipe when its event is committed."""
    history = EventHistory(path, 0.0, HistoryLimits(max_bytes=1e9))
    number = first
    while True:
        event = replace(EVENT, onset_s=float(number), offset_s=number + 0.5, time=1.7e9 + number)
        history.write(replace(event, offset_s=None))
        history.write(event)
        os.write(pipe, f"{number}\n".encode())
        history.write(ClipWritten(event, path.with_name(f"{number}.flac")))
        history.write(HEALTH)
        number += 1


def main(path: Path, n_kills: int) -> None:
    """Print the numbers that were committed, as JSON."""
    chance = random.Random(4)
    committed: list[int] = []
    for k in range(n_kills):
        reads, writes = os.pipe()
        child = os.fork()
        if not child:
            os.close(reads)
            write_for_good(path, k * 1_000_000, writes)
        os.close(writes)
        select.select([reads], [], [], 10.0)  # its first commit
        time.sleep(chance.uniform(0.0, 0.02))  # so that it is killed at any place
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(reads) as pipe:
            committed += [int(line) for line in pipe.read().split()]
    print(json.dumps(committed))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
