"""The command that looks at what runs have written."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from streamer.cli.options import ConfigOption


class HistoryTable(StrEnum):
    """What a history holds."""

    EVENTS = "events"
    MEASUREMENTS = "measurements"
    HEALTH = "health"


def history(
    table: Annotated[HistoryTable, typer.Argument(help="What to show.")] = HistoryTable.EVENTS,
    config: ConfigOption = None,
    db: Annotated[Path | None, typer.Option(metavar="FILE", help="The history; without, that of the settings.")] = None,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="2026-11-22, '2026-11-22 14:03', today, yesterday, or ago: 30m, 2h, 3d.")
    ] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="The same.")] = "",
    label: Annotated[
        list[str] | None, typer.Option(metavar="LABEL", help="Only this label; several may be given.")
    ] = None,
    stream: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this stream; several, too.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="As a table of comma-separated values.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON line each.")] = False,
    parquet: Annotated[
        Path | None, typer.Option(metavar="FILE", help="As a table in this file of Parquet (extra: tables).")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Draw timeline, hours of the day and frequencies there (extra: train)."),
    ] = None,
) -> None:
    """Show the events, measurements or health that runs with output.history have kept."""
    from streamer.commands.history import show_history

    raise typer.Exit(
        show_history(
            table.value,
            config,
            db,
            since,
            until,
            label or [],
            stream or [],
            as_csv=csv,
            json=json,
            parquet=parquet,
            plot=plot,
        )
    )
