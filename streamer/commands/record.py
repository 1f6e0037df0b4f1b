"""`streamer record`: record labelled examples from a source, live."""

from __future__ import annotations

import math
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any, cast

from rich.console import Console

from streamer.build import conditioning, resolve_config
from streamer.commands import check_output, put, put_json, say
from streamer.commands.run_streams import carry_out
from streamer.config import Config, file_in_force
from streamer.console import can_show
from streamer.dashboard.live import run_dashboard
from streamer.errors import ExitCode, UserError
from streamer.kernels.load import warm_up
from streamer.messages import Medium, TaskName
from streamer.monitor.problems import Problems
from streamer.recording.folder import TakeFolder
from streamer.recording.lines import TakeJsonLines, TakeLog
from streamer.recording.segmenter import Segmenter
from streamer.recording.settings import LONGEST_S, Request, TakeSettings, TakeTrigger
from streamer.runtime import SinkThread, Stream
from streamer.runtime.buffers import buffers, total_bytes
from streamer.runtime.readers import ImageReader, SoundReader
from streamer.runtime.track import AnyTrack, Track
from streamer.sources import ImageSource, SoundSource, open_source, shown_source
from streamer.system import release_code
from streamer.tasks import TASKS, tasks_of

SETTLE_S = 0.3  # after a key until sound is recorded: the key itself is loud
PICTURES_S = 1.0  # between pictures by time
N_QUEUED = 64  # takes that may wait for a slow disk …
PATIENCE_S = 120.0  # … and how long the end waits for them: a minute of video takes ten seconds to encode
KEYS = {" ": Request.TAKE, "u": Request.UNDO, "backspace": Request.UNDO, "p": Request.PAUSE}


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
    """Record examples of one label into ``data/label`` until there are enough, or the source or the time ends.

    Parameters
    ----------
    label : str
        Label of the examples.
    source : str
        URI of the source.
    data : Path
        Folder of the dataset.
    config_path, overrides : Path or None, dict
        As in :func:`streamer.build.resolve_config`.
    task : {"", "sound", "pattern", "motion"}
        What the examples are for; empty: sound, or pictures for pattern.
    by : {"", "level", "key", "time"}
        What begins a take; empty: a key for cameras, the level for all other sources.
    trigger_db, pause_s, pre_roll_s : float
        As in :class:`streamer.recording.settings.TakeSettings`.
    length_s : float or None
        Maximum length of a take, its length by time, or the time between pictures; None: 10 s by level, 60 s by key,
        5 s by time, 1 s between pictures.
    count : int or None
        Number of takes after which to stop.
    seconds : float or None
        Seconds after which to stop.
    json, log : bool
        Write lines to standard output instead of showing the dashboard, as JSON or as text.

    Returns
    -------
    int
        Exit code: 0, 1 if the source failed or a take could not be written, 2 for a user's mistake.

    Raises
    ------
    StreamerError
        Before anything is started.
    """
    check_output(json=json, log=log)
    config = resolve_config(file_in_force(config_path), overrides or {})
    opened = open_source(source, config.source, config.images)
    name = shown_source(source)
    task = _task(opened.medium, name, task)
    by = by or ("key" if opened.medium == "images" and opened.is_live else "level")
    with_dashboard = config.dashboard.enabled and not json and not log and can_show(Console())
    if by == "key" and not (with_dashboard and sys.stdin.isatty()):
        raise UserError("by=key must have a terminal for its keys; use --by level or --by time")
    default_s = LONGEST_S.get(by, LONGEST_S["key"]) if TASKS[task].is_timed or by != "time" else PICTURES_S
    settle_s = SETTLE_S if opened.medium == "sound" else 0.0
    settings = TakeSettings(cast(TakeTrigger, by), trigger_db, length_s or default_s, pause_s, pre_roll_s, settle_s)
    problems = Problems()
    log_lines = TakeJsonLines(sys.stdout, label) if json else TakeLog(sys.stdout)
    lines = [] if with_dashboard else [SinkThread(log_lines, problems=problems, name="standard output")]
    folder = TakeFolder(data, label, time.time(), partial(lines[0].put, wait=True) if lines else None, count)
    folder_thread = SinkThread(
        folder, N_QUEUED, PATIENCE_S, max_bytes=buffers(config.memory).queue_bytes, problems=problems, name="takes"
    )
    if with_dashboard or opened.medium == "images":
        warm_up(say, (opened.medium,))
    track, segmenter = _track(name, opened, task, settings, folder, config, seconds, draws=with_dashboard)
    release_code("libllvmlite")  # the kernels are there now
    snapshot_s = 1.0 / config.dashboard.frames_per_s if with_dashboard else 0.0
    stream = Stream(
        track,
        config.source,
        [folder_thread],
        problems=problems,
        snapshot_s=snapshot_s,
        health_s=config.output.health_s,
    )
    code = carry_out(
        [stream],
        [folder_thread, *lines],  # closed in this order: the folder publishes lines until it is closed
        problems,
        seconds,
        partial(_show, stream, segmenter, config) if with_dashboard else None,
        partial(_conclude, folder, segmenter, json=json),
        lambda: folder.is_full,
    )
    if not code and problems.n_unwritten:  # examples that are lost, even if later ones could be written
        return ExitCode.FAILURE
    return code or ExitCode.OK


