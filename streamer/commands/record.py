"""`streamer record`: record labelled examples from a source, live."""

from __future__ import annotations

import json as json_text
import math
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any, cast

from rich.console import Console

from streamer.build import resolve_config
from streamer.commands import say
from streamer.commands.run_streams import carry_out
from streamer.config import Config
from streamer.dashboard.live import can_show, run_dashboard
from streamer.errors import UserError
from streamer.kernels.cache import warm_up
from streamer.recording.folder import TakeFolder
from streamer.recording.lines import json_teller, log_teller
from streamer.recording.segmenter import Segmenter
from streamer.recording.settings import LONGEST_S, By, Request, TakeSettings
from streamer.runtime import SinkThread, Stream
from streamer.runtime.session import Track
from streamer.sources import open_source
from streamer.system import release_code

SETTLE_S = 0.3  # of sound after a key: the key itself is loud
PICTURES_S = 1.0  # between pictures by time
N_WAITING = 64  # takes that may wait for a slow disk …
PATIENCE_S = 120.0  # … and the time it has for them in the end: a minute of video takes ten seconds to encode
KEYS = {" ": Request.TAKE, "u": Request.UNDO, "\x7f": Request.UNDO, "\x08": Request.UNDO, "p": Request.PAUSE}


def record(
    label: str,
    source: str,
    data: Path,
    *,
    config_path: Path | None = None,
    overrides: dict[str, Any] | None = None,
    task: str = "",
    by: str = "",
    trigger_db: float = 12.0,
    length_s: float | None = None,
    pause_s: float = 0.5,
    pre_roll_s: float = 0.25,
    count: int | None = None,
    seconds: float | None = None,
    json: bool = False,
    log: bool = False,
) -> int:
    """Write examples of one label into ``data/label`` until there are enough, the source or the time ends.

    Parameters
    ----------
    label, source, data : str, str, Path
        Name of the examples, URI of the source, folder of the dataset.
    config_path, overrides : Path or None, dict
        As of :func:`streamer.build.resolve_config`.
    task : {"", "sound", "pattern", "motion"}
        What the examples are for; empty: sound, or pictures for pattern.
    by : {"", "level", "key", "time"}
        What begins a take; empty: the level, but a key for cameras.
    trigger_db, pause_s, pre_roll_s : float
        As of :class:`streamer.recording.settings.TakeSettings`.
    length_s : float or None
        Longest take, the length of each by time, or the time between pictures; by default 10 s by level, 60 s by
        key, 5 s by time, 1 s between pictures.
    count, seconds : int or None, float or None
        Takes, and time, after which to stop.
    json, log : bool
        Lines on standard output instead of the dashboard.

    Returns
    -------
    int
        Exit code: 0, 1 if the source failed or a take could not be written, 2 for a user's mistake.

    Raises
    ------
    StreamerError
        Before anything is started.
    """
    config = resolve_config(config_path, overrides or {})
    opened = open_source(source, config.source, config.images)
    name = opened.uri if "://" in source else source
    task = _task(opened.medium, name, task)
    by = by or ("key" if opened.medium == "images" and opened.is_live else "level")
    with_dashboard = config.dashboard.enabled and not json and not log and can_show(Console())
    if by == "key" and not (with_dashboard and sys.stdin.isatty()):
        raise UserError("by=key must have a terminal for its keys; use --by level or --by time")
    default_s = PICTURES_S if task == "pattern" and by == "time" else LONGEST_S.get(by, LONGEST_S["key"])
    settings = TakeSettings(
        cast(By, by), trigger_db, length_s or default_s, pause_s, pre_roll_s, SETTLE_S if task == "sound" else 0.0
    )
    teller = json_teller(sys.stdout, label) if json else log_teller(sys.stdout)
    folder = TakeFolder(data, label, time.time(), (lambda _: None) if with_dashboard else teller, count)
    if with_dashboard or task != "sound":
        warm_up(say, (opened.medium,))
    track, segmenter = _track(name, opened, task, settings, folder, config, seconds, draws=with_dashboard)
    release_code("libllvmlite")  # the kernels are there now
    sink_threads = [SinkThread(folder, N_WAITING, PATIENCE_S)]
    snapshot_s = 1.0 / config.dashboard.frames_per_s if with_dashboard else 0.0
    stream = Stream(track, config.source, sink_threads, snapshot_s=snapshot_s, health_s=config.output.health_s)
    return carry_out(
        [stream],
        sink_threads,
        seconds,
        partial(_show, stream, segmenter, config) if with_dashboard else None,
        partial(_conclude, folder, segmenter, json=json),
        lambda: folder.is_full,
    )


def _task(kind: str, name: str, task: str) -> str:
    """Return what the examples are for, by the source where the user does not say."""
    fitting = ("sound",) if kind == "sound" else ("pattern", "motion")
    if task and task not in fitting:
        raise UserError(f"task={task} must fit the source; {name} gives examples for {' or '.join(fitting)}")
    return task or fitting[0]


def _track(
    name: str,
    source: Any,
    task: str,
    settings: TakeSettings,
    folder: TakeFolder,
    config: Config,
    limit_s: float | None,
    *,
    draws: bool,
) -> tuple[Track, Segmenter]:
    """Put source, takes and what watches them together."""
    if task == "sound":
        from streamer.monitor.recording import SoundTakesMonitor
        from streamer.recording.sound import SoundTakes
        from streamer.runtime.track import SoundTrack

        heard = SoundTakes(name, settings)
        monitor = SoundTakesMonitor(heard, source, folder, draws)
        return SoundTrack(source, heard, monitor, config.source, limit_s=limit_s), heard.segmenter
    from streamer.monitor.images import ImageTakesMonitor
    from streamer.pipeline.images import ImagePipeline
    from streamer.recording.images import PictureTakes, VideoTakes
    from streamer.runtime.image_track import ImageTrack

    scene = ImagePipeline(name, [], config.images)
    seen = PictureTakes(scene, settings) if task == "pattern" else VideoTakes(scene, settings)
    watcher = ImageTakesMonitor(scene, seen, source, folder, draws)
    return ImageTrack(source, seen, watcher, config.images, limit_s=limit_s), seen.segmenter


def _show(stream: Stream, segmenter: Segmenter, config: Config, stop: threading.Event) -> None:
    def press(key: str) -> bool:
        if key not in KEYS:
            return False
        segmenter.requests.append(KEYS[key])
        return True

    run_dashboard([stream.snapshot], Console(), config.dashboard.frames_per_s, stop, press)


def _conclude(folder: TakeFolder, segmenter: Segmenter, *, json: bool) -> None:
    """Say what it came to."""
    n_taken, n_all = len(folder.taken), folder.n_before + len(folder.taken)
    if json:
        values = {"type": "summary", "label": folder.label, "folder": str(folder.folder)}
        counts = {"taken": n_taken, "lost": folder.n_lost, "examples": n_all}
        print(json_text.dumps(values | counts, ensure_ascii=False), flush=True)
        return
    lost = f", {folder.n_lost} lost" if folder.n_lost else ""
    print(f"{n_taken} taken{lost}; {n_all} examples in {folder.folder}", flush=True)
    if not n_taken and segmenter.settings.by == "level":
        trigger_db = segmenter.gate.trigger_db
        above = f"nothing was above {trigger_db:.0f} dB" if math.isfinite(trigger_db) else "nothing came"
        say(f"{above}; a lower --trigger takes quieter ones, --by key does without")
