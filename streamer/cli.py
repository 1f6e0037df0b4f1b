"""The command line: what can be asked; each answer lives in a module of `streamer.commands`, loaded when asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="streamer",
    help="Classify the sound of a microphone or of files, live, on a terminal.",
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
ScoresOption = Annotated[bool, typer.Option("--scores", help="With --json: also the scores of every window.")]


@app.command()
def run(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCE]…", help="mic, mic:NAME, mic:INDEX, a sound file, - (raw PCM), demo."),
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
    clips: Annotated[str, typer.Option(help="Write each event's sound into this folder.")] = "",
    record: Annotated[str, typer.Option(help="Write all captured sound into this folder.")] = "",
    channel: Annotated[str, typer.Option(help="Listen to one channel (0, 1, …) instead of the mix.")] = "",
    rate: Annotated[int, typer.Option(help="Raw PCM: samples per second.")] = 0,
    channels: Annotated[int, typer.Option(help="Raw PCM: channels.")] = 0,
    format: Annotated[str, typer.Option(help="Raw PCM: u8, s16le, s24le, s32le or f32le.")] = "",
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
    }
    raise typer.Exit(run_streams([*(sources or []), *(source or [])], config, overrides, seconds, json=json, log=log))


@app.command()
def demo(
    config: ConfigOption = None,
    model: ModelOption = "",
    seconds: SecondsOption = None,
    json: JsonOption = False,
    log: LogOption = False,
    scores: ScoresOption = False,
) -> None:
    """Classify a synthesised street of sounds: no microphone needed."""
    from streamer.commands.run import run as run_streams

    overrides = {"model.path": model, "output.scores": scores or None}
    raise typer.Exit(run_streams(["demo"], config, overrides, seconds, json=json, log=log))


@app.command()
def classify(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Sound files, or folders of them.")],
    config: ConfigOption = None,
    model: ModelOption = "",
    sidecar: SidecarOption = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON line per file.")] = False,
    scores: Annotated[bool, typer.Option("--scores", help="With --json: also the scores of every window.")] = False,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=0, help="Files at a time; 0: one per core.")] = 0,
) -> None:
    """Classify sound files as fast as possible."""
    from streamer.commands.classify import classify as classify_files

    overrides = {"model.path": model, "model.sidecar": sidecar, "output.scores": scores or None}
    raise typer.Exit(classify_files(paths, config, overrides, n_jobs=jobs, json=json))


@app.command()
def devices(
    json: Annotated[bool, typer.Option("--json", help="One JSON line per device.")] = False,
) -> None:
    """List microphones with the SOURCE to use for each."""
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


@app.command()
def bench(
    model: Annotated[list[str] | None, typer.Option("-m", "--model", help="Models to time; the shipped ones.")] = None,
    seconds: Annotated[float, typer.Option(help="Time per comparison.", min=0.01)] = 4.0,
    json: Annotated[bool, typer.Option("--json", help="The figures as one JSON object.")] = False,
) -> None:
    """Measure the speed of this machine against peers (extra: bench)."""
    from streamer.commands.bench import run_bench

    raise typer.Exit(run_bench(model or [], seconds, json=json))


@app.command()
def doctor() -> None:
    """Check this installation and say how to mend what is wrong."""
    from streamer.commands.doctor import examine

    raise typer.Exit(examine())


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
