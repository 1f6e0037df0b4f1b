"""RunPlan: all that `streamer run` needs, checked and ready to start, from options, settings and model files."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from streamer.build import kernels_for, models_for, read_models, resolve_config
from streamer.commands import say
from streamer.commands.renewal import Marks, marks_of
from streamer.config import Config, StreamSettings, file_in_force, validated
from streamer.console import can_show
from streamer.errors import StreamerError, UserError
from streamer.kernels.load import warm_up
from streamer.messages import Medium
from streamer.model.file import ModelFile, find_model
from streamer.monitor.problems import Problems
from streamer.placeholders import exposed
from streamer.runtime import SinkThread, Stream
from streamer.runtime.buffers import buffers
from streamer.runtime.link import Link
from streamer.runtime.live import live_track
from streamer.runtime.track import AnyTrack
from streamer.service.notification import Notifier
from streamer.sinks import Sink
from streamer.sinks.event_clips import EventClips
from streamer.sinks.registry import make_sink
from streamer.sinks.withheld import WithheldEvents
from streamer.sources import open_source, shown_source
from streamer.tasks import TASKS
from streamer.wall_clock import WallClock


@dataclass(frozen=True)
class RunPlan:
    """All that a run needs, checked and ready to start."""

    config: Config
    tracks: Sequence[AnyTrack]
    sinks: Sequence[tuple[str, Sink, Callable[[], Sink], float]]  # name, sink, what makes it anew, seconds to close it
    seconds: float | None
    with_dashboard: bool
    marks: Marks  # of the model files
    event_clips: EventClips | None = None  # for the dashboard, where clips are written
    withheld: WithheldEvents | None = None  # for the dashboard
    settings_path: Path | None = None  # file in force, where there is one

    @property
    def can_begin_anew(self) -> bool:
        """Whether all sources go on where they are when they are opened again, which files and pipes do not."""
        return all(track.source.is_live or track.source.uri.partition(":")[0] == "demo" for track in self.tracks)

    def sink_threads(self, problems: Problems, link: Link) -> Sequence[SinkThread]:
        """Start the sinks."""
        settings, queue_bytes = self.config.runtime, buffers(self.config.memory).queue_bytes
        link.waits = not any(track.source.is_live for track in self.tracks)
        link.sink_threads = [
            SinkThread(
                sink,
                settings.sink_queue,
                patience_s,
                max_bytes=queue_bytes,
                again=make,
                retry_s=(settings.sink_retry_min_s, settings.sink_retry_max_s),
                problems=problems,
                name=name,
                link=link,
            )
            for name, sink, make, patience_s in self.sinks
        ]
        return link.sink_threads

    def streams(
        self,
        sink_threads: Sequence[SinkThread],
        problems: Problems,
        clock: WallClock,
        earlier: Sequence[Stream] = (),
    ) -> list[Stream]:
        """Return the streams, not started yet, which take the place of earlier ones of the same sources."""
        config = self.config
        by_source = {stream.source.uri: stream for stream in earlier}
        for track in self.tracks:
            if stream := by_source.get(track.source.uri):
                stream.followed_by(track)
        return [
            Stream(
                track,
                config.source,
                sink_threads,
                problems=problems,
                clock=clock,
                snapshot_s=1.0 / config.dashboard.frames_per_s if self.with_dashboard else 0.0,
                health_s=config.output.health_s,
                grace_s=config.runtime.grace_s,
            )
            for track in self.tracks
        ]

    def discard(self) -> None:
        """Close what was opened for a run that does not take place."""
        for _, sink, *_ in self.sinks:
            with contextlib.suppress(StreamerError, OSError):
                sink.close()


def prepare(
    uris: Sequence[str],
    config_path: Path | None,
    overrides: dict[str, Any],
    seconds: float | None,
    notifier: Notifier,
    *,
    json: bool,
    log: bool,
) -> RunPlan:
    """Read settings and models, build the pipelines and open the sinks.

    Raises
    ------
    StreamerError
        If something is not valid.
    """
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
    images = [settings.image_settings(config.images) for settings in wanted]
    sources = [open_source(settings.source, config.source, own) for settings, own in zip(wanted, images, strict=True)]
    media: list[Medium] = [source.medium for source in sources]
    for settings, medium in zip(wanted, media, strict=True):
        if medium == "sound" and settings.images.model_fields_set:
            raise UserError(f"streams.images must be of a stream of images; {settings.source} delivers sound")
    if overrides.get("output.record") and "sound" not in media:
        raise UserError("output=--record must have a source of sound, and none of these is one; --clips keeps images")
    shown = [shown_source(settings.source) for settings in wanted]
    names = _unique([settings.name or source for settings, source in zip(wanted, shown, strict=True)])
    marks = marks_of(_model_files(config, wanted))  # before they are read: what is replaced meanwhile is read again
    models, every_model = _models(config, wanted, media, shown, on_command_line=bool(overrides.get("model.path")))
    notifier.send(STATUS="loading kernels")
    warm_up(say, tuple(set(media)), kernels_for(every_model))
    draws, n_streams = with_dashboard, len(sources)
    tracks = [
        live_track(
            *(name, source, several, every_model, config.model_copy(update={"images": own}), seconds),
            draws=draws,
            n_streams=n_streams,
        )
        for name, source, several, own in zip(names, sources, models, images, strict=True)
    ]
    sinks: list[tuple[str, Sink, Callable[[], Sink], float]] = []
    event_clips = EventClips() if with_dashboard and config.output.clips else None
    withheld = WithheldEvents() if with_dashboard else None
    plan = RunPlan(config, tracks, sinks, seconds, with_dashboard, marks, event_clips, withheld, config_path)
    try:
        finders = _finders(names, models) if config.output.clips else {}
        for name, make, patience_s in _sinks(config, media, finders, json=json, quiet=with_dashboard):
            sinks.append((name, make(), make, patience_s))
        if withheld:
            sinks.append(("withheld on the dashboard", withheld, lambda: withheld, config.runtime.sink_close_s))
        if event_clips:
            sinks.append(("clips on the dashboard", event_clips, lambda: event_clips, config.runtime.sink_close_s))
    except BaseException:
        plan.discard()
        raise
    return plan


def _model_files(config: Config, streams: Sequence[StreamSettings]) -> list[Path]:
    """Return the model files that the user named, and their descriptions."""
    names = {name for names in (config.model.path, *(settings.model for settings in streams)) for name in names}
    models = [find_model(name) for name in sorted(names)]
    sidecars = {config.model.sidecar, *(settings.sidecar for settings in streams)} - {""}
    return [*models, *map(Path, sorted(sidecars)), *(model.with_suffix(".toml") for model in models)]


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


def _finders(names: Sequence[str], models: Sequence[Sequence[ModelFile]]) -> dict[tuple[str, str], tuple[str, str]]:
    """Return name and digest of the model that finds a label's events, by stream and label."""
    digests = {
        model.path: hashlib.sha256(model.path.read_bytes()).hexdigest() for several in models for model in several
    }
    return {
        (name, label): (model.spec.name, digests[model.path])
        for name, several in zip(names, models, strict=True)
        for model in several
        for label in model.labels
    }


