"""`streamer run` and `streamer demo`: sources to events, live."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

from streamer.assembly import Kind, make_pipeline, make_sight_pipeline, read_models, resolve_config
from streamer.commands import say
from streamer.config import Config, StreamSettings
from streamer.dashboard.live import can_show, run_dashboard
from streamer.dashboard.summary import summary
from streamer.errors import StreamerError, UserError
from streamer.kernels.cache import warm_up
from streamer.machine import release_code
from streamer.messages import State
from streamer.model_file import ModelFile
from streamer.quiet import quiet_stderr
from streamer.runtime import Inbox, Stream
from streamer.runtime.opening import Track
from streamer.sinks import Sink
from streamer.sources import ImageSource, SoundSource, is_sight, open_image_source, open_source

GRACE_S = 1.0  # for the last sound to come through after --seconds


def run(
    uris: Sequence[str],
    config_path: Path | None,
    overrides: dict[str, Any],
    seconds: float | None,
    *,
    json: bool = False,
    log: bool = False,
) -> int:
    """Run streams until they end, the time is over or the user stops them.

    Returns
    -------
    int
        Exit code: 0, 1 if a stream failed or was still waiting for its source, 2 for a user's mistake.

    Raises
    ------
    StreamerError
        Before anything is started.
    """
    config = resolve_config(config_path, overrides)
    with_dashboard = config.dashboard.enabled and not json and not log and can_show(Console())
    wanted = [StreamSettings(source=uri) for uri in uris] or list(config.streams) or [StreamSettings(source="mic")]
    kinds: list[Kind] = ["images" if is_sight(settings.source) else "sound" for settings in wanted]
    sources = [_open(settings.source, config) for settings in wanted]
    names = _unique(
        [settings.name or _shown(settings, source) for settings, source in zip(wanted, sources, strict=True)]
    )
    models = {key: read_models(config, *key) for key in {(k, s.model) for k, s in zip(kinds, wanted, strict=True)}}
    warm_up(say, tuple(set(kinds)))
    every_model = [model for several in models.values() for model in several]
    inboxes = [Inbox(sink) for sink in _sinks(config, kinds, json=json, quiet=with_dashboard)]
    snapshot_s = 1.0 / config.dashboard.frames_per_s if with_dashboard else 0.0
    streams = []
    for name, kind, source, settings in zip(names, kinds, sources, wanted, strict=True):
        track = _track(name, source, models[kind, settings.model], every_model, config, seconds, draws=with_dashboard)
        health_s = config.output.health_s
        streams.append(Stream(track, config.source, inboxes, snapshot_s=snapshot_s, health_s=health_s))
    release_code("libllvmlite")  # the kernels are there now
    stop = threading.Event()
    with _signals_set(stop):
        for stream in streams:
            stream.start()
        guard = threading.Thread(target=_guard, args=(streams, inboxes, seconds, stop), daemon=True)
        guard.start()
        if with_dashboard:
            _show(streams, config, stop)
        while not stop.wait(0.2):
            pass
        for stream in streams:
            stream.stop()
        have_ended = [stream.join(5.0) for stream in streams]
    for inbox in inboxes:
        inbox.close()
    if with_dashboard:
        _print_summary(streams)
    code = _exit_code(streams, inboxes)
    if not all(have_ended) or any(stream.abandoned() for stream in streams):
        # A call into a dead sound system hangs for good, and would hang the interpreter's exit as well.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code or 1)
    return code


def _open(uri: str, config: Config) -> SoundSource | ImageSource:
    if is_sight(uri):
        return open_image_source(uri, config.source, config.images)
    return open_source(uri, config.source)


def _track(
    name: str,
    source: Any,
    models: Sequence[ModelFile],
    others: Sequence[ModelFile],
    config: Config,
    limit_s: float | None,
    *,
    draws: bool,
) -> Track:
    """Put source, pipeline and clips together, by what the source delivers."""
    output = config.output
    if source.kind == "sound":
        from streamer.clips import ClipCutter
        from streamer.runtime.sound_track import SoundTrack

        (model,) = models
        pipeline = make_pipeline(name, model, config, others)
        keep_s = _keep_s(config, pipeline.max_event_s)
        cutter = ClipCutter(keep_s, output.pre_roll_s, output.post_roll_s) if output.clips else None
        record = bool(output.record)
        return SoundTrack(source, pipeline, config.source, clip_cutter=cutter, record=record, limit_s=limit_s)
    from streamer.film import FilmCutter
    from streamer.runtime.sight_track import SightTrack

    sight = make_sight_pipeline(name, models, config, others)
    keep_s = _keep_s(config, max(observer.max_event_s for observer in sight.observers))
    film = FilmCutter(keep_s, output.pre_roll_s, output.post_roll_s) if output.clips else None
    return SightTrack(source, sight, config.images, film_cutter=film, limit_s=limit_s, draws=draws)


def _keep_s(config: Config, max_event_s: float) -> float:
    """Time that clips need; an event is known to have ended only after merge gap and smoothing, hence 10 s more."""
    return config.output.pre_roll_s + max_event_s + config.output.post_roll_s + 10.0


def _shown(settings: StreamSettings, source: SoundSource | ImageSource) -> str:
    """Name a stream by its source; an address as the source shows it, without a password."""
    return source.uri if "://" in settings.source else settings.source


def _unique(names: list[str]) -> list[str]:
    """Return the names, those that recur numbered from the second on."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    if len(set(result)) < len(result):
        raise UserError(f"streams={names} must have different names; give each a name")
    return result


