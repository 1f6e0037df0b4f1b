"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


class TaskChoice(StrEnum):
    """Names of the tasks in `streamer.tasks`, repeated here because that imports numpy, which `--help` must not."""

    SOUND = "sound"
    PATTERN = "pattern"
    MOTION = "motion"


ConfigOption = Annotated[
    Path | None,
    typer.Option("-c", "--config", metavar="FILE", help="Settings file; streamer config prints one with all settings."),
]
ModelOption = Annotated[
    str, typer.Option("-m", "--model", metavar="MODEL", help="A shipped model's name or a .tflite file.")
]
ModelsOption = Annotated[
    list[str] | None,
    typer.Option(
        "-m", "--model", metavar="MODEL", help="A shipped model's name or a .tflite file; several run side by side."
    ),
]
SidecarOption = Annotated[str, typer.Option(metavar="FILE", help="The file NAME.toml that describes a foreign model.")]
SecondsOption = Annotated[
    float | None, typer.Option("--seconds", metavar="SECONDS", min=0.1, help="Stop after this many seconds.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON lines instead of the dashboard.")]
LogOption = Annotated[bool, typer.Option("--log", help="Print a line per event instead of the dashboard.")]
FpsOption = Annotated[
    float,
    typer.Option(
        "--fps", metavar="RATE", min=0.0, help="Images per second: requested of a camera; the true rate of a video."
    ),
]
RowTimeOption = Annotated[
    float,
    typer.Option(
        "--row-time", metavar="US", min=0.0, max=1000.0, help="Microseconds from row to row: lamps by their bands."
    ),
]
RoiOption = Annotated[str, typer.Option("--roi", metavar="X,Y,W,H", help="Use only this part of the images.")]
StartOption = Annotated[
    str, typer.Option("--start", metavar="TIME", help="When a file begins: 2024-01-31T05:30:00, with +01:00 or Z.")
]
FastOption = Annotated[bool, typer.Option("--fast", help="Play files as fast as possible, not in real time.")]
ChannelOption = Annotated[
    str, typer.Option(metavar="NUMBER", help="Use one channel (0, 1, …) alone; mix: the plain mean of all.")
]
RateOption = Annotated[int, typer.Option(metavar="HZ", help="Raw PCM: samples per second.")]
ChannelsOption = Annotated[int, typer.Option(metavar="NUMBER", help="Raw PCM: channels.")]
FormatOption = Annotated[str, typer.Option(metavar="FORMAT", help="Raw PCM: u8, s16le, s24le, s32le or f32le.")]
SizeOption = Annotated[str, typer.Option(metavar="WxH", help="Image size requested of a camera, such as 640x480.")]
JobsOption = Annotated[
    int,
    typer.Option("-j", "--jobs", metavar="NUMBER", min=0, help="Number of files at the same time; 0: one per core."),
]
ScoresOption = Annotated[
    bool, typer.Option("--scores", help="With --json or --jsonl: print the scores of every window, too.")
]


def with_home_in_value(argument: str) -> str:
    """Return an argument of the form ``--option=~/path`` with the home folder, as most shells do not replace it there.

    Raises
    ------
    UserError
        If there is no such home folder.
    """
    from streamer.system import with_home

    option, equals, value = argument.partition("=")
    return option + equals + with_home(value) if option.startswith("--") and value.startswith("~") else argument


def image_settings(size: str, fps: float, roi: str) -> dict[str, Any]:
    """Return the options for images as settings by dotted key; the settings refuse values out of range.

    Raises
    ------
    UserError
        If ``size`` or ``roi`` is not of the right form.
    """
    from streamer.errors import UserError

    def numbers(text: str, separator: str) -> list[int] | None:
        parts = [part.strip() for part in text.split(separator)]
        return [int(part) for part in parts] if all(part.isdecimal() and len(part) < 10 for part in parts) else None

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


def source_settings(fast: bool, channel: str, rate: int, channels: int, format: str, start: str = "") -> dict[str, Any]:
    """Return the options for files, microphones and raw PCM as settings by dotted key."""
    return {
        "source.realtime": False if fast else None,
        "source.start": start,
        "source.channel": channel,
        "source.pcm_rate": rate or None,
        "source.pcm_channels": channels or None,
        "source.pcm_format": format,
    }