def _sinks(
    config: Config,
    media: Sequence[Medium],
    finders: Mapping[tuple[str, str], tuple[str, str]],
    *,
    json: bool,
    quiet: bool,
) -> Iterator[tuple[str, Callable[[], Sink], float]]:
    """Yield the name of each sink, what makes it, and how long the end waits for what it has to write."""
    from streamer.sinks.jsonlines import JsonLines
    from streamer.sinks.log import EventLog

    output, ruled = config.output, _ruled(config)
    lines_s, clips_s = config.runtime.sink_close_s, config.runtime.clips_close_s
    max_bytes = round(output.clips_max_mb * 1e6)
    places: dict[str, Any] = {"by_label": output.clips_by_label, "models": finders}
    if json:
        yield "standard output", partial(JsonLines, sys.stdout, output.scores), lines_s
    elif not quiet:
        yield "standard output", partial(EventLog, sys.stdout), lines_s
    if output.jsonl:
        max_line_bytes = output.jsonl_max_mb * 1e6
        make = partial(JsonLines.to_file, Path(output.jsonl), output.scores, max_line_bytes)
        yield f"jsonl {output.jsonl}", make, lines_s
    if output.clips and "sound" in media:
        from streamer.sinks.clips import SoundClipFolder

        yield "clips of sound", partial(SoundClipFolder, Path(output.clips), max_bytes, **places), clips_s
    if output.clips and "images" in media:
        from streamer.sinks.video_clips import VideoClipFolder

        yield "clips of images", partial(VideoClipFolder, Path(output.clips), max_bytes, **places), clips_s
    if output.record and "sound" in media:
        from streamer.sinks.recordings import RecordingFolder

        record_bytes = output.record_file_mb * 1e6, output.record_max_mb * 1e6
        yield (
            "recording",
            partial(RecordingFolder, Path(output.record), *record_bytes, has_labels=output.labels),
            clips_s,
        )
    if output.history:  # after what writes clips, so that it is told of the last ones
        from streamer.sinks.history import EventHistory
        from streamer.sinks.history_limits import HistoryLimits

        limits = HistoryLimits(output.history_max_days * 86400.0, output.history_max_mb * 1e6)
        yield "history", partial(EventHistory, Path(output.history), output.history_every_s, limits), lines_s
    for k, command in enumerate(config.on_event, 1):
        from streamer.sinks.command import CommandOnEvent

        yield f"on_event {k}", ruled(command.id or "on_event", partial(CommandOnEvent, command)), lines_s
    for k, settings in enumerate(output.sinks, 1):
        yield f"sink {k} {settings.name}", ruled(settings.id or settings.name, partial(make_sink, settings)), lines_s


def _ruled(config: Config) -> Callable[[str, Callable[[], Sink]], Callable[[], Sink]]:
    """Return what puts the rules that name a sink before it.

    Raises
    ------
    UserError
        If a rule names a sink that there is not, or needs what is not given or installed.
    """
    if not config.rules:
        return lambda name, make: make
    from streamer.sinks.rules import Rule, RuledSink

    names = {sink.id or sink.name for sink in config.output.sinks} | {each.id or "on_event" for each in config.on_event}
    for settings in config.rules:
        for name in settings.sinks:
            if name not in names:
                known = ", ".join(sorted(names)) or "none is set up"
                raise UserError(f"rules.sinks={name} must name one of output.sinks or on_event: {known}")
    rules = [Rule(settings, config.place) for settings in config.rules]

    def ruled(name: str, make: Callable[[], Sink]) -> Callable[[], Sink]:
        own = [rule for rule in rules if name in rule.settings.sinks]
        return (lambda: RuledSink(make(), own, name)) if own else make

    return ruled
