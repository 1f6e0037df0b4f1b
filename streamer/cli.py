"""The command line: what can be asked; each answer lives in a module of `streamer.commands`, loaded when asked."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    name="streamer",
    help="Classify what a microphone hears and what a camera sees, live, on a terminal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ConfigOption = Annotated[Path | None, typer.Option("-c", "--config", help="Settings; see config.toml for all of them.")]
ModelOption = Annotated[str, typer.Option("-m", "--model", help="A shipped model's name or a .tflite file.")]
SidecarOption = Annotated[str, typer.Option(help="NAME.toml that describes a foreign model.")]
SecondsOption = Annotated[float | None, typer.Option("--seconds", min=0.1, help="Stop after so many seconds.")]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON lines on standard output instead of the dashboard.")]
LogOption = Annotated[bool, typer.Option("--log", help="A line per event instead of the dashboard.")]
FpsOption = Annotated[
    float, typer.Option("--fps", min=0.0, help="Images per second: asked of a camera; the true rate of a video.")
]
RoiOption = Annotated[str, typer.Option("--roi", metavar="X,Y,W,H", help="Look only at this part of the images.")]
ScoresOption = Annotated[bool, typer.Option("--scores", help="With --json: also the scores of every window.")]


class Scene(StrEnum):
    """Built-in scenes."""

    SOUND = "sound"
    SIGHT = "sight"


@app.command()
def run(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE]…",
            help="mic, mic:NAME, mic:INDEX, camera, camera:INDEX, camera:PATH, rtsp://…, http://…, a sound, video or "
            "picture file, a folder of pictures, - (raw PCM), demo, demo:sight.",
        ),
    ] = None,
    source: Annotated[list[str] | None, typer.Option("-s", "--source", help="The same, as an option.")] = None,
    config: ConfigOption = None,
    model: ModelOption = "",
    sidecar: SidecarOption = "",
    seconds: SecondsOption = None,
    json: JsonOption = False,
    log: LogOption = False,
    scores: ScoresOption = False,
    fast: Annotated[bool, typer.Option("--fast", help="Files: as fast as it goes, not in real time.")] = False,
    jsonl: Annotated[str, typer.Option(help="Append JSON lines to this file as well.")] = "",
    clips: Annotated[str, typer.Option(help="Write each event's sound or images into this folder.")] = "",
    record: Annotated[str, typer.Option(help="Write all captured sound into this folder.")] = "",
    channel: Annotated[str, typer.Option(help="Listen to one channel (0, 1, …) instead of the mix.")] = "",
    rate: Annotated[int, typer.Option(help="Raw PCM: samples per second.")] = 0,
    channels: Annotated[int, typer.Option(help="Raw PCM: channels.")] = 0,
    format: Annotated[str, typer.Option(help="Raw PCM: u8, s16le, s24le, s32le or f32le.")] = "",
    size: Annotated[str, typer.Option(metavar="WxH", help="Images asked of a camera, as 640x480.")] = "",
    fps: FpsOption = 0.0,
    roi: RoiOption = "",
) -> None:
    """Classify sources live; without any, the default microphone."""
    from streamer.commands.run import run as run_streams

    overrides = {
        "model.path": model,
        "model.sidecar": sidecar,
        "output.jsonl": jsonl,
        "output.clips": clips,
        "output.record": record,
        "output.scores": scores or None,
        "source.realtime": False if fast else None,
        "source.channel": channel,
        "source.pcm_rate": rate or None,
        "source.pcm_channels": channels or None,
        "source.pcm_format": format,
        **_images(size, fps, roi),
    }
    raise typer.Exit(run_streams([*(sources or []), *(source or [])], config, overrides, seconds, json=json, log=log))


@app.command()
def demo(
    scene: Annotated[Scene, typer.Argument(help="What to synthesise.")] = Scene.SOUND,
    config: ConfigOption = None,
    model: ModelOption = "",
    seconds: SecondsOption = None,
    json: JsonOption = False,
    log: LogOption = False,
    scores: ScoresOption = False,
) -> None:
    """Classify a synthesised street of sounds, or scene of periodic patterns: no microphone, no camera needed."""
    from streamer.commands.run import run as run_streams

    overrides = {"model.path": model, "output.scores": scores or None}
    raise typer.Exit(
        run_streams(["demo" if scene is Scene.SOUND else "demo:sight"], config, overrides, seconds, json=json, log=log)
    )


@app.command()
def classify(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Sound, video and picture files, or folders.")],
    config: ConfigOption = None,
    model: ModelOption = "",
    sidecar: SidecarOption = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON line per file.")] = False,
    scores: Annotated[bool, typer.Option("--scores", help="With --json: also the scores of every window.")] = False,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=0, help="Files at a time; 0: one per core.")] = 0,
    fps: FpsOption = 0.0,
    roi: RoiOption = "",
) -> None:
    """Classify and measure sound, video and picture files as fast as possible."""
    from streamer.commands.classify import classify as classify_files

    overrides = {
        "model.path": model,
        "model.sidecar": sidecar,
        "output.scores": scores or None,
        **_images("", fps, roi),
    }
    raise typer.Exit(classify_files(paths, config, overrides, n_jobs=jobs, json=json))


@app.command()
def devices(
    json: Annotated[bool, typer.Option("--json", help="One JSON line per device.")] = False,
) -> None:
    """List microphones and cameras with the SOURCE to use for each."""
    from streamer.commands.devices import show_devices

    raise typer.Exit(show_devices(json=json))


@app.command()
def models(
    paths: Annotated[list[str] | None, typer.Argument(metavar="[MODEL]…", help="Names or .tflite files.")] = None,
    sidecar: SidecarOption = "",
) -> None:
    """Show the cards of models; without any, of the shipped ones."""
    from streamer.commands.models import show_models

    raise typer.Exit(show_models(paths or [], sidecar))


class Figures(StrEnum):
    """What can be measured of streamer itself."""

    SPEED = "speed"
    ACCURACY = "accuracy"


@app.command()
def bench(
    figures: Annotated[Figures, typer.Argument(help="What to measure.")] = Figures.SPEED,
    model: Annotated[list[str] | None, typer.Option("-m", "--model", help="Models to time; the shipped ones.")] = None,
    seconds: Annotated[float, typer.Option(help="Per comparison of speed, 4; of accuracy in all, 60.", min=0)] = 0.0,
    json: Annotated[bool, typer.Option("--json", help="The figures as one JSON object.")] = False,
) -> None:
    """Measure the speed of this machine against peers (extra: bench), or how far measurements can be trusted."""
    from streamer.commands.bench import run_accuracy, run_bench

    if figures is Figures.ACCURACY:
        raise typer.Exit(run_accuracy(seconds or 60.0, json=json))
    raise typer.Exit(run_bench(model or [], seconds or 4.0, json=json))


@app.command()
def doctor() -> None:
    """Check this installation and say how to mend what is wrong."""
    from streamer.commands.doctor import examine

    raise typer.Exit(examine())


def _images(size: str, fps: float, roi: str) -> dict[str, Any]:
    """Turn the options for images into settings, which refuse what is out of range."""
    from streamer.errors import UserError

    def numbers(text: str, separator: str) -> list[int] | None:
        parts = [part.strip() for part in text.split(separator)]
        return [int(part) for part in parts] if all(part.isdecimal() for part in parts) else None

    settings: dict[str, Any] = {"images.fps": fps or None}
    if size:
        pair = numbers(size.lower(), "x") or []
        if len(pair) != 2:
            raise UserError(f"size={size!r} must be WIDTHxHEIGHT; for example 640x480")
        settings |= {"images.width": pair[0], "images.height": pair[1]}
    if roi:
        settings["images.roi"] = numbers(roi, ",")
        if not settings["images.roi"] or len(settings["images.roi"]) != 4:
            raise UserError(f"roi={roi!r} must be X,Y,WIDTH,HEIGHT in pixels; for example 0,0,320,240")
    return settings


def _version(asked: bool) -> None:
    if asked:
        from streamer import __version__

        typer.echo(f"streamer {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    pass