def _task(medium: Medium, name: str, task: str) -> TaskName:
    """Return what the examples are for: the task that the user named, or the first one that fits the source."""
    fitting = [fit.name for fit in tasks_of(medium)]
    for fit in fitting:
        if task in ("", fit):
            return fit
    raise UserError(f"task={task} must fit the source; {name} gives examples for {' or '.join(fitting)}")


def _track(
    name: str,
    source: SoundSource | ImageSource,
    task: TaskName,
    settings: TakeSettings,
    folder: TakeFolder,
    config: Config,
    limit_s: float | None,
    *,
    draws: bool,
) -> tuple[AnyTrack, Segmenter]:
    """Put source, recorder and monitor together; return them as a track, and the segmenter that keys control."""
    from streamer.monitor.recording import takes_view

    sizes = buffers(config.memory)
    if source.medium == "sound":
        from streamer.monitor.sound import SoundMonitor
        from streamer.recording.sound import SoundTakeRecorder

        recorder = SoundTakeRecorder(name, settings, conditioning(config.source))
        takes = partial(takes_view, recorder.segmenter, folder)
        monitor = SoundMonitor(recorder, source, draws=draws, takes=takes)
        return Track(
            source, SoundReader(config.source, limit_s, sizes.ring_bytes), recorder, monitor
        ), recorder.segmenter
    from streamer.monitor.images import ImageMonitor
    from streamer.pipeline.images import ImagePipeline
    from streamer.recording.images import PictureTakeRecorder, VideoTakeRecorder

    pipeline = ImagePipeline(name, [], config.images)
    images = (
        VideoTakeRecorder(pipeline, settings, total_bytes(config.memory))
        if TASKS[task].is_timed
        else PictureTakeRecorder(pipeline, settings)
    )
    takes = partial(takes_view, images.segmenter, folder)
    image_monitor = ImageMonitor(pipeline, source, draws=draws, takes=takes)
    return Track(source, ImageReader(config.images, limit_s, sizes.ring_bytes), images, image_monitor), images.segmenter


def _show(stream: Stream, segmenter: Segmenter, config: Config, stop: threading.Event) -> None:
    """Show the dashboard, whose keys become requests to the segmenter."""

    def press(key: str) -> bool:
        if key not in KEYS:
            return False
        segmenter.requests.append(KEYS[key])
        return True

    shown = config.dashboard
    run_dashboard([stream.snapshot], Console(), shown.frames_per_s, stop, press, palette=shown.palette)


def _conclude(folder: TakeFolder, segmenter: Segmenter, *, json: bool) -> None:
    """Print the numbers of takes and examples, and a hint if nothing was loud enough."""
    n_taken, n_all = len(folder.taken), folder.n_before + len(folder.taken)
    if json:
        values = {"type": "summary", "label": folder.label, "folder": str(folder.folder)}
        counts = {"taken": n_taken, "lost": folder.n_lost, "examples": n_all}
        put_json(values | counts)
        return
    lost = f", {folder.n_lost} lost" if folder.n_lost else ""
    put(f"{n_taken} taken{lost}; {n_all} examples in {folder.folder}")
    if not n_taken and segmenter.settings.by == "level":
        trigger_db = segmenter.gate.trigger_db
        above = f"nothing was above {trigger_db:.0f} dB" if math.isfinite(trigger_db) else "nothing came"
        say(f"{above}; a lower --trigger takes quieter ones, --by key does without")