def _guard(streams: Sequence[Stream], inboxes: Sequence[Inbox], seconds: float | None, stop: threading.Event) -> None:
    """Set ``stop`` when all streams have ended, the time is over or nobody reads the results any more."""
    deadline_s = time.monotonic() + seconds + GRACE_S if seconds else float("inf")
    while not stop.is_set():
        if all(stream.join(0.0) for stream in streams) or any(inbox.abandoned for inbox in inboxes):
            stop.set()
        # A file ends by its own position; a microphone that is not there never gets to any.
        if time.monotonic() > deadline_s and any(stream.source.is_live for stream in streams):
            stop.set()
        stop.wait(0.1)


def _sinks(config: Config, kinds: Sequence[Kind], *, json: bool, quiet: bool) -> Iterator[Sink]:
    from streamer.sinks.jsonlines import JsonLines
    from streamer.sinks.log import EventLog

    output = config.output
    if json:
        yield JsonLines(sys.stdout, output.scores)
    elif not quiet:
        yield EventLog(sys.stdout)
    if output.jsonl:
        yield JsonLines.to_file(Path(output.jsonl), output.scores)
    if output.clips and "sound" in kinds:
        from streamer.sinks.clips import ClipFolder

        yield ClipFolder(Path(output.clips), round(output.clips_max_mb * 1e6))
    if output.clips and "images" in kinds:
        from streamer.sinks.films import FilmFolder

        yield FilmFolder(Path(output.clips), round(output.clips_max_mb * 1e6))
    if output.record and "sound" in kinds:
        from streamer.sinks.clips import RecordingFolder

        yield RecordingFolder(Path(output.record))


def _show(streams: Sequence[Stream], config: Config, stop: threading.Event) -> None:
    # PortAudio, ALSA and OpenCV print from their own threads when a device goes: a line that would tear the picture.
    with quiet_stderr():
        run_dashboard([stream.snapshot for stream in streams], Console(), config.dashboard.frames_per_s, stop)


def _print_summary(streams: Sequence[Stream]) -> None:
    Console().print(summary([stream.summary() for stream in streams]))


def _exit_code(streams: Sequence[Stream], inboxes: Sequence[Inbox]) -> int:
    code = 0
    for stream in streams:
        health = stream.summary().health
        if stream.failure is not None:
            if not isinstance(stream.failure, StreamerError):
                raise stream.failure  # a bug: its traceback is wanted
            say(f"{stream.name}: {stream.failure}")
            code = max(code, stream.failure.exit_code)
        elif health.state is State.WAITING:
            say(f"{stream.name}: {health.detail}")
            code = max(code, 1)
    for inbox in inboxes:
        if inbox.problem and not inbox.abandoned:
            say(inbox.problem)
            code = max(code, 1)
    return code


@contextmanager
def _signals_set(stop: threading.Event) -> Iterator[None]:
    """Let Ctrl-C and a polite kill end the run in order; a second Ctrl-C ends the process at once."""

    def handle(number: int, _: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP"):
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
