"""The commands that classify and measure, and those that check the installation."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from streamer.cli.options import (
    ChannelOption,
    ChannelsOption,
    ConfigOption,
    FastOption,
    FormatOption,
    FpsOption,
    JobsOption,
    JsonOption,
    LogOption,
    ModelsOption,
    RateOption,
    RoiOption,
    RowTimeOption,
    ScoresOption,
    SecondsOption,
    SidecarOption,
    SizeOption,
    StartOption,
    image_settings,
    source_settings,
)


class Scene(StrEnum):
    """Synthetic scenes of the demo."""

    SOUND = "sound"
    CAMERA = "camera"


def run(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE",
            help="mic, mic:NAME, mic:INDEX, camera, camera:INDEX, camera:PATH, rtsp://…, http://…, a sound, video or "
            "picture file, a folder of pictures, - (raw PCM), demo, demo:camera.",
        ),
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option("-s", "--source", metavar="SOURCE", help="The same, as an option.")
    ] = None,
    config: ConfigOption = None,
    model: ModelsOption = None,
    sidecar: SidecarOption = "",
    seconds: SecondsOption = None,
    json: JsonOption = False,
    log: LogOption = False,
    scores: ScoresOption = False,
    fast: FastOption = False,
    start: StartOption = "",
    jsonl: Annotated[str, typer.Option(metavar="FILE", help="Append JSON lines to this file as well.")] = "",
    clips: Annotated[
        str, typer.Option(metavar="DIR", help="Write each event's sound or images into this folder.")
    ] = "",
    record: Annotated[str, typer.Option(metavar="DIR", help="Write all captured sound into this folder.")] = "",
    labels: Annotated[
        bool, typer.Option("--labels", help="With --record: the events beside the recordings, for Audacity and Raven.")
    ] = False,
    history: Annotated[
        str, typer.Option(metavar="FILE", help="Keep events for months in this database; see streamer history.")
    ] = "",
    sink: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[:ARGUMENT]", help="Send results here as well: jsonl:PATH, log:PATH, or a plug-in."),
    ] = None,
    channel: ChannelOption = "",
    rate: RateOption = 0,
    channels: ChannelsOption = 0,
    format: FormatOption = "",
    size: SizeOption = "",
    fps: FpsOption = 0.0,
    roi: RoiOption = "",
) -> None:
    """Classify sources live; without any, the default microphone."""
    from streamer.commands.run import run as run_streams

    overrides = {
        "model.path": model or None,
        "model.sidecar": sidecar,
        "output.jsonl": jsonl,
        "output.clips": clips,
        "output.record": record,
        "output.labels": labels or None,
        "output.history": history,
        "output.sinks": sink or None,
        "output.scores": scores or None,
        **source_settings(fast, channel, rate, channels, format, start),
        **image_settings(size, fps, roi),
    }
    raise typer.Exit(run_streams([*(sources or []), *(source or [])], config, overrides, seconds, json=json, log=log))


def demo(
    scene: Annotated[Scene, typer.Argument(help="What to synthesise.")] = Scene.SOUND,
    config: ConfigOption = None,
    model: ModelsOption = None,
    seconds: SecondsOption = None,
    json: JsonOption = False,
    log: LogOption = False,
    scores: ScoresOption = False,
) -> None:
    """Classify a synthetic scene: needs no microphone and no camera."""
    from streamer.commands.run import run as run_streams

    overrides = {"model.path": model or None, "output.scores": scores or None}
    raise typer.Exit(
        run_streams(["demo" if scene is Scene.SOUND else "demo:camera"], config, overrides, seconds, json=json, log=log)
    )


def classify(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Sound, video and picture files, or folders.")],
    config: ConfigOption = None,
    model: ModelsOption = None,
    sidecar: SidecarOption = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON line per file and model.")] = False,
    scores: Annotated[bool, typer.Option("--scores", help="With --json: also the scores of every window.")] = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="A table of the rhythms in videos: a row for each rhythm and time.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Draw spectrum, places, waterfall and lattice of images as PNG (extra train)."
        ),
    ] = None,
    sound: Annotated[bool, typer.Option("--sound", help="Of videos the sound, in the place of the images.")] = False,
    jobs: JobsOption = 0,
    channel: ChannelOption = "",
    start: StartOption = "",
    fps: FpsOption = 0.0,
    roi: RoiOption = "",
    row_time: RowTimeOption = 0.0,
) -> None:
    """Classify and measure sound, video and picture files as fast as possible."""
    from streamer.commands.classify import classify as classify_files

    overrides = {
        "model.path": model or None,
        "model.sidecar": sidecar,
        "output.scores": scores or None,
        "source.channel": channel,
        "source.start": start,
        **image_settings("", fps, roi),
        "images.row_time_us": row_time or None,
    }
    raise typer.Exit(
        classify_files(paths, config, overrides, n_jobs=jobs, json=json, as_sound=sound, csv=csv, plot=plot)
    )


def devices(
    json: Annotated[bool, typer.Option("--json", help="One JSON line per device.")] = False,
) -> None:
    """List microphones and cameras with the SOURCE to use for each."""
    from streamer.commands.devices import show_devices

    raise typer.Exit(show_devices(json=json))


def models(
    paths: Annotated[list[str] | None, typer.Argument(metavar="MODEL", help="Names or .tflite files.")] = None,
    sidecar: SidecarOption = "",
    check: Annotated[
        bool, typer.Option("--check", help="Run them on a made input: do they get the features they were made for?")
    ] = False,
) -> None:
    """List the shipped models; of those named, show the cards, or check them."""
    from streamer.commands.models import check_models, show_models

    raise typer.Exit((check_models if check else show_models)(paths or [], sidecar))


class Figures(StrEnum):
    """What `streamer bench` measures."""

    SPEED = "speed"
    ACCURACY = "accuracy"
    LIVE = "live"


def bench(
    figures: Annotated[Figures, typer.Argument(help="What to measure.")] = Figures.SPEED,
    model: Annotated[
        list[str] | None,
        typer.Option("-m", "--model", metavar="MODEL", help="Models to time; without any, the shipped ones."),
    ] = None,
    seconds: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", help="Per comparison of speed, 4; of accuracy in all, 60; per turn of live, 10.", min=0
        ),
    ] = 0.0,
    json: Annotated[bool, typer.Option("--json", help="The figures as one JSON object.")] = False,
) -> None:
    """Measure speed against peers (extra: bench), what a live camera costs, or how far measurements can be trusted."""
    from streamer.commands.bench import run_accuracy, run_bench, run_live

    if figures is not Figures.SPEED and model:
        from streamer.errors import UserError

        raise UserError(f"model={model[0]} must be left out with {figures}, which measures without choosing models")
    if figures is Figures.ACCURACY:
        raise typer.Exit(run_accuracy(seconds or 60.0, json=json))
    if figures is Figures.LIVE:
        raise typer.Exit(run_live(seconds or 10.0, json=json))
    raise typer.Exit(run_bench(model or [], seconds or 4.0, json=json))


def config(
    check: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Say whether this file is right, and what is wrong with it.")
    ] = None,
) -> None:
    """Print a settings file with every setting, explained, at its default; or check one."""
    from streamer.commands.config import check_config, print_default

    raise typer.Exit(print_default() if check is None else check_config(check))


def doctor() -> None:
    """Check this installation and say how to mend what is wrong."""
    from streamer.commands.doctor import diagnose

    raise typer.Exit(diagnose())
