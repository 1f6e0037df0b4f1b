"""The command line; each command is a module of `streamer.commands`, imported when it is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from streamer.cli import learn, outputs, service
from streamer.cli import run as live
from streamer.cli.plain_help import PlainCommand, PlainGroup

app = typer.Typer(
    name="streamer",
    cls=PlainGroup,
    help="Classify sound and images live, on a terminal.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
PANELS: dict[str, tuple[Callable[..., None], ...]] = {
    "Classify": (live.run, live.demo, live.classify),
    "Learn": (learn.record, learn.review, learn.train, learn.evaluate, learn.study),
    "Run unattended": (service.service, service.health, outputs.history),
    "This installation": (live.devices, live.models, live.config, live.bench, live.doctor),
}
for panel, commands in PANELS.items():
    for command in commands:
        app.command(cls=PlainCommand, rich_help_panel=panel)(command)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        from streamer import __version__

        typer.echo(f"streamer {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
