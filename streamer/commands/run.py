"""`streamer run` and `streamer demo`: classify sources live."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from streamer.build import kernels_for, models_for, read_models, resolve_config
from streamer.commands import check_output, say
from streamer.commands.run_streams import carry_out
from streamer.config import Config, StreamSettings, file_in_force, validated
from streamer.console import SafeConsole
from streamer.dashboard.live import can_show, run_dashboard
from streamer.dashboard.summary import summary
from streamer.errors import UserError
from streamer.kernels.cache import warm_up
from streamer.messages import Medium
from streamer.model.file import ModelFile
from streamer.monitor.problems import Problems
from streamer.placeholders import exposed
from streamer.runtime import SinkThread, Stream
from streamer.runtime.buffers import buffers
from streamer.runtime.live import live_track
from streamer.runtime.sink_thread import SHUTDOWN_S
from streamer.service.notification import Notifier
from streamer.service.reporter import StatusReporter
from streamer.sinks import Sink
from streamer.sinks.registry import make_sink
from streamer.sources import open_source, shown_source
from streamer.system import release_code
from streamer.tasks import TASKS
from streamer.wall_clock import WallClock

CLIPS_S = 30.0  # that the end waits for clips and recordings to be written


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
    check_output(json=json, log=log)
    notifier = Notifier.from_environment()
    config_path = file_in_force(config_path)
    config = resolve_config(config_path, overrides)
    if warning := exposed(config_path, (settings.source for settings in config.streams)):
        say(warning)
    if overrides.get("output.scores") and not json and not config.output.jsonl:
        raise UserError("output=--scores must have JSON lines to put the scores into; add --json or --jsonl FILE")
    with_dashboard = config.dashboard.enabled and not json and not log and can_show(Console())
    wanted = (
        [validated(StreamSettings, {"source": uri}, "command line") for uri in uris]
        or list(config.streams)
        or [StreamSettings(source="mic")]
    )
    sources = [open_source(settings.source, config.source, config.images) for settings in wanted]
    media: list[Medium] = [source.medium for source in sources]
    if overrides.get("output.record") and "sound" not in media:
        raise UserError("output=--record must have a source of sound, and none of these is one; --clips keeps images")
    shown = [shown_source(settings.source) for settings in wanted]
    names = _unique([settings.name or source for settings, source in zip(wanted, shown, strict=True)])
    models, every_model = _models(config, wanted, media, shown, on_command_line=bool(overrides.get("model.path")))
    notifier.send(STATUS="loading kernels")
    warm_up(say, tuple(set(media)), kernels_for(every_model))
    problems = Problems()
    queue_bytes = buffers(config.memory).queue_bytes
    sink_threads = [
        SinkThread(make(), patience_s=patience_s, max_bytes=queue_bytes, again=make, problems=problems, name=name)
        for name, make, patience_s in _sinks(config, media, json=json, quiet=with_dashboard)
    ]
    snapshot_s = 1.0 / config.dashboard.frames_per_s if with_dashboard else 0.0
    clock = WallClock()
    streams = []
    for name, source, several in zip(names, sources, models, strict=True):
        track = live_track(
            name, source, several, every_model, config, seconds, draws=with_dashboard, n_streams=len(sources)
        )
        health_s = config.output.health_s
        streams.append(
            Stream(
                track,
                config.source,
                sink_threads,
                problems=problems,
                clock=clock,
                snapshot_s=snapshot_s,
                health_s=health_s,
            )
        )
    release_code("libllvmlite")  # the kernels are there now
    reporter = StatusReporter(streams, problems, notifier, say)
    if with_dashboard:
        show, conclude = partial(_show, streams, config), partial(_print_summary, streams)
        return carry_out(streams, sink_threads, problems, seconds, show, conclude, reporter=reporter)
    return carry_out(streams, sink_threads, problems, seconds, reporter=reporter)


def _models(
    config: Config,
    wanted: Sequence[StreamSettings],
    media: Sequence[Medium],
    shown: Sequence[str],
    *,
    on_command_line: bool,
) -> tuple[list[list[ModelFile]], list[ModelFile]]:
    """Return the models of each stream, and all of them in one list.

    A stream has the models that the command line names for its medium, else its own, else those of `[model]`.
    """
    common = read_models(config.model.path, config.model.sidecar)
    named: list[list[ModelFile]] = [common] if on_command_line else []
    models = []
    for settings, medium, source in zip(wanted, media, shown, strict=True):
        fits = any(TASKS[model.spec.task].medium == medium for model in common)
        several = common
        if settings.model and not (on_command_line and fits):
            several = read_models(settings.model, settings.sidecar)
        elif settings.sidecar and not settings.model:
            raise UserError(f"streams.sidecar={settings.sidecar} must have a model to describe; set model beside it")
        named.append(several)
        models.append(models_for(medium, several, source))
    every_model = [model for several in models for model in several]
    _check_all_run(named, every_model)
    return models, every_model


def _check_all_run(named: Iterable[Sequence[ModelFile]], running: Sequence[ModelFile]) -> None:
    """Refuse a model that the user named and no source can use."""
    for model in (model for several in named for model in several):
        if model not in running:
            media = TASKS[model.spec.task].medium
            raise UserError(f"model={model.spec.name} must have a source that delivers {media}; none of these does")


def _unique(names: list[str]) -> list[str]:
    """Return the names, numbered from the second on where they recur."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    if len(set(result)) < len(result):
        raise UserError(f"streams={names} must have different names; give each a name")
    return result


def _sinks(
    config: Config, media: Sequence[Medium], *, json: bool, quiet: bool
) -> Iterator[tuple[str, Callable[[], Sink], float]]:
    """Yield the name of each sink, what makes it, and how long the end waits for what it has to write."""
    from streamer.sinks.jsonlines import JsonLines
    from streamer.sinks.log import EventLog

    output = config.output
    max_bytes = round(output.clips_max_mb * 1e6)
    if json:
        yield "standard output", partial(JsonLines, sys.stdout, output.scores), SHUTDOWN_S
    elif not quiet:
        yield "standard output", partial(EventLog, sys.stdout), SHUTDOWN_S
    if output.jsonl:
        max_line_bytes = output.jsonl_max_mb * 1e6
        make = partial(JsonLines.to_file, Path(output.jsonl), output.scores, max_line_bytes)
        yield f"jsonl {output.jsonl}", make, SHUTDOWN_S
    if output.clips and "sound" in media:
        from streamer.sinks.clips import SoundClipFolder

        yield "clips of sound", partial(SoundClipFolder, Path(output.clips), max_bytes), CLIPS_S
    if output.clips and "images" in media:
        from streamer.sinks.video_clips import VideoClipFolder

        yield "clips of images", partial(VideoClipFolder, Path(output.clips), max_bytes), CLIPS_S
    if output.record and "sound" in media:
        from streamer.sinks.recordings import RecordingFolder

        record_bytes = output.record_file_mb * 1e6, output.record_max_mb * 1e6
        yield "recording", partial(RecordingFolder, Path(output.record), *record_bytes), CLIPS_S
    for k, settings in enumerate(output.sinks, 1):
        yield f"sink {k} {settings.name}", partial(make_sink, settings), SHUTDOWN_S


def _show(streams: Sequence[Stream], config: Config, stop: threading.Event) -> None:
    run_dashboard([stream.snapshot for stream in streams], Console(), config.dashboard.frames_per_s, stop)


def _print_summary(streams: Sequence[Stream]) -> None:
    SafeConsole().print(summary([stream.summary() for stream in streams]))
