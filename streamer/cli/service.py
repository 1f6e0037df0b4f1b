"""The commands for running unattended."""

from __future__ import annotations

from typing import Annotated

import typer


def health(
    instance: Annotated[
        str, typer.Argument(metavar="INSTANCE", help="Name of a service or number of a process; without, all.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON line per running instance.")] = False,
) -> None:
    """Say how running instances fare; exit code 0 well, 3 not running, 4 troubled, 5 stalled."""
    from streamer.commands.health import show_health

    raise typer.Exit(show_health(instance, json=json))
