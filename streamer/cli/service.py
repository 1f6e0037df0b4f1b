"""The commands for running unattended."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import typer

from streamer.cli.options import ConfigOption


class Action(StrEnum):
    """What to do with a service."""

    INSTALL = "install"
    UNINSTALL = "uninstall"
    STATUS = "status"
    PRINT = "print"


def service(
    action: Annotated[Action, typer.Argument(help="What to do; print shows the unit file that install would write.")],
    config: ConfigOption = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="Which service, where there are several.")] = "streamer",
    system: Annotated[
        bool | None,
        typer.Option("--system/--user", help="Of the system, or of this user; without: of the system if root calls."),
    ] = None,
    account: Annotated[
        str, typer.Option(metavar="USER", help="Run a service of the system as this user, not as one made for it.")
    ] = "",
) -> None:
    """Run as a service of systemd, closed off from all that the settings do not need."""
    from streamer.commands import service as commands

    scope: Literal["system", "user"] | None = None if system is None else "system" if system else "user"
    if action is Action.INSTALL:
        raise typer.Exit(commands.install(name, scope, config, account))
    if action is Action.PRINT:
        raise typer.Exit(commands.print_unit(name, scope, config, account))
    if action is Action.STATUS:
        raise typer.Exit(commands.show_status(name, scope))
    raise typer.Exit(commands.uninstall(name, scope))


def health(
    instance: Annotated[
        str, typer.Argument(metavar="INSTANCE", help="Name of a service or number of a process; without, all.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON line per running instance.")] = False,
) -> None:
    """Say how running instances fare; exit code 0 well, 3 not running, 4 troubled, 5 stalled."""
    from streamer.commands.health import show_health

    raise typer.Exit(show_health(instance, json=json))
